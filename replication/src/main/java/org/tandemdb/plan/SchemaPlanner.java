package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * DDL by a strict list of shapes; whatever does not fit one is refused. It is never spliced: names
 * without a schema are resolved by the search path that travels with the entry.
 */
final class SchemaPlanner {
  private final TokenReader in;
  private final Scope scope;
  private final DdlExpressions expressions;

  /** The relations named are temporary ones of the session. */
  private boolean temporary;

  private boolean permanent;

  private SchemaPlanner(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
    this.expressions = new DdlExpressions(in, scope);
  }

  static Plan plan(Tokens tokens, Scope scope) throws Refusal, SqlSyntaxException {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && tokens.text(i).equals(Scope.TANDEM)) {
        throw new Refusal("the schema \"tandem\" is Tandem's own", "Choose another name.", "42501");
      }
      if (tokens.isKind(i, Tokens.Kind.PARAMETER)) {
        throw new Refusal("DDL cannot have parameters", "Write the values out.", "42601");
      }
    }
    Optional<Plan> definition = DefinitionPlanner.plan(tokens);
    if (definition.isPresent()) {
      refuseTemporarySchema(tokens);
      return definition.get();
    }
    TokenReader in = new TokenReader(tokens);
    SchemaPlanner planner = new SchemaPlanner(in, scope);
    planner.statement();
    in.expectEnd();
    if (planner.temporary) {
      return new Plan.Local("concerns a temporary table", new Plan.Effect.Temporary());
    }
    refuseTemporarySchema(tokens);
    return new Plan.Exclusive("changes the schema", tokens.sql());
  }

  private static void refuseTemporarySchema(Tokens tokens) throws Refusal {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && tokens.text(i).startsWith("pg_temp")) {
        throw new Refusal("temporary objects exist on one server only", "Use an ordinary schema.");
      }
    }
  }

  private void statement() throws Refusal, SqlSyntaxException {
    if (in.take("create")) {
      create();
    } else if (in.take("drop")) {
      drop();
    } else if (in.take("alter", "table")) {
      in.skip("if exists");
      in.skip("only");
      existing(in.qualifiedName());
      in.skipSymbol("*");
      new TablePlanner(in, scope, this::existing).alter();
    } else if (in.take("truncate")) {
      truncate();
    } else if (in.take("refresh", "materialized", "view")) {
      refresh();
    } else {
      throw in.unexpected();
    }
  }

  private void create() throws Refusal, SqlSyntaxException {
    in.skip("local temp", "local temporary", "global temp", "global temporary");
    temporary = in.take("temp") || in.take("temporary") || isTemporary(in.at() - 1);
    if (in.peek("unlogged")) {
      throw new Refusal("a crash empties unlogged tables", "Use an ordinary table.");
    }
    if (in.take("table")) {
      permanent = !temporary;
      in.skip("if not exists");
      in.qualifiedName();
      table();
    } else if (in.take("unique", "index") || in.take("index")) {
      index();
    } else if (in.take("schema")) {
      in.skip("if not exists");
      in.name();
      if (in.take("authorization")) {
        in.name();
      }
    } else if (in.take("sequence")) {
      in.skip("if not exists");
      in.qualifiedName();
      sequenceOptions();
    } else if (in.take("or", "replace", "view")
        || in.take("or", "replace", "recursive", "view")
        || in.take("recursive", "view")
        || in.take("view")) {
      view();
    } else if (in.take("domain")) {
      definition();
    } else if (in.take("materialized", "view")) {
      in.skip("if not exists");
      in.qualifiedName();
      filled();
    } else {
      throw in.unexpected();
    }
  }

  private void index() throws Refusal, SqlSyntaxException {
    if (in.peek("concurrently")) {
      throw new Refusal(
          "CREATE INDEX CONCURRENTLY is not supported yet", "Create it without CONCURRENTLY.");
    }
    in.skip("if not exists");
    if (!in.peek("on")) {
      in.name();
    }
    in.expect("on");
    in.skip("only");
    existing(in.qualifiedName());
    if (in.take("using")) {
      in.name();
    }
    expressions.keys();
    if (in.take("include")) {
      in.names();
    }
    in.skip("nulls not distinct", "nulls distinct");
    if (in.take("with")) {
      in.group();
    }
    if (in.take("tablespace")) {
      in.name();
    }
    if (in.take("where")) {
      expressions.expression(DdlExpressions.Allowed.DETERMINISTIC);
    }
  }

  private void sequenceOptions() throws Refusal {
    while (!in.atEnd()) {
      if (in.take("as")) {
        expressions.type(false);
      } else if (in.take("increment") || in.take("start") || in.take("cache")) {
        in.skip("by", "with");
        number();
      } else if (in.take("minvalue") || in.take("maxvalue")) {
        number();
      } else if (in.take("owned", "by")) {
        if (!in.take("none")) {
          in.qualifiedName();
          if (in.takeSymbol(".")) {
            in.name();
          }
        }
      } else if (!(in.take("no", "minvalue")
          || in.take("no", "maxvalue")
          || in.take("no", "cycle")
          || in.take("cycle"))) {
        throw in.unexpected();
      }
    }
  }

  private void number() throws Refusal {
    in.skipSymbol("-");
    if (!in.takeConstant()) {
      throw in.unexpected();
    }
  }

  /** CREATE TABLE with columns, or from a query. */
  private void table() throws Refusal, SqlSyntaxException {
    int start = in.at();
    for (int i = start; i < in.tokens().size(); i++) {
      boolean query = in.tokens().is(i, "as") && depth(start, i) == 0;
      if (query && !in.tokens().is(i - 1, "always")) {
        filled();
        return;
      }
    }
    new TablePlanner(in, scope, this::existing).create();
  }

  private int depth(int from, int to) {
    int depth = 0;
    for (int i = from; i < to; i++) {
      depth += in.tokens().isSymbol(i, "(") ? 1 : 0;
      depth -= in.tokens().isSymbol(i, ")") ? 1 : 0;
    }
    return depth;
  }

  /** CREATE TABLE AS and CREATE MATERIALIZED VIEW, from what follows the name. */
  private void filled() throws Refusal, SqlSyntaxException {
    if (in.peekSymbol("(")) {
      in.names();
    }
    TablePlanner.storage(in);
    in.expect("as");
    Tokens tokens = in.tokens();
    int end = tokens.size();
    boolean noData =
        tokens.is(end - 3, "with") && tokens.is(end - 2, "no") && tokens.is(end - 1, "data");
    boolean data = tokens.is(end - 2, "with") && tokens.is(end - 1, "data");
    if (!noData) {
      int last = data ? end - 3 : end - 1;
      String query = tokens.sql().substring(tokens.start(in.at()), tokens.end(last));
      Tokens read = PgLexer.lex(query, false).from(0);
      if (temporary) {
        proveRead(read);
      } else {
        SameQuery.require(read, scope);
      }
    }
    in.at(end);
  }

  /** What fills a temporary table may differ, but must write nowhere else. */
  private void proveRead(Tokens query) throws Refusal, SqlSyntaxException {
    Plan plan = SqlPlanner.statement(query, scope);
    if (!(plan instanceof Plan.Read)) {
      throw new Refusal(
          "the query that fills the temporary table is not a proven read: " + plan.reason(),
          "Create the table empty, and fill it with INSERT ... SELECT.");
    }
  }

  /** REFRESH MATERIALIZED VIEW runs its query on each copy. */
  private void refresh() throws Refusal, SqlSyntaxException {
    in.skip("concurrently");
    Facts.Use name = in.qualifiedName();
    Optional<Catalog.Table> view = scope.relation(name);
    if (!in.take("with", "no", "data")) {
      in.skip("with data");
      String query = view.flatMap(Catalog.Table::viewDefinition).orElse("");
      SameQuery.require(PgLexer.lex(query, false).from(0), scope);
    }
  }

  /** Stores a definition that is evaluated when it is used. */
  private void definition() throws Refusal {
    if (!temporary) {
      DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
    }
    in.at(in.tokens().size());
  }

  /** A view's query is stored, and proven where the view is read. */
  private void view() throws Refusal {
    for (int i = 0; i < in.tokens().size(); i++) {
      if (!temporary
          && in.tokens().isName(i)
          && scope.session().temporaryTables().contains(in.tokens().text(i))) {
        throw new Refusal(
            "a view of a temporary table exists on one server only", "Use an ordinary table.");
      }
    }
    definition();
  }

  private void drop() throws Refusal {
    if (!(in.take("table")
        || in.take("view")
        || in.take("index")
        || in.take("sequence")
        || in.take("schema"))) {
      throw in.unexpected();
    }
    if (in.peek("concurrently")) {
      throw new Refusal(
          "DROP INDEX CONCURRENTLY is not supported yet", "Drop it without CONCURRENTLY.");
    }
    in.skip("if exists");
    do {
      existing(in.qualifiedName());
    } while (in.takeSymbol(","));
    in.skip("cascade", "restrict");
  }

  private boolean isTemporary(int token) {
    return in.tokens().is(token, "temp") || in.tokens().is(token, "temporary");
  }

  /** Notes whether a relation that is there is a temporary one of the session. */
  private void existing(Facts.Use name) throws Refusal {
    boolean mine =
        name.qualifier()
            .map(schema -> schema.startsWith("pg_temp"))
            .orElseGet(() -> scope.session().temporaryTables().contains(name.name()));
    temporary |= mine;
    permanent |= !mine;
    if (temporary && permanent) {
      throw new Refusal(
          "a statement that changes temporary tables and others exists on one server only",
          "Use a statement for each.");
    }
  }

  /** Sequences begin anew on every copy; no value comes twice, since the log covers what was. */
  private void truncate() throws Refusal {
    in.skip("table");
    List<Catalog.Table> named = new ArrayList<>();
    do {
      in.skip("only");
      Facts.Use name = in.qualifiedName();
      existing(name);
      if (permanent) {
        scope.relation(name).ifPresent(named::add);
      }
      in.skipSymbol("*");
    } while (in.takeSymbol(","));
    in.skip("restart identity", "continue identity");
    boolean cascade = in.take("cascade");
    in.skip("restrict");
    // With CASCADE any table may be reached.
    if (temporary && cascade) {
      throw in.unexpected();
    }
    for (Catalog.Table table : cascade ? scope.catalog().tables().values() : named) {
      for (String hazard : table.hazards()) {
        if (hazard.startsWith("trigger ")) {
          throw new Refusal(
              table.name() + " has the " + hazard + ", which may run for TRUNCATE",
              "Delete the rows instead.");
        }
      }
    }
  }
}
