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
   * @param returning the token RETURNING, or -1
   */
  public record Insert(
      Shape shape,
      Target target,
      List<Integer> columns,
      List<List<Range>> rows,
      boolean defaultValues,
      int returning)
      implements Statement {}

  /** {@code column = value}, or several columns from one row value. */
  public record Assignment(List<Integer> columns, Range value) {}

  /**
   * @param conjuncts WHERE cut at its top-level ANDs; empty if there is no WHERE
   * @param returning the token RETURNING, or -1
   */
  public record Update(
      Shape shape,
      Target target,
      List<Assignment> assignments,
      List<Range> conjuncts,
      int returning)
      implements Statement {}

  /** As {@link Update}. */
  public record Delete(Shape shape, Target target, List<Range> conjuncts, int returning)
      implements Statement {}
}
