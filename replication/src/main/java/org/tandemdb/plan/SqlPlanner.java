package org.tandemdb.plan;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * The planner for PostgreSQL. Two bounded caches stand before the work: plans by exact text and
 * circumstances, and structures by fingerprint, so that texts that differ in their literals are
 * parsed once. Thread-safe; the only state is the caches.
 */
public final class SqlPlanner implements Planner {

  /** A cached plan's share of the bound, in characters of its text. */
  private static final int CHARACTERS_PER_ENTRY = 1024;

  private static final SecureRandom SALTS = new SecureRandom();

  private static final String FAIL_CLOSED =
      "Rewrite it with statements that Tandem understands (see the manual's list).";

  private final Cache<Key, Plan> plans;
  private final Analyses analyses;
  private final Supplier<byte[]> salts;

  /**
   * @param cacheEntries how many plans and structures are kept, for texts of ordinary length; fewer
   *     if they are long
   */
  public SqlPlanner(int cacheEntries) {
    this(cacheEntries, SqlPlanner::salt);
  }

  /**
   * @param salts what a stored password is to be salted with; safe for several threads
   */
  SqlPlanner(int cacheEntries, Supplier<byte[]> salts) {
    this.salts = salts;
    this.plans =
        Caffeine.newBuilder()
            .maximumWeight((long) cacheEntries * CHARACTERS_PER_ENTRY)
            .weigher((Key key, Plan plan) -> 256 + key.sql().length() * 3)
            .executor(Runnable::run)
            .build();
    this.analyses = new Analyses(cacheEntries);
  }

  @Override
  public Plan plan(Request request, Catalog catalog, SessionView session) {
    Key key =
        new Key(
            request.sql(),
            request.markers(),
            request.parameterTypes(),
            new Same(catalog),
            session.searchPath(),
            session.temporaryTables());
    Plan plan = plans.getIfPresent(key);
    if (plan == null) {
      plan = fresh(request, catalog, session);
      if (!isSecret(plan)) {
        plans.put(key, plan);
      }
    }
    return inSession(plan, session);
  }

  private static byte[] salt() {
    byte[] salt = new byte[ScramSecret.SALT_BYTES];
    SALTS.nextBytes(salt);
    return salt;
  }

  /** Made with a salt that must not come again. */
  private static boolean isSecret(Plan plan) {
    return plan instanceof Plan.Steps steps
        ? steps.steps().stream().anyMatch(step -> isSecret(step.plan()))
        : plan instanceof Plan.Exclusive exclusive && exclusive.rewritten().isPresent();
  }

  /**
   * The arguments of a function that is created are $1 and so on, whatever marks the client's own
   * parameters, of which DDL has none.
   */
  private static Tokens lex(Request request) throws SqlSyntaxException {
    boolean question = request.markers() == Request.Markers.QUESTION;
    try {
      return PgLexer.lex(request.sql(), question);
    } catch (SqlSyntaxException e) {
      Tokens tokens = question ? PgLexer.lex(request.sql(), false) : null;
      if (tokens == null || !hasArgumentsOnly(tokens)) {
        throw e;
      }
      return tokens;
    }
  }

  private static boolean hasArgumentsOnly(Tokens all) {
    for (Tokens tokens : all.statements()) {
      for (int i = 0; i < tokens.size(); i++) {
        boolean mark = tokens.isKind(i, Tokens.Kind.OPERATOR) && tokens.text(i).contains("?");
        if (mark) {
          return false;
        }
      }
    }
    return all.statements().stream().noneMatch(SqlPlanner::hasParameters);
  }

  private Plan fresh(Request request, Catalog catalog, SessionView session) {
    if (request.sql().indexOf('\0') >= 0) {
      // Where a text has one, a server takes it for the text's end, and loses its place.
      return new Plan.Refused("invalid byte sequence for encoding \"UTF8\": 0x00", "", "22021");
    }
    try {
      Optional<ReadHint> hint = ReadHint.of(request.sql());
      Tokens tokens = lex(request);
      Scope scope = new Scope(catalog, session, analyses, request.parameterTypes(), 0, salts);
      List<Tokens> statements = tokens.statements();
      if (statements.isEmpty()) {
        return new Plan.Local("nothing to do", new Plan.Effect.None());
      }
      if (statements.size() == 1) {
        return hinted(one(statements.get(0), scope), hint);
      }
      return hint.isEmpty() ? steps(statements, scope, request.markers()) : hintBeforeSeveral();
    } catch (SqlSyntaxException e) {
      return notUnderstood(e);
    } catch (Refusal e) {
      return e.plan();
    }
  }

  /** Anything but a read runs where it must. */
  private static Plan hinted(Plan plan, Optional<ReadHint> hint) {
    return hint.isPresent() && plan instanceof Plan.Read read
        ? new Plan.Read(read.reason() + "; hint: " + hint.get(), hint)
        : plan;
  }

