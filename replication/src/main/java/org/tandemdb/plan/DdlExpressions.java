package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.Routines;
import org.tandemdb.catalog.SettledFunctions;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.TypeSyntax;

/**
 * Types and expressions inside DDL. An expression that is evaluated over rows must have the same
 * value on every copy, because DDL is never spliced.
 */
final class DdlExpressions {
  private static final Set<String> SERIALS =
      Set.of("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8");

  private static final Set<String> TEXTS = Set.of("text", "varchar", "bpchar", "name");

  /**
   * Functions with one value for the whole statement, whose names no other kind of function has.
   */
  private static final Set<String> STABLE =
      Set.of("now", "transaction_timestamp", "statement_timestamp", "current_setting", "timezone");

  private static final Set<String> INTERVAL =
      Set.of("year", "month", "day", "hour", "minute", "second", "to");

  private static final Pattern CLOCK_WORD =
      Pattern.compile(
          "(?<![a-z])(now|today|tomorrow|yesterday)(?![a-z])", Pattern.CASE_INSENSITIVE);

  private static final Pattern DATE = Pattern.compile("^[0-9]{4}-[0-9]{2}-[0-9]{2}");

  /** What an expression in DDL may be. */
  enum Allowed {
    /** Evaluated over rows, on each copy: must be the same everywhere. */
    DETERMINISTIC,
    /**
     * Evaluated over rows, and the server demands that it is IMMUTABLE: built-in ones are, those of
     * the database's own are looked into.
     */
    IMMUTABLE,
    /** As IMMUTABLE, in an index: it may write elsewhere if it is not looked into. */
    INDEX,
    /** In an index of a temporary table, which is on one server only. */
    TEMPORARY_INDEX,
    /** Evaluated later, by statements whose plan sees it in the catalog. */
    DEFAULT
  }

  /** What an expression gives that is evaluated for each row there is. */
  enum Value {
    /** The same on every copy. */
    SAME,
    /** One value for all rows, which depends on the session or the clock. */
    STABLE,
    /** Something else for each row. */
    OWN
  }

  private final TokenReader in;
  private final Scope scope;

  /** Types of the table's columns by name, as far as they are known. */
  private final Map<String, String> columnTypes = new HashMap<>();

  /** What is evaluated for each row, now and whenever one is written, by every copy. */
  private final List<Kept> kept = new ArrayList<>();

  /**
   * @param parts the same between AND and OR
   * @param target the type of the column that gets the value; empty for a condition
   */
  private record Kept(Facts facts, List<Facts> parts, String target) {}

  DdlExpressions(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
  }

  /** True if a type comes next that brings a sequence with it. */
  boolean isSerial() {
    return in.tokens().isKind(in.at(), Tokens.Kind.WORD)
        && SERIALS.contains(in.tokens().text(in.at()));
  }

  /**
   * Reads a type. Whether there is one of that name, the server knows; what values of it may do is
   * looked at where they are written.
   *
   * @return its name, canonical for built-in types
   */
  String type() throws Refusal {
    TypeSyntax.Parsed type = TypeSyntax.parse(in.tokens(), in.at());
    if (type == null) {
      throw in.unexpected();
    }
    in.at(type.next());
    if (type.name().equals("interval")) {
      while (in.tokens().isName(in.at()) && INTERVAL.contains(in.tokens().text(in.at()))) {
        in.name();
        modifier();
      }
    }
    // Modifiers of an extension's type, geometry(Point, 4326).
    modifier();
    while (in.takeSymbol("[")) {
      in.takeConstant();
      in.expectSymbol("]");
    }
    if (in.take("array") && in.takeSymbol("[")) {
      in.takeConstant();
      in.expectSymbol("]");
    }
    if (in.take("collate")) {
      in.qualifiedName();
    }
    return type.name();
  }

  private void modifier() throws Refusal {
    if (in.peekSymbol("(")) {
      in.group();
    }
  }

  /** True if rows may get a value by the type alone: the default of a domain. */
  boolean mayHaveDefault(String type) {
    return Builtins.type(type).isEmpty() && scope.catalog().userType(type) != Catalog.UserType.ENUM;
  }

  /** As above, of the type that comes next. */
  boolean mayHaveDefault() throws Refusal {
    return mayHaveDefault(type());
  }

  /** True if any text becomes a value of the type in the same way on every copy. */
  boolean isPlain(int start) {
    TypeSyntax.Parsed type = TypeSyntax.parse(in.tokens(), start);
    return type != null
        && (Builtins.isPlain(type.name())
            || scope.catalog().userType(type.name()) == Catalog.UserType.ENUM);
  }

