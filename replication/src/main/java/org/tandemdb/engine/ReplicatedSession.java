package org.tandemdb.engine;

import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.LinkPool;
import org.tandemdb.backend.ServerError;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.commit.CommitOutcome;
import org.tandemdb.commit.Gate;
import org.tandemdb.commit.Submission;
import org.tandemdb.config.CommitMode;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.Value;
import org.tandemdb.env.TaskScheduler;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.TransactionRecord;

/**
 * A session on a cluster. Keeps one link per backend for as long as it lives, so that prepared
 * statements stay prepared; takes the gate before BEGIN; hands itself to the pipeline at COMMIT.
 * Owned by one thread at a time.
 */
final class ReplicatedSession<L extends BackendLink> implements EngineSession<L> {
  private final Engine<L> engine;
  private final LinkPool<L> links;
  private final String user;
  private final Executor executor;
  private final Map<BackendId, Lease<L>> leases = new HashMap<>();
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final Map<String, String> localSettings = new LinkedHashMap<>();

  /** The version of the settings that each link has got. */
  private final Map<Lease<L>, Integer> settled = new HashMap<>();

  private int settingsVersion;
  private Map<String, String> settingsAtBegin = Map.of();
  private ReadLevel level;
  private Position token = Position.NONE;
  private @Nullable SessionView view;
  private @Nullable Member<L> lastRead;
  private @Nullable Open<L> open;
  private boolean closed;

  ReplicatedSession(Engine<L> engine, LinkPool<L> links, String user, Executor executor) {
    this.engine = engine;
    this.links = links;
    this.user = user;
    this.executor = executor;
    this.level = engine.config().consistency();
  }

  // ---- planning

  @Override
  public Plan plan(Request request) {
    return engine.plan(request, view());
  }

  /** The view changes seldom and is asked for with every statement. */
  private SessionView view() {
    Open<L> now = open;
    boolean fixed = now != null && now.isSnapshotFixed();
    SessionView known = view;
    if (known == null || known.inTransaction() != (now != null) || known.snapshotFixed() != fixed) {
      List<String> path =
          known == null ? engine.searchPath(effectiveSettings(), user) : known.searchPath();
      known = new SessionView(path, now != null, false, fixed, Set.of());
      view = known;
    }
    return known;
  }

  // ---- read-write transactions

  @Override
  public CompletionStage<Started<L>> start(Request request, Plan plan, BeginSpec spec) {
    Open<L> now = open;
    if (now != null) {
      return now.ready(plan instanceof Plan.Exclusive)
          ? started(now, request)
          : upgrade(now).thenCompose(ok -> started(now, request));
    }
    if (!(plan instanceof Plan.Exclusive)) {
      // The hot path: a share, a term and a link that are there.
      Gate.Permit permit = engine.gate().tryShare();
      Term<L> term = engine.cluster().term();
      if (permit != null && term != null) {
        Lease<L> lease = held(term.primary(), term.epoch());
        if (lease != null) {
          return releasedOnFailure(permit, begin(term, lease, permit, spec))
              .thenCompose(ready -> started(ready, request));
        }
      }
      if (permit != null) {
        return openOn(CompletableFuture.completedFuture(permit), spec)
            .thenCompose(ready -> started(ready, request));
      }
    }
    CompletionStage<Gate.Permit> permit =
        plan instanceof Plan.Exclusive
            ? engine.exclusivePermit()
            : engine.gate().share(engine.limits().leaseTimeout());
    return openOn(permit, spec)
        .thenCompose(ready -> started(ready, request))
        .exceptionallyCompose(ReplicatedSession::gateFailure);
  }

  private static <T> CompletionStage<T> gateFailure(Throwable failure) {
    Throwable cause = unwrap(failure);
    return CompletableFuture.failedFuture(
        cause instanceof TimeoutException
            ? new TandemException(ErrorCode.GATE_TIMEOUT, String.valueOf(cause.getMessage()), cause)
            : cause);
  }

