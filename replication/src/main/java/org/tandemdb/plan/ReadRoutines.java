package org.tandemdb.plan;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.Routines.Routine;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.ImpliedOperators;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * Proves that a user's function changes nothing, by what stands in its body. The server itself
 * keeps a function that is not VOLATILE from writing; what is left is whatever such a function
 * calls. So every word before a parenthesis must be a built-in function that is known to be
 * harmless, a word of the grammar, or another function of which the same holds; dynamic SQL is
 * never understood. Names are looked up without schemas, as whatever they could mean: neither the
 * search path nor the arguments' types matter then.
 */
final class ReadRoutines {

  /** Most tokens of all bodies that one function may reach. */
  private static final int MAX_TOKENS = 100_000;

  /** Dynamic SQL, and what only something that writes would say. */
  private static final Set<String> NEVER =
      Set.of(
          "execute",
          "insert",
          "update",
          "delete",
          "merge",
          "truncate",
          "copy",
          "call",
          "do",
          "notify");

  /** Words of SQL and PL/pgSQL that stand before a parenthesis and call nothing. */
  private static final Set<String> GRAMMAR =
      Set.of(
          "all",
          "and",
          "any",
          "array",
          "as",
          "assert",
          "between",
          "by",
          "case",
          "cast",
          "default",
          "distinct",
          "else",
          "elsif",
          "except",
          "exists",
          "filter",
          "from",
          "group",
          "having",
          "if",
          "ilike",
          "in",
          "intersect",
          "is",
          "join",
          "lateral",
          "like",
          "limit",
          "materialized",
          "not",
          "offset",
          "on",
          "or",
          "over",
          "overlay",
          "perform",
          "position",
          "precision",
          "query",
          "return",
          "returns",
          "row",
          "select",
          "similar",
          "some",
          "substring",
          "table",
          "then",
          "to",
          "union",
          "using",
          "values",
          "varying",
          "when",
          "where",
          "while",
          "with",
          "within");

  private final Scope scope;
  private final Set<String> functions = new HashSet<>();
  private final Set<Catalog.Table> relations = new HashSet<>();
  private final Set<String> names = new HashSet<>();
  private int tokensSeen;

  private ReadRoutines(Scope scope) {
    this.scope = scope;
  }

  /**
   * What came of looking at a function.
   *
   * @param obstacle why it is not proven; empty if it is
   * @param names every name in it, and in what it calls and reads
   */
  record Proof(Optional<String> obstacle, Set<String> names) {}

  /** Why a function of this name is not proven to change nothing; empty if it is. */
  static Optional<String> obstacle(String function, Scope scope) {
    if (!scope.catalog().routines().byName().containsKey(function)) {
      return Optional.of("it is not known");
    }
    Proof proof =
        scope
            .analyses()
            .proof(scope.catalog(), function, () -> new ReadRoutines(scope).of(function));
    if (proof.obstacle().isPresent()) {
      return proof.obstacle();
    }
    return scope.session().temporaryTables().stream()
        .filter(proof.names()::contains)
        .findFirst()
        .map(name -> "it may mean the temporary table " + name);
  }

  private Proof of(String function) {
    try {
      function(function);
      return new Proof(Optional.empty(), Set.copyOf(names));
    } catch (Unproven e) {
      return new Proof(Optional.of(String.valueOf(e.getMessage())), Set.of());
    }
  }

  private void function(String name) throws Unproven {
    if (!functions.add(name)) {
      return;
    }
    if (scope.catalog().userOperators().contains("::")) {
      throw new Unproven("a cast between built-in types is redefined");
    }
    var routines = scope.catalog().routines().byName().get(name);
    if (routines == null) {
      throw new Unproven("the function " + name + " is not known");
    }
    for (Routine routine : routines) {
      if (routine.shadows()) {
        throw new Unproven("a built-in function is called " + name + " too");
      }
      String body =
          routine
              .body()
              .orElseThrow(
                  () ->
                      new Unproven(
                          "the function "
                              + name
                              + " is VOLATILE, or in another language than SQL and PL/pgSQL"));
      for (String type : routine.types()) {
        type(type);
      }
      text(routine.defaults(), name);
      text(body, name);
    }
  }

  /** A row type is as good as the types of its columns. */
  private void type(String written) throws Unproven {
    casts(written);
    if (scope.catalog().isUserType(written)) {
      return;
    }
    String plain = written.replace("\"", "");
    boolean row =
        scope.catalog().tables().values().stream()
            .filter(table -> table.name().toString().equals(plain))
            .allMatch(table -> columnsAreKnown(table));
    boolean found =
        scope.catalog().tables().keySet().stream().anyMatch(t -> t.toString().equals(plain));
    if (!row || !found) {
      throw new Unproven("the type " + plain + " is not known");
    }
  }

