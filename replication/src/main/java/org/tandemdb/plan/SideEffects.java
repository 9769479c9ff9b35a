package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/** Proves that evaluating what stands in a statement changes nothing. */
final class SideEffects {
  private static final int MAX_VIEW_DEPTH = 16;

  /** What only the session's own link to the primary can tell: numbers that it has drawn. */
  private static final Set<String> OWN_NUMBERS = Set.of("currval", "lastval");

  /**
   * What differs from server to server, or stays with the session, and changes nothing that is
   * logged: the primary answers, as the one server would.
   */
  static final Set<String> PRIMARYS =
      Set.of(
          "pg_current_snapshot",
          "pg_current_xact_id",
          "pg_current_xact_id_if_assigned",
          // With SET TRANSACTION SNAPSHOT: several sessions read the same, as pg_dump -j does.
          "pg_export_snapshot",
          "pg_relation_filenode",
          "pg_relation_filepath",
          "pg_sequence_last_value",
          "pg_xact_status",
          "setseed",
          "txid_current",
          "txid_current_if_assigned",
          "txid_current_snapshot",
          "txid_status");

  /** Locks that end with the transaction: they change nothing that is logged. */
  private static final Set<String> TRANSACTION_LOCKS =
      Set.of(
          "pg_advisory_xact_lock",
          "pg_advisory_xact_lock_shared",
          "pg_try_advisory_xact_lock",
          "pg_try_advisory_xact_lock_shared");

  /** Locks that stay with the session. */
  private static final Set<String> SESSION_LOCKS =
      Set.of(
          "pg_advisory_lock",
          "pg_advisory_lock_shared",
          "pg_try_advisory_lock",
          "pg_try_advisory_lock_shared",
          "pg_advisory_unlock",
          "pg_advisory_unlock_shared",
          "pg_advisory_unlock_all");

  /**
   * Types of the system catalogs, to which tools cast as they read there. Nothing is known of what
   * they would mean in a table.
   */
  private static final Set<String> CATALOG_TYPES =
      Set.of("\"char\"", "aclitem", "cstring", "int2vector", "oidvector", "pg_node_tree");

  private SideEffects() {}

  /** Where a statement without side effects on tables has to run. */
  enum Place {
    ANYWHERE,
    PRIMARY,
    /** On the primary; it reads sequences alone, which belong to no snapshot. */
    SEQUENCES,
    /** On the primary; it takes locks that end with the transaction, and touches no table. */
    GUARD,
    /** On the primary, and what it does stays with that session of the server's. */
    SESSION
  }

  /**
   * As {@link #none}, of a query.
   *
   * @return where it may run
   */
  static Place of(Facts facts, Scope scope) throws Refusal {
    Place place = Place.ANYWHERE;
    List<Facts.Use> others = new ArrayList<>();
    for (Facts.Use function : facts.functions()) {
      boolean own =
          isSystems(function, scope)
              && (OWN_NUMBERS.contains(function.name())
                  || PRIMARYS.contains(function.name())
                  || TRANSACTION_LOCKS.contains(function.name()));
      boolean lock = isSystems(function, scope) && SESSION_LOCKS.contains(function.name());
      if (lock) {
        place = Place.SESSION;
      } else if (own) {
        place = place == Place.ANYWHERE ? Place.PRIMARY : place;
      } else {
        others.add(function);
      }
    }
    List<Facts.Use> relations = new ArrayList<>(facts.relations());
    boolean sequences = relations.removeIf(relation -> isSequence(relation, scope));
    Facts rest = place == Place.ANYWHERE ? facts : facts.withFunctions(others);
    List<String> types = new ArrayList<>(rest.types());
    types.removeIf(SideEffects::isCatalogs);
    Facts known = rest.withTypes(types);
    none(sequences ? known.withRelations(relations) : known, scope);
    if (place == Place.PRIMARY && isGuard(facts, scope)) {
      return Place.GUARD;
    }
    if (sequences && place == Place.ANYWHERE) {
      return relations.isEmpty() ? Place.SEQUENCES : Place.PRIMARY;
    }
    return place;
  }