  static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Made again: the catalog may have changed while the gate was awaited. */
  private CompletionStage<Started<L>> started(Open<L> now, Request request) {
    Plan current = engine.plan(request, view());
    if (current instanceof Plan.Exclusive && !now.permit.isExclusive()) {
      return rollback()
          .thenCompose(
              ok ->
                  CompletableFuture.failedFuture(
                      new TandemException(
                          ErrorCode.TRANSACTION_LOST,
                          "the schema changed while the statement waited")));
    }
    now.ran = true;
    now.term.primary().writes().incrementAndGet();
    return CompletableFuture.completedFuture(new Started<>(now.lease, current));
  }

  private CompletionStage<Open<L>> openOn(CompletionStage<Gate.Permit> permit, BeginSpec spec) {
    long deadline = engine.nanos() + engine.limits().failoverPatience().toNanos();
    return permit.thenCompose(p -> releasedOnFailure(p, beginOnPrimary(p, spec, deadline)));
  }

  private static <T> CompletionStage<T> releasedOnFailure(
      Gate.Permit permit, CompletionStage<T> stage) {
    return stage.whenComplete(
        (ok, failure) -> {
          if (failure != null) {
            permit.release();
          }
        });
  }

  /** No transaction is open yet, so a primary that is lost now costs the client time only. */
  private CompletionStage<Open<L>> beginOnPrimary(
      Gate.Permit permit, BeginSpec spec, long deadline) {
    return engine
        .awaitTerm()
        .thenCompose(
            term ->
                lease(term.primary(), term.epoch())
                    .thenCompose(lease -> begin(term, lease, permit, spec))
                    .exceptionallyCompose(
                        failure ->
                            engine.isWorthWaiting(unwrap(failure), deadline)
                                ? engine
                                    .settled(term.primary(), engine.limits().failoverPatience())
                                    .thenCompose(ok -> beginOnPrimary(permit, spec, deadline))
                                : CompletableFuture.failedFuture(unwrap(failure))));
  }

  private CompletionStage<Open<L>> begin(
      Term<L> term, Lease<L> lease, Gate.Permit permit, BeginSpec spec) {
    Open<L> opening = new Open<>(term, lease, permit, spec, engine.newRecord(lease.link()));
    settingsAtBegin = settings.isEmpty() ? Map.of() : Map.copyOf(settings);
    return settle(lease)
        .thenCompose(ok -> lease.link().begin(spec))
        .handle(
            (ok, failure) -> {
              if (failure != null) {
                throw new CompletionException(unwrap(failure));
              }
              term.primary().busy().incrementAndGet();
              open = opening;
              opening.watch(engine);
              return opening;
            });
  }

  /** A transaction that already writes asks for the gate alone: its share goes first. */
  private CompletionStage<Void> upgrade(Open<L> now) {
    if (now.isSnapshotFixed()) {
      return CompletableFuture.failedFuture(
          new TandemException(
              ErrorCode.STATEMENT_REFUSED,
              "an exclusive statement must be the first one under REPEATABLE READ and above"));
    }
    now.permit.release();
    return engine
        .exclusivePermit()
        .thenAccept(
            permit -> {
              now.permit = permit;
              now.watch(engine);
            })
        .exceptionallyCompose(
            failure ->
                // Its share is gone, so the transaction cannot go on.
                rollback().thenCompose(ok -> ReplicatedSession.<Void>gateFailure(failure)));
  }

  @Override
  public void executed(
      Plan.Write write,
      List<Value> parameters,
      long rows,
      Iterator<List<@Nullable String>> captured) {
    Open<L> now = opened();
    now.ran = true;
    now.record.add(write, parameters, rows, captured);
  }

  @Override
  public void executed(Plan.Exclusive exclusive) {
    Open<L> now = opened();
    now.ran = true;
    now.record.addExclusive(exclusive);
  }

  @Override
  public void savepoint(String name) {
    opened().record.savepoint(name);
  }

  @Override
  public void rollbackTo(String name) {
    opened().record.rollbackTo(name);
  }

  @Override
  public void release(String name) {
    opened().record.release(name);
  }

  private Open<L> opened() {
    Open<L> now = open;
    if (now == null) {
      throw new IllegalStateException("no read-write transaction is open");
    }
    return now;
  }

