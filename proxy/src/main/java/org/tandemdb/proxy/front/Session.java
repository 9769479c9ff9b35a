package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.Lease;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.listen.Listening;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.ReadHint;
import org.tandemdb.plan.Request;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.proxy.pg.Calls;
import org.tandemdb.proxy.pg.Calls.Described;
import org.tandemdb.proxy.pg.Meaning;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.proxy.pg.PgResult;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.Recourse;
import org.tandemdb.session.EngineSession.Started;

/**
 * Runs one client's statements where the engine's plan says. The twin of the driver's {@code
 * ClientSession}, in stages instead of waits; see there for the states of a block.
 *
 * <p>On the event loop, one statement at a time: whoever calls waits for the stage before the next
 * call. Only {@link #cancel} and {@link #close} may come in between.
 */
final class Session {
  /** A request that meets one dying backend after the other is given up after as many. */
  static final int MAX_ATTEMPTS = 16;

  /** Of a text that is refused a server is asked what it thinks, up to so many characters. */
  static final int MOST_LOOKED_AT = 64 << 10;

  /** Statements that may turn out to write nothing, whatever they call. */
  private static final Set<String> MAY_READ =
      Set.of("SELECT", "WITH", "VALUES", "TABLE", "CALL", "DO");

  private static final List<String> LOOKED_UP_BY =
      List.of("search_path", "role", "session_authorization");

  /** Of tables with numbers that a server has. */
  private static final String TABLE_NAMES =
      "SELECT o, pg_catalog.format('%I.%I', n.nspname, c.relname)"
          + " FROM pg_catalog.unnest($1::pg_catalog.oid[]) o"
          + " LEFT JOIN pg_catalog.pg_class c ON c.oid = o"
          + " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

  private static final String TABLE_NUMBERS =
      "SELECT coalesce(pg_catalog.to_regclass(t.name)::pg_catalog.oid, 0)"
          + " FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY t (name, i)"
          + " ORDER BY t.i";

  /** Statements whose effect ends with the transaction. */
  private static final Set<String> BLOCKS_ONLY = Set.of("LOCK", "DECLARE");

  private final EngineSession<NettyLink> session;
  private final Engines engine;
  private final SessionSource source;
  private final String user;
  private final BlockState state;
  private final Temporaries temporaries;
  private final AdvisoryLocks locks;
  private final Objections objections;
  private final Runs runs;
  private final Ends ends;
  private final Locals locals;
  private final TaskRuns tasks;
  private final Listening<ByteBuf> listening;

  /** What {@link #cancel} is for; null while nothing runs on a link. */
  private @Nullable NettyLink running;

  private Meaning meaning = Meaning.NONE;
  private boolean closed;

  /**
   * @param user as whom the client has logged in
   */
  Session(SessionSource source, String user, EngineSession<NettyLink> session, Engines engine) {
    this.source = source;
    this.user = user;
    this.session = session;
    this.engine = engine;
    this.state = new BlockState(session, source.consistency());
    this.temporaries = new Temporaries(session);
    this.locks = new AdvisoryLocks(session);
    this.objections = new Objections(this);
    this.runs = new Runs(this, session, engine, state, temporaries, source.stageThresholdBytes());
    this.listening = new Listening<>(source.notifications());
    this.ends = new Ends(session, engine, state, temporaries, listening);
    this.tasks = new TaskRuns(this, session, engine, state, runs);
    this.locals = new Locals(this, source, session, state, temporaries, locks, runs, listening);
  }

  /** The channels that the client listens to. */
  Listening<ByteBuf> listening() {
    return listening;
  }

  BlockState state() {
    return state;
  }

  /** What names in a text mean now. */
  Meaning meaning() {
    Map<String, String> settings = session.settings();
    String path = "";
    for (String name : LOOKED_UP_BY) {
      String value = settings.get(name);
      if (value != null) {
        path = path + name + "=" + value + "\n";
      }
    }
    Meaning now = new Meaning(source.schemaVersion(), path, temporaries.generation());
    if (!now.equals(meaning)) {
      meaning = now; // else its hash is known already
    }
    return meaning;
  }

  /** What runs now may be cancelled there. */
  void runningOn(@Nullable NettyLink link) {
    running = link;
  }

