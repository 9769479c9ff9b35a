package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * The form that is left for statements of rows which the others cannot cover: TRACED. What such a
 * statement does need not be understood, since the primary says afterwards which rows it touched,
 * and its own statistics prove that these are all (see {@link Plan.Traced}). Refused here is what
 * would fail in that proof anyway, early and with a better reason; and what works past tables.
 */
final class Tracing {

  /**
   * Built-in functions that are not harmless, and whose effects either reach the log (sequences) or
   * are not meant to outlive the primary's transaction.
   */
  private static final Set<String> TRACEABLE =
      Set.of(
          "nextval",
          "setval",
          "currval",
          "lastval",
          "pg_notify",
          "pg_sleep",
          "pg_sleep_for",
          "pg_sleep_until",
          // They run a query that is given as text, or read what may be a view, or call the check
          // of
          // a domain: what that writes is traced like all else.
          "ts_stat",
          "ts_rewrite",
          "query_to_xml",
          "query_to_xmlschema",
          "query_to_xml_and_xmlschema",
          "table_to_xml",
          "table_to_xmlschema",
          "table_to_xml_and_xmlschema",
          "json_populate_record",
          "json_populate_recordset",
          "jsonb_populate_record",
          "jsonb_populate_record_valid",
          "jsonb_populate_recordset",
          "pg_input_is_valid",
          "pg_input_error_info",
          "pg_advisory_xact_lock",
          "pg_advisory_xact_lock_shared",
          "pg_try_advisory_xact_lock",
          "pg_try_advisory_xact_lock_shared");

  /** Beginnings of names of the server's own functions that reach past tables. */
  private static final List<String> REACHING = List.of("pg_", "lo_", "dblink");

  private static final Set<String> REACHING_NAMES = Set.of("set_config", "loread", "lowrite");

  private Tracing() {}

  /** How a statement is planned by another form. */
  interface Other {
    Plan plan() throws Refusal, SqlSyntaxException;
  }

  /** The plan of another form, or TRACED where that one is refused or does not understand. */
  static Plan otherwise(Tokens tokens, Scope scope, Other other)
      throws Refusal, SqlSyntaxException {
    try {
      return other.plan();
    } catch (SqlSyntaxException e) {
      if (scope.viewDepth() > 0 || selectsInto(tokens)) {
        throw e;
      }
      try {
        return plan(tokens, scope, String.valueOf(e.getMessage()));
      } catch (Refusal refusal) {
        if (refusal.plan().sqlState().equals("42501")) {
          throw refusal;
        }
        throw e;
      }
    } catch (Refusal e) {
      if (!e.plan().sqlState().equals("0A000")) {
        throw e;
      }
      understood(tokens, scope, e);
      return plan(tokens, scope, String.valueOf(e.getMessage()));
    }
  }

  /** CALL and DO. */
  static Plan plan(Tokens tokens, Scope scope) throws Refusal {
    return plan(tokens, scope, tokens.text(0).toUpperCase(java.util.Locale.ROOT));
  }

