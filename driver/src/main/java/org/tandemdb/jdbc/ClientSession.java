package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.Notification;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.listen.Listening;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.ReadHint;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.Recourse;
import org.tandemdb.session.EngineSession.Started;
import org.tandemdb.session.ReadLevel;
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
 * <p>One thread at a time, which {@link SoleUse} sees to; close may come from any. What it is in
 * the midst of is in {@link SessionState}.
 */
final class ClientSession {
  /** A request that meets one dying backend after the other is given up after as many. */
  static final int MAX_ATTEMPTS = 16;

  /** Statements that may turn out to write nothing, whatever they call. */
  private static final Set<String> MAY_READ =
      Set.of("SELECT", "WITH", "VALUES", "TABLE", "CALL", "DO");

  /** Statements whose effect ends with the transaction. */
  private static final Set<String> BLOCKS_ONLY = Set.of("LOCK", "DECLARE");

  private final SessionSource source;
  private final EngineSession<JdbcLink> session;
  private final SessionExecutor executor;
  private final Duration waitLimit;
  private final EngineCalls calls;
  private final SoleUse use;
  private final @Nullable InsertCombiner inserts;

  private final TemporaryTables temporaries;
  private final SessionLocks locks;
  private final SessionState state;
  private final Starts starts;
  private final Objections objections;
  private final Executions executions;
  private final LocalStatements locals;
  private final TransactionEnds ends;
  private final Tasks tasks;
  private final Listening<Notification> listening;
  private final Inbox inbox;

  /** Null where transactions are not replayed. */
  private final @Nullable Replays replays;

