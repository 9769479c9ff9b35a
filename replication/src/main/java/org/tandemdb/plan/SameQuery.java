package org.tandemdb.plan;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * Proves that a query gives the same rows on every copy, as a set: for DDL that fills a table or a
 * materialized view and cannot be spliced. Copies hold the same rows in different heap order, so
 * whatever depends on an order is out: LIMIT, window functions, DISTINCT ON, sums of floating
 * point, and which of several equal values that look different (1.0 and 1.00) stands for a group.
 */
final class SameQuery {
  private static final int MAX_DEPTH = 16;

  private static final Set<String> ORDERED =
      Set.of("limit", "fetch", "offset", "over", "window", "tablesample", "ordinality");

  private static final Set<String> GROUPING = Set.of("group", "distinct", "union", "intersect");

  private static final Set<String> AGGREGATES =
      Set.of("count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every");

  private static final Set<String> ONE_FACED =
      Set.of(
          "bool",
          "int2",
          "int4",
          "int8",
          "text",
          "varchar",
          "uuid",
          "bytea",
          "date",
          "time",
          "timestamp",
          "timestamptz");

  /** Built-in functions and operators that make floating point of whole numbers. */
  private static final Set<String> FLOATING =
      Set.of(
          "sqrt", "cbrt", "power", "pow", "exp", "ln", "log", "log10", "pi", "degrees", "radians",
          "sin", "cos", "tan", "cot", "asin", "acos", "atan", "atan2", "sind", "cosd", "tand",
          "cotd", "asind", "acosd", "atand", "atan2d", "sinh", "cosh", "tanh", "asinh", "acosh",
          "atanh", "erf", "erfc", "^", "|/", "||/");

  /** Aggregates that give the same whichever of equal values they meet, and in whatever order. */
  private static final Set<String> EXACT = Set.of("count", "sum", "avg");

  private final Tokens tokens;
  private final Shape shape;
  private final Scope scope;

  private SameQuery(Tokens tokens, Shape shape, Scope scope) {
    this.tokens = tokens;
    this.shape = shape;
    this.scope = scope;
  }

  /**
   * @throws Refusal naming what may differ
   */
  static void require(Tokens query, Scope scope) throws Refusal, SqlSyntaxException {
    Shape.Statement statement = scope.analyses().of(query);
    if (!(statement instanceof Shape.Query) || statement.shape().locking()) {
      throw differs("it is not a plain query");
    }
    Facts facts = Facts.of(query, statement.shape());
    for (Facts.Use relation : facts.relations()) {
      if (SideEffects.isSequence(relation, scope)) {
        throw differs("what the sequence " + relation.name() + " says of itself");
      }
    }
    SideEffects.none(facts, scope);
    new SameQuery(query, statement.shape(), scope).check();
  }

  private static Refusal differs(String what) {
    return new Refusal(
        "the query's rows may differ from copy to copy: " + what,
        "Create the table empty, and fill it with INSERT ... SELECT.");
  }

  private void check() throws Refusal, SqlSyntaxException {
    Facts facts = Facts.of(tokens, shape);
    if (facts.zone() || !facts.context().isEmpty() || facts.parameters()) {
      throw differs("it depends on the session");
    }
    if (facts.readsSetting()) {
      throw differs("how @@ searches a text is a setting");
    }
    Optional<String> system = facts.systemColumn();
    if (system.isPresent()) {
      throw differs("the column " + system.get() + " is each server's own");
    }
    for (Facts.Use function : facts.functions()) {
      if (!Builtins.isImmutable(function.name()) && !AGGREGATES.contains(function.name())) {
        throw differs("the function " + function.name());
      }
    }
    for (String type : facts.types()) {
      if (!Builtins.isPlain(type) && scope.catalog().userType(type) != Catalog.UserType.ENUM) {
        throw differs("a cast to " + type);
      }
    }
    if (facts.strings().stream().anyMatch(DdlExpressions::isClockWord)) {
      throw differs("a word that the clock decides");
    }
    boolean grouping = false;
    for (int i = 0; i < tokens.size(); i++) {
      String word = tokens.isKind(i, Tokens.Kind.WORD) ? tokens.text(i) : "";
      if (ORDERED.contains(word) || (word.equals("on") && tokens.is(i - 1, "distinct"))) {
        throw differs(word.equals("on") ? "DISTINCT ON" : word.toUpperCase(java.util.Locale.ROOT));
      }
      if (word.equals("array") && tokens.isSymbol(i + 1, "(")) {
        throw differs("ARRAY takes the rows of its query in the order in which they are found");
      }
      grouping |= GROUPING.contains(word) || word.equals("except") || word.equals("recursive");
      grouping |= word.equals("min") || word.equals("max");
    }
    relations(facts, grouping);
  }

