package org.tandemdb.plan;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
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
 *
 * <p>Nor may it depend on the session's settings, of which an entry carries what was SET, and not
 * what each server, database and role has by itself: a moment without its zone is another one under
 * another {@code TimeZone}, and so is a date that becomes a moment. {@link #underSettings} is for
 * the few statements whose entries carry all that decides it.
 */
final class Determinism {

  private static final Set<String> KEEPING = Set.of("=", "<>", "!=", "<", "<=", ">", ">=", "::");

  private static final String DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
  private static final String TIME = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?";
  private static final String ZONE = " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)";

  private static final Map<String, Pattern> CLEAR =
      Map.of(
          "date", Pattern.compile(DATE),
          "time", Pattern.compile(TIME),
          "timetz", Pattern.compile(TIME + ZONE),
          "timestamp", Pattern.compile(DATE + "([ T]" + TIME + ")?"),
          "timestamptz", Pattern.compile(DATE + "[ T]" + TIME + ZONE),
          "interval", Pattern.compile(TIME));

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
  private final boolean underSettings;

  /**
   * @param qualifiers names by which the statement may call the row that is written; empty where an
   *     expression may not read any row
   */
  Determinism(Tokens tokens, Shape shape, Catalog.Table table, List<String> qualifiers) {
    this(tokens, shape, qualifiers, false);
    for (Catalog.Column column : table.columns()) {
      columns.put(column.name(), column);
    }
  }

  private Determinism(Tokens tokens, Shape shape, List<String> qualifiers, boolean underSettings) {
    this.tokens = tokens;
    this.shape = shape;
    this.qualifiers = qualifiers;
    this.underSettings = underSettings;
  }

  /** The same for a statement that every copy runs under the settings that the session has. */
  Determinism underSettings() {
    Determinism other = new Determinism(tokens, shape, qualifiers, true);
    other.columns.putAll(columns);
    return other;
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
    if (isDatedLiteral(range, type)) {
      return Value.DETERMINISTIC;
    }
    boolean plain = clock || Builtins.isPlain(type);
    return plain && isDeterministic(range, type) ? Value.DETERMINISTIC : Value.EVALUATED;
  }

  private Optional<Value> leaf(int token, String type) {
    boolean plain = Builtins.isPlain(type);
    return switch (tokens.kind(token)) {
      case PARAMETER, NUMBER -> Optional.of(plain ? Value.DETERMINISTIC : Value.EVALUATED);
      case STRING ->
          Optional.of(
              plain || isDated(Facts.literal(tokens, token), type)
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

  /** {@code date '2020-01-01'} and the like, for a column of {@code target}. */
  private boolean isDatedLiteral(Range range, String target) {
    Optional<String> type = shape.type(range.first());
    return type.isPresent()
        && tokens.isKind(range.last(), Kind.STRING)
        && Facts.of(tokens, shape, range).strings().size() == 1
        && Facts.of(tokens, shape, range).operators().isEmpty()
        && (type.get().equals(target) || isSettled(type.get()) || underSettings)
        && (Builtins.isPlain(type.get())
            || isDated(Facts.literal(tokens, range.last()), type.get()));
  }

  /** An expression that reads nothing but the row, by built-in means, the same on every copy. */
  boolean isDeterministic(Range range) {
    return isDeterministic(range, "bool");
  }

  /**
   * @param target the type of the column that gets the value
   */
  private boolean isDeterministic(Range range, String target) {
    Facts facts = Facts.of(tokens, shape, range);
    if (facts.query() || facts.zone() || facts.collate() || !facts.context().isEmpty()) {
      return false;
    }
    Set<String> unsettled = new HashSet<>();
    if (!isSettled(target)) {
      unsettled.add(target);
    }
    for (Facts.Use use : facts.columns()) {
      Catalog.Column column = columns.get(use.name());
      boolean own = use.qualifier().map(qualifiers::contains).orElse(!qualifiers.isEmpty());
      if (column == null || !own) {
        return false;
      }
      String type = column.type().name();
      if (!Builtins.isClock(type) && !Builtins.isPlain(type)) {
        return false;
      }
      if (!isSettled(type)) {
        unsettled.add(type);
      }
    }
    facts.types().stream().filter(type -> !isSettled(type)).forEach(unsettled::add);
    if (unsettled.stream().anyMatch(Builtins::isClock)
        && (facts.parameters()
            || !facts.functions().isEmpty()
            || !facts.strings().stream().allMatch(Determinism::isDigits))) {
      return false;
    }
    return facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()))
        && facts.types().stream().allMatch(Builtins::isPlain)
        && !readsSetting(range)
        && (unsettled.isEmpty() || underSettings || keeps(facts, unsettled, target));
  }

  /**
   * True if values whose texts depend on settings stay what they are: of one type, compared with
   * each other and with constants that are clear, and turned into nothing else.
   */
  private static boolean keeps(Facts facts, Set<String> unsettled, String target) {
    String type = unsettled.iterator().next();
    if (unsettled.size() > 1 || !facts.types().stream().allMatch(type::equals)) {
      return false;
    }
    boolean into = type.equals(target) || Set.of("bool", "int2", "int4", "int8").contains(target);
    boolean date = type.equals("date");
    return into
        && facts.functions().isEmpty()
        && facts.operators().stream()
            .allMatch(o -> KEEPING.contains(o) || (date && (o.equals("+") || o.equals("-"))))
        && (!Builtins.isClock(type)
            || facts.strings().stream().allMatch(text -> isClear(text, type)));
  }

  /** True if values of the type have one text, and one meaning, whatever the settings. */
  private static boolean isSettled(String type) {
    return !Builtins.isClock(type) && !type.startsWith("bytea");
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

  /** True for a constant that becomes the same date or time of the type on every copy. */
  boolean isDated(Optional<String> text, String type) {
    return Builtins.isClock(type) && (underSettings ? isDigits(text) : isClear(text, type));
  }

  /** Digits and the signs between them: nothing that the server would take for a word. */
  private static boolean isDigits(Optional<String> text) {
    return text.isPresent()
        && text.get().chars().anyMatch(Character::isDigit)
        && text.get().chars().allMatch(c -> (c >= '0' && c <= '9') || " -:.+TZ".indexOf(c) >= 0);
  }

  /**
   * Year, month and day in the order in which nobody can mistake them, and a zone where it counts.
   */
  private static boolean isClear(Optional<String> text, String type) {
    Pattern form = CLEAR.get(type);
    return text.isPresent() && form != null && form.matcher(text.get()).matches();
  }
}
