package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Isolation;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.EngineSession.Recourse;
import org.tandemdb.session.EngineSession.Started;
import org.tandemdb.session.SessionExecutor;

/**
 * Runs one client's requests where the engine's plan says. A <i>block</i> is what PostgreSQL calls
 * a transaction block: it is open between statements, because autocommit is off, because of BEGIN,
 * or, implicitly, for the length of a batch. Outside a block each statement is its own transaction.
 *
 * <pre>
 *   idle ── read, no block ──────────▶ idle                  (any backend at the session's level)
 *   idle ── write, no block ─ start ─▶ commit ─▶ idle
 *   idle ── READ ONLY block ─ read ──▶ reading ── commit/rollback ─▶ idle
 *   idle ── block ─ start ───────────▶ writing ── commit/rollback ─▶ idle
 * </pre>
 *
 * <p>One thread at a time, which {@link SoleUse} sees to; close may come from any. Long because it
 * is one state machine: what a statement may do depends on the block, and how it ends changes it.
 */
final class ClientSession {
  /** A request that meets one dying backend after the other is given up after as many. */
  private static final int MAX_ATTEMPTS = 16;

  private static final List<List<@Nullable String>> NOTHING = List.of();

  /** Statements whose effect ends with the transaction. */
  private static final Set<String> BLOCKS_ONLY = Set.of("LOCK", "DECLARE");

  private final SessionSource source;
  private final EngineSession<JdbcLink> session;
  private final SessionExecutor executor;
  private final Duration waitLimit;
  private final EngineCalls calls;
  private final SoleUse use;
  private final @Nullable InsertCombiner inserts;

  /** Nothing was SET: any session of this user runs a statement as this one would. */
  private boolean plain = true;

  private final TemporaryTables temporaries;

  private boolean autoCommit = true;
  private boolean readOnly;
  private Isolation isolation = Isolation.READ_COMMITTED;

  private boolean block;
  private boolean explicitBlock;
  private boolean implicitBlock;
  private BeginSpec spec = BeginSpec.READ_WRITE;

  private @Nullable Lease<JdbcLink> reading;
  private @Nullable Lease<JdbcLink> writing;
  private @Nullable CompletableFuture<Started<JdbcLink>> lateStart;

  /** Something ran on the primary that the engine could not record: it must not be committed. */
  private boolean doomed;

  /**
   * The block met an error that its server does not know of: a refusal, a link that was lost. What
   * the client sends until it rolls back belongs to a transaction that will never be, and must
   * neither run by itself nor be committed without the part that failed.
   */
  private boolean failed;

  /**
   * @param inserts lets INSERTs share transactions with those of other sessions; null for never
   */
  ClientSession(
      SessionSource source,
      EngineSession<JdbcLink> session,
      SessionExecutor executor,
      @Nullable InsertCombiner inserts) {
    this.source = source;
    this.session = session;
    this.executor = executor;
    this.inserts = inserts;
    this.temporaries = new TemporaryTables(session);
    this.waitLimit = source.waitLimit();
    this.use = new SoleUse(waitLimit);
    this.calls = new EngineCalls(executor, waitLimit);
  }

  // --- settings -----------------------------------------------------------------------------

  boolean autoCommit() {
    return autoCommit;
  }

  void autoCommit(boolean on) throws SQLException {
    use.enter();
    try {
      if (on == autoCommit) {
        return;
      }
      if (on) {
        commit();
      }
      autoCommit = on;
      resetSpec();
    } finally {
      use.leave();
    }
  }

  boolean readOnly() {
    return readOnly;
  }

  void readOnly(boolean on) throws SQLException {
    use.enter();
    try {
      refuseInTransaction("read-only property");
      readOnly = on;
      resetSpec();
    } finally {
      use.leave();
    }
  }

  Isolation isolation() {
    return isolation;
  }

  void isolation(Isolation level) throws SQLException {
    use.enter();
    try {
      refuseInTransaction("isolation level");
      isolation = level;
      resetSpec();
    } finally {
      use.leave();
    }
  }