  /** The client has asked for a transaction's token. */
  private boolean asksForOutcomes;

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
    this.locks = new SessionLocks(session);
    this.waitLimit = source.waitLimit();
    this.use = new SoleUse(waitLimit);
    this.calls = new EngineCalls(executor, waitLimit);
    this.state = new SessionState(session, source.consistency());
    this.starts = new Starts(session, executor, waitLimit, calls);
    this.objections = new Objections(this);
    this.executions = new Executions(session, calls, state, temporaries, objections);
    this.listening = new Listening<>(source.notifications());
    this.inbox = new Inbox(channel -> listening.channels().contains(channel));
    listening.deliver(inbox::add, inbox::missed);
    this.ends = new TransactionEnds(session, calls, state, temporaries, listening);
    this.tasks = new Tasks(session, calls, state, this);
    int replayed = source.replayStatements();
    this.replays = replayed == 0 ? null : new Replays(this, state, ends, replayed);
    this.locals =
        new LocalStatements(
            source, session, state, temporaries, locks, executions, this, listening);
  }

  // --- settings -----------------------------------------------------------------------------

  boolean autoCommit() {
    return state.autoCommit();
  }

  /**
   * Commits what is open. As with the vendor's driver, this is a way out of a transaction that has
   * failed, too.
   *
   * @return true if it had failed, and was rolled back
   */
  boolean autoCommit(boolean on) throws SQLException {
    use.enter();
    try {
      if (on == state.autoCommit()) {
        return false;
      }
      boolean failed = on && !isCommitted();
      state.autoCommit(on);
      return failed;
    } finally {
      use.leave();
    }
  }

  private boolean isCommitted() throws SQLException {
    try {
      commit();
      return true;
    } catch (SQLException e) {
      if (!"25P02".equals(e.getSQLState())) {
        throw e;
      }
      return false;
    }
  }

  boolean readOnly() {
    return state.readOnly();
  }

  void readOnly(boolean on) throws SQLException {
    use.enter();
    try {
      state.readOnly(on);
    } finally {
      use.leave();
    }
  }

  IsolationName isolation() {
    return state.isolation();
  }

  void isolation(IsolationName level) throws SQLException {
    use.enter();
    try {
      state.isolation(level);
    } finally {
      use.leave();
    }
  }

  boolean inBlock() {
    return state.inBlock();
  }

  /** True if a transaction was begun, and has not ended. */
  boolean hasBegun() {
    return state.isOpen() || state.isBroken() || state.isExplicit();
  }

  /**
   * Ends what is open and forgets what was SET, for the next client of a pool.
   *
   * @param statements closes what the last one had open
   */
  void reset(Work statements) throws SQLException {
    use.networkTimeoutMillis(0);
    use.enter();
    try {
      statements.run();
      rollback();
      autoCommit(true);
      readOnly(false);
      isolation(IsolationName.READ_COMMITTED);
      if (!locals.isFresh()) {
        Request discard = new Request("DISCARD ALL", Request.Markers.QUESTION, List.of());
        run(discard, new RowCommand());
      }
      inbox.clear();
    } finally {
      use.leave();
    }
  }

  // --- requests -----------------------------------------------------------------------------

  void execute(Request request, Command command) throws SQLException {
    use.enter(command.timeoutSeconds());
    try {
      if (replays == null) {
        run(request, command);
      } else {
        replays.execute(request, command);
      }
    } finally {
      use.leave();
    }
  }

  /** Runs what a statement stands for. */
  void run(Request request, Command command) throws SQLException {
    dispatch(request, plan(request), command);
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
    if (gone != null && !SessionState.isEnd(plan)) {
      throw state.failing(gone);
    }
    if (unread == null || SessionState.isEnd(plan) || state.isWayBack(plan)) {
      return plan;
    }
    Lease<JdbcLink> lease = state.writing;
    SQLException reason = stopped(unread);
    if (lease != null && reason != unread) {
      state.writing = null;
      lost(lease, unread);
      ends.lost();
      throw reason;
    }
    throw lease == null ? state.failing(unread) : inTransaction(lease, unread);
  }

  private void dispatch(Request request, Plan plan, Command command) throws SQLException {
    if (state.isBroken() && !SessionState.isEnd(plan) && !state.isWayBack(plan)) {
      throw state.failedError();
    }
    requireBlock(request, plan);
    if (plan instanceof Plan.Read && locals.showMode(request, plan, command)) {
      return;
    }
    if (plan instanceof Plan.Read read && !state.inBlock()) {
      read(request, read.hint(), command);
    } else if (plan instanceof Plan.Steps steps) {
      steps(request, steps, command);
    } else if (plan instanceof Plan.Refused refused) {
      throw state.failing(objections.of(request, refused, command));
    } else if (plan instanceof Plan.Task task) {
      task(request, task, command);
    } else if (plan instanceof Plan.Local local) {
      locals.run(request, local, command);
    } else if (state.inBlock() && state.isReadOnlyBlock()) {
      readInBlock(request, plan, command);
    } else if (!state.inBlock() && state.spec().readOnly()) {
      throw SqlErrors.of("25006", "cannot write in a read-only transaction", null);
    } else if (inserts != null && mayCombine(plan, command)) {
      Plan.Write insert = (Plan.Write) plan;
      InsertCombiner.Shared shared =
          inserts.insert(request, insert, command, () -> write(request, plan, command));
      if (shared != null) {
        session.saw(shared.seen());
        session.drawnElsewhere(insert, shared.captured());
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
    if (!lasting || state.inBlock()) {
      return;
    }
    List<String> words = StatementText.scan(request.sql()).words();
    if (!words.isEmpty() && BLOCKS_ONLY.contains(words.get(0))) {
      throw SqlErrors.of(
          "25P01",
          (words.get(0).equals("LOCK") ? "LOCK TABLE" : "DECLARE CURSOR")
              + " can only be used in transaction blocks",
          null);
    }
  }

  private boolean mayCombine(Plan plan, Command command) {
    return !asksForOutcomes
        && state.isPlain()
        && !state.inBlock()
        && state.spec().equals(BeginSpec.READ_WRITE)
        && command.isCombinable()
        && InsertCombiner.fits(plan);
  }

  private void read(Request request, Optional<ReadHint> hint, Command command) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      Lease<JdbcLink> lease = readLease(false, hint);
      try {
        Executions.plain(lease, request.sql(), command);
      } catch (SQLException e) {
        if (!SqlErrors.isLinkFailure(e, lease.link().connection())) {
          session.readDone(lease);
          throw e;
        }
        Recourse recourse = lost(lease, e);
        if (SqlErrors.isNetworkTimeout(e)) {
          throw SqlErrors.gaveUp(e);
        }
        again(recourse, e, attempt, command);
        command.discard();
        continue;
      }
      session.readDone(lease);
      return;
    }
  }

  /**
   * Runs on the link of the session's writes, outside of any transaction: while it waits for
   * another session, it holds up nobody.
   */
  void onPrimary(Request request, Command command) throws SQLException {
    Lease<JdbcLink> lease = call(session::onPrimary);
    try {
      locks.check(lease.link());
      Executions.plain(lease, request.sql(), command);
      locks.changed(lease.link());
    } catch (SQLException e) {
      if (SqlErrors.isLinkFailure(e, lease.link().connection())) {
        throw locks.isLost() ? locks.lost(e) : unavailableOrLost(lost(lease, e), e);
      }
      session.readDone(lease);
      throw e;
    }
    session.readDone(lease);
  }

  private void readInBlock(Request request, Plan plan, Command command) throws SQLException {
    boolean mayWrite = !(plan instanceof Plan.Read) && !(plan instanceof Plan.Local);
    if (mayWrite && !isLeftToTheServer(request, plan)) {
      throw state.failing(SqlErrors.of("25006", "cannot write in a read-only transaction", null));
    }
    Lease<JdbcLink> lease = state.reading;
    if (mayWrite && lease != null && !state.readingOnPrimary) {
      throw state.failing(
          SqlErrors.of(
              "25006",
              "a function that is not proven to read cannot run in this read-only transaction,"
                  + " which reads from another server than the primary. Call it first",
              null));
    }
    Optional<ReadHint> hint = plan instanceof Plan.Read read ? read.hint() : Optional.empty();
    if (lease != null && hint.isPresent() && !hint.equals(state.readingHint)) {
      throw state.failing(
          SqlErrors.of(
              "25001",
              "the hint '"
                  + hint.get()
                  + "' comes too late: a READ ONLY transaction reads where its first query did. Give"
                  + " the hint there",
              null));
    }
    if (lease == null) {
      lease = mayWrite ? call(session::onPrimary) : readLease(true, hint);
      state.readingHint = hint;
      JdbcLink link = lease.link();
      try {
        call(() -> link.begin(state.spec()));
      } catch (SQLException e) {
        if (SqlErrors.isLinkFailure(e, link.connection())) {
          throw state.failing(unavailableOrLost(lost(lease, e), e));
        }
        session.readDone(lease);
        throw state.failing(e);
      }
      state.reading = lease;
      state.readingOnPrimary =
          mayWrite || (hint.isPresent() && hint.get() instanceof ReadHint.Primary);
    }
    try {
      Executions.plain(lease, request.sql(), command);
    } catch (SQLException e) {
      throw inTransaction(lease, e);
    }
  }

  /**
   * Statements with functions, and what only the primary can tell, may run READ ONLY on the
   * primary, where the server itself keeps them from writing; the transaction is rolled back in the
   * end.
   */
  private static boolean isLeftToTheServer(Request request, Plan plan) {
    if (plan instanceof Plan.PrimaryRead) {
      return true;
    }
    List<String> words = StatementText.scan(request.sql()).words();
    return plan instanceof Plan.Traced && !words.isEmpty() && MAY_READ.contains(words.get(0));
  }

  void write(Request request, Plan planned, Command command) throws SQLException {
    boolean alone = !state.inBlock();
    boolean first = !state.isOpen();
    for (int attempt = 1; ; attempt++) {
      Started<JdbcLink> started = start(request, planned);
      Lease<JdbcLink> lease = started.lease();
      state.writing = lease;
      checkTemporaries(lease);
      if (alone && Fused.fits(started.plan(), command) && session.mayCommitWith(started.plan())) {
        if (runFused(
            request, (Plan.Write) started.plan(), lease, command, attempt < MAX_ATTEMPTS)) {
          return;
        }
        command.discard();
        continue;
      }
      try {
        executions.started(request, started.plan(), lease, command);
      } catch (SQLException failure) {
        SQLException e = stopped(failure);
        if (SqlErrors.isLinkFailure(failure, lease.link().connection())) {
          state.writing = null;
          Recourse recourse = lost(lease, failure);
          if (e != failure) {
            ends.lost();
            throw e;
          }
          boolean mayBeginAnew =
              first && recourse == Recourse.RUN_AGAIN && !SqlErrors.isNetworkTimeout(e);
          if (!alone && !mayBeginAnew) {
            ends.lost();
            throw state.failing(unavailableOrLost(recourse, e));
          }
          if (SqlErrors.isNetworkTimeout(e)) {
            ends.ended();
            throw SqlErrors.gaveUp(e);
          }
          again(recourse, e, attempt, command);
          command.discard();
          continue;
        }
        if (alone) {
          rollbackAfter(e);
        }
        throw e;
      }
      if (!alone || ends.commit(attempt < MAX_ATTEMPTS && command.mayRunAgain())) {
        return;
      }
      command.discard();
    }
  }

  /**
   * Runs a batch in the block that is open, in few flights.
   *
   * @return false if it has to be run one by one; nothing of it has run then
   */
  boolean pipeline(Request request, Pipeline batch) throws SQLException {
    use.enter(batch.timeoutSeconds());
    try {
      if (replays != null && !state.isImplicit()) {
        return false; // each element is a statement that may have to be repeated
      }
      Plan plan = plan(request);
      if (state.isBroken() || state.spec().readOnly() || !Pipeline.fits(plan)) {
        return false;
      }
      Started<JdbcLink> started = start(request, plan);
      Lease<JdbcLink> lease = started.lease();
      state.writing = lease;
      checkTemporaries(lease);
      if (!Pipeline.fits(started.plan())) {
        return false;
      }
      try {
        return executions.pipeline(request, (Plan.Write) started.plan(), lease, batch);
      } catch (SQLException failure) {
        SQLException e = stopped(failure);
        if (SqlErrors.isLinkFailure(failure, lease.link().connection())) {
          state.writing = null;
          Recourse recourse = lost(lease, failure);
          ends.lost();
          throw e != failure ? e : unavailableOrLost(recourse, e);
        }
        throw e;
      }
    } finally {
      use.leave();
    }
  }

  /** Nothing has run on a link that does not hold the session's temporary tables. */
  private void checkTemporaries(Lease<JdbcLink> lease) throws SQLException {
    try {
      temporaries.check(lease.link());
      locks.check(lease.link());
    } catch (SQLException e) {
      try {
        call(session::rollback);
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      ends.lost();
      throw e;
    }
  }

  private Started<JdbcLink> start(Request request, Plan plan) throws SQLException {
    try {
      return starts.start(request, plan, state.spec());
    } catch (TimeoutException e) {
      ends.lost();
      throw SqlErrors.of(ErrorCode.NO_BACKEND, "no transaction was opened within " + waitLimit, e);
    } catch (RuntimeException e) {
      SQLException failure = SqlErrors.of(e);
      Lease<JdbcLink> open = state.writing;
      if (open != null && !(failure.getCause() instanceof TandemException)) {
        failure = inTransaction(open, failure);
      }
      throw state.failing(failure);
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
      Request request, Plan.Write plan, Lease<JdbcLink> lease, Command command, boolean mayRunAgain)
      throws SQLException {
    try {
      String sql = executions.onLink(plan.sqlForPrimary(), request);
      Fused fused = new Fused(plan, sql, lease.link(), command, command.parameters());
      return TransactionEnds.isCommitted(
          call(() -> session.commitWith(position -> fused.run(session, position))), mayRunAgain);
    } finally {
      if (session.inTransaction()) {
        call(session::rollback);
      }
      ends.ended();
    }
  }

  private void task(Request request, Plan.Task plan, Command command) throws SQLException {
    int attempt = 1;
    while (!tasks.run(request, plan, command, attempt)) {
      command.discard();
      attempt++;
    }
  }

  /** Runs a statement that is not logged on every backend. */
  void maintain(Request request, Command command) throws SQLException {
    tasks.maintain(request, command);
  }

  // --- batches ------------------------------------------------------------------------------

  private void steps(Request request, Plan.Steps steps, Command command) throws SQLException {
    asOne(
        command,
        () -> {
          for (Plan.Step step : steps.steps()) {
            command.step(step.sql());
            Request one = new Request(step.sql(), request.markers(), List.of());
            // Made again: an earlier step may have changed the schema.
            dispatch(one, plan(one), command);
            state.goOnImplicit();
          }
        });
  }

  /**
   * Runs what is one statement to its client, again from its beginning if nothing is left of it.
   */
  void asOne(Command command, Work work) throws SQLException {
    boolean alone = !state.inBlock();
    inOneTransaction(
        alone,
        () -> {
          if (alone) {
            command.restart();
          }
          work.run();
        });
  }

  /**
   * Runs {@code work} as one transaction, which the caller's block, if there is one, goes on.
   *
   * @param mayRunAgain true if {@code work} begins anew each time it is run, and its client sees
   *     nothing of it before the end
   */
  void inOneTransaction(boolean mayRunAgain, Work work) throws SQLException {
    use.enter();
    try {
      if (!state.autoCommit() || state.isImplicit()) {
        work.run();
        return;
      }
      long before = ends.committed();
      for (int attempt = 1; ; attempt++) {
        if (isDone(work, mayRunAgain && attempt < MAX_ATTEMPTS, before)) {
          return;
        }
      }
    } finally {
      use.leave();
    }
  }

  /** False if nothing is left of it and it is to run again. */
  private boolean isDone(Work work, boolean mayRunAgain, long before) throws SQLException {
    state.beginImplicit();
    try {
      work.run();
    } catch (RuntimeException e) {
      // Of the application's own making: what it gave had a null in it, or failed when it was read.
      state.endImplicit();
      if (!state.isExplicit()) {
        rollbackAfter(e);
      }
      throw e;
    } catch (SQLException e) {
      state.endImplicit();
      boolean explicit = state.isExplicit();
      if (!explicit) {
        rollbackAfter(e);
      }
      // What it has committed by itself, in the middle, is not to be done twice.
      if (mayRunAgain
          && !explicit
          && ends.committed() == before
          && SqlErrors.isTransactionLost(e)) {
        return false;
      }
      throw e;
    }
    state.endImplicit();
    return state.isExplicit() || ends.commit(mayRunAgain && ends.committed() == before);
  }

  /** Statements that belong together. */
  interface Work {
    void run() throws SQLException;
  }

  /** Runs on the link of the block, whichever kind that is. */
  void onOwnLink(Request request, Plan plan, Command command) throws SQLException {
    if (state.inBlock() && state.isReadOnlyBlock()) {
      readInBlock(request, plan, command);
    } else {
      write(request, plan, command);
    }
  }

  // --- the end of a transaction -------------------------------------------------------------

  void commit() throws SQLException {
    use.enter();
    try {
      if (replays == null) {
        ends.commit(false);
      } else {
        replays.commit();
      }
    } finally {
      use.leave();
    }
  }

  void rollback() throws SQLException {
    use.enter();
    try {
      ends.rollback();
    } finally {
      if (replays != null) {
        replays.ended();
      }
      use.leave();
    }
  }

  private void rollbackAfter(Exception first) {
    try {
      rollback();
    } catch (SQLException second) {
      first.addSuppressed(second);
    }
  }

  // --- notifications ------------------------------------------------------------------------

  /** What was notified to this session. */
  Inbox inbox() {
    return inbox;
  }

  /** Returns when nothing is missed that is committed from now on. */
  void listen(String channel) throws SQLException {
    if (listening.isFull()) {
      throw state.failing(
          SqlErrors.of(
              "54000", "more than " + Listening.MOST_CHANNELS + " channels are listened to", null));
    }
    try {
      executor.join(listening.listen(channel), waitLimit);
    } catch (TimeoutException e) {
      listening.gaveUp();
      throw state.failing(
          SqlErrors.of(ErrorCode.NO_BACKEND, "nobody listened within " + waitLimit, e));
    } catch (RuntimeException e) {
      listening.gaveUp();
      throw state.failing(SqlErrors.of(e));
    }
    listening.listened(channel, state.inBlock());
  }

  // --- links --------------------------------------------------------------------------------

  /** A question to the vendor's connection, which is not the client's statement. */
  interface Question<T extends @Nullable Object> {
    T ask(Connection vendor) throws SQLException;
  }

  private static <T extends @Nullable Object> T asked(Question<T> question, JdbcLink link)
      throws SQLException {
    try {
      return question.ask(link.connection());
    } catch (TandemException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Executions.broken(link, e);
    }
  }

  /** True if {@link #ask} would go to another link than the one that holds temporary tables. */
  boolean asksBesideTemporaryTables() {
    return temporaries.any() && (state.writing == null || !session.inTransaction());
  }

  /** Asks on the open transaction's link, or on one for reads. */
  <T extends @Nullable Object> T ask(Question<T> question) throws SQLException {
    use.enter();
    try {
      boolean inWriting = state.writing != null && session.inTransaction();
      Lease<JdbcLink> open = inWriting ? state.writing : state.reading;
      if (open != null) {
        try {
          return asked(question, open.link());
        } catch (SQLException e) {
          throw inTransaction(open, e);
        }
      }
      for (int attempt = 1; ; attempt++) {
        Lease<JdbcLink> lease = readLease(false, Optional.empty());
        try {
          T answer = asked(question, lease.link());
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
      if (!SqlErrors.isLinkFailure(e, lease.link().connection())) {
        return e;
      }
      if (lease != state.writing && lease != state.reading) {
        // Rows of a transaction that is over: a class 08 would speak of the client's connection.
        return SqlErrors.of(
            ErrorCode.TRANSACTION_LOST, "the server session that the rows came from is gone", e);
      }
      Recourse recourse = lost(lease, e);
      ends.lost();
      return state.failing(unavailableOrLost(recourse, e));
    } finally {
      use.leave();
    }
  }

  Recourse lost(Lease<JdbcLink> lease, SQLException e) throws SQLException {
    return call(() -> session.lost(lease, e, source.patience()));
  }

  /** Returns if the statement is to run again, and can. */
  private void again(Recourse recourse, SQLException e, int attempt, Command command)
      throws SQLException {
    again(recourse, e, attempt);
    if (!command.mayRunAgain()) {
      ends.lost();
      throw SqlErrors.of(
          ErrorCode.TRANSACTION_LOST,
          "a COPY whose stream was used cannot be run again unseen: send it anew",
          e);
    }
  }

  /** A link was lost outside of a transaction; returns if the statement is to run again. */
  void lostAlone(Lease<JdbcLink> lease, SQLException e, int attempt) throws SQLException {
    again(lost(lease, e), e, attempt);
  }

  /** Returns if the statement is to run again. */
  private static void again(Recourse recourse, SQLException e, int attempt) throws SQLException {
    if (recourse != Recourse.RUN_AGAIN) {
      throw unavailableOrLost(recourse, e);
    }
    if (SqlErrors.isSettingRefused(e)) {
      throw SqlErrors.settingRefused(e);
    }
    if (attempt == MAX_ATTEMPTS) {
      throw SqlErrors.of(ErrorCode.NO_BACKEND, MAX_ATTEMPTS + " links failed in a row", e);
    }
  }

  private static SQLException unavailableOrLost(Recourse recourse, SQLException e) {
    if (SqlErrors.isSettingRefused(e)) {
      return SqlErrors.settingRefused(e);
    }
    return recourse == Recourse.UNAVAILABLE
        ? SqlErrors.of(ErrorCode.NO_BACKEND, String.valueOf(e.getMessage()), e)
        : SqlErrors.of(ErrorCode.TRANSACTION_LOST, String.valueOf(e.getMessage()), e);
  }

  private Lease<JdbcLink> readLease(boolean inReadOnlyTransaction, Optional<ReadHint> hint)
      throws SQLException {
    if (hint.isEmpty()) {
      return readLease(inReadOnlyTransaction);
    }
    if (!(hint.get() instanceof ReadHint.Consistency asked)) {
      return call(session::onPrimary);
    }
    ReadLevel usual = state.level();
    session.consistency(state.levelOf(asked.level()));
    try {
      return readLease(inReadOnlyTransaction);
    } finally {
      session.consistency(usual);
    }
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

  /** From now on each of its transactions has an entry of its own, with its token. */
  void asksForOutcomes() {
    asksForOutcomes = true;
  }

  /** What {@code SHOW TANDEM OUTCOME} answers. */
  SessionSource.Table outcome(String token) throws SQLException {
    CompletionStage<SessionSource.Table> asked;
    try {
      asked = source.outcome(token);
    } catch (IllegalArgumentException e) {
      throw SqlErrors.of("22023", String.valueOf(e.getMessage()), e);
    }
    return call(() -> asked);
  }

  private <T> T call(Supplier<CompletionStage<T>> operation) throws SQLException {
    return calls.call(operation);
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
    listening.close();
    if (starts.closesLater()) {
      return;
    }
    try {
      ends.rollback();
    } finally {
      session.close();
    }
  }
}