  @Override
  public void setting(String name, String value, boolean local) {
    String key = name.toLowerCase(Locale.ROOT);
    view = null;
    if (local) {
      localSettings.put(key, value);
      return;
    }
    settings.put(key, value);
    settingsVersion++;
    Open<L> now = open;
    if (now != null) {
      settled.put(now.lease, settingsVersion);
    }
  }

  /** The other links of this session follow when they are used next. */
  private CompletionStage<Lease<L>> settle(Lease<L> lease) {
    if (settled.getOrDefault(lease, 0) == settingsVersion) {
      return CompletableFuture.completedFuture(lease);
    }
    int version = settingsVersion;
    return engine
        .settle(lease.link(), Map.copyOf(settings))
        .thenApply(
            ok -> {
              settled.put(lease, version);
              return lease;
            });
  }

  private Map<String, String> effectiveSettings() {
    if (localSettings.isEmpty()) {
      return settings;
    }
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.putAll(localSettings);
    return all;
  }

  @Override
  public Optional<TandemException> stopped() {
    Open<L> now = open;
    return now != null && now.overdue
        ? Optional.of(
            new TandemException(
                ErrorCode.EXCLUSIVE_LIMIT, "stopped after " + engine.limits().exclusiveLimit()))
        : Optional.empty();
  }

  @Override
  public boolean inTransaction() {
    return open != null;
  }

  // ---- the end of a transaction

  @Override
  public CompletionStage<CommitResult> commit() {
    Open<L> now = open;
    if (now == null) {
      return CompletableFuture.completedFuture(new CommitResult.Committed(Optional.empty()));
    }
    now.unwatch();
    if (now.record.isEmpty()) {
      return commitWithoutEntry(now);
    }
    CompletionStage<CommitOutcome> outcome =
        engine.catalog().deferrableConstraints()
            ? now.lease
                .link()
                .forceConstraints()
                .thenCompose(ok -> submit(now))
                .exceptionallyCompose(failure -> constraintFailed(now, failure))
            : submit(now);
    return outcome.thenCompose(ended -> answered(now, ended));
  }

  @Override
  public boolean mayCommitWith(Plan last) {
    Open<L> now = open;
    return now != null
        && now.spec.isolation() == BackendLink.Isolation.READ_COMMITTED
        && last instanceof Plan.Write write
        && write.template().insertsOneRow()
        && !engine.catalog().deferrableConstraints();
  }

  @Override
  public CompletionStage<CommitResult> commitWith(LastStatement last) {
    Open<L> now = opened();
    return now.term
        .pipeline()
        .commit(new FusedSubmission(now, last))
        .thenCompose(outcome -> answered(now, outcome));
  }

  private CompletionStage<CommitOutcome> constraintFailed(Open<L> now, Throwable failure) {
    Throwable cause = unwrap(failure);
    CommitOutcome.Why why =
        now.lease.link().isUsable() ? CommitOutcome.Why.REFUSED : CommitOutcome.Why.SESSION_LOST;
    return now.lease
        .link()
        .rollback()
        .thenApply(
            ok -> new CommitOutcome.RolledBack(why, String.valueOf(cause.getMessage()), cause));
  }

  private CompletionStage<CommitOutcome> submit(Open<L> now) {
    return now.term.pipeline().commit(new SessionSubmission(now));
  }

  private CompletionStage<CommitResult> answered(Open<L> now, CommitOutcome outcome) {
    if (!(outcome instanceof CommitOutcome.Committed committed)) {
      // An unknown one may be in the log: its chunks are not for us to discard.
      boolean unknown = outcome instanceof CommitOutcome.Unknown;
      if (unknown && now.record.hasExclusive()) {
        return engine
            .reloadCatalog()
            .handle(
                (ok, failure) -> {
                  finished(now, now.lease.link().isUsable(), true);
                  return failedResult(outcome);
                });
      }
      if (now.lease.link().isUsable()) {
        finished(now, true, unknown);
        return CompletableFuture.completedFuture(failedResult(outcome));
      }
      return endOnLostLink(
              now.lease,
              new IllegalStateException(outcome.toString()),
              unknown,
              engine.limits().failoverPatience())
          .handle((ok, failure) -> failedResult(outcome));
    }
    token = Position.max(token, committed.position());
    now.record.committed(engine.reservations());
    CompletionStage<?> after =
        now.record.hasExclusive()
            ? engine.reloadCatalog()
            : CompletableFuture.completedFuture(null);
    if (engine.config().commit() == CommitMode.APPLIED) {
      after = after.thenCompose(ok -> engine.appliedEverywhere(committed.position()));
    }
    return after.handle(
        (ok, failure) -> {
          finished(now, now.lease.link().isUsable(), true);
          return new CommitResult.Committed(Optional.of(committed.position()));
        });
  }