  private void refuseInTransaction(String what) throws SQLException {
    if (isOpen()) {
      throw new SQLException(
          "Cannot change the " + what + " in the middle of a transaction.", "25001");
    }
  }

  private void resetSpec() {
    boolean only = readOnly && !autoCommit;
    spec =
        isolation == Isolation.READ_COMMITTED && !only
            ? BeginSpec.READ_WRITE
            : new BeginSpec(isolation, only, false);
  }

  /** True while a transaction holds a link. */
  boolean isOpen() {
    return reading != null || session.inTransaction();
  }

  boolean inBlock() {
    return block || !autoCommit;
  }

  /** Serializable reads run on the primary, too: elsewhere nobody would see their conflicts. */
  private boolean isReadOnlyBlock() {
    return spec.readOnly() && spec.isolation() != Isolation.SERIALIZABLE;
  }

  // --- requests -----------------------------------------------------------------------------

  void execute(Request request, Command command) throws SQLException {
    use.enter(command.timeoutSeconds());
    try {
      dispatch(request, plan(request), command);
    } finally {
      use.leave();
    }
  }

  /** By the schema as the open transaction sees it, which its own DDL may have changed. */
  private Plan plan(Request request) throws SQLException {
    SQLException gone = null;
    try {
      temporaries.refresh();
    } catch (SQLException e) {
      gone = e;
    }
    SQLException unread = null;
    if (session.inTransaction()) {
      try {
        call(session::readyToPlan);
      } catch (SQLException e) {
        unread = e;
      }
    }
    Plan plan;
    try {
      plan = session.plan(request);
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
    if (gone != null && !isEnd(plan)) {
      throw failing(gone);
    }
    if (unread == null || isEnd(plan) || isWayBack(plan)) {
      return plan;
    }
    Lease<JdbcLink> lease = writing;
    SQLException reason = stopped(unread);
    if (lease != null && reason != unread) {
      writing = null;
      lost(lease, unread);
      loseBlock();
      throw reason;
    }
    throw lease == null ? failing(unread) : inTransaction(lease, unread);
  }

  private void dispatch(Request request, Plan plan, Command command) throws SQLException {
    if ((doomed || failed) && !isEnd(plan) && !isWayBack(plan)) {
      throw failedError();
    }
    requireBlock(request, plan);
    if (plan instanceof Plan.Read && !inBlock()) {
      read(request, command);
    } else if (plan instanceof Plan.Steps steps) {
      steps(request, steps, command);
    } else if (plan instanceof Plan.Refused refused) {
      throw failing(refused(refused));
    } else if (plan instanceof Plan.Task task) {
      throw failing(
          SqlErrors.of(
              ErrorCode.STATEMENT_REFUSED, task.reason() + ": not through this driver yet", null));
    } else if (plan instanceof Plan.Local local) {
      local(request, local, command);
    } else if (inBlock() && isReadOnlyBlock()) {
      readInBlock(request, plan, command);
    } else if (inserts != null && mayCombine(plan, command)) {
      EngineSession.ReadToken seen =
          inserts.insert(request, (Plan.Write) plan, command, () -> write(request, plan, command));
      if (seen != null) {
        session.saw(seen);
      }
    } else {
      write(request, plan, command);
    }
  }

  /** What ends with its transaction is an error where that is the statement's own. */
  private void requireBlock(Request request, Plan plan) throws SQLException {
    boolean lasting =
        plan instanceof Plan.PrimaryRead
            || (plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.None);
    if (!lasting || inBlock()) {
      return;
    }
    List<String> words = StatementText.scan(request.sql()).words();
    if (!words.isEmpty() && BLOCKS_ONLY.contains(words.get(0))) {
      throw SqlErrors.of("25P01", words.get(0) + " can only be used in transaction blocks.", null);
    }
  }

  private boolean mayCombine(Plan plan, Command command) {
    return plain
        && !inBlock()
        && spec.equals(BeginSpec.READ_WRITE)
        && command.isCombinable()
        && InsertCombiner.fits(plan);
  }

  /** COMMIT of a failed transaction rolls it back, and says so. */
  private static boolean isEnd(Plan plan) {
    return plan instanceof Plan.Local local
        && (local.effect() instanceof Plan.Effect.Rollback
            || local.effect() instanceof Plan.Effect.Commit);
  }

  /** A savepoint that was set before the error is still there. */
  private boolean isWayBack(Plan plan) {
    return !doomed
        && isOpen()
        && plan instanceof Plan.Local local
        && local.effect() instanceof Plan.Effect.RollbackTo;
  }

  /** An error that its server does not know of fails the block. */
  private SQLException failing(SQLException e) {
    failed = failed || inBlock();
    return e;
  }

  /** Nothing is open any more; a block has failed, and lasts until the client ends it. */
  private void loseBlock() {
    if (inBlock()) {
      failed = true;
      writing = null;
      reading = null;
    } else {
      endBlock();
    }
  }

  private static SQLException failedError() {
    return SqlErrors.of(
        "25P02", "The transaction has failed and can only be rolled back (ROLLBACK).", null);
  }

  private static SQLException refused(Plan.Refused plan) {
    String state = plan.sqlState().isEmpty() ? "0A000" : plan.sqlState();
    String text = plan.remedy().isEmpty() ? plan.reason() : plan.reason() + " " + plan.remedy();
    return SqlErrors.of(state, text, null);
  }

  private void read(Request request, Command command) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      Lease<JdbcLink> lease = readLease(false);
      try {
        run(lease, request.sql(), Command.Shape.CLIENT, command);
      } catch (SQLException e) {
        if (!SqlErrors.isLinkFailure(e, lease.link().connection())) {
          session.readDone(lease);
          throw e;
        }
        Recourse recourse = lost(lease, e);
        if (SqlErrors.isNetworkTimeout(e)) {
          throw SqlErrors.gaveUp(e);
        }
        again(recourse, e, attempt);
        command.discard();
        continue;
      }
      session.readDone(lease);
      return;
    }
  }

  private void readInBlock(Request request, Plan plan, Command command) throws SQLException {
    if (!(plan instanceof Plan.Read) && !(plan instanceof Plan.Local)) {
      throw failing(SqlErrors.of("25006", "cannot write in a read-only transaction", null));
    }
    Lease<JdbcLink> lease = reading;
    if (lease == null) {
      lease = readLease(true);
      JdbcLink link = lease.link();
      try {
        call(() -> link.begin(spec));
      } catch (SQLException e) {
        if (SqlErrors.isLinkFailure(e, link.connection())) {
          throw failing(unavailableOrLost(lost(lease, e), e));
        }
        session.readDone(lease);
        throw failing(e);
      }
      reading = lease;
    }
    try {
      run(lease, request.sql(), Command.Shape.CLIENT, command);
    } catch (SQLException e) {
      throw inTransaction(lease, e);
    }
  }

  private void write(Request request, Plan planned, Command command) throws SQLException {
    boolean alone = !inBlock();
    for (int attempt = 1; ; attempt++) {
      Started<JdbcLink> started = start(request, planned);
      Lease<JdbcLink> lease = started.lease();
      writing = lease;
      checkTemporaries(lease);
      if (alone && Fused.fits(started.plan(), command) && session.mayCommitWith(started.plan())) {
        if (runFused((Plan.Write) started.plan(), lease, command, attempt < MAX_ATTEMPTS)) {
          return;
        }
        command.discard();
        continue;
      }
      try {
        runStarted(request, started.plan(), lease, command);
      } catch (SQLException failure) {
        SQLException e = stopped(failure);
        if (SqlErrors.isLinkFailure(failure, lease.link().connection())) {
          writing = null;
          Recourse recourse = lost(lease, failure);
          if (e != failure) {
            loseBlock();
            throw e;
          }
          if (!alone) {
            loseBlock();
            throw unavailableOrLost(recourse, e);
          }
          if (SqlErrors.isNetworkTimeout(e)) {
            endBlock();
            throw SqlErrors.gaveUp(e);
          }
          again(recourse, e, attempt);
          command.discard();
          continue;
        }
        if (alone) {
          rollbackAfter(e);
        }
        throw e;
      }
      if (!alone || commit(attempt < MAX_ATTEMPTS)) {
        return;
      }
      command.discard();
    }
  }

  /** Nothing has run on a link that does not hold the session's temporary tables. */
  private void checkTemporaries(Lease<JdbcLink> lease) throws SQLException {
    try {
      temporaries.check(lease.link());
    } catch (SQLException e) {
      try {
        call(session::rollback);
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      loseBlock();
      throw e;
    }
  }

  /** Nothing was sent when it fails, so the outcome is never in doubt. */
  private Started<JdbcLink> start(Request request, Plan plan) throws SQLException {
    endLateStart();
    CompletableFuture<Started<JdbcLink>> stage = new CompletableFuture<>();
    try {
      return executor.call(
          () -> {
            session
                .start(request, plan, spec)
                .whenComplete(
                    (started, failure) -> {
                      if (failure == null) {
                        stage.complete(started);
                      } else {
                        stage.completeExceptionally(failure);
                      }
                    });
            return stage;
          },
          waitLimit);
    } catch (TimeoutException e) {
      lateStart = stage;
      loseBlock();
      throw SqlErrors.of(ErrorCode.NO_BACKEND, "no transaction was opened within " + waitLimit, e);
    } catch (RuntimeException e) {
      throw failing(SqlErrors.of(e));
    }
  }

  /** What a start that was given up opens after all is not the next statement's. */
  private void endLateStart() throws SQLException {
    CompletableFuture<Started<JdbcLink>> late = lateStart;
    if (late == null) {
      return;
    }
    try {
      executor.join(late.handle((started, failure) -> failure == null), waitLimit);
    } catch (TimeoutException e) {
      throw SqlErrors.of(ErrorCode.NO_BACKEND, "an earlier start is still waiting", e);
    }
    lateStart = null;
    if (session.inTransaction()) {
      call(session::rollback);
    }
  }

  /** The engine's own reason, where it has stopped the statement. */
  private SQLException stopped(SQLException failure) {
    Optional<SQLException> reason =
        session
            .stopped()
            .map(why -> SqlErrors.of(why.sqlState(), String.valueOf(why.getMessage()), failure));
    return reason.orElse(failure);
  }

  /** Statement and marker in one flight; false if nothing is left and it is to run again. */
  private boolean runFused(
      Plan.Write plan, Lease<JdbcLink> lease, Command command, boolean mayRunAgain)
      throws SQLException {
    try {
      Fused fused = new Fused(plan, lease.link(), command, command.parameters());
      return isCommitted(
          call(() -> session.commitWith(position -> fused.run(session, position))), mayRunAgain);
    } finally {
      if (session.inTransaction()) {
        call(session::rollback);
      }
      endBlock();
    }
  }

  private void runStarted(Request request, Plan plan, Lease<JdbcLink> lease, Command command)
      throws SQLException {
    if (plan instanceof Plan.Write write) {
      runWrite(write, lease, command);
    } else if (plan instanceof Plan.Traced) {
      call(session::trace);
      runTraced(request, lease, command);
    } else if (plan instanceof Plan.Exclusive exclusive) {
      run(lease, request.sql(), Command.Shape.CLIENT, command);
      report(() -> session.executed(exclusive));
    } else if (plan instanceof Plan.Read
        || plan instanceof Plan.PrimaryRead
        || plan instanceof Plan.Local) {
      run(lease, request.sql(), Command.Shape.CLIENT, command);
      if (plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.Temporary) {
        plain = false;
        temporaries.changed(lease.link());
      }
    } else if (plan instanceof Plan.Refused refused) {
      throw failing(refused(refused));
    } else {
      throw failing(SqlErrors.of(ErrorCode.STATEMENT_REFUSED, plan.reason(), null));
    }
  }

  private void runWrite(Plan.Write plan, Lease<JdbcLink> lease, Command command)
      throws SQLException {
    int hidden = plan.capture().hidden().size();
    boolean streamed = hidden > 0 && plan.capture().clientColumns() == 0;
    // Before anything runs: what cannot be logged must not be written.
    List<Value> parameters = command.parameters();
    Command.Shape shape = streamed ? Command.Shape.STREAMED : Command.Shape.COUNTED;
    Statement vendor = command.vendor(lease.link(), plan.sqlForPrimary(), shape);
    boolean hasRows = command.run(vendor, plan.sqlForPrimary());
    doomed = true;
    try {
      if (!hasRows) {
        long count = vendor.getLargeUpdateCount();
        session.executed(plan, parameters, count, NOTHING.iterator());
        command.count(count);
      } else if (streamed) {
        ResultSet rows = vendor.getResultSet();
        command.count(
            reportStreamed(plan, parameters, new CapturedRows(rows, plan.capture(), true)));
        rows.close();
      } else {
        reportCounted(plan, parameters, vendor.getResultSet(), lease, command);
      }
      doomed = false;
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  /**
   * The client's text as it is. All rows are read at once: one that came later could write after
   * COMMIT has asked what was touched.
   */
  private void runTraced(Request request, Lease<JdbcLink> lease, Command command)
      throws SQLException {
    Statement vendor = command.vendor(lease.link(), request.sql(), Command.Shape.COUNTED);
    if (command.run(vendor, request.sql())) {
      ResultSet rows = vendor.getResultSet();
      long count = rows.last() ? rows.getRow() : 0;
      rows.beforeFirst();
      command.rows(rows, Integer.MAX_VALUE, count, lease);
    } else {
      command.count(Math.max(0, vendor.getLargeUpdateCount()));
    }
  }

  /** All rows are in memory, since the client gets them too. */
  private void reportCounted(
      Plan.Write plan,
      List<Value> parameters,
      ResultSet rows,
      Lease<JdbcLink> lease,
      Command command)
      throws SQLException {
    long count = rows.last() ? rows.getRow() : 0;
    rows.beforeFirst();
    CapturedRows captured = new CapturedRows(rows, plan.capture(), false);
    boolean apart = plan.capture().apart();
    session.executed(
        plan,
        parameters,
        apart ? -1 : count,
        plan.capture().isCapturing() ? captured : NOTHING.iterator());
    rows.beforeFirst();
    if (apart) {
      command.rowsApart(rows, captured.visible(), count - captured.read(), lease);
    } else {
      command.rows(rows, captured.visible(), count, lease);
    }
  }

  /** The first portion is read ahead, so that the count is known for all but large results. */
  private long reportStreamed(Plan.Write plan, List<Value> parameters, CapturedRows captured) {
    boolean mayStream = !(plan.template() instanceof Plan.Template.Verbatim);
    List<List<@Nullable String>> portion = new ArrayList<>();
    while ((!captured.isPortion() || !mayStream) && captured.hasNext()) {
      portion.add(captured.next());
    }
    if (!captured.hasNext()) {
      session.executed(plan, parameters, portion.size(), portion.iterator());
      return captured.drain();
    }
    session.executed(plan, parameters, -1, new Joined(portion, captured));
    return captured.drain();
  }

  private void run(Lease<JdbcLink> lease, String sql, Command.Shape shape, Command command)
      throws SQLException {
    Statement vendor = command.vendor(lease.link(), sql, shape);
    if (command.run(vendor, sql)) {
      command.rows(vendor.getResultSet(), Integer.MAX_VALUE, -1, lease);
    } else {
      command.count(Math.max(0, vendor.getLargeUpdateCount()));
    }
  }

  // --- batches ------------------------------------------------------------------------------

  private void steps(Request request, Plan.Steps steps, Command command) throws SQLException {
    inOneTransaction(
        () -> {
          for (Plan.Step step : steps.steps()) {
            command.step(step.sql());
            Request one = new Request(step.sql(), request.markers(), List.of());
            // Made again: an earlier step may have changed the schema.
            dispatch(one, plan(one), command);
            // An explicit COMMIT inside the batch: what follows is the next implicit transaction.
            block |= implicitBlock;
          }
        });
  }

  /** Runs {@code work} as one transaction, which the caller's block, if there is one, goes on. */
  void inOneTransaction(Work work) throws SQLException {
    use.enter();
    try {
      if (!autoCommit || implicitBlock) {
        work.run();
        return;
      }
      implicitBlock = true;
      block = true;
      try {
        work.run();
      } catch (SQLException e) {
        implicitBlock = false;
        if (!explicitBlock) {
          rollbackAfter(e);
        }
        throw e;
      }
      implicitBlock = false;
      if (!explicitBlock) {
        commit();
      }
    } finally {
      use.leave();
    }
  }

  /** Statements that belong together. */
  interface Work {
    void run() throws SQLException;
  }

  // --- LOCAL --------------------------------------------------------------------------------

  private void local(Request request, Plan.Local plan, Command command) throws SQLException {
    Plan.Effect effect = plan.effect();
    if (effect instanceof Plan.Effect.Begin begin) {
      begin(begin);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Commit) {
      commit();
      command.count(0);
    } else if (effect instanceof Plan.Effect.Rollback) {
      rollback();
      command.count(0);
    } else if (effect instanceof Plan.Effect.ShowTandem show) {
      command.rows(show(show));
    } else if (effect instanceof Plan.Effect.Temporary) {
      if (inBlock() && isReadOnlyBlock()) {
        throw SqlErrors.of("25006", "cannot change tables in a read-only transaction", null);
      }
      write(request, plan, command);
    } else if (effect instanceof Plan.Effect.None) {
      onOwnLink(request, plan, command);
    } else if (effect instanceof Plan.Effect.Setting setting) {
      setting(request, plan, setting, command);
    } else {
      savepoint(request, plan, effect, command);
    }
  }

  private void onOwnLink(Request request, Plan plan, Command command) throws SQLException {
    if (inBlock() && isReadOnlyBlock()) {
      readInBlock(request, plan, command);
    } else {
      write(request, plan, command);
    }
  }

  private void begin(Plan.Effect.Begin begin) {
    if (isOpen()) {
      return; // PostgreSQL: a warning, "there is already a transaction in progress"
    }
    block = true;
    explicitBlock = true;
    Isolation level = begin.isolation().map(ClientSession::isolationOf).orElse(isolation);
    spec = new BeginSpec(level, begin.readOnly() || readOnly, false);
  }

  private static Isolation isolationOf(String text) {
    String level = text.toUpperCase(java.util.Locale.ROOT).replace(' ', '_');
    return level.equals("READ_UNCOMMITTED") ? Isolation.READ_COMMITTED : Isolation.valueOf(level);
  }

  private void setting(
      Request request, Plan.Local plan, Plan.Effect.Setting setting, Command command)
      throws SQLException {
    plain = false;
    inOneTransaction(
        () -> {
          onOwnLink(request, plan, command);
          Lease<JdbcLink> lease = writing != null ? writing : reading;
          if (lease == null) {
            return;
          }
          try (var ask =
              lease.link().connection().prepareStatement("SELECT current_setting(?, true)")) {
            ask.setString(1, setting.name());
            try (ResultSet answer = ask.executeQuery()) {
              String value = answer.next() ? answer.getString(1) : null;
              report(
                  () ->
                      session.setting(setting.name(), value == null ? "" : value, setting.local()));
            }
          }
        });
  }

  private void savepoint(Request request, Plan plan, Plan.Effect effect, Command command)
      throws SQLException {
    if (!inBlock()) {
      throw SqlErrors.of("25P01", "savepoints can only be used in transaction blocks", null);
    }
    onOwnLink(request, plan, command);
    failed = false;
    if (reading != null) {
      return;
    }
    if (effect instanceof Plan.Effect.Savepoint s) {
      report(() -> session.savepoint(s.name()));
    } else if (effect instanceof Plan.Effect.RollbackTo s) {
      report(() -> session.rollbackTo(s.name()));
      temporaries.undone();
    } else if (effect instanceof Plan.Effect.Release s) {
      report(() -> session.release(s.name()));
    }
  }

  private MemoryResultSet show(Plan.Effect.ShowTandem show) throws SQLException {
    try {
      if (show.topic().toUpperCase(java.util.Locale.ROOT).startsWith("PLAN")) {
        Plan plan = session.plan(new Request(show.argument(), Request.Markers.QUESTION, List.of()));
        return new MemoryResultSet(PlanText.table(plan));
      }
      return new MemoryResultSet(source.show(show.topic(), show.argument()));
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  // --- the end of a transaction -------------------------------------------------------------

  void commit() throws SQLException {
    use.enter();
    try {
      commit(false);
    } finally {
      use.leave();
    }
  }

  /** False if nothing is left of the transaction and it is to run again as it was. */
  private boolean commit(boolean mayRunAgain) throws SQLException {
    if (doomed || failed) {
      rollback();
      throw failedError();
    }
    try {
      if (reading != null) {
        endReading();
        return true;
      }
      return !session.inTransaction() || isCommitted(call(session::commit), mayRunAgain);
    } finally {
      endBlock();
    }
  }

  private static boolean isCommitted(CommitResult result, boolean mayRunAgain) throws SQLException {
    if (result instanceof CommitResult.RolledBack rolledBack) {
      if (rolledBack.runAgain() && mayRunAgain) {
        return false;
      }
      // A lost session is Tandem's to explain: its broken link says nothing about the transaction.
      throw !rolledBack.runAgain() && rolledBack.cause() instanceof SQLException cause
          ? cause
          : SqlErrors.of(rolledBack.sqlState(), rolledBack.message(), rolledBack.cause());
    }
    if (result instanceof CommitResult.Unknown unknown) {
      throw SqlErrors.unknown(unknown);
    }
    return true;
  }

  void rollback() throws SQLException {
    use.enter();
    try {
      endTransaction();
    } finally {
      use.leave();
    }
  }

  private void endTransaction() throws SQLException {
    try {
      if (reading != null) {
        endReading();
      } else if (session.inTransaction()) {
        call(session::rollback);
      }
    } finally {
      endBlock();
    }
  }

  private void endReading() throws SQLException {
    Lease<JdbcLink> lease = reading;
    reading = null;
    if (lease != null) {
      try {
        call(() -> lease.link().rollback());
      } finally {
        session.readDone(lease);
      }
    }
  }

  private void endBlock() {
    temporaries.ended();
    block = false;
    explicitBlock = false;
    writing = null;
    reading = null;
    doomed = false;
    failed = false;
    resetSpec();
  }

  private void rollbackAfter(SQLException first) {
    try {
      rollback();
    } catch (SQLException second) {
      first.addSuppressed(second);
    }
  }

  // --- links --------------------------------------------------------------------------------

  /** A question to the vendor's connection, which is not the client's statement. */
  interface Question<T extends @Nullable Object> {
    T ask(Connection vendor) throws SQLException;
  }

  /** Asks on the open transaction's link, or on one for reads. */
  <T extends @Nullable Object> T ask(Question<T> question) throws SQLException {
    use.enter();
    try {
      Lease<JdbcLink> open = writing != null && session.inTransaction() ? writing : reading;
      if (open != null) {
        try {
          return question.ask(open.link().connection());
        } catch (SQLException e) {
          throw inTransaction(open, e);
        }
      }
      for (int attempt = 1; ; attempt++) {
        Lease<JdbcLink> lease = readLease(false);
        try {
          T answer = question.ask(lease.link().connection());
          session.readDone(lease);
          return answer;
        } catch (SQLException e) {
          if (!SqlErrors.isLinkFailure(e, lease.link().connection())) {
            session.readDone(lease);
            throw e;
          }
          again(lost(lease, e), e, attempt);
        }
      }
    } finally {
      use.leave();
    }
  }

  /**
   * What the client sees of {@code e}, raised on the link of an open transaction, which a failed
   * link ends.
   */
  SQLException inTransaction(Lease<JdbcLink> lease, SQLException e) throws SQLException {
    use.enter();
    try {
      boolean current = lease == writing || lease == reading;
      if (!current || !SqlErrors.isLinkFailure(e, lease.link().connection())) {
        return e;
      }
      Recourse recourse = lost(lease, e);
      loseBlock();
      return unavailableOrLost(recourse, e);
    } finally {
      use.leave();
    }
  }

  private Recourse lost(Lease<JdbcLink> lease, SQLException e) throws SQLException {
    return call(() -> session.lost(lease, e, source.patience()));
  }

  /** Returns if the statement is to run again. */
  private static void again(Recourse recourse, SQLException e, int attempt) throws SQLException {
    if (recourse != Recourse.RUN_AGAIN) {
      throw unavailableOrLost(recourse, e);
    }
    if (attempt == MAX_ATTEMPTS) {
      throw SqlErrors.of(ErrorCode.NO_BACKEND, MAX_ATTEMPTS + " links failed in a row", e);
    }
  }

  private static SQLException unavailableOrLost(Recourse recourse, SQLException e) {
    return recourse == Recourse.UNAVAILABLE
        ? SqlErrors.of(ErrorCode.NO_BACKEND, String.valueOf(e.getMessage()), e)
        : SqlErrors.of(ErrorCode.TRANSACTION_LOST, String.valueOf(e.getMessage()), e);
  }

  private Lease<JdbcLink> readLease(boolean inReadOnlyTransaction) throws SQLException {
    try {
      CompletionStage<Lease<JdbcLink>> stage = session.read(inReadOnlyTransaction);
      CompletableFuture<Lease<JdbcLink>> future = stage.toCompletableFuture();
      return future.isDone() ? future.join() : executor.join(future, waitLimit);
    } catch (TimeoutException e) {
      throw SqlErrors.of(ErrorCode.NO_BACKEND, "no link for a read within " + waitLimit, e);
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  private <T> T call(Supplier<CompletionStage<T>> operation) throws SQLException {
    return calls.call(operation);
  }

  /** Tells the engine what ran; its refusal (too large, staging failed) is the statement's. */
  private void report(Work report) throws SQLException {
    try {
      report.run();
    } catch (RuntimeException e) {
      doomed = true;
      throw SqlErrors.of(e);
    }
  }

  // --- the end ------------------------------------------------------------------------------

  /** See {@link SoleUse}. */
  SoleUse use() {
    return use;
  }

  /**
   * Ends the session, once; see {@link SoleUse#end}.
   *
   * @param statements closes what the client has open
   * @param after is run when everything has been given back
   */
  void close(Work statements, Runnable after) throws SQLException {
    use.end(
        () -> {
          try {
            statements.run();
          } finally {
            try {
              endSession();
            } finally {
              after.run();
            }
          }
        });
  }

  private void endSession() throws SQLException {
    CompletableFuture<Started<JdbcLink>> late = lateStart;
    if (late != null && !late.isDone()) {
      // Closing ends what is open; this is not yet.
      late.whenComplete((started, failure) -> session.close());
      return;
    }
    try {
      endTransaction();
    } finally {
      session.close();
    }
  }
}