  /** Asks the server to stop what runs. */
  void cancel() {
    NettyLink link = running;
    if (link != null) {
      link.cancel();
    }
  }

  /**
   * Nothing runs: links are given back, unless they hold what is this session's. A block of which
   * no server knows yet holds nothing: whoever has only said BEGIN and had statements looked at
   * keeps nobody waiting.
   *
   * @param onlyIfWanted by somebody who waits
   */
  void rest(boolean onlyIfWanted) {
    if (!closed && !state.isOpen() && !state.isImplicit()) {
      session.rest(onlyIfWanted);
    }
  }

  /** What keeps this session on its links, in words; empty for nothing. */
  String pinned() {
    List<String> reasons = new ArrayList<>();
    if (state.isOpen()) {
      reasons.add("transaction");
    }
    if (temporaries.any()) {
      reasons.add("temporary tables");
    }
    if (locks.any()) {
      reasons.add("advisory locks");
    }
    return String.join(", ", reasons);
  }

  /** Closes the link on which something runs, if anything does. */
  void severRunning() {
    NettyLink link = running;
    if (link != null) {
      link.sever();
    }
  }

  // --- requests

  /** Fails with what there is to say of a text that is refused. */
  <T> CompletionStage<T> refused(String sql, int[] types, Plan.Refused plan) {
    return objections.of(sql, types, plan);
  }

  /**
   * Columns of what is shown without asking a server; empty if {@code effect} is something else.
   */
  Optional<List<String>> shownColumns(Plan.Effect effect) {
    return locals.columns(effect);
  }

  /** See {@link Locals#reported}. */
  Map<String, String> reported() {
    return locals.reported(this::pinned);
  }