  /** Where a value of the type is, the server may call what casts it. */
  private void casts(String type) throws Unproven {
    for (String function : scope.catalog().routines().castsOf(type)) {
      function(function);
    }
  }

  private boolean columnsAreKnown(Catalog.Table table) {
    return table.columns().stream()
        .map(column -> column.type().name())
        .allMatch(
            type ->
                !type.startsWith("\"")
                    || type.startsWith("\"pg_catalog\"")
                    || scope.catalog().isUserType(type));
  }

  /** A function's body, a view's query, or the defaults of arguments. */
  private void text(String sql, String owner) throws Unproven {
    Tokens tokens;
    try {
      tokens = PgLexer.lex(sql, false);
    } catch (SqlSyntaxException e) {
      throw new Unproven("the text of " + owner + " is not understood");
    }
    tokensSeen += tokens.size();
    if (tokensSeen > MAX_TOKENS) {
      throw new Unproven("it is too long");
    }
    for (int i = 0; i < tokens.size(); i++) {
      switch (tokens.kind(i)) {
        case WORD, QUOTED -> {
          for (String operator : ImpliedOperators.of(tokens, i)) {
            operator(operator);
          }
          name(tokens, i, owner);
        }
        case OPERATOR -> operator(tokens.text(i));
        case STRING, NUMBER, PARAMETER, PUNCTUATION -> {}
      }
    }
  }

  private void operator(String operator) throws Unproven {
    if (scope.catalog().userOperators().contains(operator)) {
      throw new Unproven("the operator " + operator + " is redefined");
    }
    for (String function :
        scope.catalog().routines().byOperator().getOrDefault(operator, Set.of())) {
      function(function);
    }
  }

  private void name(Tokens tokens, int i, String owner) throws Unproven {
    String name = tokens.text(i);
    boolean word = tokens.isKind(i, Tokens.Kind.WORD) && !tokens.isSymbol(i - 1, ".");
    if (word && (NEVER.contains(name) || locks(tokens, i))) {
      throw new Unproven(owner + " says " + name.toUpperCase(java.util.Locale.ROOT));
    }
    if (name.equals(Scope.TANDEM) || name.startsWith("pg_temp")) {
      throw new Unproven(owner + " names the schema " + name);
    }
    names.add(name);
    if (tokens.isSymbol(i + 1, "(")) {
      called(tokens, i, owner);
    } else if (tokens.isSymbol(i - 1, ".") && scope.catalog().rowFunctions().contains(name)) {
      // "t.f" calls the function f when the row type of t is its argument.
      function(name);
    }
    if (scope.catalog().routines().sequences().contains(name)) {
      throw new Unproven(owner + " names the sequence " + name);
    }
    if (scope.catalog().userTypes().containsKey(name) && !scope.catalog().isUserType(name)) {
      throw new Unproven(owner + " names the type " + name);
    }
    casts(name);
    for (Catalog.Table table : scope.analyses().named(scope.catalog(), name)) {
      relation(table);
    }
  }

  private static boolean locks(Tokens tokens, int i) {
    return tokens.is(i, "for")
        && (tokens.is(i + 1, "share") || tokens.is(i + 1, "no") || tokens.is(i + 1, "key"));
  }

  private void called(Tokens tokens, int i, String owner) throws Unproven {
    String name = tokens.text(i);
    if (scope.catalog().userFunctions().contains(name)) {
      function(name);
      return;
    }
    boolean grammar =
        tokens.isKind(i, Tokens.Kind.WORD)
            && (GRAMMAR.contains(name)
                || Builtins.type(name).isPresent()
                // AS t(a, b), WITH t(a, b)
                || tokens.is(i - 1, "as")
                || tokens.is(i - 1, "with")
                || tokens.is(i - 1, "recursive"));
    if (!grammar && !Builtins.isHarmless(name)) {
      throw new Unproven(owner + " calls " + name);
    }
  }

  private void relation(Catalog.Table table) throws Unproven {
    if (!relations.add(table)) {
      return;
    }
    if (!table.readHazards().isEmpty() || table.kind() == Catalog.Kind.OTHER) {
      throw new Unproven("reading " + table.name() + " may differ from copy to copy");
    }
    if (!columnsAreKnown(table)) {
      throw new Unproven("a type of " + table.name() + " is not known");
    }
    for (Catalog.Column column : table.columns()) {
      casts(column.type().name());
    }
    if (table.kind() == Catalog.Kind.VIEW) {
      text(
          table
              .viewDefinition()
              .orElseThrow(() -> new Unproven("the view " + table.name() + " is not known")),
          table.name().toString());
    }
  }

  /** Not proven, and why. */
  private static final class Unproven extends Exception {
    private static final long serialVersionUID = 1;

    Unproven(String message) {
      super(message, null, false, false);
    }
  }
}