  private static boolean isCatalogs(String type) {
    return CATALOG_TYPES.contains(
        type.endsWith("[]") ? type.substring(0, type.length() - 2) : type);
  }

  private static boolean isGuard(Facts facts, Scope scope) {
    return facts.relations().isEmpty()
        && facts.functions().stream()
            .anyMatch(f -> isSystems(f, scope) && TRANSACTION_LOCKS.contains(f.name()));
  }

  /**
   * True if a sequence is read as if it were a table: what it says of itself differs from copy to
   * copy. Where the name means nothing after all, the server says so.
   */
  static boolean isSequence(Facts.Use relation, Scope scope) {
    return !relation.qualifier().equals(Optional.of(Scope.TANDEM))
        && !scope.session().temporaryTables().contains(relation.name())
        && scope.catalog().routines().sequences().contains(relation.name())
        && scope
            .catalog()
            .resolve(relation.qualifier(), relation.name(), scope.session().searchPath())
            .isEmpty();
  }

  /** As {@link #none}, of a statement that the primary runs. */
  static void onPrimary(Facts facts, Scope scope) throws Refusal {
    List<Facts.Use> others =
        facts.functions().stream()
            .filter(
                f ->
                    !(isSystems(f, scope)
                        && (OWN_NUMBERS.contains(f.name()) || PRIMARYS.contains(f.name()))))
            .toList();
    List<Facts.Use> relations =
        facts.relations().stream().filter(relation -> !isSequence(relation, scope)).toList();
    none(facts.withFunctions(others).withRelations(relations), scope);
  }

  /**
   * @throws Refusal naming the first thing that is not known to be free of side effects
   */
  static void none(Facts facts, Scope scope) throws Refusal {
    for (Facts.Use function : facts.functions()) {
      function(function, scope);
    }
    for (Facts.Use column : facts.columns()) {
      // "t.f" calls the function f when the row type of t is its argument.
      if (column.qualifier().isPresent()
          && scope.catalog().rowFunctions().contains(column.name())) {
        users(column.name(), scope);
      }
    }
    operators(facts.operators(), scope);
    operators(facts.implied(), scope);
    for (String type : facts.types()) {
      if (Builtins.type(type).isEmpty() && !scope.catalog().isUserType(type)) {
        throw new Refusal(
            "the type " + type + " is not a built-in type that is understood",
            "Leave the cast to the server, or cast to a built-in type.");
      }
      Optional<String> obstacle = castObstacle(type, scope);
      if (obstacle.isPresent()) {
        throw new Refusal(obstacle.get(), "Use built-in types.");
      }
    }
    for (Facts.Use relation : facts.relations()) {
      Optional<Catalog.Table> table = scope.relation(relation);
      if (table.isPresent()) {
        readable(table.get(), scope);
      }
    }
  }

  private static void operators(List<String> operators, Scope scope) throws Refusal {
    for (String operator : operators) {
      if (scope.catalog().userOperators().contains(operator)) {
        throw new Refusal(
            "the operator " + operator + " is redefined in this database",
            "Only built-in operators are understood.");
      }
      Set<String> functions =
          scope.catalog().routines().byOperator().getOrDefault(operator, Set.of());
      for (String function : functions) {
        Optional<String> obstacle = ReadRoutines.obstacle(function, scope);
        if (obstacle.isPresent()) {
          throw new Refusal(
              "the operator "
                  + operator
                  + " calls "
                  + function
                  + ", which is not known to be free of side effects: "
                  + obstacle.get(),
              "Only operators that change nothing are understood.");
        }
      }
    }
  }

  /** Why values of the table may call something that writes, wherever the server casts them. */
  static Optional<String> castObstacle(Catalog.Table table, Scope scope) {
    if (scope.catalog().routines().byType().isEmpty()) {
      return Optional.empty();
    }
    return table.columns().stream()
        .flatMap(column -> castObstacle(column.type().name(), scope).stream())
        .findFirst();
  }

