package org.tandemdb.plan;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * DDL by a strict list of shapes; whatever does not fit one is refused. It is never spliced: names
 * without a schema are resolved by the search path that travels with the entry.
 */
final class SchemaPlanner {
  /** Statements whose lists are of roles. */
  private static final Set<String> ROLES_FIRST = Set.of("grant", "revoke", "reassign", "drop");

  /** Words behind which a role is named. */
  private static final Set<String> BEFORE_ROLE =
      Set.of("to", "by", "from", "for", "authorization", "role", "user", "group", "admin");

  private final TokenReader in;
  private final Scope scope;
  private final DdlExpressions expressions;

  /** The relations named are temporary ones of the session. */
  private boolean temporary;

  private boolean permanent;

  /** What other copies run. */
  private String logged;

  private Plan.Fill fill = new Plan.Fill.None();

  /** What the primary runs instead of the text. */
  private Optional<String> rewritten = Optional.empty();

  /** Where the query that fills a table ends in the text. */
  private int queryEnd;

  /** What it is if it commits on its own. */
  private Plan.@Nullable Task task;

  private SchemaPlanner(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
    this.expressions = new DdlExpressions(in, scope);
    this.logged = in.tokens().sql();
  }

  static Plan plan(Tokens tokens, Scope scope) throws Refusal, SqlSyntaxException {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && tokens.text(i).equals(Scope.TANDEM) && !RoleNames.isRole(tokens, i)) {
        throw new Refusal("the schema \"tandem\" is Tandem's own", "Choose another name.", "42501");
      }
    }
    refuseSessionUser(tokens);
    refuseParameters(tokens);
    Optional<Plan> quick = ConcurrentDdl.quick(tokens, scope);
    if (quick.isPresent()) {
      return quick.get();
    }
    Optional<Plan> logged = unlogged(tokens, scope);
    if (logged.isPresent()) {
      return logged.get();
    }
    Optional<Plan> definition = DefinitionPlanner.plan(tokens, scope);
    if (definition.isPresent()) {
      if (altersTemporary(tokens, scope.session())) {
        return new Plan.Local("concerns a temporary relation", new Plan.Effect.Temporary());
      }
      refuseTemporary(tokens, scope.session());
      return definition.get();
    }
    TokenReader in = new TokenReader(tokens);
    SchemaPlanner planner = new SchemaPlanner(in, scope);
    planner.statement();
    in.expectEnd();
    if (planner.temporary) {
      return new Plan.Local("concerns a temporary table", new Plan.Effect.Temporary());
    }
    refuseTemporary(tokens, scope.session());
    if (planner.task != null) {
      return planner.task;
    }
    return new Plan.Exclusive(
        planner.fill instanceof Plan.Fill.None
            ? "changes the schema"
            : "changes the schema; the rows that it fills are decided by the primary",
        planner.logged,
        planner.fill,
        planner.rewritten);
  }

  /** SELECT INTO is another way to write CREATE TABLE AS. */
  static Plan planInto(Tokens tokens, int into, Scope scope) throws Refusal, SqlSyntaxException {
    refuseParameters(tokens);
    TokenReader in = new TokenReader(tokens);
    in.at(into + 1);
    in.skip("local", "global");
    int kind = in.at();
    in.skip("temp", "temporary", "unlogged");
    String persistence = in.at() > kind ? tokens.text(kind) + " " : "";
    in.skip("table");
    int first = in.at();
    in.qualifiedName();
    String sql = tokens.sql();
    String name = sql.substring(tokens.start(first), tokens.end(in.at() - 1));
    String query =
        sql.substring(0, tokens.start(into))
            + (in.atEnd() ? "" : sql.substring(tokens.start(in.at())));
    return plan(
        PgLexer.lex("CREATE " + persistence + "TABLE " + name + " AS " + query, false), scope);
  }

  /**
   * UNLOGGED is taken as the wish that it is: the server empties such a table when it crashes,
   * which would make one copy differ.
   */
  private static Optional<Plan> unlogged(Tokens tokens, Scope scope)
      throws Refusal, SqlSyntaxException {
    int word = tokens.is(0, "create") && tokens.is(1, "unlogged") ? 1 : -1;
    for (int i = 2; i < tokens.size() && tokens.is(0, "alter"); i++) {
      boolean action = tokens.is(i, "unlogged") && tokens.is(i - 1, "set");
      word = action && (tokens.is(1, "table") || tokens.is(1, "sequence")) ? i : word;
    }
    if (word < 0) {
      return Optional.empty();
    }
    String sql = tokens.sql();
    String edited =
        sql.substring(0, tokens.start(word))
            + (word == 1 ? "" : "LOGGED")
            + sql.substring(tokens.end(word));
    Plan plan = plan(PgLexer.lex(edited, false), scope);
    return Optional.of(
        plan instanceof Plan.Exclusive exclusive
            ? new Plan.Exclusive(
                exclusive.reason() + "; logged: a crash would empty it on one server",
                exclusive.logged(),
                exclusive.fill(),
                Optional.of(exclusive.rewritten().orElse(edited)))
            : plan);
  }

  /** CREATE FUNCTION and CREATE PROCEDURE, whose bodies may name arguments by number. */
  static boolean isRoutine(Tokens tokens) {
    int kind = tokens.is(1, "or") ? 3 : 1;
    return tokens.is(0, "create") && (tokens.is(kind, "function") || tokens.is(kind, "procedure"));
  }

  /**
   * The current user travels with DDL, the session's does not: other copies make the change in
   * sessions of Tandem's own role. Where the words are an expression, they are stored as one.
   */
  private static void refuseSessionUser(Tokens tokens) throws Refusal {
    boolean roles = ROLES_FIRST.contains(tokens.text(0));
    for (int i = 1; i < tokens.size(); i++) {
      boolean role =
          (tokens.isKind(i - 1, Tokens.Kind.WORD) && BEFORE_ROLE.contains(tokens.text(i - 1)))
              || (roles && tokens.isSymbol(i - 1, ","));
      if (role && tokens.is(i, "session_user")) {
        throw new Refusal(
            "SESSION_USER is Tandem's own role where other copies make the change",
            "Write the role's name, or CURRENT_USER.");
      }
    }
  }

  private static void refuseParameters(Tokens tokens) throws Refusal {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isKind(i, Tokens.Kind.PARAMETER) && !isRoutine(tokens)) {
        throw new Refusal("DDL cannot have parameters", "Write the values out.", "42601");
      }
    }
  }

  /** ALTER SEQUENCE and its like of what is the session's own, and defined by nothing else. */
  private static boolean altersTemporary(Tokens tokens, SessionView session) {
    boolean kind = tokens.is(1, "sequence") || tokens.is(1, "index") || tokens.is(1, "view");
    if (!tokens.is(0, "alter") || !kind) {
      return false;
    }
    int name = tokens.is(2, "if") ? 4 : 2;
    if (!tokens.isName(name)) {
      return false;
    }
    return tokens.isSymbol(name + 1, ".")
        ? tokens.text(name).startsWith("pg_temp")
        : session.temporaryTables().contains(tokens.text(name));
  }

  /**
   * Other copies run the text, and have no temporary relation of that name, or another one. Its
   * name may stand for something else, a column; who knows.
   */
  private static void refuseTemporary(Tokens tokens, SessionView session) throws Refusal {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isName(i) && tokens.text(i).startsWith("pg_temp") && tokens.isSymbol(i + 1, ".")) {
        throw new Refusal("temporary objects exist on one server only", "Use an ordinary schema.");
      }
      String name = tokens.isName(i) ? tokens.text(i) : "";
      boolean qualified = tokens.isSymbol(i - 1, ".");
      boolean column = tokens.is(i - 1, "column") && !tokens.isSymbol(i + 1, ".");
      if (tokens.isKind(i, Tokens.Kind.STRING) && !tokens.is(i - 1, "is")) {
        name = Facts.literal(tokens, i).orElse("");
      }
      if (!qualified && !column && session.temporaryTables().contains(name)) {
        throw new Refusal(
            "\""
                + name
                + "\" is a temporary relation of this session, which other copies do not have",
            "Use an ordinary table, drop the temporary one first, or give it a name that the"
                + " statement does not use.");
      }
    }
  }

  private void statement() throws Refusal, SqlSyntaxException {
    if (in.take("create")) {
      create();
    } else if (in.take("drop")) {
      drop();
    } else if (in.take("alter", "table")) {
      alterTable();
    } else if (in.take("truncate")) {
      truncate();
    } else if (in.take("import")) {
      throw new Refusal(
          "IMPORT FOREIGN SCHEMA asks the other server from each copy, at another time",
          "Use CREATE FOREIGN TABLE.");
    } else if (in.take("refresh", "materialized", "view")) {
      refresh();
    } else {
      throw in.unexpected();
    }
  }

  private void alterTable() throws Refusal, SqlSyntaxException {
    if (in.take("all", "in", "tablespace")) {
      in.at(in.tokens().size());
      return;
    }
    in.skip("if exists");
    in.skip("only");
    Facts.Use name = in.qualifiedName();
    existing(name);
    in.skipSymbol("*");
    Optional<Catalog.Table> table =
        temporary
            ? Optional.empty()
            : scope.catalog().resolve(name.qualifier(), name.name(), scope.session().searchPath());
    TablePlanner planner = new TablePlanner(in, scope, this::existing);
    String reference =
        in.tokens().sql().substring(in.tokens().start(2), in.tokens().end(in.at() - 1));
    planner.alter(table);
    if (!planner.fills() && !planner.held().isEmpty() && table.isPresent()) {
      fill = values(table.get().name(), reference, planner.held());
    }
    if (planner.fills() && table.isPresent()) {
      for (TablePlanner.Held one : planner.held()) {
        for (int i = one.first(); i <= one.last(); i++) {
          if (in.tokens().is(i, "current_setting")) {
            throw new Refusal(
                "the default of "
                    + one.column()
                    + " asks for a setting, which other copies may not have",
                "Add it by a statement of its own.");
          }
        }
      }
      for (String hazard : table.get().traceHazards()) {
        if (!hazard.equals(Catalog.Table.NO_KEY)) {
          throw new Refusal(
              "the rows of " + table.get().name() + " cannot be logged: " + hazard,
              "Add the column without a default, and fill it with UPDATE.");
        }
      }
      TableName known = table.get().name();
      fill =
          new Plan.Fill.Rows(
              Optional.of(known.schema()), known.name(), true, planner.typed(), Optional.empty());
    }
  }

  /** Other copies get the value for the rows there are, and then the default. */
  private Plan.Fill values(TableName table, String reference, List<TablePlanner.Held> held) {
    List<Plan.Hole> holes = new ArrayList<>();
    StringBuilder defaults = new StringBuilder("ALTER TABLE ").append(reference);
    String separator = " ALTER COLUMN ";
    for (TablePlanner.Held one : held) {
      int from = in.tokens().start(one.first());
      int to = in.tokens().end(one.last());
      holes.add(new Plan.Hole(one.column(), from, to, one.type()));
      defaults.append(separator).append(LoggedText.quote(one.column()));
      defaults.append(" SET DEFAULT ").append(in.tokens().sql(), from, to);
      separator = ", ALTER COLUMN ";
    }
    return new Plan.Fill.Values(table, List.copyOf(holes), defaults.toString());
  }

  private void create() throws Refusal, SqlSyntaxException {
    in.skip("or replace");
    in.skip("local temp", "local temporary", "global temp", "global temporary");
    temporary = in.take("temp") || in.take("temporary") || isTemporary(in.at() - 1);
    temporary |= isInTemporarySchema();
    if (in.take("table")) {
      permanent = !temporary;
      boolean unlessThere = in.take("if", "not", "exists");
      table(in.qualifiedName(), unlessThere);
    } else if (in.take("unique", "index") || in.take("index")) {
      index();
    } else if (in.take("schema")) {
      schema();
    } else if (in.take("sequence")) {
      in.skip("if not exists");
      in.qualifiedName();
      sequenceOptions();
    } else if (in.peek("domain")) {
      domainChecks();
      definition();
    } else if (in.take("recursive", "view") || in.take("view")) {
      definition();
    } else if (in.take("materialized", "view")) {
      in.skip("if not exists");
      in.qualifiedName();
      materialized();
    } else {
      throw in.unexpected();
    }
  }

  private void index() throws Refusal, SqlSyntaxException {
    int concurrently = in.take("concurrently") ? in.at() - 1 : -1;
    in.skip("if not exists");
    Optional<String> name = in.peek("on") ? Optional.empty() : Optional.of(in.name());
    in.expect("on");
    in.skip("only");
    Facts.Use table = in.qualifiedName();
    existing(table);
    if (concurrently >= 0) {
      task = ConcurrentDdl.index(in.tokens(), scope, concurrently, name, table);
    }
    if (in.take("using")) {
      in.name();
    }
    // What a temporary table's index evaluates is on one server only, and must write nowhere else.
    DdlExpressions.Allowed allowed =
        temporary ? DdlExpressions.Allowed.TEMPORARY_INDEX : DdlExpressions.Allowed.INDEX;
    expressions.keys(allowed);
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
      expressions.expression(allowed);
    }
  }

  /** CREATE SCHEMA, perhaps with what it is to hold. */
  private void schema() throws Refusal, SqlSyntaxException {
    in.skip("if not exists");
    if (!in.peek("authorization")) {
      in.name();
    }
    if (in.take("authorization")) {
      in.name();
    }
    Tokens tokens = in.tokens();
    int from = in.at();
    for (int i = from + 1; i <= tokens.size(); i++) {
      boolean next = tokens.is(i, "create") || (tokens.is(i, "grant") && depth(from, i) == 0);
      if (i == tokens.size() || next) {
        String element = tokens.sql().substring(tokens.start(from), tokens.end(i - 1));
        Plan plan = plan(PgLexer.lex(element, false), scope);
        if (!(plan instanceof Plan.Exclusive exclusive)
            || !(exclusive.fill() instanceof Plan.Fill.None)) {
          throw new Refusal(
              "what the schema is to hold is not a plain definition", "Create it afterwards.");
        }
        from = i;
      }
    }
    in.at(tokens.size());
  }

  private void sequenceOptions() throws Refusal {
    while (!in.atEnd()) {
      if (in.take("as")) {
        expressions.type();
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
  private void table(Facts.Use name, boolean unlessThere) throws Refusal, SqlSyntaxException {
    int start = in.at();
    for (int i = start; i < in.tokens().size(); i++) {
      boolean query = in.tokens().is(i, "as") && depth(start, i) == 0;
      if (query && !in.tokens().is(i - 1, "always")) {
        filled(name, unlessThere);
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

  /** CREATE TABLE AS, from what follows the name. */
  private void filled(Facts.Use name, boolean unlessThere) throws Refusal, SqlSyntaxException {
    Optional<Tokens> query = query();
    if (query.isEmpty()) {
      return;
    }
    if (temporary) {
      proveRead(query.get());
      return;
    }
    try {
      SameQuery.require(query.get(), scope);
    } catch (Refusal differs) {
      if (!differs.plan().sqlState().equals("0A000")) {
        throw differs;
      }
      proveRead(query.get());
      Optional<Catalog.Table> there =
          unlessThere
              ? scope.catalog().resolve(name.qualifier(), name.name(), scope.session().searchPath())
              : Optional.empty();
      fill =
          new Plan.Fill.Rows(
              name.qualifier(),
              name.name(),
              false,
              List.of(),
              there.map(table -> table.name().schema()));
      logged = in.tokens().sql().substring(0, queryEnd) + " WITH NO DATA";
    }
  }

  /** CREATE MATERIALIZED VIEW, from what follows the name: no rows can be put into it. */
  private void materialized() throws Refusal, SqlSyntaxException {
    // Without data it is stored all the same.
    DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
    Optional<Tokens> query = query();
    if (query.isPresent()) {
      requireSame(query.get());
    }
  }

  private void requireSame(Tokens query) throws Refusal, SqlSyntaxException {
    try {
      SameQuery.require(query, scope);
    } catch (Refusal differs) {
      throw new Refusal(
          String.valueOf(differs.getMessage()),
          "Use a table, and fill it with INSERT ... SELECT.",
          differs.plan().sqlState());
    }
  }

  /** The query behind AS; empty if it is not to be run. */
  private Optional<Tokens> query() throws Refusal, SqlSyntaxException {
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
    int last = data ? end - 3 : end - 1;
    int from = in.at();
    in.at(end);
    if (noData) {
      return Optional.empty();
    }
    if (last < from) {
      throw in.unexpected();
    }
    queryEnd = tokens.end(last);
    return Optional.of(
        PgLexer.lex(tokens.sql().substring(tokens.start(from), queryEnd), false).from(0));
  }

  /**
   * What fills a table may differ, but must write nowhere else. What only the primary can tell, a
   * sequence that is read as a table, is as good: nobody else runs the query.
   */
  private void proveRead(Tokens query) throws Refusal, SqlSyntaxException {
    Plan plan = SqlPlanner.statement(query, scope);
    boolean own =
        plan instanceof Plan.PrimaryRead read
            && !read.guard()
            && !scope.analyses().of(query).shape().locking();
    if (!(plan instanceof Plan.Read) && !own) {
      throw new Refusal(
          "the query that fills the table is not a proven read: " + plan.reason(),
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
      requireSame(PgLexer.lex(query, false).from(0));
    }
  }

  /** A check of a domain is made again wherever a row is put in, by every copy. */
  private void domainChecks() throws Refusal, SqlSyntaxException {
    int start = in.at();
    for (int i = start; i < in.tokens().size(); i++) {
      if (in.tokens().is(i, "check") && in.tokens().isSymbol(i + 1, "(")) {
        in.at(i + 1);
        expressions.domainCheck();
      }
    }
    in.at(start);
  }

  /** Stores a definition that is evaluated when it is used. */
  private void definition() throws Refusal {
    if (!temporary) {
      DdlExpressions.refuseNow(in.tokens(), in.at(), in.tokens().size());
    }
    in.at(in.tokens().size());
  }

  private void drop() throws Refusal {
    if (!(in.take("table")
        || in.take("view")
        || in.take("index")
        || in.take("sequence")
        || in.take("schema"))) {
      throw in.unexpected();
    }
    in.skip("if exists");
    do {
      existing(in.qualifiedName());
    } while (in.takeSymbol(","));
    in.skip("cascade", "restrict");
  }

  /** {@code CREATE TABLE pg_temp.t}: what is made is temporary without the word. */
  private boolean isInTemporarySchema() {
    Tokens tokens = in.tokens();
    int name = in.at() + 1;
    if (tokens.is(name, "if") && tokens.is(name + 2, "exists")) {
      name += 3;
    }
    boolean relation =
        tokens.is(in.at(), "table") || tokens.is(in.at(), "view") || tokens.is(in.at(), "sequence");
    return relation && tokens.is(name, "pg_temp") && tokens.isSymbol(name + 1, ".");
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
    if (temporary && cascade) {
      throw in.unexpected();
    }
    for (Catalog.Table table : reached(named, cascade)) {
      for (String hazard : table.hazards()) {
        if (hazard.startsWith("trigger ") && hazard.endsWith(Catalog.Table.ON_TRUNCATE)) {
          throw new Refusal(
              table.name()
                  + " has the "
                  + hazard
                  + ": what it writes would be written on each copy",
              "Delete the rows instead.");
        }
      }
    }
  }

  /** The tables, those that refer to them with CASCADE, and those that may be a part of one. */
  private Set<Catalog.Table> reached(List<Catalog.Table> named, boolean cascade) {
    Catalog catalog = scope.catalog();
    Set<Catalog.Table> reached = new LinkedHashSet<>(named);
    boolean grows = true;
    while (grows) {
      grows = false;
      if (reached.stream().anyMatch(table -> table.hazards().contains(Catalog.Table.FAMILY))) {
        for (Catalog.Table table : catalog.tables().values()) {
          grows |= table.hazards().contains(Catalog.Table.FAMILY) && reached.add(table);
        }
      }
      for (Catalog.Reference reference :
          cascade ? catalog.references() : Set.<Catalog.Reference>of()) {
        Catalog.Table parent = catalog.tables().get(reference.parent());
        Catalog.Table child = catalog.tables().get(reference.child());
        grows |= child != null && reached.contains(parent) && reached.add(child);
      }
    }
    return reached;
  }
}
