package org.tandemdb.catalog;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog.UserType;
import org.tandemdb.catalog.Routines.Routine;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;

/**
 * Proves that a function of the database's own gives equal results for equal arguments whatever the
 * session's settings. That it is declared IMMUTABLE says nothing: the server believes it. In
 * generated columns, indexes, partition keys and domains each copy calls it by itself, under the
 * settings of whoever applies the row. So its body must be one expression over built-in functions
 * that are IMMUTABLE, and over types whose texts no setting changes. What an extension has written
 * in C and calls IMMUTABLE is trusted.
 */
public final class SettledFunctions {
  private static final Set<String> TEXTS = Set.of("text", "varchar", "bpchar", "name");

  private final Map<String, List<Routine>> byName;
  private final Set<String> userOperators;
  private final Map<String, UserType> userTypes;

  /**
   * @param userOperators operators that the database defines over built-in types
   * @param userTypes by their names without schema
   */
  public SettledFunctions(
      Routines routines, Set<String> userOperators, Map<String, UserType> userTypes) {
    this.byName = routines.byName();
    this.userOperators = userOperators;
    this.userTypes = userTypes;
  }

  public SettledFunctions(Catalog catalog) {
    this(catalog.routines(), catalog.userOperators(), catalog.userTypes());
  }

  /** Why not every function of this name is proven; empty if all are. */
  public Optional<String> obstacle(String function) {
    List<Routine> routines = byName.getOrDefault(function, List.of());
    if (routines.isEmpty()) {
      return Optional.of("it is not known");
    }
    for (Routine routine : routines) {
      Optional<String> obstacle = routine.vouched() ? shadow(routine) : obstacle(routine);
      if (obstacle.isPresent()) {
        return obstacle;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> shadow(Routine routine) {
    return routine.shadows()
        ? Optional.of("a built-in function has that name, too; call that with its schema")
        : Optional.empty();
  }

  private Optional<String> obstacle(Routine routine) {
    if (routine.shadows()) {
      return shadow(routine);
    }
    if (routine.body().isEmpty() || !routine.immutable()) {
      return Optional.of("it is not an IMMUTABLE one in SQL or PL/pgSQL with its body as a text");
    }
    if (!routine.defaults().isEmpty()) {
      return Optional.of("an argument has a default");
    }
    boolean enums = !routine.types().isEmpty();
    for (String type : routine.types()) {
      String name = type.substring(type.lastIndexOf(".\"") + 2, type.length() - 1);
      if (userTypes.get(name) != UserType.ENUM) {
        return Optional.of("the type " + name + " is not built in");
      }
    }
    for (String type : routine.systemTypes()) {
      if (!isSettled(type)) {
        return Optional.of("how a " + type + " is read and written may be a setting");
      }
    }
    try {
      Tokens tokens = expression(routine.body().get());
      Shape.Statement statement = StatementParser.parse(tokens);
      if (!(statement instanceof Shape.Query)) {
        return Optional.of("its body is not one expression");
      }
      Facts facts =
          Facts.of(tokens, statement.shape(), new Shape.Range(1, Math.max(1, tokens.size() - 1)));
      return obstacle(facts, routine, enums);
    } catch (SqlSyntaxException e) {
      return Optional.of("its body is not one expression");
    }
  }

  /** {@code SELECT ...} of SQL, or {@code BEGIN RETURN ...; END} of PL/pgSQL, as a query. */
  private static Tokens expression(String body) throws SqlSyntaxException {
    Tokens tokens = PgLexer.lex(body, false);
    int last = tokens.size() - 1;
    while (last > 0 && tokens.isSymbol(last, ";")) {
      last--;
    }
    boolean block = tokens.is(0, "begin") && tokens.is(1, "return") && tokens.is(last, "end");
    if (block && last >= 4 && tokens.isSymbol(last - 1, ";")) {
      String value = body.substring(tokens.start(2), tokens.end(last - 2));
      return PgLexer.lex("SELECT (" + value + "\n)", false);
    }
    return PgLexer.lex(last < 0 ? body : body.substring(0, tokens.end(last)), false);
  }

  private Optional<String> obstacle(Facts facts, Routine routine, boolean enums) {
    if (facts.query() || !facts.relations().isEmpty()) {
      return Optional.of("it reads more than its arguments");
    }
    for (Facts.Use use : facts.functions()) {
      boolean system = use.qualifier().orElse("pg_catalog").equals("pg_catalog");
      boolean own = use.qualifier().isEmpty() && byName.containsKey(use.name());
      if (!system || own || !Builtins.isImmutable(use.name())) {
        return Optional.of("it calls " + use.name());
      }
    }
    if (!facts.context().isEmpty()) {
      return Optional.of("it says " + facts.context().get(0));
    }
    if (facts.zone() || facts.readsSetting()) {
      return Optional.of("it reads a setting");
    }
    for (String operator : facts.operators()) {
      if (userOperators.contains(operator) || (enums && !operator.equals("::"))) {
        return Optional.of("the operator " + operator + " may be another one");
      }
    }
    for (String operator : facts.implied()) {
      if (userOperators.contains(operator)) {
        return Optional.of("the operator " + operator + " may be another one");
      }
    }
    for (String type : facts.types()) {
      if (!isSettled(type)) {
        return Optional.of("how a " + type + " is read and written may be a setting");
      }
    }
    return showsBytes(facts, routine)
        ? Optional.of("how a bytea looks as a text is a setting")
        : Optional.empty();
  }

  /** How bytes look as a text is a setting; what encode makes of them is not. */
  private static boolean showsBytes(Facts facts, Routine routine) {
    Set<String> types = new HashSet<>(facts.types());
    boolean casts = types.stream().anyMatch(TEXTS::contains);
    types.addAll(routine.systemTypes());
    boolean bytes =
        types.contains("bytea")
            || facts.functions().stream()
                .anyMatch(f -> f.name().equals("decode") || f.name().startsWith("sha"));
    boolean gives =
        facts.functions().isEmpty() && routine.systemTypes().stream().anyMatch(TEXTS::contains);
    return bytes && (casts || gives);
  }

  private static boolean isSettled(String type) {
    return Builtins.isPlain(type) && !type.startsWith("xml");
  }
}