  /** See {@link Engines#ask}. */
  <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> operation) {
    return engine.ask(operation);
  }

  /** Goes on with a statement whose portal is suspended on {@code link}. */
  CompletionStage<Void> resume(NettyLink link, Statement statement) {
    Optional<Lease<NettyLink>> lease = state.lease();
    if (lease.isEmpty() || !lease.get().link().equals(link)) {
      return Stages.failed(new ClientFailure("34000", "the portal is gone"));
    }
    return failing(
        runs.resume(link, statement)
            .exceptionallyCompose(failure -> inTransaction(lease.get(), failure)));
  }

  /** Runs {@code statement}; an error fails the block. */
  CompletionStage<Void> execute(Statement statement) {
    statement.outlet().next();
    return failing(run(statement));
  }

  /** Runs what a statement stands for. */
  CompletionStage<Void> run(Statement statement) {
    return Stages.then(plan(statement.request()), plan -> dispatch(plan, statement));
  }

  private CompletionStage<Void> failing(CompletionStage<Void> stage) {
    return stage.whenComplete(
        (ok, failure) -> {
          if (failure != null) {
            state.fail(failure);
          }
        });
  }

  /** By the schema as the open transaction sees it, which its own DDL may have changed. */
  CompletionStage<Plan> plan(Request request) {
    if (state.isBroken()) {
      // Nothing but its end is run, and that needs no schema.
      return Stages.of(() -> CompletableFuture.completedFuture(planNow(request)));
    }
    CompletionStage<Void> ready =
        session.inTransaction() ? engine.ask(session::readyToPlan) : Stages.DONE;
    if (temporaries.isStale()) {
      ready = ready.thenCompose(ok -> temporaries.refresh());
    }
    return Stages.then(
        Stages.isDone(ready) ? ready : ready.exceptionallyCompose(this::unreadable),
        ok -> CompletableFuture.completedFuture(planNow(request)));
  }

  private Plan planNow(Request request) {
    return session.plan(request);
  }

  private CompletionStage<Void> unreadable(Throwable failure) {
    Lease<NettyLink> lease = state.writing;
    return lease == null ? Stages.failed(ClientFailure.of(failure)) : inTransaction(lease, failure);
  }

  CompletionStage<Void> dispatch(Plan plan, Statement statement) {
    if (state.isBroken() && !BlockState.isEnd(plan) && !state.isWayBack(plan)) {
      return Stages.failed(state.failedError());
    }
    ClientFailure misplaced = misplaced(plan, statement);
    if (misplaced != null) {
      return Stages.failed(misplaced);
    }
    if (plan instanceof Plan.Read && locals.showMode(statement)) {
      return Stages.DONE;
    }
    if (plan instanceof Plan.Read read && !state.inBlock()) {
      return read(statement, read.hint().or(() -> whereItsOidsAre(statement)), 1);
    }
    if (plan instanceof Plan.Steps steps) {
      return steps(steps, statement);
    }
    if (plan instanceof Plan.Refused refused) {
      return objections.of(statement.sql(), statement.types(), refused);
    }
    if (plan instanceof Plan.Task task) {
      return tasks.run(task, statement, 1);
    }
    if (plan instanceof Plan.Local local) {
      return locals.run(local, statement);
    }
    if (state.inBlock() && state.isReadOnlyBlock()) {
      return readInBlock(plan, statement);
    }
    if (!state.inBlock() && state.spec().readOnly()) {
      return Stages.failed(readOnly());
    }
    return write(plan, statement);
  }

  static ClientFailure readOnly() {
    return new ClientFailure("25006", "cannot write in a read-only transaction");
  }

  /** What ends with its transaction is an error where that is the statement's own. */
  private @Nullable ClientFailure misplaced(Plan plan, Statement statement) {
    boolean lasting =
        plan instanceof Plan.PrimaryRead
            || (plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.None);
    if (!lasting || state.inBlock()) {
      return null;
    }
    String verb = statement.verb();
    return BLOCKS_ONLY.contains(verb)
        ? new ClientFailure("25P01", verb + " can only be used in transaction blocks")
        : null;
  }

  // --- reads

  /** See {@link OwnOids}. */
  private Optional<ReadHint> whereItsOidsAre(Statement statement) {
    return source.ownOids().areIn(statement.sql(), statement.types())
        ? Optional.of(new ReadHint.Primary())
        : Optional.empty();
  }

  private CompletionStage<Void> read(Statement statement, Optional<ReadHint> hint, int attempt) {
    return Stages.then(
        readLease(false, hint),
        lease ->
            (source.isPrimary(lease.link().backend())
                    ? runs.plain(lease, statement.sql(), statement)
                    : runs.onReplica(lease, replica(lease), statement))
                .thenAccept(ok -> session.readDone(lease))
                .exceptionallyCompose(
                    failure -> readFailed(statement, hint, attempt, lease, failure)));
  }

  private CompletionStage<Void> readFailed(
      Statement statement,
      Optional<ReadHint> hint,
      int attempt,
      Lease<NettyLink> lease,
      Throwable failure) {
    if (lease.link().isUsable()) {
      if (ClientFailure.unwrap(failure) instanceof Runs.OwnTypes own) {
        return learned(lease, own, statement)
            .whenComplete((ok, error) -> session.readDone(lease))
            .thenCompose(ok -> read(statement, Optional.of(new ReadHint.Primary()), attempt));
      }
      session.readDone(lease);
      return Stages.failed(failure);
    }
    return lost(lease, failure)
        .thenCompose(recourse -> again(recourse, failure, attempt, statement))
        .thenCompose(ok -> read(statement, hint, attempt + 1));
  }

  private OwnOids.Replica replica(Lease<NettyLink> lease) {
    return source.ownOids().on(lease.link().backend(), source.schemaVersion());
  }

  /** What was missing to run such a read on the replica, or that the primary is to run it. */
  private CompletionStage<Void> learned(
      Lease<NettyLink> lease, Runs.OwnTypes own, Statement statement) {
    if (own.tables().isEmpty()) {
      source.ownOids().note(statement.sql());
      return Stages.DONE;
    }
    OwnOids.Replica replica = replica(lease);
    return lease
        .link()
        .query(TABLE_NAMES, List.of(OwnOids.array(own.tables())))
        .thenCompose(
            named ->
                this.<PgResult>askPrimary(
                        link -> link.query(TABLE_NUMBERS, List.of(OwnOids.names(named.rows()))))
                    .thenAccept(
                        numbered -> {
                          for (int i = 0; i < named.rows().size(); i++) {
                            replica.learn(
                                OwnOids.oid(named.rows().get(i).get(0)),
                                OwnOids.oid(numbered.rows().get(i).get(0)));
                          }
                        }));
  }

  private CompletionStage<Lease<NettyLink>> readLease(
      boolean inReadOnlyTransaction, Optional<ReadHint> hint) {
    if (hint.isEmpty()) {
      return readLease(inReadOnlyTransaction);
    }
    if (!(hint.get() instanceof ReadHint.Consistency asked)) {
      return engine.ask(session::onPrimary);
    }
    return Stages.of(
        () -> {
          session.consistency(BlockState.levelOf(asked.level()));
          return readLease(inReadOnlyTransaction)
              .whenComplete((ok, failure) -> session.consistency(state.level()));
        });
  }

  CompletionStage<Lease<NettyLink>> readLease(boolean inReadOnlyTransaction) {
    return engine.ask(() -> session.read(inReadOnlyTransaction));
  }

  /**
   * Runs on the link of the session's writes, outside of any transaction: while it waits for
   * another session, it holds up nobody.
   */
  CompletionStage<Void> onPrimary(Statement statement) {
    return engine
        .ask(session::onPrimary)
        .thenCompose(
            lease ->
                readDone(
                    lease,
                    Stages.of(
                        () -> {
                          locks.check(lease.link());
                          return runs.plain(lease, statement.sql(), statement)
                              .thenCompose(ok -> locks.changed(lease.link()));
                        }),
                    failure ->
                        locks.isLost()
                            ? Stages.failed(locks.lost(failure))
                            : linkLost(lease, failure)));
  }

  /**
   * Gives {@code lease} back when {@code work} is done, unless its link is lost.
   *
   * @param onLostLink what the client is told then; fails
   */
  private CompletionStage<Void> readDone(
      Lease<NettyLink> lease,
      CompletionStage<Void> work,
      Function<Throwable, CompletionStage<Void>> onLostLink) {
    return work.handle((ok, failure) -> Optional.ofNullable(failure))
        .thenCompose(
            failure -> {
              if (failure.isPresent() && !lease.link().isUsable()) {
                return onLostLink.apply(failure.get());
              }
              session.readDone(lease);
              return failure.isPresent() ? Stages.failed(failure.get()) : Stages.DONE;
            });
  }

  private CompletionStage<Void> linkLost(Lease<NettyLink> lease, Throwable failure) {
    return lost(lease, failure)
        .thenCompose(recourse -> Stages.failed(unavailableOrLost(recourse, failure)));
  }

  private CompletionStage<Void> readInBlock(Plan plan, Statement statement) {
    boolean mayWrite = !(plan instanceof Plan.Read) && !(plan instanceof Plan.Local);
    boolean leftToTheServer =
        plan instanceof Plan.PrimaryRead
            || (plan instanceof Plan.Traced && MAY_READ.contains(statement.verb()));
    if (mayWrite && !leftToTheServer) {
      return Stages.failed(readOnly());
    }
    Lease<NettyLink> lease = state.reading;
    if (mayWrite && lease != null && !state.readingOnPrimary) {
      if (plan instanceof Plan.PrimaryRead beside && beside.timeless()) {
        return besideTheBlock(statement);
      }
      return Stages.failed(
          new ClientFailure(
              "25006",
              "a function that is not proven to read cannot run in this read-only transaction,"
                  + " which reads from another server than the primary. Call it first"));
    }
    Optional<ReadHint> hint = plan instanceof Plan.Read read ? read.hint() : Optional.empty();
    if (lease != null && hint.isPresent() && !hint.equals(state.readingHint)) {
      return Stages.failed(
          new ClientFailure(
              "25001",
              "the hint '"
                  + hint.get()
                  + "' comes too late: a READ ONLY transaction reads where its first query did."
                  + " Give the hint there"));
    }
    CompletionStage<Lease<NettyLink>> begun =
        lease != null
            ? CompletableFuture.completedFuture(lease)
            : beginReading(mayWrite, hint.or(() -> whereItsOidsAre(statement)));
    return begun.thenCompose(
        on ->
            runs.plain(on, statement.sql(), statement)
                .exceptionallyCompose(failure -> inTransaction(on, failure)));
  }

  /** On the primary, outside of the transaction, which reads from another server. */
  private CompletionStage<Void> besideTheBlock(Statement statement) {
    return engine
        .ask(session::onPrimary)
        .thenCompose(
            lease ->
                readDone(
                    lease,
                    runs.plain(lease, statement.sql(), statement.whole()),
                    failure -> linkLost(lease, failure)));
  }

  private CompletionStage<Lease<NettyLink>> beginReading(
      boolean onPrimary, Optional<ReadHint> hint) {
    CompletionStage<Lease<NettyLink>> leased =
        onPrimary ? engine.ask(session::onPrimary) : readLease(true, hint);
    state.readingHint = hint;
    return leased.thenCompose(
        lease ->
            engine
                .ask(() -> lease.link().begin(state.spec()))
                .thenApply(
                    ok -> {
                      state.reading = lease;
                      state.readingOnPrimary =
                          onPrimary || hint.filter(ReadHint.Primary.class::isInstance).isPresent();
                      return lease;
                    })
                .exceptionallyCompose(
                    failure -> {
                      session.readDone(lease);
                      return Stages.failed(failure);
                    }));
  }

  // --- writes

  CompletionStage<Void> write(Plan planned, Statement statement) {
    return write(planned, statement, !state.inBlock(), 1);
  }

  private CompletionStage<Void> write(
      Plan planned, Statement statement, boolean alone, int attempt) {
    return start(planned, statement)
        .thenCompose(
            started -> {
              Lease<NettyLink> lease = started.lease();
              state.writing = lease;
              return Stages.of(
                      () -> {
                        temporaries.check(lease.link());
                        locks.check(lease.link());
                        return runs.started(started.plan(), lease, statement);
                      })
                  .handle((ok, failure) -> Optional.ofNullable(failure))
                  .thenCompose(
                      failure ->
                          failure.isPresent()
                              ? writeFailed(
                                  planned, statement, alone, attempt, lease, failure.get())
                              : written(planned, statement, alone, attempt));
            });
  }

  private CompletionStage<Void> written(
      Plan planned, Statement statement, boolean alone, int attempt) {
    if (!alone) {
      return Stages.DONE;
    }
    boolean mayRunAgain = attempt < MAX_ATTEMPTS && statement.outlet().mayRunAgain();
    return ends.commit(mayRunAgain)
        .thenCompose(
            committed -> committed ? Stages.DONE : write(planned, statement, true, attempt + 1));
  }

  private CompletionStage<Void> writeFailed(
      Plan planned,
      Statement statement,
      boolean alone,
      int attempt,
      Lease<NettyLink> lease,
      Throwable failure) {
    Throwable cause = ClientFailure.unwrap(failure);
    Throwable reason = stopped(cause);
    if (!lease.link().isUsable()) {
      state.writing = null;
      return lost(lease, cause)
          .thenCompose(
              recourse -> {
                if (!alone || !reason.equals(cause)) {
                  ends.lost();
                  return Stages.failed(
                      reason.equals(cause) ? unavailableOrLost(recourse, cause) : reason);
                }
                return again(recourse, cause, attempt, statement)
                    .thenCompose(ok -> write(planned, statement, true, attempt + 1));
              });
    }
    if (Temporaries.isLoss(cause)) {
      return Stages.ensure(Stages.failed(cause), () -> engine.ask(session::rollback))
          .whenComplete((ok, error) -> ends.lost());
    }
    return alone ? Stages.ensure(Stages.failed(reason), ends::rollback) : Stages.failed(reason);
  }

  private CompletionStage<Started<NettyLink>> start(Plan plan, Statement statement) {
    if (!session.inTransaction()) {
      runs.forget();
    }
    return engine
        .ask(() -> session.start(statement.request(), plan, state.spec()))
        .exceptionallyCompose(
            failure -> {
              Lease<NettyLink> open = state.writing;
              Throwable cause = ClientFailure.unwrap(failure);
              if (open != null && !(cause instanceof TandemException)) {
                return inTransaction(open, cause).thenCompose(ok -> Stages.failed(cause));
              }
              if (!session.inTransaction() && state.writing != null) {
                ends.lost(); // the engine has ended it
              }
              return Stages.failed(cause);
            });
  }

  /** The engine's own reason, where it has stopped the statement. */
  private Throwable stopped(Throwable failure) {
    return session.stopped().<Throwable>map(reason -> reason).orElse(failure);
  }

  // --- batches

  private CompletionStage<Void> steps(Plan.Steps steps, Statement statement) {
    return inOneTransaction(
        () ->
            Stages.each(
                steps.steps().iterator(),
                step ->
                    // Planned again: an earlier step may have changed the schema.
                    execute(statement.as(step.sql())).thenAccept(ok -> state.goOnImplicit())));
  }

  /** Runs {@code work} as one transaction, which the client's block, if there is one, goes on. */
  CompletionStage<Void> inOneTransaction(Supplier<CompletionStage<Void>> work) {
    if (state.inBlock()) {
      return Stages.of(work);
    }
    beginImplicit();
    return Stages.of(work)
        .handle((ok, failure) -> Optional.ofNullable(failure))
        .thenCompose(this::endImplicit);
  }

  /** Statements that are sent together are one transaction until {@link #endImplicit}. */
  void beginImplicit() {
    state.beginImplicit();
  }

  CompletionStage<Void> endImplicit(Optional<Throwable> failure) {
    state.endImplicit();
    if (failure.isPresent()) {
      return state.isExplicit()
          ? Stages.failed(failure.get())
          : Stages.ensure(Stages.failed(failure.get()), ends::rollback);
    }
    return state.isExplicit() ? Stages.DONE : ends.commit(false).thenAccept(ok -> {});
  }

  /** Runs on the link of the block, whichever kind that is. */
  CompletionStage<Void> onOwnLink(Plan plan, Statement statement) {
    return state.inBlock() && state.isReadOnlyBlock()
        ? readInBlock(plan, statement)
        : write(plan, statement);
  }

  // --- the end of a transaction

  CompletionStage<Void> commit() {
    return ends.commit(false).thenAccept(ok -> {});
  }

  CompletionStage<Void> rollback() {
    return ends.rollback();
  }

  /** Runs a statement that is not logged on every backend. */
  CompletionStage<Void> maintain(Statement statement) {
    return tasks.maintain(statement);
  }

  /**
   * @throws ClientFailure if a client may not have that setting
   */
  void checkSetting(String setting, String value) {
    String sql =
        "SET \"" + setting.replace(".", "\".\"") + "\" TO '" + value.replace("'", "''") + "'";
    if (planNow(Statement.simple(sql, new RowOutlet()).request()) instanceof Plan.Refused refused) {
      throw Runs.refused(refused);
    }
  }

  /** What the client has said as it connected; links get it when they are used. */
  void startWith(String setting, String value) {
    locals.startWith(setting, value);
  }

  // --- links

  /** Asks on the open transaction's link, or on one for reads; nothing of the client's runs. */
  <T> CompletionStage<T> look(Function<NettyLink, CompletionStage<T>> question) {
    Optional<Lease<NettyLink>> open = state.lease();
    if (open.isPresent()) {
      Lease<NettyLink> lease = open.get();
      return engine
          .ask(() -> question.apply(lease.link()))
          .exceptionallyCompose(
              failure -> inTransaction(lease, failure).thenCompose(ok -> Stages.failed(failure)));
    }
    return look(question, () -> readLease(false), 1);
  }

  /**
   * The same of a statement with {@code plan}: where it would run, since elsewhere a table may not
   * be there, or not yet.
   */
  <T> CompletionStage<T> look(Plan plan, Function<NettyLink, CompletionStage<T>> question) {
    boolean anywhere = plan instanceof Plan.Read && !temporaries.any();
    return anywhere || state.lease().isPresent() ? look(question) : askPrimary(question);
  }

  /** Has a server describe a statement with {@code plan}; oids are the primary's. */
  CompletionStage<Described> describe(Plan plan, Call call) {
    Function<NettyLink, CompletionStage<Described>> question = link -> Calls.describe(link, call);
    if (state.lease().isEmpty() && source.ownOids().areIn(call.sql(), call.types())) {
      return askPrimary(question);
    }
    return look(plan, question)
        .thenCompose(
            described -> {
              boolean types = described.hasOwnTypes();
              if (state.lease().isPresent()
                  || (!types && OwnOids.tablesOf(described.columns()).isEmpty())) {
                return CompletableFuture.completedFuture(described);
              }
              described.release();
              if (types) {
                source.ownOids().note(call.sql());
              }
              return askPrimary(question);
            });
  }

  /**
   * True if a server need not be asked again whether {@code sql} is right: it was, for this user. A
   * transaction that has a link asks there: it may have changed the schema, and waits for nobody.
   */
  boolean isAccepted(String sql, int[] types) {
    return mayKnow() && source.accepted().contains(user, sql, types, meaning());
  }

  /** A server has taken {@code sql}, just now. */
  void accept(String sql, int[] types) {
    if (mayKnow()) {
      source.accepted().add(user, sql, types, meaning());
    }
  }

  private boolean mayKnow() {
    return state.lease().isEmpty() && !temporaries.any() && !state.isBroken();
  }

  /** The same on the primary, outside of any transaction. */
  <T> CompletionStage<T> askPrimary(Function<NettyLink, CompletionStage<T>> question) {
    return look(question, () -> engine.ask(session::onPrimary), 1);
  }

  private <T> CompletionStage<T> look(
      Function<NettyLink, CompletionStage<T>> question,
      Supplier<CompletionStage<Lease<NettyLink>>> leases,
      int attempt) {
    return Stages.of(leases)
        .thenCompose(
            lease ->
                engine
                    .ask(() -> question.apply(lease.link()))
                    .whenComplete(
                        (ok, failure) -> {
                          if (lease.link().isUsable()) {
                            session.readDone(lease);
                          }
                        })
                    .exceptionallyCompose(
                        failure ->
                            lease.link().isUsable()
                                ? Stages.failed(failure)
                                : lost(lease, failure)
                                    .thenCompose(recourse -> again(recourse, failure, attempt))
                                    .thenCompose(ok -> look(question, leases, attempt + 1))));
  }

  /**
   * What the client sees of {@code failure}, raised on the link of an open transaction, which a
   * failed link ends; the stage always fails.
   */
  CompletionStage<Void> inTransaction(Lease<NettyLink> lease, Throwable failure) {
    Throwable cause = ClientFailure.unwrap(failure);
    boolean current = state.lease().filter(lease::equals).isPresent();
    if (!current || lease.link().isUsable()) {
      return Stages.failed(cause);
    }
    return lost(lease, cause)
        .thenCompose(
            recourse -> {
              ends.lost();
              return Stages.failed(unavailableOrLost(recourse, cause));
            });
  }

  CompletionStage<Recourse> lost(Lease<NettyLink> lease, Throwable failure) {
    return engine.ask(() -> session.lost(lease, ClientFailure.unwrap(failure), source.patience()));
  }

  /** Completes if the statement is to run again, and can. */
  private CompletionStage<Void> again(
      Recourse recourse, Throwable failure, int attempt, Statement statement) {
    return again(recourse, failure, attempt)
        .thenCompose(
            ok -> {
              if (statement.outlet().mayRunAgain()) {
                return Stages.DONE;
              }
              ends.lost();
              return Stages.failed(
                  ClientFailure.of(
                      ErrorCode.TRANSACTION_LOST,
                      "a part of the answer has been sent already, so it is not run again unseen",
                      failure));
            });
  }

  /** A link was lost outside of a transaction; completes if the statement is to run again. */
  CompletionStage<Void> lostAlone(
      Lease<NettyLink> lease, Throwable failure, int attempt, Statement statement) {
    return lost(lease, failure)
        .thenCompose(recourse -> again(recourse, failure, attempt, statement));
  }

  private static CompletionStage<Void> again(Recourse recourse, Throwable failure, int attempt) {
    if (recourse != Recourse.RUN_AGAIN) {
      return Stages.failed(unavailableOrLost(recourse, failure));
    }
    return attempt == MAX_ATTEMPTS
        ? Stages.failed(
            ClientFailure.of(
                ErrorCode.NO_BACKEND, MAX_ATTEMPTS + " links failed in a row", failure))
        : Stages.DONE;
  }

  private static ClientFailure unavailableOrLost(Recourse recourse, Throwable failure) {
    Throwable cause = ClientFailure.unwrap(failure);
    return ClientFailure.of(
        recourse == Recourse.UNAVAILABLE ? ErrorCode.NO_BACKEND : ErrorCode.TRANSACTION_LOST,
        String.valueOf(cause.getMessage()),
        null);
  }

  // --- the end

  /** Rolls back what is open and gives everything back; once. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    listening.close();
    Stages.of(ends::rollback).whenComplete((ok, failure) -> session.close());
  }
}