  private static Plan hintBeforeSeveral() {
    return new Plan.Refused(
        "a hint stands before several statements, which run as one transaction",
        "Send the statement with the hint by itself.",
        "0A000");
  }

  private static Plan notUnderstood(SqlSyntaxException e) {
    return e.sqlState().isEmpty()
        ? new Plan.Refused("" + e.getMessage(), FAIL_CLOSED, "0A000")
        : new Plan.Refused("" + e.getMessage(), "", e.sqlState());
  }

  /** What holds for this session now, whatever the text. */
  private static Plan inSession(Plan plan, SessionView session) {
    boolean writes =
        plan instanceof Plan.Write
            || plan instanceof Plan.Traced
            || plan instanceof Plan.Exclusive
            || plan instanceof Plan.Task
            || plan instanceof Plan.PrimaryRead;
    if (writes && session.readOnly()) {
      return new Plan.Refused(
          "the statement cannot run in a read-only transaction",
          "Begin a read-write transaction.",
          "25006");
    }
    if (plan.needsGateAlone() && session.inTransaction() && session.snapshotFixed()) {
      return new Plan.Refused(
          "an exclusive statement must come first under REPEATABLE READ and above",
          "Run it in a transaction of its own.",
          "0A000");
    }
    return plan;
  }

  /** Question marks are shared out among the statements in their order; numbers cannot be. */
  private Plan steps(List<Tokens> statements, Scope scope, Request.Markers markers) {
    if (markers != Request.Markers.QUESTION
        && statements.stream().anyMatch(SqlPlanner::hasParameters)) {
      return new Plan.Refused(
          "a batch of several statements cannot have numbered parameters",
          "Send the statements one by one.",
          "0A000");
    }
    List<Plan.Step> steps = new ArrayList<>();
    boolean schemaChanges = false;
    boolean rowsOnly = true;
    for (Tokens statement : statements) {
      Plan plan = one(statement, scope);
      if (plan instanceof Plan.Refused refused && !schemaChanges) {
        return refused.of(new Plan.Part(statement.sql(), rowsOnly));
      }
      schemaChanges |= plan instanceof Plan.Exclusive || changesNames(plan);
      rowsOnly &=
          plan instanceof Plan.Read
              || plan instanceof Plan.PrimaryRead
              || plan instanceof Plan.Write
              || plan instanceof Plan.Traced;
      steps.add(new Plan.Step(statement.sql(), plan));
    }
    return new Plan.Steps("a batch of " + steps.size() + " statements", List.copyOf(steps));
  }

  /**
   * What a name means behind it, or whether anything is called so, is the session's to know then.
   */
  private static boolean changesNames(Plan plan) {
    return plan instanceof Plan.Local local
        && (local.effect() instanceof Plan.Effect.Temporary
            || local.effect() instanceof Plan.Effect.Setting
            || local.effect() instanceof Plan.Effect.ResetAll
            || local.effect() instanceof Plan.Effect.Discard);
  }

  /** Those of PREPARE, and the arguments of a function that is created, are its own. */
  private static boolean hasParameters(Tokens statement) {
    for (int i = 0; i < statement.size(); i++) {
      if (statement.isKind(i, Tokens.Kind.PARAMETER)) {
        return !statement.is(0, "prepare") && !SchemaPlanner.isRoutine(statement);
      }
    }
    return false;
  }

  private Plan one(Tokens tokens, Scope scope) {
    try {
      return statement(tokens, scope);
    } catch (SqlSyntaxException e) {
      return notUnderstood(e);
    } catch (Refusal e) {
      return e.plan();
    }
  }

  static Plan statement(Tokens tokens, Scope scope) throws SqlSyntaxException, Refusal {
    String first = tokens.isKind(0, Tokens.Kind.QUOTED) ? "" : tokens.text(0);
    Optional<Plan> own = OwnTriggers.plan(tokens);
    if (own.isPresent()) {
      return own.get();
    }
    int into = selectsInto(tokens, first);
    if (into > 0 && scope.viewDepth() == 0) {
      return SchemaPlanner.planInto(tokens, into, scope);
    }
    return switch (first) {
      case "select", "values", "table", "with", "(", "insert", "update", "delete", "merge" ->
          Tracing.usesTemporary(tokens, scope.session())
              ? Tracing.plan(tokens, scope, "it uses a temporary table")
              : SessionPlanner.isSetting(tokens)
                  ? SessionPlanner.setConfig(tokens)
                  : Tracing.otherwise(tokens, scope, () -> rows(tokens, scope));
      case "call" -> Tracing.plan(tokens, scope);
      case "do" -> {
        Optional<Plan> definitions = BlockPlanner.plan(tokens, scope);
        yield definitions.isPresent() ? definitions.get() : Tracing.plan(tokens, scope);
      }
      case "create" -> {
        int prepared = prepared(tokens);
        yield prepared > 0
            ? PreparedPlanner.execute(tokens, prepared)
            : SchemaPlanner.plan(tokens, scope);
      }
      case "drop",
          "alter",
          "truncate",
          "comment",
          "grant",
          "revoke",
          "refresh",
          "reassign",
          "import",
          "security" ->
          SchemaPlanner.plan(tokens, scope);
      case "explain" -> ExplainPlanner.plan(tokens, scope);
      case "declare", "fetch", "move", "close" -> CursorPlanner.plan(tokens, scope);
      case "execute" -> PreparedPlanner.execute(tokens, 0);
      case "deallocate" -> PreparedPlanner.deallocate(tokens);
      case "prepare" ->
          tokens.is(1, "transaction")
              ? SessionPlanner.plan(tokens)
              : PreparedPlanner.prepare(tokens, scope);
      case "lock" -> lock(tokens, scope);
      case "copy" -> CopyPlanner.plan(tokens, scope);
      case "vacuum", "analyze", "analyse", "reindex", "cluster", "checkpoint" ->
          MaintenancePlanner.plan(tokens, scope);
      default -> SessionPlanner.plan(tokens);
    };
  }

