package org.tandemdb.sql;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the parser found out about a statement's tokens, by index, so that it holds for every text
 * with the same fingerprint. Immutable.
 */
public final class Shape {
  private final Role[] roles;
  private final Map<Integer, String> types;
  private final boolean locking;
  private final boolean overriding;

  Shape(ParserText text) {
    this.roles = text.roles().clone();
    this.types = Map.copyOf(text.types());
    this.locking = text.locking();
    this.overriding = text.overriding();
  }

  Role role(int token) {
    return roles[token];
  }

  int size() {
    return roles.length;
  }

  /** True if the token is the last part of a column's name. */
  public boolean isColumn(int token) {
    return roles[token] == Role.COLUMN;
  }

  /** The type that begins at a token: canonical if it is built in, else as written. */
  public Optional<String> type(int token) {
    return Optional.ofNullable(types.get(token));
  }

  /** A locking clause stands somewhere in the statement. */
  public boolean locking() {
    return locking;
  }

  /** OVERRIDING stands in an INSERT. */
  public boolean overriding() {
    return overriding;
  }

  /** Tokens {@code first} to {@code last}, both included. */
  public record Range(int first, int last) {}

  /** A statement of rows, by token indices. */
  public sealed interface Statement {
    Shape shape();
  }

  /** SELECT, VALUES, TABLE, WITH ... SELECT. */
  public record Query(Shape shape) implements Statement {}

  /** A statement with parts that write in its WITH. */
  public record With(Shape shape, List<Part> parts, Statement main, int first)
      implements Statement {}

  /**
   * A part of a WITH that writes.
   *
   * @param name the token of its name
   * @param columns tokens of the names it gives its columns, maybe none
   */
  public record Part(int name, List<Integer> columns, Write write) {}

  /** One write. */
  public sealed interface Write extends Statement {
    /** Its tokens, without a WITH before it. */
    Range range();

    Target target();

    /** The token RETURNING, or -1. */
    int returning();
  }

  /**
   * @param name the token of the table's name; a schema stands two tokens before it
   * @param qualified whether there is a schema
   * @param alias the token of the alias, or -1
   */
  public record Target(int name, boolean qualified, int alias) {
    /** The first token of the name. */
    public int first() {
      return qualified ? name - 2 : name;
    }
  }

  /**
   * @param columns tokens of the columns given; empty if none were
   * @param rows the cells of VALUES; empty where the source is a query or DEFAULT VALUES
   */
  public record Insert(
      Shape shape,
      Range range,
      Target target,
      List<Integer> columns,
      List<List<Range>> rows,
      boolean defaultValues,
      Optional<Conflict> conflict,
      int returning)
      implements Write {}

  /**
   * ON CONFLICT.
   *
   * @param columns tokens of the columns it names; empty where it names none, or more than columns
   * @param set what DO UPDATE sets; empty for DO NOTHING
   */
  public record Conflict(List<Integer> columns, List<Assignment> set) {}

  /**
   * {@code column = value}, or several columns from one row value.
   *
   * @param part only an element of the column is set
   */
  public record Assignment(List<Integer> columns, Range value, boolean part) {}

  /**
   * @param from the token FROM, or -1
   * @param where the token WHERE, or -1
   * @param conjuncts WHERE cut at its top-level ANDs; empty if there is no WHERE
   */
  public record Update(
      Shape shape,
      Range range,
      Target target,
      List<Assignment> assignments,
      int from,
      int where,
      List<Range> conjuncts,
      int returning)
      implements Write {}

  /** As {@link Update}; {@code from} is the token USING. */
  public record Delete(
      Shape shape,
      Range range,
      Target target,
      int from,
      int where,
      List<Range> conjuncts,
      int returning)
      implements Write {}

  /** What MERGE does. */
  public enum Action {
    INSERT,
    UPDATE,
    DELETE,
    NOTHING
  }

  /**
   * One WHEN of a MERGE.
   *
   * @param columns tokens of the columns that an INSERT gives; empty if it names none
   * @param values of an INSERT; empty for DEFAULT VALUES
   * @param set of an UPDATE
   */
  public record When(
      Action action, List<Integer> columns, List<Range> values, List<Assignment> set) {}

  /** MERGE. */
  public record Merge(Shape shape, Range range, Target target, List<When> whens, int returning)
      implements Write {}
}