  private void relations(Facts facts, boolean grouping) throws Refusal, SqlSyntaxException {
    Set<String> manyFaced = new HashSet<>(scope.catalog().looseColumns());
    Set<String> inexact = new HashSet<>();
    Set<String> known = new HashSet<>();
    boolean views = false;
    for (Facts.Use use : facts.relations()) {
      Catalog.Table table =
          scope.relation(use).orElseThrow(() -> differs("it reads the system's own tables"));
      views |= table.kind() == Catalog.Kind.VIEW;
      for (Catalog.Column column : table.columns()) {
        String type = column.type().name();
        known.add(column.name());
        if (type.startsWith("float")) {
          inexact.add(column.name());
        }
        if (!isOneFaced(type)) {
          manyFaced.add(column.name());
        }
        if (!Builtins.isCapturable(type) && !scope.catalog().isUserType(type)) {
          throw differs(
              "the column "
                  + column.name()
                  + " of "
                  + table.name()
                  + " has a type that is not the same everywhere, "
                  + type);
        }
      }
      view(table);
    }
    sums(facts, inexact);
    if (grouping) {
      if (facts.collate()) {
        throw differs("a collation may take different texts for equal");
      }
      groups(manyFaced, views);
      aliases(facts, known, manyFaced);
    }
  }

  /** Equal values are one value, whatever the order in which they are met. */
  private static boolean isOneFaced(String type) {
    return ONE_FACED.contains(type);
  }

  private void sums(Facts facts, Set<String> inexact) throws Refusal {
    if (facts.functions().stream().noneMatch(f -> Set.of("sum", "avg").contains(f.name()))) {
      return;
    }
    Optional<String> column =
        facts.columns().stream().map(Facts.Use::name).filter(inexact::contains).findFirst();
    if (column.isPresent()) {
      throw differs(
          "sums of floating point depend on the order of rows, and "
              + column.get()
              + " is floating point");
    }
    boolean all = !inexact.isEmpty() && selectsAll();
    boolean made =
        facts.types().stream().anyMatch(t -> t.startsWith("float"))
            || facts.functions().stream().anyMatch(f -> FLOATING.contains(f.name()))
            || facts.operators().stream().anyMatch(FLOATING::contains);
    if (all || made) {
      throw differs("sums of floating point depend on the order of rows");
    }
  }

  /** A * other than that of {@code count(*)} and of a product may stand for any column. */
  private boolean selectsAll() {
    for (int i = 0; i < tokens.size(); i++) {
      boolean all = tokens.is(i - 1, "select") || tokens.is(i - 1, "distinct");
      boolean follows = tokens.isSymbol(i - 1, ".") || tokens.isSymbol(i - 1, ",");
      if ((tokens.isSymbol(i, "*") && (all || follows)) || tokens.is(i, "table")) {
        return true;
      }
    }
    return false;
  }

  /**
   * A name that a part of the query gives, in a query that makes groups: what it stands for is not
   * known, so nothing with several faces may be anywhere.
   */
  private void aliases(Facts facts, Set<String> known, Set<String> manyFaced) throws Refusal {
    Optional<String> alias =
        facts.columns().stream()
            .map(Facts.Use::name)
            .filter(name -> !known.contains(name))
            .findFirst();
    if (alias.isEmpty()) {
      return;
    }
    boolean decimal = false;
    for (int i = 0; i < tokens.size(); i++) {
      decimal |= isManyFacedConstant(i);
    }
    if (decimal
        || facts.columns().stream().anyMatch(column -> manyFaced.contains(column.name()))
        || facts.functions().stream().anyMatch(f -> f.name().equals("avg"))) {
      throw differs("which of several equal values of " + alias.get() + " stands for them all");
    }
  }

  /** In a query that makes groups, values with several faces may stand only inside exact sums. */
  private void groups(Set<String> manyFaced, boolean views) throws Refusal {
    Deque<Boolean> inside = new ArrayDeque<>();
    int exact = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(")) {
        boolean opens = tokens.isName(i - 1) && EXACT.contains(tokens.text(i - 1));
        inside.push(opens);
        exact += opens ? 1 : 0;
      } else if (tokens.isSymbol(i, ")") && !inside.isEmpty()) {
        exact -= inside.pop() ? 1 : 0;
      } else if (exact == 0 && shape.isColumn(i) && manyFaced.contains(tokens.text(i))) {
        throw differs(
            "which of several equal values of " + tokens.text(i) + " stands for them all");
      } else if (exact == 0 && isManyFacedConstant(i)) {
        throw differs("which of several equal numbers stands for them all");
      } else if (exact == 0 && tokens.isSymbol(i, "*") && !tokens.isSymbol(i - 1, "(")) {
        boolean all = tokens.is(i - 1, "select") || tokens.is(i - 1, "distinct");
        if (all || tokens.isSymbol(i - 1, ".") || (views && tokens.isSymbol(i - 1, ","))) {
          throw differs("name the columns instead of *");
        }
      }
    }
  }

  /** 1.00 beside 1.0, or what a cast makes so. */
  private boolean isManyFacedConstant(int token) {
    boolean decimal = tokens.isKind(token, Tokens.Kind.NUMBER) && tokens.text(token).contains(".");
    return decimal || shape.type(token).filter(type -> !isOneFaced(type)).isPresent();
  }

  private void view(Catalog.Table table) throws Refusal, SqlSyntaxException {
    Optional<String> definition = table.viewDefinition();
    if (table.kind() != Catalog.Kind.VIEW || definition.isEmpty()) {
      return;
    }
    if (scope.viewDepth() >= MAX_DEPTH) {
      throw new Refusal("views are nested too deeply", "Read the tables behind them.");
    }
    Scope inner = scope.inView();
    require(PgLexer.lex(definition.get(), false).from(0), inner);
  }
}