  private static CommitResult failedResult(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.RolledBack rolledBack) {
      ErrorCode code =
          switch (rolledBack.why()) {
            case SESSION_LOST -> ErrorCode.TRANSACTION_LOST;
            case REFUSED ->
                rolledBack.cause() instanceof TandemException own
                    ? own.code()
                    : ErrorCode.TRANSACTION_LOST;
            case HALTED -> ErrorCode.WRITES_STOPPED;
            case LOG_FULL -> ErrorCode.LOG_FULL;
            case LOG_FAILED -> ErrorCode.LOG_FAILED;
          };
      Optional<String> servers =
          rolledBack.why() == CommitOutcome.Why.REFUSED
              ? ServerError.sqlState(rolledBack.cause())
              : Optional.empty();
      return new CommitResult.RolledBack(
          servers.orElse(code.sqlState()),
          servers.isPresent()
              ? rolledBack.message()
              : String.valueOf(new TandemException(code, rolledBack.message()).getMessage()),
          rolledBack.cause(),
          rolledBack.why() == CommitOutcome.Why.SESSION_LOST);
    }
    CommitOutcome.Unknown unknown = (CommitOutcome.Unknown) outcome;
    return new CommitResult.Unknown(unknown.position(), unknown.message());
  }

  /** Wrote nothing: there is nothing to log, but an answer still needs the right to give one. */
  private CompletionStage<CommitResult> commitWithoutEntry(Open<L> now) {
    return now.lease
        .link()
        .finish(Position.NONE, Decision.COMMIT)
        .thenCompose(outcome -> answeredWithoutEntry(now, outcome));
  }

  private CompletionStage<CommitResult> answeredWithoutEntry(Open<L> now, FinishOutcome outcome) {
    CommitResult lost =
        new CommitResult.RolledBack(
            ErrorCode.TRANSACTION_LOST.sqlState(), outcome.toString(), null, true);
    if (outcome instanceof FinishOutcome.InDoubt inDoubt) {
      return endOnLostLink(
              now.lease,
              new IllegalStateException(inDoubt.message()),
              false,
              engine.limits().failoverPatience())
          .handle((ok, failure) -> lost);
    }
    boolean owned = engine.ownsCluster() && now.term.equals(engine.cluster().term());
    finished(now, outcome instanceof FinishOutcome.Done, false);
    if (outcome instanceof FinishOutcome.Failed failed) {
      return CompletableFuture.completedFuture(
          new CommitResult.RolledBack(failed.sqlState(), failed.message(), null, false));
    }
    if (!owned) {
      return CompletableFuture.completedFuture(lost);
    }
    seenOnPrimary(now.term);
    return CompletableFuture.completedFuture(new CommitResult.Committed(Optional.empty()));
  }

  @Override
  public CompletionStage<Void> rollback() {
    Open<L> now = open;
    if (now == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (!settings.equals(settingsAtBegin)) {
      // The server takes back what was SET in a transaction that is rolled back.
      settings.clear();
      settings.putAll(settingsAtBegin);
      view = null;
      settingsVersion++;
    }
    return now.lease
        .link()
        .rollback()
        .thenAccept(ok -> finished(now, now.lease.link().isUsable(), false));
  }

  private void finished(Open<L> now, boolean linkIsGood, boolean committed) {
    open = null;
    now.unwatch();
    if (!committed) {
      now.record.discard();
    }
    if (!localSettings.isEmpty()) {
      localSettings.clear();
      view = null;
    }
    now.term.primary().busy().decrementAndGet();
    if (!linkIsGood) {
      drop(now.lease);
    }
    now.permit.release();
  }

  private void seenOnPrimary(Term<L> term) {
    token = Position.max(token, term.pipeline().highestSent());
  }

  // ---- reads

  @Override
  public CompletionStage<Lease<L>> read(boolean inReadOnlyTransaction) {
    Position needed;
    try {
      needed = engine.router().needed(level, token);
    } catch (TandemException e) {
      return CompletableFuture.failedFuture(e);
    }
    Member<L> member = engine.router().choose(needed, lastRead);
    if (member != null) {
      Lease<L> lease = held(member, member.linkEpoch());
      if (lease != null) {
        return readOn(member, lease);
      }
    }
    long deadline = engine.nanos() + engine.limits().failoverPatience().toNanos();
    return readWhenPossible(needed, deadline);
  }

  private CompletionStage<Lease<L>> readWhenPossible(Position needed, long deadline) {
    return engine
        .router()
        .await(needed, engine.limits().failoverPatience())
        .thenCompose(
            chosen ->
                lease(chosen, chosen.linkEpoch())
                    .thenCompose(lease -> readOn(chosen, lease))
                    .exceptionallyCompose(
                        failure ->
                            engine.isWorthWaiting(unwrap(failure), deadline)
                                ? engine
                                    .probed(chosen)
                                    .thenCompose(ok -> readWhenPossible(needed, deadline))
                                : CompletableFuture.failedFuture(unwrap(failure))));
  }

  private CompletionStage<Lease<L>> readOn(Member<L> member, Lease<L> lease) {
    lastRead = member;
    member.busy().incrementAndGet();
    member.reads().incrementAndGet();
    return settle(lease);
  }

  @Override
  public void readDone(Lease<L> lease) {
    Member<L> member = engine.member(lease.link().backend());
    member.busy().decrementAndGet();
    Term<L> term = engine.cluster().term();
    if (term != null && term.primary() == member) {
      seenOnPrimary(term);
    } else {
      token = Position.max(token, member.applied().position());
    }
  }

  // ---- links

  /** The link this session already has to {@code member}, if it is good in this epoch. */
  private @Nullable Lease<L> held(Member<L> member, long epoch) {
    Lease<L> lease = leases.get(member.id());
    if (lease == null) {
      return null;
    }
    if (lease.isValid() && lease.epoch() == epoch && lease.link().isUsable()) {
      return lease;
    }
    drop(lease);
    return null;
  }

  private CompletionStage<Lease<L>> lease(Member<L> member, long epoch) {
    Lease<L> mine = held(member, epoch);
    if (mine != null) {
      return CompletableFuture.completedFuture(mine);
    }
    return links
        .lease(member.id(), epoch, engine.limits().leaseTimeout())
        .whenComplete(
            (lease, failure) -> {
              if (failure != null) {
                engine.linkFailed(member, unwrap(failure));
              } else {
                engine.bind(lease.link(), executor);
                leases.put(member.id(), lease);
              }
            });
  }

  private void drop(Lease<L> lease) {
    leases.remove(lease.link().backend(), lease);
    settled.remove(lease);
    lease.release(Lease.Disposition.BROKEN);
  }

  @Override
  public CompletionStage<Recourse> lost(Lease<L> lease, Throwable failure, Duration patience) {
    Open<L> now = open;
    boolean wrote = now != null && now.lease == lease && !now.record.isEmpty();
    CompletionStage<Void> settled = endOnLostLink(lease, failure, false, patience);
    // Nothing was submitted, so nothing is in the log: it may run again when somebody can serve.
    return wrote
        ? CompletableFuture.completedFuture(Recourse.TRANSACTION_LOST)
        : settled.handle((ok, error) -> error == null ? Recourse.RUN_AGAIN : Recourse.UNAVAILABLE);
  }

  /**
   * Ends what was open on a link that is lost. Whoever runs it again must not do so on the next
   * dead link: the stage completes when it is known what was lost, or fails when nobody can serve
   * within {@code patience}.
   *
   * @param mayBeLogged what it staged is not for us to discard
   */
  private CompletionStage<Void> endOnLostLink(
      Lease<L> lease, Throwable failure, boolean mayBeLogged, Duration patience) {
    Member<L> member = engine.member(lease.link().backend());
    Open<L> now = open;
    lease.link().sever();
    engine.linkFailed(member, failure);
    if (now != null && now.lease == lease) {
      finished(now, false, mayBeLogged);
    } else {
      drop(lease);
    }
    return engine.settled(member, patience);
  }

  @Override
  public ReadToken token() {
    return new ReadToken(token);
  }

  @Override
  public void saw(ReadToken seen) {
    token = Position.max(token, seen.atLeast());
  }

  @Override
  public void consistency(ReadLevel level) {
    this.level = level;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    Open<L> now = open;
    if (now != null) {
      // Closed with a transaction open: what was not committed is rolled back.
      now.lease.link().sever();
      finished(now, false, false);
    }
    boolean dirty = !settings.isEmpty();
    for (Lease<L> lease : List.copyOf(leases.values())) {
      lease.release(dirty ? Lease.Disposition.RESET : Lease.Disposition.CLEAN);
    }
    leases.clear();
  }

  /** A read-write transaction that is open. */
  private static final class Open<L extends BackendLink> {
    final Term<L> term;
    final Lease<L> lease;
    final BeginSpec spec;
    final TransactionRecord record;
    Gate.Permit permit;
    boolean ran;
    volatile boolean overdue;
    private volatile boolean watched;
    private TaskScheduler.@Nullable Cancellable limit;

    Open(
        Term<L> term,
        Lease<L> lease,
        Gate.Permit permit,
        BeginSpec spec,
        TransactionRecord record) {
      this.term = term;
      this.lease = lease;
      this.permit = permit;
      this.spec = spec;
      this.record = record;
    }

    /** While it holds the gate alone nobody else writes, so that has a limit. */
    void watch(Engine<L> engine) {
      if (permit.isExclusive()) {
        watched = true;
        limit = engine.afterExclusiveLimit(() -> stop(engine));
      }
    }

    /** It comes to its end: from here on the pipeline's limits count. */
    void unwatch() {
      watched = false;
      if (limit != null) {
        limit.cancel();
      }
    }

    /** Cancels what runs. A client that holds the gate and runs nothing loses its link. */
    private void stop(Engine<L> engine) {
      if (watched) {
        overdue = true;
        lease.link().cancel();
        engine.afterCancel(
            () -> {
              if (watched) {
                // Nothing of it can be committed any more, so the others need not wait for its
                // client to notice.
                lease.link().sever();
                permit.release();
              }
            });
      }
    }

    /** Its statements see the database as it was at the first of them. */
    boolean isSnapshotFixed() {
      return ran && spec.isolation() != BackendLink.Isolation.READ_COMMITTED;
    }

    boolean ready(boolean wantsAll) {
      return !wantsAll || permit.isExclusive();
    }
  }

  /** A transaction whose last statement goes with its first marker. */
  private final class FusedSubmission extends SessionSubmission {
    private final LastStatement last;
    private boolean ran;

    FusedSubmission(Open<L> now, LastStatement last) {
      super(now);
      this.last = last;
    }

    @Override
    public CompletionStage<BackendLink.MarkOutcome> mark(Position position) {
      if (ran) {
        return super.mark(position);
      }
      ran = true;
      CompletableFuture<BackendLink.MarkOutcome> outcome = new CompletableFuture<>();
      executor.execute(
          () -> {
            try {
              outcome.complete(last.run(position));
            } catch (RuntimeException e) {
              outcome.completeExceptionally(e);
            }
          });
      return outcome;
    }
  }

  /** What the pipeline gets. */
  private class SessionSubmission implements Submission {
    private final Open<L> now;

    SessionSubmission(Open<L> now) {
      this.now = now;
    }

    @Override
    public BackendLink link() {
      return now.lease.link();
    }

    @Override
    public boolean prepare() {
      return now.spec.isolation() == BackendLink.Isolation.SERIALIZABLE;
    }

    @Override
    public Entry entry(Position position, long batch, String clock) {
      return new Entry(
          position,
          batch,
          engine.nowMillis(),
          engine.entrySettings(effectiveSettings(), user, now.record.hasExclusive()),
          now.record.body(clock, engine.reservations()));
    }
  }
}