  /**
   * True if a temporary relation of the session may be meant. What such a statement does to other
   * tables is in its trace; what it does to the temporary one concerns the session alone.
   */
  static boolean usesTemporary(Tokens tokens, SessionView session) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i)) {
        String name = tokens.text(i);
        if (name.startsWith("pg_temp")
            || (session.temporaryTables().contains(name) && !tokens.isSymbol(i - 1, "."))) {
          return true;
        }
      }
    }
    return false;
  }

  static Plan plan(Tokens tokens, Scope scope, String why) throws Refusal {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && tokens.text(i).equals(Scope.TANDEM)) {
        throw new Refusal(
            "the schema \"tandem\" is Tandem's own", "Use SHOW TANDEM STATUS instead.", "42501");
      }
      if (tokens.isName(i) && tokens.isSymbol(i + 1, "(")) {
        function(tokens.text(i), scope);
      }
    }
    return new Plan.Traced(
        "the rows that it touches are logged as they are in the end: " + why,
        untracedTargets(tokens, scope));
  }

  /** See {@link Plan.Traced#untraced}, of a statement that is understood otherwise. */
  static List<TableName> untracedTargets(Tokens tokens, Scope scope) {
    return List.copyOf(untraced(tokens, scope));
  }

  /**
   * Tables that stand where a write names its target, and still need their triggers. Whatever else
   * the statement writes is found out at COMMIT.
   */
  private static Set<TableName> untraced(Tokens tokens, Scope scope) {
    Set<TableName> untraced = new LinkedHashSet<>();
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.is(0, "do") && tokens.isKind(i, Tokens.Kind.STRING)) {
        untraced.addAll(untracedIn(Facts.literal(tokens, i).orElse(""), scope));
      }
      boolean target =
          tokens.is(i, "into")
              || (tokens.is(i, "update") && !tokens.is(i - 1, "for") && !tokens.is(i - 1, "do"))
              || (tokens.is(i, "from") && tokens.is(i - 1, "delete"));
      if (!target) {
        continue;
      }
      int name = tokens.is(i + 1, "only") ? i + 2 : i + 1;
      while (tokens.isName(name) && tokens.isSymbol(name + 1, ".")) {
        name += 2;
      }
      if (tokens.isName(name)) {
        addUntraced(tokens.text(name), scope, new HashSet<>(), untraced);
      }
    }
    return untraced;
  }

  /** The table of that name; of a view those it is made of, and of theirs. */
  private static void addUntraced(
      String name, Scope scope, Set<TableName> seen, Set<TableName> untraced) {
    for (Catalog.Table table : scope.analyses().named(scope.catalog(), name)) {
      if (!seen.add(table.name())) {
        continue;
      }
      if (table.kind() == Catalog.Kind.TABLE
          && table.traceHazards().stream().allMatch(Catalog.Table.NO_KEY::equals)
          && !scope.catalog().traced().contains(table.name())) {
        untraced.add(table.name());
      }
      if (table.kind() == Catalog.Kind.VIEW) {
        for (String part : namesIn(table.viewDefinition().orElse(""))) {
          addUntraced(part, scope, seen, untraced);
        }
      }
    }
  }

  /** What may be tables' names; what else it may be does no harm. */
  private static Set<String> namesIn(String query) {
    Set<String> names = new LinkedHashSet<>();
    try {
      Tokens tokens = PgLexer.lex(query, false);
      for (int i = 0; i < tokens.size(); i++) {
        if (tokens.isName(i)) {
          names.add(tokens.text(i));
        }
      }
    } catch (SqlSyntaxException e) {
      return Set.of();
    }
    return names;
  }

  /** The block that DO is given. */
  private static Set<TableName> untracedIn(String block, Scope scope) {
    try {
      return untraced(PgLexer.lex(block, false), scope);
    } catch (SqlSyntaxException e) {
      return Set.of();
    }
  }

  private static boolean isTraceable(String name) {
    return TRACEABLE.contains(name) || SideEffects.PRIMARYS.contains(name);
  }

  private static void function(String name, Scope scope) throws Refusal {
    boolean known =
        Builtins.isHarmless(name)
            || isTraceable(name)
            || scope.catalog().userFunctions().contains(name);
    if (!known && (REACHING_NAMES.contains(name) || REACHING.stream().anyMatch(name::startsWith))) {
      throw new Refusal(
          "the function " + name + " works past tables, which no trace sees",
          "Use functions that write tables only.");
    }
  }

  /**
   * What is understood well enough to say that TRACED would be refused as well.
   *
   * @param refusal of the other form
   */
  private static void understood(Tokens tokens, Scope scope, Refusal refusal)
      throws Refusal, SqlSyntaxException {
    Shape.Statement statement = scope.analyses().of(tokens);
    Facts facts = Facts.of(tokens, statement.shape());
    for (Facts.Use function : facts.functions()) {
      boolean users = scope.catalog().userFunctions().contains(function.name());
      if (!users && !Builtins.isHarmless(function.name()) && !isTraceable(function.name())) {
        boolean named = String.valueOf(refusal.getMessage()).startsWith("the function ");
        throw named ? refusal : SideEffects.unknownFunction(function.name());
      }
    }
    for (Shape.Write write : writes(statement)) {
      Catalog.Table table = relation(tokens, scope, write.target()).orElseThrow(() -> refusal);
      for (String hazard : table.traceHazards()) {
        if (!hazard.equals(Catalog.Table.NO_KEY) || !insertsOnly(write)) {
          boolean keyless = hazard.equals(Catalog.Table.NO_KEY);
          String part = keyless ? WritePlanner.obstacle(tokens, scope, write, table) : "";
          throw new Refusal(
              "writes to "
                  + table.name()
                  + " cannot be made equal on every copy: "
                  + hazard
                  + (part.isEmpty() ? "" : ", and " + part),
              keyless
                  ? "Add a primary key, or let conditions and values read nothing but the row."
                  : "See docs/limits.md for what stands in the way.");
        }
      }
    }
  }

  private static boolean insertsOnly(Shape.Write write) {
    return write instanceof Shape.Insert insert
        && insert.conflict().map(conflict -> conflict.set().isEmpty()).orElse(true);
  }

  private static List<Shape.Write> writes(Shape.Statement statement) {
    List<Shape.Write> writes = new ArrayList<>();
    if (statement instanceof Shape.Write write) {
      writes.add(write);
    } else if (statement instanceof Shape.With with) {
      with.parts().forEach(part -> writes.add(part.write()));
      writes.addAll(writes(with.main()));
    }
    return writes;
  }

  private static Optional<Catalog.Table> relation(Tokens tokens, Scope scope, Shape.Target target)
      throws Refusal {
    Optional<String> schema =
        target.qualified() ? Optional.of(tokens.text(target.first())) : Optional.empty();
    return scope.relation(new Facts.Use(schema, tokens.text(target.name()), target.name()));
  }

  /** SELECT INTO makes a table. */
  private static boolean selectsInto(Tokens tokens) {
    for (int i = 1; i < tokens.size(); i++) {
      if (tokens.is(i, "into") && !tokens.is(i - 1, "insert") && !tokens.is(i - 1, "merge")) {
        return true;
      }
    }
    return false;
  }
}