  /** The keys of an index or a partitioned table. */
  void keys(Allowed allowed) throws Refusal, SqlSyntaxException {
    in.expectSymbol("(");
    do {
      key(allowed);
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
  }

  /** One column or expression, with its collation, operator class and order. */
  void key(Allowed allowed) throws Refusal, SqlSyntaxException {
    if (in.peekSymbol("(")) {
      bracketed(allowed);
    } else {
      int start = in.at();
      in.qualifiedName();
      if (in.peekSymbol("(")) {
        in.group();
        check(start, in.at() - 1, allowed);
      }
    }
    if (in.take("collate")) {
      in.qualifiedName();
    }
    if (in.tokens().isName(in.at())
        && !in.peek("asc")
        && !in.peek("desc")
        && !in.peek("nulls")
        && !in.peek("with")) {
      // An operator class, perhaps with parameters.
      in.qualifiedName();
      modifier();
    }
    in.skip("asc", "desc");
    in.skip("nulls first", "nulls last");
  }

  void bracketed(Allowed allowed) throws Refusal, SqlSyntaxException {
    int open = in.at();
    int close = in.group();
    check(open, close, allowed);
  }

  /** The type of a column that expressions may name. */
  void column(String name, String type) {
    columnTypes.put(name, type);
  }

  /** Empty if it is not known. */
  String columnType(String column) {
    return columnTypes.getOrDefault(column, "");
  }

  /** True if values of the column become the same of another type on every copy. */
  boolean becomesTheSame(String column) {
    String type = columnTypes.get(column);
    return type == null || isTheSame(type);
  }

  private boolean isTheSame(String type) {
    return Builtins.isCapturable(type) || scope.catalog().userType(type) == Catalog.UserType.ENUM;
  }

  /**
   * Looks at what stays with the table (checks, generated columns) when the types of all columns
   * are known. What names an object is a number of each server's own; how bytes look as a text is a
   * setting of whoever writes the row.
   */
  void verify() throws Refusal {
    for (Kept one : kept) {
      for (Facts part : one.parts()) {
        refuseZone(part);
        refuseStyle(part);
        refuseSign(part);
      }
      for (Facts.Use use : one.facts().columns()) {
        String type = columnTypes.getOrDefault(use.name(), "");
        boolean made = !one.facts().isPlain() || !one.target().isEmpty();
        if (made && Builtins.isObject(type) && !type.equals("oid")) {
          throw new Refusal(
              "an expression reads "
                  + use.name()
                  + ", whose values are numbers that each server has given for itself",
              "Keep a name, as text.");
        }
        boolean texts = one.facts().types().stream().anyMatch(TEXTS::contains);
        boolean becomes = TEXTS.contains(one.target()) && one.facts().functions().isEmpty();
        if (type.equals("bytea") && (texts || becomes)) {
          throw new Refusal(
              "how " + use.name() + " looks as a text is a setting, bytea_output",
              "Use encode(" + use.name() + ", 'hex').");
        }
      }
    }
  }

  /** A bracketed check in which proven functions of the database's own may be called. */
  void domainCheck() throws Refusal, SqlSyntaxException {
    int open = in.at();
    int close = in.group();
    String text = in.tokens().sql().substring(in.tokens().start(open), in.tokens().end(close));
    refuseUnsettled(in.tokens(), open, close + 1);
    Facts facts = facts(text);
    List<Facts.Use> others =
        facts.functions().stream()
            .filter(
                f ->
                    f.qualifier().equals(Optional.of("pg_catalog"))
                        || !scope.catalog().userFunctions().contains(f.name()))
            .toList();
    if (!isSame(facts.withFunctions(others))) {
      throw mayDiffer(text);
    }
  }

  private static Refusal mayDiffer(String text) {
    return new Refusal(
        "the expression '" + text + "' may differ from copy to copy",
        "Use constants and IMMUTABLE built-in functions.");
  }

  /** A moment becomes a date, or is compared with one, by the zone of whoever writes the row. */
  private void refuseZone(Facts facts) throws Refusal {
    Set<String> clocks = new HashSet<>();
    facts.types().stream().filter(Builtins::isClock).forEach(clocks::add);
    facts.columns().stream()
        .map(use -> columnType(use.name()))
        .filter(Builtins::isClock)
        .forEach(clocks::add);
    boolean zoned = clocks.contains("timestamptz") || clocks.contains("timetz");
    if (zoned && clocks.size() > 1) {
      throw new Refusal(
          "an expression compares or converts "
              + String.join(" and ", new TreeSet<>(clocks))
              + ", which depends on the session's time zone",
          "Let both be of one type.");
    }
  }

  /** How a date or a moment looks as a text, and is read from one, are settings. */
  private void refuseStyle(Facts facts) throws Refusal {
    for (Facts.Use use : facts.columns()) {
      String type = columnType(use.name());
      boolean shown = Builtins.isClock(type) && facts.types().stream().anyMatch(TEXTS::contains);
      boolean read = TEXTS.contains(type) && facts.types().stream().anyMatch(Builtins::isClock);
      if (shown || read) {
        throw new Refusal(
            "how "
                + use.name()
                + (shown ? " looks as a text" : " is read")
                + " is a setting, DateStyle",
            "Keep the value in a column of its own type.");
      }
    }
  }

  /** What a minus sign in an interval belongs to is the setting IntervalStyle. */
  private void refuseSign(Facts facts) throws Refusal {
    boolean interval =
        facts.types().contains("interval")
            || facts.columns().stream().anyMatch(use -> columnType(use.name()).equals("interval"));
    boolean sign =
        facts.strings().stream()
            .anyMatch(s -> s.isEmpty() || (s.get().contains("-") && !DATE.matcher(s.get()).find()));
    if (interval && sign) {
      throw new Refusal(
          "how an interval with a minus sign is read is a setting, IntervalStyle",
          "Write the sign in front of it: - interval '1 day'.");
    }
  }

  /** As {@link #bracketed}, of what stays with the table: see {@link #verify}. */
  void stored(Allowed allowed, String target) throws Refusal, SqlSyntaxException {
    int open = in.at();
    int close = in.group();
    check(open, close, allowed);
    String text = in.tokens().sql().substring(in.tokens().start(open), in.tokens().end(close));
    kept.add(new Kept(facts(text), parts(text), target));
  }

  /** An expression that ends at a comma, a closing bracket or a constraint's first word. */
  void expression(Allowed allowed) throws Refusal, SqlSyntaxException {
    int start = in.at();
    pass();
    check(start, in.at() - 1, allowed);
  }

  /** Moves behind an expression. */
  void pass() throws Refusal {
    int start = in.at();
    while (!in.atEnd() && !in.peekSymbol(",") && !in.peekSymbol(")") && !endsDefault(start)) {
      if (in.peekSymbol("(")) {
        in.group();
      } else {
        in.at(in.at() + 1);
      }
    }
    if (in.at() == start) {
      throw in.unexpected();
    }
  }

  private boolean endsDefault(int start) {
    return in.at() > start
        && (in.peek("not")
            || in.peek("null")
            || in.peek("constraint")
            || in.peek("primary")
            || in.peek("unique")
            || in.peek("check")
            || in.peek("references")
            || in.peek("deferrable")
            || in.peek("initially")
            || in.peek("generated"))
        && !in.tokens().is(in.at() - 1, "is")
        && !in.tokens().is(in.at() - 1, "not")
        && !in.tokens().is(in.at() - 1, "and");
  }

  void check(int first, int last, Allowed allowed) throws Refusal, SqlSyntaxException {
    if (allowed != Allowed.DETERMINISTIC) {
      refuseNow(in.tokens(), first, last + 1);
    }
    if (allowed == Allowed.INDEX) {
      refuseUnsettled(in.tokens(), first, last + 1);
    }
    if (allowed == Allowed.DEFAULT || allowed == Allowed.INDEX) {
      return;
    }
    String text = in.tokens().sql().substring(in.tokens().start(first), in.tokens().end(last));
    Facts facts = facts(text);
    SideEffects.none(facts, scope);
    if (facts.query()) {
      throw new Refusal("a query in DDL is not supported", "Leave it out.");
    }
    refuseServersOwn(facts);
    if (allowed == Allowed.IMMUTABLE) {
      refuseUnsettled(in.tokens(), first, last + 1);
    }
    if (allowed == Allowed.DETERMINISTIC && !isSame(facts)) {
      throw mayDiffer(text);
    }
  }

  /**
   * Refuses functions of the database's own whose results may depend on the session: each copy
   * calls them by itself, under the settings of whoever applies the row.
   */
  private void refuseUnsettled(Tokens tokens, int from, int to) throws Refusal {
    for (int i = from; i < to; i++) {
      boolean named = tokens.isSymbol(i - 1, ".") && tokens.is(i - 2, "pg_catalog");
      boolean systems = named && isSystems(text(tokens, i));
      boolean called =
          tokens.isSymbol(i + 1, "(") && scope.catalog().userFunctions().contains(text(tokens, i));
      // "t.f" calls the function f when the row type of t is its argument.
      boolean row =
          tokens.isSymbol(i - 1, ".") && scope.catalog().rowFunctions().contains(text(tokens, i));
      if ((called && !systems) || row) {
        refuseUnsettled(tokens.text(i));
      }
    }
  }

  /** True if the name means one of the server's own among those in pg_catalog. */
  private boolean isSystems(String function) {
    return scope.catalog().routines().byName().getOrDefault(function, List.of()).stream()
        .anyMatch(Routines.Routine::shadows);
  }

  private static String text(Tokens tokens, int token) {
    return tokens.isName(token) ? tokens.text(token) : "";
  }

  private void refuseUnsettled(String function) throws Refusal {
    Optional<String> obstacle = new SettledFunctions(scope.catalog()).obstacle(function);
    if (obstacle.isPresent()) {
      throw new Refusal(
          "the function "
              + function
              + " is not proven to give the same in every session: "
              + obstacle.get(),
          "Write its expression in the place of the call, or let its body be one expression of"
              + " IMMUTABLE built-in functions, and not over dates and times.");
    }
  }

  /** What the server takes for IMMUTABLE, and is not. */
  private static void refuseServersOwn(Facts facts) throws Refusal {
    Optional<String> column = facts.systemColumn();
    if (column.isPresent()) {
      throw new Refusal(
          "the column " + column.get() + " differs from copy to copy",
          "Use columns of the table's own.");
    }
    for (Facts.Use function : facts.functions()) {
      if (function.name().equals("quote_ident")) {
        throw new Refusal(
            "the function quote_ident depends on the setting quote_all_identifiers",
            "Put the quotation marks on with replace and ||.");
      }
    }
  }

  private static Facts facts(String expression) throws SqlSyntaxException {
    Tokens tokens = PgLexer.lex("SELECT " + expression, false);
    Shape shape = StatementParser.parse(tokens).shape();
    return Facts.of(tokens, shape, new Shape.Range(1, tokens.size() - 1));
  }

  private static List<Facts> parts(String expression) throws SqlSyntaxException {
    Tokens tokens = PgLexer.lex("SELECT " + expression, false);
    Shape shape = StatementParser.parse(tokens).shape();
    List<Facts> parts = new ArrayList<>();
    boolean between = false;
    int from = 1;
    for (int i = 1; i < tokens.size(); i++) {
      // BETWEEN has an AND of its own.
      boolean ends = tokens.is(i, "or") || (tokens.is(i, "and") && !between);
      between = (between && !tokens.is(i, "and")) || tokens.is(i, "between");
      if (ends) {
        parts.add(Facts.of(tokens, shape, new Shape.Range(from, i - 1)));
        from = i + 1;
      }
    }
    parts.add(Facts.of(tokens, shape, new Shape.Range(from, tokens.size() - 1)));
    return parts;
  }

  private static boolean isSame(Facts facts) {
    return facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()))
        && facts.context().isEmpty()
        && !facts.zone()
        && !facts.readsSetting()
        && facts.systemColumn().isEmpty()
        && facts.strings().stream().noneMatch(DdlExpressions::isClockWord)
        && facts.types().stream().noneMatch(t -> Builtins.isObject(t) && !t.equals("oid"));
  }

  /**
   * What the tokens give for the rows there are.
   *
   * @throws Refusal if evaluating them may write
   */
  Value value(int first, int last) throws Refusal, SqlSyntaxException {
    refuseNow(in.tokens(), first, last + 1);
    String text = in.tokens().sql().substring(in.tokens().start(first), in.tokens().end(last));
    if (isNextval(PgLexer.lex("SELECT " + text, false))) {
      return Value.OWN;
    }
    Facts facts = facts(text);
    SideEffects.none(facts, scope);
    if (facts.query()) {
      throw new Refusal("a query in DDL is not supported", "Leave it out.");
    }
    if (isSame(facts) && facts.columns().stream().allMatch(use -> becomesTheSame(use.name()))) {
      return Value.SAME;
    }
    boolean stable =
        facts.columns().isEmpty()
            && facts.functions().stream()
                .allMatch(f -> Builtins.isImmutable(f.name()) || STABLE.contains(f.name()));
    return stable ? Value.STABLE : Value.OWN;
  }

  private static boolean isNextval(Tokens tokens) {
    boolean start =
        tokens.is(1, "nextval") && tokens.isSymbol(2, "(") && tokens.isKind(3, Tokens.Kind.STRING);
    int close = tokens.isSymbol(4, "::") && tokens.is(5, "regclass") ? 6 : 4;
    return start && tokens.isSymbol(close, ")") && tokens.size() == close + 1;
  }

  /**
   * Refuses words that the server turns, when an expression is stored, into the time at which that
   * is done: each copy would have its own.
   */
  static void refuseNow(Tokens tokens, int from, int to) throws Refusal {
    for (int i = from; i < to; i++) {
      if (tokens.isKind(i, Tokens.Kind.STRING) && isClockWord(Facts.literal(tokens, i))) {
        throw now("the definition");
      }
    }
  }

  private static Refusal now(String what) {
    return new Refusal(
        what + " may hold a word that stands for the time of the DDL itself",
        "Use now() or current_date, or another text.");
  }

  /**
   * True for a word alone, not as a part of others, that the server would evaluate if it became a
   * date or time.
   */
  static boolean isClockWord(Optional<String> text) {
    return text.isEmpty() || CLOCK_WORD.matcher(text.get()).find();
  }
}
