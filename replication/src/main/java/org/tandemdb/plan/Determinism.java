package org.tandemdb.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.Shape.Range;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.Tokens.Kind;

/**
 * Decides whether an expression has the same value on every copy, for a statement that writes
 * {@code table}. The words {@code now}, {@code today} and their like are evaluated by the server in
 * any text that becomes a date or time, in parameters too, whose values a plan does not know. So:
 * where a date or time is near, only constants written in digits are trusted.
 */
final class Determinism {

  /** What fills a column. */
  enum Value {
    DETERMINISTIC,
    /** The transaction's clock: {@code now()} for a timestamptz column. */
    CLOCK,
    /** The column's default. */
    DEFAULT,
    /** Only the primary can tell. */
    EVALUATED
  }

  private final Tokens tokens;
  private final Shape shape;
  private final Map<String, Catalog.Column> columns = new HashMap<>();
  private final List<String> qualifiers;

  /**
   * @param qualifiers names by which the statement may call the row that is written; empty where an
   *     expression may not read any row
   */
  Determinism(Tokens tokens, Shape shape, Catalog.Table table, List<String> qualifiers) {
    this.tokens = tokens;
    this.shape = shape;
    this.qualifiers = qualifiers;
    for (Catalog.Column column : table.columns()) {
      columns.put(column.name(), column);
    }
  }

  /** What an expression that is assigned to a column gives. */
  Value of(Range range, Catalog.Column column) {
    String type = column.type().name();
    boolean clock = Builtins.isClock(type);
    if (range.first() == range.last()) {
      Optional<Value> leaf = leaf(range.first(), type);
      if (leaf.isPresent()) {
        return leaf.get();
      }
    }
    if (isNow(range)) {
      return type.equals("timestamptz") ? Value.CLOCK : Value.EVALUATED;
    }
    if (isDatedLiteral(range)) {
      return Value.DETERMINISTIC;
    }
    boolean plain = clock || Builtins.isPlain(type);
    return plain && isDeterministic(range, clock) ? Value.DETERMINISTIC : Value.EVALUATED;
  }

  private Optional<Value> leaf(int token, String type) {
    boolean plain = Builtins.isPlain(type);
    return switch (tokens.kind(token)) {
      case PARAMETER, NUMBER -> Optional.of(plain ? Value.DETERMINISTIC : Value.EVALUATED);
      case STRING ->
          Optional.of(
              plain || (Builtins.isClock(type) && isDated(Facts.literal(tokens, token)))
                  ? Value.DETERMINISTIC
                  : Value.EVALUATED);
      case WORD ->
          switch (tokens.text(token)) {
            case "null", "true", "false" -> Optional.of(Value.DETERMINISTIC);
            case "default" -> Optional.of(Value.DEFAULT);
            default -> Optional.empty();
          };
      case QUOTED, OPERATOR, PUNCTUATION -> Optional.empty();
    };
  }

  /** {@code now()}, {@code transaction_timestamp()} or CURRENT_TIMESTAMP, and nothing else. */
  private boolean isNow(Range range) {
    int first = range.first();
    if (range.last() == first) {
      return tokens.is(first, "current_timestamp");
    }
    return range.last() == first + 2
        && (tokens.is(first, "now") || tokens.is(first, "transaction_timestamp"))
        && tokens.isSymbol(first + 1, "(")
        && tokens.isSymbol(first + 2, ")");
  }

  /** {@code date '2020-01-01'} and the like. */
  private boolean isDatedLiteral(Range range) {
    Optional<String> type = shape.type(range.first());
    return type.isPresent()
        && tokens.isKind(range.last(), Kind.STRING)
        && Facts.of(tokens, shape, range).strings().size() == 1
        && Facts.of(tokens, shape, range).operators().isEmpty()
        && (Builtins.isPlain(type.get())
            || (Builtins.isClock(type.get()) && isDated(Facts.literal(tokens, range.last()))));
  }

  /** An expression that reads nothing but the row, by built-in means, the same on every copy. */
  boolean isDeterministic(Range range) {
    return isDeterministic(range, false);
  }

  private boolean isDeterministic(Range range, boolean clockTarget) {
    Facts facts = Facts.of(tokens, shape, range);
    if (facts.query() || facts.zone() || facts.collate() || !facts.context().isEmpty()) {
      return false;
    }
    boolean clock = clockTarget;
    for (Facts.Use use : facts.columns()) {
      Catalog.Column column = columns.get(use.name());
      boolean own = use.qualifier().map(qualifiers::contains).orElse(!qualifiers.isEmpty());
      if (column == null || !own) {
        return false;
      }
      String type = column.type().name();
      clock |= Builtins.isClock(type);
      if (!Builtins.isClock(type) && !Builtins.isPlain(type)) {
        return false;
      }
    }
    if (clock
        && (facts.parameters()
            || !facts.functions().isEmpty()
            || !facts.strings().stream().allMatch(Determinism::isDated))) {
      return false;
    }
    return facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()))
        && facts.types().stream().allMatch(Builtins::isPlain)
        && !readsSetting(range);
  }

  /** Only a text is searched by a setting: not so a column that is known to be something else. */
  private boolean readsSetting(Range range) {
    for (int i = range.first(); i <= range.last(); i++) {
      if (tokens.isKind(i, Kind.OPERATOR)
          && Builtins.readsSetting(tokens.text(i))
          && !isSearched(i - 1)
          && !isSearched(i + 1)) {
        return true;
      }
    }
    return false;
  }

  private boolean isSearched(int token) {
    boolean column = token >= 0 && token < tokens.size() && shape.isColumn(token);
    Catalog.Column found = column ? columns.get(tokens.text(token)) : null;
    return found != null && Builtins.isSearched(found.type().name());
  }

  /** Digits and the signs between them: nothing that the server would take for a word. */
  static boolean isDated(Optional<String> text) {
    return text.isPresent()
        && text.get().chars().anyMatch(Character::isDigit)
        && text.get().chars().allMatch(c -> (c >= '0' && c <= '9') || " -:.+TZ".indexOf(c) >= 0);
  }
}