  /** Where EXECUTE stands in CREATE TABLE ... AS EXECUTE; -1 if it does not. */
  private static int prepared(Tokens tokens) {
    for (int i = 2; i < tokens.size(); i++) {
      if (tokens.is(i, "execute") && tokens.is(i - 1, "as")) {
        return i;
      }
    }
    return -1;
  }

  /** The token of a query's INTO, which makes a table; 0 if there is none. */
  private static int selectsInto(Tokens tokens, String first) {
    if (!first.equals("select") && !first.equals("with")) {
      return 0;
    }
    int depth = 0;
    for (int i = 0; i < tokens.size(); i++) {
      depth += tokens.isSymbol(i, "(") ? 1 : tokens.isSymbol(i, ")") ? -1 : 0;
      if (depth == 0 && tokens.is(i, "into")) {
        boolean writes = tokens.is(i - 1, "insert") || tokens.is(i - 1, "merge");
        return writes || tokens.isSymbol(i - 1, ".") || tokens.is(i - 1, "as") ? 0 : i;
      }
    }
    return 0;
  }

  private static Plan rows(Tokens tokens, Scope scope) throws SqlSyntaxException, Refusal {
    Shape.Statement statement = scope.analyses().of(tokens);
    if (statement instanceof Shape.Write write) {
      return WritePlanner.plan(tokens, scope, write);
    }
    if (statement instanceof Shape.With with) {
      return WithPlanner.plan(tokens, scope, with);
    }
    SideEffects.Place place = SideEffects.of(Facts.of(tokens, statement.shape()), scope);
    if (place == SideEffects.Place.SESSION) {
      return new Plan.Local(
          "takes or gives back locks of the session on the primary", new Plan.Effect.SessionLock());
    }
    if (place == SideEffects.Place.GUARD && !statement.shape().locking()) {
      return new Plan.PrimaryRead("takes locks that end with the transaction", true);
    }
    if (place == SideEffects.Place.SEQUENCES && !statement.shape().locking()) {
      return new Plan.PrimaryRead("reads sequences, which are the primary's", false, true);
    }
    if (place == SideEffects.Place.PRIMARY || place == SideEffects.Place.SEQUENCES) {
      return new Plan.PrimaryRead("only the session's link to the primary can tell");
    }
    return statement.shape().locking()
        ? new Plan.PrimaryRead("a query that locks rows")
        : new Plan.Read("every function, operator and relation in it is known to change nothing");
  }

  /** Locks of tables hold as those of rows do, until the transaction ends. */
  private static Plan lock(Tokens tokens, Scope scope) throws Refusal {
    TokenReader in = new TokenReader(tokens);
    in.expect("lock");
    in.skip("table");
    do {
      in.skip("only");
      if (scope.relation(in.qualifiedName()).isEmpty()) {
        throw new Refusal("LOCK of a table of the system", "Leave it out.");
      }
      in.skipSymbol("*");
    } while (in.takeSymbol(","));
    boolean reads = false;
    if (in.take("in")) {
      reads = in.take("access", "share");
      in.skip(
          "row share",
          "row exclusive",
          "share update exclusive",
          "share row exclusive",
          "share",
          "exclusive",
          "access exclusive");
      in.expect("mode");
    }
    in.skip("nowait");
    in.expectEnd();
    // The lock that every query takes, wherever it runs: pg_dump asks for it ahead.
    return reads
        ? new Plan.Local("locks tables against DDL, as a query does", new Plan.Effect.None())
        : new Plan.PrimaryRead("locks tables");
  }

  private record Key(
      String sql,
      Request.Markers markers,
      List<TypeRef> parameterTypes,
      Same catalog,
      List<String> searchPath,
      Set<String> temporaryTables) {}

  /** The catalog by identity: comparing all its tables would cost more than planning. */
  private record Same(Catalog catalog) {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object other) {
      return other instanceof Same same && same.catalog == catalog;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(catalog.version());
    }
  }
}