  private static Optional<String> castObstacle(String type, Scope scope) {
    for (String function : scope.catalog().routines().castsOf(type)) {
      Optional<String> obstacle = ReadRoutines.obstacle(function, scope);
      if (obstacle.isPresent()) {
        return Optional.of(
            "the type "
                + type
                + " is cast by "
                + function
                + ", which is not known to be free of side effects: "
                + obstacle.get());
      }
    }
    return Optional.empty();
  }

  private static void function(Facts.Use function, Scope scope) throws Refusal {
    if (isSystems(function, scope)) {
      if (!Builtins.isHarmless(function.name())) {
        throw unknownFunction(function.name());
      }
      return;
    }
    String schema = function.qualifier().orElse("pg_catalog");
    String last = schema.substring(schema.lastIndexOf('.') + 1);
    boolean redefined = schema.equals("pg_catalog") || schema.equals("information_schema");
    if (!redefined && (last.equals(Scope.TANDEM) || last.startsWith("pg_"))) {
      throw unknownFunction(function.name());
    }
    users(function.name(), scope);
  }

  private static void users(String name, Scope scope) throws Refusal {
    Optional<String> obstacle = ReadRoutines.obstacle(name, scope);
    if (obstacle.isPresent()) {
      throw new Refusal(
          "the function " + name + " is not known to be free of side effects: " + obstacle.get(),
          "Use built-in functions that change nothing; give the value as a parameter.");
    }
  }

  private static boolean isSystems(Facts.Use function, Scope scope) {
    String schema = function.qualifier().orElse("pg_catalog");
    boolean system =
        schema.equals("pg_catalog")
            || (schema.equals("information_schema") && function.name().equals("_pg_expandarray"));
    boolean redefined =
        function.qualifier().isEmpty() && scope.catalog().userFunctions().contains(function.name());
    return system && !redefined;
  }

  static Refusal unknownFunction(String name) {
    return new Refusal(
        "the function " + name + " is not known to be free of side effects",
        "Use built-in functions that change nothing; give the value as a parameter.");
  }

  /** A view is as harmless as its query, and so on down. */
  private static void readable(Catalog.Table table, Scope scope) throws Refusal {
    if (!table.readHazards().isEmpty()) {
      throw new Refusal(
          "reading "
              + table.name()
              + " is not proven to change nothing: "
              + table.readHazards().get(0),
          "Read the tables behind it.");
    }
    Optional<String> cast = castObstacle(table, scope);
    if (cast.isPresent()) {
      throw new Refusal(
          "reading " + table.name() + " is not proven to change nothing: " + cast.get(),
          "Read the tables behind it.");
    }
    switch (table.kind()) {
      case TABLE, PARTITIONED, MATERIALIZED_VIEW -> {}
      case VIEW -> view(table, scope);
      case OTHER ->
          throw new Refusal(
              table.name() + " is neither a table nor a view", "Read the tables behind it.");
    }
  }

  private static void view(Catalog.Table view, Scope scope) throws Refusal {
    String definition =
        view.viewDefinition()
            .orElseThrow(
                () -> new Refusal("the view " + view.name() + " is not known", "Read its tables."));
    if (scope.viewDepth() >= MAX_VIEW_DEPTH) {
      throw new Refusal("views are nested too deeply", "Read the tables behind them.");
    }
    Scope inner = scope.inView();
    try {
      Tokens tokens = PgLexer.lex(definition, false).from(0);
      Shape.Statement statement = scope.analyses().of(tokens);
      if (!(statement instanceof Shape.Query) || statement.shape().locking()) {
        throw new Refusal("the view " + view.name() + " is not a plain query", "Read its tables.");
      }
      none(Facts.of(tokens, statement.shape()), inner);
    } catch (SqlSyntaxException e) {
      throw new Refusal(
          "the query of the view " + view.name() + " is not understood: " + e.getMessage(),
          "Read the tables behind it.");
    } catch (Refusal e) {
      throw new Refusal(
          "reading the view " + view.name() + " is not proven to change nothing: " + e.getMessage(),
          "Read the tables behind it.");
    }
  }
}
