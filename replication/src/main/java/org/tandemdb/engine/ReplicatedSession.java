package org.tandemdb.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.LinkPool;
import org.tandemdb.backend.ServerError;
import org.tandemdb.backend.UntracedException;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.commit.CommitOutcome;
import org.tandemdb.commit.Gate;
import org.tandemdb.commit.Submission;
import org.tandemdb.config.CommitMode;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Form;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;
import org.tandemdb.plan.SettingRules;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.TransactionToken;

/**
 * A session on a cluster. Keeps one link per backend for as long as it lives, so that prepared
 * statements stay prepared; takes the gate before BEGIN; hands itself to the pipeline at COMMIT.
 * Owned by one thread at a time.
 */
final class ReplicatedSession<L extends BackendLink> implements EngineSession<L> {
  private final Engine<L> engine;
  private Set<String> temporaryTables = Set.of();
  private final SessionLinks<L> links;
  private final SessionReads<L> reads;
  private final String user;
  private final Executor executor;
  private @Nullable SessionView view;
  private final DrawnNumbers numbers = new DrawnNumbers();
  private volatile @Nullable OpenTransaction<L> open;
  private @Nullable OpenTask<L> task;
  private boolean closed;

  /** Of the transaction that is open or comes next; null until the client wants one. */
  private volatile @Nullable TransactionToken token;

  /** What {@link #token} names has ended, or may have. */
  private volatile boolean tokenUsed;

  private final Supplier<CompletionStage<Void>> login;

  /**
   * @param login asks whether a server takes the user
   * @param poolUnused is run when the session has given back its last link to {@code links}
   */
  ReplicatedSession(
      Engine<L> engine,
      LinkPool<L> links,
      Supplier<CompletionStage<Void>> login,
      String user,
      Executor executor,
      Runnable poolUnused) {
    this.engine = engine;
    this.login = login;
    this.links = new SessionLinks<>(engine, links, executor, poolUnused);
    this.user = user;
    this.executor = executor;
    this.reads = new SessionReads<>(engine, this.links);
  }

  @Override
  public CompletionStage<Void> login() {
    return login.get();
  }

  // ---- planning

  @Override
  public CompletionStage<Void> readyToPlan() {
    OpenTransaction<L> now = open;
    if (now == null || !now.schemaChanged) {
      return CompletableFuture.completedFuture(null);
    }
    return now.lease
        .link()
        .catalog(engine.catalog().version())
        .thenAccept(
            catalog -> {
              now.catalog = catalog;
              now.schemaChanged = false;
            });
  }

  @Override
  public Plan plan(Request request) {
    OpenTransaction<L> now = open;
    return now != null && now.catalog != null
        ? engine.plan(request, now.catalog, view())
        : engine.plan(request, view());
  }

  /** The view changes seldom and is asked for with every statement. */
  private SessionView view() {
    OpenTransaction<L> now = open;
    boolean fixed = now != null && now.isSnapshotFixed();
    SessionView known = view;
    if (known == null || known.inTransaction() != (now != null) || known.snapshotFixed() != fixed) {
      List<String> path =
          known == null ? engine.searchPath(links.settings(), user) : known.searchPath();
      known = new SessionView(path, now != null, false, fixed, temporaryTables);
      view = known;
    }
    return known;
  }

  // ---- read-write transactions

  @Override
  public CompletionStage<Started<L>> start(Request request, Plan plan, BeginSpec spec) {
    OpenTransaction<L> now = open;
    if (now != null && now.record.isTraced() && plan.needsGateAlone()) {
      return CompletableFuture.failedFuture(
          new TandemException(
              ErrorCode.STATEMENT_REFUSED,
              "an exclusive statement must come before the first one that writes inside the"
                  + " database"));
    }
    if (now != null && now.unrecorded != null && !isRollbackTo(plan)) {
      return now.recorded().thenCompose(ok -> goOn(now, request, plan));
    }
    if (now != null
        && now.record.isTraced()
        && now.beforeTemporary == null
        && changesTemporary(plan)) {
      return now.lease
          .link()
          .trace()
          .thenCompose(
              counted -> {
                now.beforeTemporary = counted;
                return goOn(now, request, plan);
              });
    }
    if (now == null && plan instanceof Plan.Traced traced && !traced.untraced().isEmpty()) {
      // Ahead of the transaction, which may have a snapshot that must not be older.
      return madeTraceable(quoted(traced.untraced()))
          .thenCompose(ok -> opened(request, plan(request), spec));
    }
    return opened(request, plan, spec);
  }

  private CompletionStage<Started<L>> opened(Request request, Plan plan, BeginSpec spec) {
    OpenTransaction<L> now = open;
    if (now != null) {
      return goOn(now, request, plan);
    }
    if (isGuard(plan) && spec.equals(BeginSpec.READ_WRITE)) {
      return openOn(CompletableFuture.completedFuture(engine.gate().outside()), spec)
          .thenCompose(ready -> started(ready, request));
    }
    if (!plan.needsGateAlone()) {
      // The hot path: a share, a term and a link that are there.
      Gate.Permit permit = engine.gate().tryShare();
      Term<L> term = engine.cluster().term();
      if (permit != null && term != null) {
        Lease<L> lease = links.held(term.primary(), term.epoch());
        if (lease != null) {
          CompletionStage<OpenTransaction<L>> begun =
              orElsewhere(
                  term, permit, spec, engine.failoverDeadline(), begin(term, lease, permit, spec));
          return releasedOnFailure(permit, begun).thenCompose(ready -> started(ready, request));
        }
      }
      if (permit != null) {
        return openOn(CompletableFuture.completedFuture(permit), spec)
            .thenCompose(ready -> started(ready, request));
      }
    }
    CompletionStage<Gate.Permit> permit =
        plan.needsGateAlone()
            ? engine.exclusivePermit()
            : engine.gate().share(engine.limits().leaseTimeout());
    return openOn(permit, spec)
        .thenCompose(ready -> started(ready, request))
        .exceptionallyCompose(ReplicatedSession::gateFailure);
  }

  private static boolean isGuard(Plan plan) {
    return plan instanceof Plan.PrimaryRead read && read.guard();
  }

  /** It neither writes nor locks rows. */
  private static boolean touchesNothing(Plan plan) {
    boolean setting =
        plan instanceof Plan.Local local
            && (local.effect() instanceof Plan.Effect.Setting
                || local.effect() instanceof Plan.Effect.Savepoint
                || local.effect() instanceof Plan.Effect.Release
                || local.effect() instanceof Plan.Effect.RollbackTo);
    return setting || plan instanceof Plan.Read || isGuard(plan);
  }

  /**
   * † A transaction that began with advisory locks is there for others to wait for, and those
   * others may be connections of its own thread, with DDL: it must not stand in their way at the
   * gate, nor wait there for them. It takes a share as soon as there is one when it does more than
   * read; until then it may write beside whoever has the gate alone, whose work it cannot meet but
   * on the server's own locks. Its COMMIT waits for a share, so that all of it is logged after what
   * it has not seen.
   */
  private CompletionStage<Started<L>> goOnOutside(
      OpenTransaction<L> now, Request request, Plan plan) {
    boolean moving = engine.schemaIsMoving();
    if (!moving && touchesNothing(plan)) {
      return started(now, request);
    }
    Gate.Permit permit = engine.gate().tryShare();
    if (permit == null && !moving) {
      return started(now, request);
    }
    CompletionStage<Gate.Permit> share =
        permit != null
            ? CompletableFuture.completedFuture(permit)
            : engine.gate().share(engine.limits().leaseTimeout());
    return share
        .thenCompose(
            granted -> {
              now.permit = granted;
              return started(now, request);
            })
        .exceptionallyCompose(ReplicatedSession::gateFailure);
  }

  private CompletionStage<Started<L>> goOn(OpenTransaction<L> now, Request request, Plan plan) {
    if (now.permit.isOutside() && !plan.needsGateAlone()) {
      return goOnOutside(now, request, plan);
    }
    return now.ready(plan.needsGateAlone())
        ? started(now, request)
        : upgrade(now).thenCompose(ok -> started(now, request));
  }

  /**
   * The server's catalogs are written for it, which the trace would take for a function's doing.
   */
  private static boolean changesTemporary(Plan plan) {
    return plan instanceof Plan.Local local
        && (local.effect() instanceof Plan.Effect.Temporary
            || (local.effect() instanceof Plan.Effect.Discard discard
                && discard.what() == Plan.Effect.Discard.What.TEMP));
  }

  /** Takes back what could not be recorded, too. */
  private static boolean isRollbackTo(Plan plan) {
    return plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.RollbackTo;
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
  private CompletionStage<Started<L>> started(OpenTransaction<L> now, Request request) {
    Plan current = now.catalog == null ? engine.planInTransaction(request, view()) : plan(request);
    if (current.needsGateAlone() && !now.permit.isExclusive()) {
      return rollback()
          .thenCompose(
              ok ->
                  CompletableFuture.failedFuture(
                      new TandemException(
                          ErrorCode.TRANSACTION_LOST,
                          "the schema changed while the statement waited")));
    }
    if (current instanceof Plan.Write write) {
      if (now.record.isTraced()) {
        // Its rows would be applied ahead of those that earlier statements left for the end.
        current = traced("the transaction has a TRACED part", now, write);
      } else if (write.readBack().isPresent()
          && now.spec.isolation() == BackendLink.Isolation.SERIALIZABLE) {
        // To read the table for its rows would conflict with everybody who writes to it.
        current = traced("under SERIALIZABLE no rows are read back", now, write);
      } else if (write.readBack().isPresent()) {
        // The front end may find that it has to be traced after all.
        now.untraced = traced(write.reason(), now, write).untraced();
      }
    }
    if (current instanceof Plan.Traced traced) {
      now.untraced =
          traced.untraced().stream().filter(t -> !now.madeTraceable.contains(t)).toList();
      boolean late =
          now.record.isTraced()
              || (now.spec.isolation() != BackendLink.Isolation.READ_COMMITTED
                  && !now.permit.isExclusive());
      if (!now.untraced.isEmpty() && late) {
        return startedAgain(now, request);
      }
    }
    now.ran = true;
    now.term.primary().writes().incrementAndGet();
    return CompletableFuture.completedFuture(new Started<>(now.lease, heldApart(now, current)));
  }

  private Plan.Traced traced(String reason, OpenTransaction<L> now, Plan.Write write) {
    return new Plan.Traced(
        reason,
        catalogOf(now).traced().contains(write.table()) ? List.of() : List.of(write.table()));
  }

  /** The triggers that are missing must be there before its snapshot, or before its trace. */
  private CompletionStage<Started<L>> startedAgain(OpenTransaction<L> now, Request request) {
    List<String> tables = quoted(now.untraced);
    boolean fresh = !now.ran;
    return rollback()
        .thenCompose(ok -> madeTraceable(tables))
        .thenCompose(
            ok ->
                fresh
                    ? opened(request, plan(request), now.spec)
                    : CompletableFuture.failedFuture(notTracedYet(tables)));
  }

  /**
   * † A cursor WITH HOLD and a write are never in one transaction: its query runs when COMMIT does,
   * and may fail, when the entry is durable already.
   */
  private Plan heldApart(OpenTransaction<L> now, Plan plan) {
    boolean hold = plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.Hold;
    boolean wrote = !now.record.isEmpty() || now.record.wasTraced();
    boolean writes =
        plan instanceof Plan.Write || plan instanceof Plan.Traced || plan instanceof Plan.Exclusive;
    if ((hold && wrote) || (now.holds && writes)) {
      return new Plan.Refused(
          "a cursor WITH HOLD and a write are in one transaction, whose COMMIT would run a query"
              + " when it is logged already",
          "Declare the cursor in a transaction of its own, or without WITH HOLD.",
          ErrorCode.STATEMENT_REFUSED.sqlState());
    }
    if (hold) {
      now.holds = true;
      // It is on this link until the session ends.
      links.bound(true);
    }
    return plan;
  }

  @Override
  public CompletionStage<Boolean> reserve(Duration patience) {
    Term<L> term = engine.cluster().term();
    return term == null
        ? CompletableFuture.completedFuture(false)
        : links
            .lease(term.primary(), term.epoch(), patience)
            .handle((lease, failure) -> failure == null);
  }

  private CompletionStage<OpenTransaction<L>> openOn(
      CompletionStage<Gate.Permit> permit, BeginSpec spec) {
    long deadline = engine.failoverDeadline();
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
  private CompletionStage<OpenTransaction<L>> beginOnPrimary(
      Gate.Permit permit, BeginSpec spec, long deadline) {
    return engine
        .awaitTerm()
        .thenCompose(
            term ->
                orElsewhere(
                    term,
                    permit,
                    spec,
                    deadline,
                    links
                        .lease(term.primary(), term.epoch())
                        .thenCompose(lease -> begin(term, lease, permit, spec))));
  }

  private CompletionStage<OpenTransaction<L>> orElsewhere(
      Term<L> term,
      Gate.Permit permit,
      BeginSpec spec,
      long deadline,
      CompletionStage<OpenTransaction<L>> begun) {
    return begun.exceptionallyCompose(
        failure ->
            engine.isWorthWaiting(unwrap(failure), deadline)
                ? engine
                    .settled(term.primary(), engine.limits().failoverPatience())
                    .thenCompose(ok -> beginOnPrimary(permit, spec, deadline))
                : CompletableFuture.failedFuture(unwrap(failure)));
  }

  private CompletionStage<OpenTransaction<L>> begin(
      Term<L> term, Lease<L> lease, Gate.Permit permit, BeginSpec spec) {
    OpenTransaction<L> opening =
        new OpenTransaction<>(term, lease, permit, spec, engine.newRecord(lease.link()));
    links.begin();
    numbers.on(lease.link());
    return links
        .settle(lease)
        .thenCompose(ok -> lease.link().begin(spec))
        .handle(
            (ok, failure) -> {
              if (failure != null) {
                throw new CompletionException(notBegun(term, lease, unwrap(failure)));
              }
              term.primary().busy().incrementAndGet();
              open = opening;
              opening.watch(engine);
              return opening;
            });
  }

  /**
   * BEGIN may need a round trip, for the isolation or the settings. Nothing of the transaction has
   * been sent yet: a link that is found dead is as good as one that could not be had.
   */
  private Throwable notBegun(Term<L> term, Lease<L> lease, Throwable failure) {
    if (lease.link().isUsable() || failure instanceof BackendUnreachableException) {
      return failure;
    }
    links.drop(lease);
    engine.linkFailed(term.primary(), failure);
    return new BackendUnreachableException(String.valueOf(failure.getMessage()), failure);
  }

  /** A transaction that already writes asks for the gate alone: its share goes first. */
  private CompletionStage<Void> upgrade(OpenTransaction<L> now) {
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
    OpenTransaction<L> now = opened();
    now.untraced = List.of();
    now.ran = true;
    followSettings(now, false, write.form() == Form.EXCLUSIVE);
    if (write.sequences().isEmpty()) {
      now.record.add(write, parameters, rows, captured);
      return;
    }
    LastRow last = new LastRow(captured);
    now.record.add(write, parameters, rows, last);
    for (Plan.SequenceUse use : write.sequences()) {
      Long value = use.drawn() ? last.number(use.hiddenColumn()) : null;
      if (value == null) {
        numbers.maybeDrawn(use.sequence());
      } else {
        numbers.drawn(use.sequence(), value);
      }
    }
  }

  @Override
  public void drawnElsewhere(Plan.Write write, List<@Nullable String> captured) {
    for (Plan.SequenceUse use : write.sequences()) {
      Long value = LastRow.number(captured, use.hiddenColumn());
      if (value != null) {
        numbers.drawnElsewhere(use.sequence(), value);
      }
    }
  }

  @Override
  public String textForLink(String sql, Request.Markers markers) {
    return numbers.text(sql, markers == Request.Markers.QUESTION);
  }

  @Override
  public void constraintsDeferred() {
    opened().record.deferConstraints();
  }

  @Override
  public void discardNumbers() {
    numbers.forget();
  }

  @Override
  public void rest(boolean onlyIfWanted) {
    if (open == null && task == null && !closed && numbers.mayLeave() && links.rest(onlyIfWanted)) {
      numbers.left();
    }
  }

  @Override
  public void keepLink() {
    links.bound(true);
  }

  @Override
  public CompletionStage<Void> trace() {
    OpenTransaction<L> now = opened();
    numbers.traced();
    L link = now.lease.link();
    String before = now.beforeTemporary;
    if (now.record.isTraced() && before != null) {
      return link.traceExcept(String.valueOf(now.record.traceBegun()), before)
          .thenAccept(
              begun -> {
                now.beforeTemporary = null;
                now.record.traced(begun);
              });
    }
    if (now.record.isTraced()) {
      // Had the server taken it back, with a savepoint, the record would have done so as well.
      return CompletableFuture.completedFuture(null);
    }
    now.beforeTemporary = null;
    // Tables that this transaction has made or changed need their triggers now.
    addNewTables(now);
    return schemaChanged(now)
        .thenCompose(
            ok -> now.untraced.isEmpty() ? CompletableFuture.completedFuture(null) : install(now))
        .thenCompose(ok -> link.trace())
        .thenAccept(now.record::traced);
  }

  /** Tables that its own DDL has made, nobody else could give their triggers. */
  private void addNewTables(OpenTransaction<L> now) {
    Catalog own = now.catalog;
    if (own == null) {
      return;
    }
    Set<TableName> all = new LinkedHashSet<>(now.untraced);
    own.tables().values().stream()
        .filter(
            table ->
                table.kind() == Catalog.Kind.TABLE
                    && !engine.catalog().tables().containsKey(table.name())
                    && !own.traced().contains(table.name())
                    && !now.madeTraceable.contains(table.name())
                    && table.traceHazards().stream().allMatch(Catalog.Table.NO_KEY::equals))
        .map(Catalog.Table::name)
        .sorted(Comparator.comparing(TableName::toString))
        .forEach(all::add);
    now.untraced = List.copyOf(all);
  }

  /**
   * Gives the tables of the next statement their triggers, which cost too much to have them for
   * nothing. Like DDL, so it needs the gate alone.
   */
  private CompletionStage<Void> install(OpenTransaction<L> now) {
    List<TableName> tables = now.untraced;
    CompletionStage<Void> alone =
        now.ready(true) ? CompletableFuture.completedFuture(null) : upgrade(now);
    return alone
        .thenCompose(ok -> now.lease.link().installTracing(quoted(tables)))
        .thenAccept(
            statement -> {
              now.record.addExclusive(new Plan.Exclusive("makes tracing possible", statement));
              now.madeTraceable.addAll(tables);
            });
  }

  /**
   * Gives tables their triggers in a transaction of its own, for one that has ended or not begun.
   *
   * @param tables quoted, with their schemas
   */
  private CompletionStage<Void> madeTraceable(List<String> tables) {
    return madeTraceable(tables, engine.failoverDeadline());
  }

  private CompletionStage<Void> madeTraceable(List<String> tables, long deadline) {
    return openOn(engine.exclusivePermit(), BeginSpec.READ_WRITE)
        .thenCompose(
            now ->
                now.lease
                    .link()
                    .installTracing(tables)
                    .thenAccept(
                        statement ->
                            now.record.addExclusive(
                                new Plan.Exclusive("makes tracing possible", statement)))
                    .thenCompose(ok -> commit())
                    .thenCompose(result -> made(result, tables))
                    .exceptionallyCompose(failure -> notMade(now, unwrap(failure), deadline)))
        .thenCompose(
            made -> {
              if (made) {
                return CompletableFuture.<Void>completedFuture(null);
              }
              // Nothing of the client's is lost with a primary that dies here: it waits.
              return engine.nanos() - deadline < 0
                  ? madeTraceable(tables, deadline)
                  : CompletableFuture.<Void>failedFuture(notTracedYet(tables));
            })
        .exceptionallyCompose(ReplicatedSession::gateFailure);
  }

  private static CompletionStage<Boolean> made(CommitResult result, List<String> tables) {
    if (result instanceof CommitResult.Committed) {
      return CompletableFuture.completedFuture(true);
    }
    return result instanceof CommitResult.RolledBack failed && failed.runAgain()
        ? CompletableFuture.completedFuture(false)
        : CompletableFuture.failedFuture(notTracedYet(tables));
  }

  /** False where it is to be tried again: the link was lost, and somebody else can serve now. */
  private CompletionStage<Boolean> notMade(
      OpenTransaction<L> now, Throwable failure, long deadline) {
    if (ServerError.isLinkLost(failure) && engine.nanos() - deadline < 0) {
      return endOnLostLink(now.lease, failure, false, engine.limits().failoverPatience())
          .thenApply(ok -> false);
    }
    return rollback().thenCompose(ok -> CompletableFuture.failedFuture(failure));
  }

  private static TandemException notTracedYet(List<String> tables) {
    return new TandemException(
        ErrorCode.TRANSACTION_LOST,
        "tables were written inside the database for the first time and have a trigger now: "
            + String.join(", ", tables));
  }

  private static List<String> quoted(List<TableName> tables) {
    return tables.stream()
        .map(t -> "\"" + quotes(t.schema()) + "\".\"" + quotes(t.name()) + "\"")
        .toList();
  }

  private static String quotes(String name) {
    return name.replace("\"", "\"\"");
  }

  private Catalog catalogOf(OpenTransaction<L> now) {
    Catalog own = now.catalog;
    return own == null ? engine.catalog() : own;
  }

  @Override
  public void executed(Plan.Exclusive exclusive) {
    OpenTransaction<L> now = opened();
    now.ran = true;
    now.schemaChanged = true;
    followSettings(now, true, true);
    if (exclusive.fill() instanceof Plan.Fill.None) {
      now.record.addExclusive(exclusive);
    } else {
      now.unrecorded = exclusive;
    }
  }

  /**
   * What is recorded next means what it does under the settings that hold now.
   *
   * @param asWritten every copy runs the text, whose meaning the server's own settings decide, too
   */
  private void followSettings(OpenTransaction<L> now, boolean namesUnresolved, boolean asWritten) {
    now.changedByClient |= namesUnresolved;
    if (asWritten || now.settingsSeen != links.changes()) {
      now.settingsSeen = links.changes();
      Map<String, String> settings = new HashMap<>();
      if (asWritten) {
        Map<String, String> reported = now.lease.link().reported();
        for (String name : SettingRules.REPORTED) {
          String value = reported.get(name);
          if (value != null) {
            settings.put(name.toLowerCase(Locale.ROOT), value);
          }
        }
      }
      settings.putAll(links.settings());
      now.record.settings(engine.entrySettings(settings, user, namesUnresolved));
    }
  }

  @Override
  public void savepoint(String name) {
    opened().record.savepoint(name);
    links.savepoint(name);
  }

  @Override
  public void rollbackTo(String name) {
    OpenTransaction<L> now = opened();
    now.schemaChanged |= now.catalog != null;
    // A savepoint cannot be set before the statement is recorded, so it is older.
    now.unrecorded = null;
    now.unreadable = null;
    now.record.rollbackTo(name);
    now.settingsSeen = -1;
    numbers.unsure();
    if (links.rollbackTo(name, now.lease)) {
      view = null;
    }
  }

  @Override
  public void release(String name) {
    opened().record.release(name);
    links.release(name);
  }

  private OpenTransaction<L> opened() {
    OpenTransaction<L> now = open;
    if (now == null) {
      throw new IllegalStateException("no read-write transaction is open");
    }
    return now;
  }

  @Override
  public void temporary(Set<String> names) {
    temporaryTables = Set.copyOf(names);
    links.bound(!names.isEmpty());
    view = null;
  }

  @Override
  public void setting(String name, String value, boolean local) {
    engine.checkIdentity(name, value, user);
    view = null;
    OpenTransaction<L> now = open;
    links.set(name, value, local, now == null ? null : now.lease);
  }

  @Override
  public Optional<TandemException> stopped() {
    OpenTransaction<L> now = open;
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
    OpenTransaction<L> now = open;
    if (now == null) {
      return CompletableFuture.completedFuture(new CommitResult.Committed(Optional.empty()));
    }
    if (now.permit.isOutside() && (!now.record.isEmpty() || now.record.wasTraced())) {
      return commitFromOutside(now);
    }
    if (now.unrecorded != null) {
      return unlessItFails(
          now,
          now.recorded()
              .handle((ok, failure) -> Optional.ofNullable(failure))
              .thenCompose(
                  failure ->
                      failure.isPresent()
                          ? constraintFailed(now, failure.get())
                              .thenCompose(outcome -> answered(now, outcome))
                          : commitRecorded(now)));
    }
    return commitRecorded(now);
  }

  private CompletionStage<CommitResult> commitFromOutside(OpenTransaction<L> now) {
    return engine
        .gate()
        .share(engine.limits().leaseTimeout())
        .handle(
            (permit, failure) -> {
              if (failure == null) {
                now.permit = permit;
                return commit();
              }
              String why = "the gate was held alone: " + unwrap(failure).getMessage();
              return rollback()
                  .<CommitResult>thenApply(
                      ok ->
                          new CommitResult.RolledBack(
                              ErrorCode.GATE_TIMEOUT.sqlState(), why, null, false));
            })
        .thenCompose(result -> result);
  }

  private CompletionStage<CommitResult> commitRecorded(OpenTransaction<L> now) {
    now.unwatch();
    if (now.record.hasExclusive() && !now.committingDdl) {
      now.committingDdl = true;
      engine.committingDdl(1);
    }
    now.committing = true;
    if (now.record.wasTraced()) {
      return unlessItFails(now, commitTraced(now));
    }
    if (now.record.isEmpty() && !now.record.mustReserve(engine.reservations())) {
      return unlessItFails(now, commitWithoutEntry(now));
    }
    CompletionStage<CommitOutcome> outcome =
        engine.catalog().deferrableConstraints() || now.record.hasExclusive()
            ? now.lease
                .link()
                .forceConstraints()
                .thenCompose(ok -> schemaChanged(now))
                .thenCompose(ok -> submit(now))
                .exceptionallyCompose(failure -> constraintFailed(now, failure))
            : submit(now);
    return unlessItFails(now, outcome.thenCompose(ended -> answered(now, ended)));
  }

  private CompletionStage<Void> schemaChanged(OpenTransaction<L> now) {
    return now.record.hasExclusive()
        ? now.lease.link().schemaChanged(now.changedByClient)
        : CompletableFuture.completedFuture(null);
  }

  /** Deferred constraints and triggers run first, since they may write; then the rows are read. */
  private CompletionStage<CommitResult> commitTraced(OpenTransaction<L> now) {
    now.untraced = List.of();
    TraceEnd end = new TraceEnd(now.record, catalogOf(now));
    // What a savepoint has taken back leaves no row, but numbers that its client has seen.
    return trace()
        .thenCompose(ok -> now.lease.link().forceConstraints())
        .thenCompose(ok -> now.lease.link().endTrace(end.begun(), end))
        .handle((ok, failure) -> Optional.ofNullable(failure))
        .thenCompose(
            failure -> {
              if (failure.isPresent()
                  && unwrap(failure.get()) instanceof UntracedException untraced) {
                return againWithTriggers(now, untraced.tables());
              }
              if (failure.isPresent()) {
                return constraintFailed(now, failure.get())
                    .thenCompose(outcome -> answered(now, outcome));
              }
              numbers.used(end.sequences());
              return now.record.isEmpty() && !now.record.mustReserve(engine.reservations())
                  ? commitWithoutEntry(now)
                  : submit(now).thenCompose(outcome -> answered(now, outcome));
            });
  }

  /** What it wrote was not seen for want of a trigger: it is to run again when that is there. */
  private CompletionStage<CommitResult> againWithTriggers(
      OpenTransaction<L> now, List<String> tables) {
    return now.lease
        .link()
        .rollback()
        .thenAccept(
            ok -> {
              takeBackSettings();
              finished(now, now.lease.link().isUsable(), false);
            })
        .thenCompose(ok -> madeTraceable(tables))
        .thenApply(
            ok -> {
              TandemException why = notTracedYet(tables);
              return new CommitResult.RolledBack(
                  why.code().sqlState(), String.valueOf(why.getMessage()), null, true);
            });
  }

  /** A commit that never came to an answer leaves the transaction to be rolled back. */
  private CompletionStage<CommitResult> unlessItFails(
      OpenTransaction<L> now, CompletionStage<CommitResult> commit) {
    return commit.whenComplete(
        (result, failure) -> {
          if (failure != null) {
            now.committing = false;
          }
        });
  }

  @Override
  public boolean mayCommitWith(Plan last) {
    OpenTransaction<L> now = open;
    return now != null
        && now.spec.isolation() == BackendLink.Isolation.READ_COMMITTED
        && last instanceof Plan.Write write
        && write.template().insertsOneRow()
        && !engine.catalog().deferrableConstraints()
        && !now.record.hasExclusive();
  }

  @Override
  public CompletionStage<CommitResult> commitWith(LastStatement last) {
    OpenTransaction<L> now = opened();
    now.committing = true;
    return unlessItFails(
        now,
        now.term
            .pipeline()
            .commit(new FusedSubmission(now, last))
            .thenCompose(outcome -> answered(now, outcome)));
  }

  private CompletionStage<CommitOutcome> constraintFailed(
      OpenTransaction<L> now, Throwable failure) {
    Throwable cause = unwrap(failure);
    CommitOutcome.Why why =
        now.lease.link().isUsable() ? CommitOutcome.Why.REFUSED : CommitOutcome.Why.SESSION_LOST;
    return now.lease
        .link()
        .rollback()
        .thenApply(
            ok -> new CommitOutcome.RolledBack(why, String.valueOf(cause.getMessage()), cause));
  }

  private CompletionStage<CommitOutcome> submit(OpenTransaction<L> now) {
    return now.term.pipeline().commit(new SessionSubmission(now));
  }

  private CompletionStage<CommitResult> answered(OpenTransaction<L> now, CommitOutcome outcome) {
    if (!(outcome instanceof CommitOutcome.Committed committed)) {
      // An unknown one may be in the log: its chunks are not for us to discard.
      boolean unknown = outcome instanceof CommitOutcome.Unknown;
      if (unknown) {
        tokenUsed = true;
      } else {
        takeBackSettings();
      }
      if (unknown && now.record.hasExclusive()) {
        return engine
            .reloadCatalog()
            .handle(
                (ok, failure) -> {
                  finished(now, now.lease.link().isUsable(), true);
                  return CommitAnswers.failed(outcome);
                });
      }
      if (now.lease.link().isUsable()) {
        finished(now, true, unknown);
        return CompletableFuture.completedFuture(CommitAnswers.failed(outcome));
      }
      return endOnLostLink(
              now.lease,
              new IllegalStateException(outcome.toString()),
              unknown,
              engine.limits().failoverPatience())
          .handle((ok, failure) -> CommitAnswers.failed(outcome));
    }
    tokenUsed = true;
    reads.saw(committed.position());
    now.record.committed(engine.reservations());
    CompletionStage<?> after =
        !now.record.hasExclusive()
            ? CompletableFuture.completedFuture(null)
            : now.permit.isExclusive() ? engine.reloadCatalog() : engine.refreshCatalog();
    if (engine.config().commit() == CommitMode.APPLIED) {
      after = after.thenCompose(ok -> engine.appliedEverywhere(committed.position()));
    }
    return after.handle(
        (ok, failure) -> {
          finished(now, now.lease.link().isUsable(), true);
          engine.countCommit();
          return new CommitResult.Committed(Optional.of(committed.position()));
        });
  }

  /** Wrote nothing: there is nothing to log, but an answer still needs the right to give one. */
  private CompletionStage<CommitResult> commitWithoutEntry(OpenTransaction<L> now) {
    return now.lease
        .link()
        .finish(Position.NONE, Decision.COMMIT)
        .thenCompose(outcome -> answeredWithoutEntry(now, outcome));
  }

  private CompletionStage<CommitResult> answeredWithoutEntry(
      OpenTransaction<L> now, FinishOutcome outcome) {
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
    boolean rolledBack = outcome instanceof FinishOutcome.Failed f && f.sqlState().equals("25P02");
    if (rolledBack) {
      takeBackSettings();
    }
    // Its link, and what the server's session holds, is as good as after ROLLBACK.
    finished(
        now,
        outcome instanceof FinishOutcome.Done || (rolledBack && now.lease.link().isUsable()),
        false);
    if (outcome instanceof FinishOutcome.Failed failed) {
      return CompletableFuture.completedFuture(
          new CommitResult.RolledBack(failed.sqlState(), failed.message(), null, false));
    }
    if (!owned) {
      return CompletableFuture.completedFuture(lost);
    }
    reads.sawPrimary(now.term);
    return CompletableFuture.completedFuture(new CommitResult.Committed(Optional.empty()));
  }

  @Override
  public CompletionStage<Void> rollback() {
    OpenTransaction<L> now = open;
    if (now == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (now.committing) {
      // Another thread closes or aborts: what may be in the log already is not to be undone.
      return now.ended;
    }
    takeBackSettings();
    numbers.unsure();
    return now.lease
        .link()
        .rollback()
        .thenAccept(ok -> finished(now, now.lease.link().isUsable(), false));
  }

  /** What was SET in a transaction that is rolled back, the server has forgotten too. */
  private void takeBackSettings() {
    if (links.takeBack()) {
      view = null;
    }
  }

  private void finished(OpenTransaction<L> now, boolean linkIsGood, boolean committed) {
    open = null;
    now.unwatch();
    if (!committed) {
      now.record.discard();
    }
    if (links.end()) {
      view = null;
    }
    now.term.primary().busy().decrementAndGet();
    if (now.committingDdl) {
      now.committingDdl = false;
      engine.committingDdl(-1);
    }
    if (!linkIsGood) {
      links.drop(now.lease);
    }
    now.permit.release();
    now.ended.complete(null);
  }

  // ---- statements that commit on their own

  @Override
  public CompletionStage<Lease<L>> beginTask(Request request, Plan.Task plan) {
    long deadline = engine.failoverDeadline();
    return engine
        .gate()
        .share(engine.limits().leaseTimeout())
        .thenCompose(permit -> releasedOnFailure(permit, taskOnPrimary(request, permit, deadline)))
        .exceptionallyCompose(ReplicatedSession::gateFailure);
  }

  /** The client's statement has not run yet, so a primary that is lost now costs time only. */
  private CompletionStage<Lease<L>> taskOnPrimary(
      Request request, Gate.Permit permit, long deadline) {
    return engine
        .awaitTerm()
        .thenCompose(
            term ->
                // What an earlier try has left would be in the way.
                engine
                    .undoTasks(term)
                    .thenCompose(ok -> links.lease(term.primary(), term.epoch()))
                    .thenCompose(links::settle)
                    .thenCompose(lease -> begun(term, lease, permit, request))
                    .exceptionallyCompose(
                        failure -> taskOnNextPrimary(term, request, permit, deadline, failure)));
  }

  private CompletionStage<Lease<L>> taskOnNextPrimary(
      Term<L> term, Request request, Gate.Permit permit, long deadline, Throwable failure) {
    Throwable cause = unwrap(failure);
    if (!engine.isWorthWaiting(cause, deadline)) {
      return CompletableFuture.failedFuture(cause);
    }
    // The session that takes back tells nobody that it has not got through.
    engine.linkFailed(term.primary(), cause);
    return engine
        .settled(term.primary(), engine.limits().failoverPatience())
        .thenCompose(ok -> taskOnPrimary(request, permit, deadline));
  }

  private CompletionStage<Lease<L>> begun(
      Term<L> term, Lease<L> lease, Gate.Permit permit, Request request) {
    Plan current = engine.planInTransaction(request, view());
    if (!(current instanceof Plan.Task plan)) {
      return CompletableFuture.failedFuture(
          new TandemException(
              ErrorCode.TRANSACTION_LOST, "the schema changed while the statement waited"));
    }
    return lease
        .link()
        .beginTask(plan.index())
        .thenApply(
            note -> {
              task = new OpenTask<>(term, lease, permit, plan, note);
              term.primary().busy().incrementAndGet();
              return lease;
            });
  }

  private OpenTask<L> openedTask() {
    OpenTask<L> now = task;
    if (now == null) {
      throw new IllegalStateException("no task has begun");
    }
    task = null;
    now.term().primary().busy().decrementAndGet();
    return now;
  }

  @Override
  public CompletionStage<CommitResult> taskDone() {
    OpenTask<L> done = openedTask();
    if (done.note() == 0) {
      done.permit().release();
      return CompletableFuture.completedFuture(new CommitResult.Committed(Optional.empty()));
    }
    return begin(done.term(), done.lease(), done.permit(), BeginSpec.READ_WRITE)
        .whenComplete(
            (begun, failure) -> {
              if (failure != null) {
                done.permit().release();
              }
            })
        .thenCompose(
            begun ->
                begun
                    .lease
                    .link()
                    .endTask(done.note())
                    .thenCompose(
                        ok -> {
                          begun.ran = true;
                          // Its names are as the client wrote them.
                          followSettings(begun, true, true);
                          begun.record.addExclusive(
                              new Plan.Exclusive(done.plan().reason(), done.plan().logged()));
                          return commit();
                        }))
        .handle(
            (result, failure) ->
                failure != null
                    ? new CommitResult.RolledBack(
                        ErrorCode.TRANSACTION_LOST.sqlState(),
                        String.valueOf(unwrap(failure).getMessage()),
                        unwrap(failure),
                        true)
                    : result)
        .thenCompose(
            result ->
                result instanceof CommitResult.RolledBack
                    ? rollback().thenCompose(ok -> undone(done)).thenApply(ok -> result)
                    : CompletableFuture.completedFuture(result));
  }

  @Override
  public CompletionStage<Void> taskFailed() {
    OpenTask<L> failed = openedTask();
    CompletionStage<Void> undone =
        failed.note() == 0 ? CompletableFuture.completedFuture(null) : undone(failed);
    return undone.whenComplete((ok, failure) -> failed.permit().release());
  }

  /**
   * Over its own link, or, where that is lost, as soon as its server process is gone. If neither is
   * possible now, the note stays, for the backend's recovery or the next task.
   */
  private CompletionStage<Void> undone(OpenTask<L> over) {
    return over.lease()
        .link()
        .undoTask(over.note(), over.plan().index())
        .exceptionallyCompose(
            failure -> {
              links.drop(over.lease());
              over.lease().link().sever();
              return engine.undoTask(over.term(), over.lease().link().process());
            });
  }

  @Override
  public CompletionStage<List<Lease<L>>> everywhere() {
    // What the session has made or seen must be there, where it is to be maintained.
    return engine
        .appliedEverywhere(reads.token())
        .thenCompose(ok -> engine.awaitTerm())
        .thenCompose(
            term -> {
              CompletionStage<List<Lease<L>>> all =
                  CompletableFuture.completedFuture(new ArrayList<>());
              for (Member<L> member : engine.inService(term)) {
                all =
                    all.thenCompose(
                        leases ->
                            links
                                .lease(member, member.linkEpoch())
                                .thenCompose(links::settle)
                                .thenApply(
                                    lease -> {
                                      leases.add(lease);
                                      return leases;
                                    }));
              }
              return all;
            });
  }

  // ---- reads

  @Override
  public CompletionStage<Lease<L>> read(boolean inReadOnlyTransaction) {
    return reads.read();
  }

  @Override
  public CompletionStage<Lease<L>> onPrimary() {
    return reads.onPrimary();
  }

  @Override
  public void readDone(Lease<L> lease) {
    reads.done(lease);
    if (open == null && !reads.any() && links.end()) {
      view = null; // SET LOCAL of a READ ONLY transaction, which is over
    }
  }

  // ---- links that are lost

  @Override
  public CompletionStage<Recourse> lost(Lease<L> lease, Throwable failure, Duration patience) {
    OpenTransaction<L> now = open;
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
    OpenTransaction<L> now = open;
    lease.link().sever();
    engine.linkFailed(member, failure);
    if (now != null && now.lease == lease) {
      finished(now, false, mayBeLogged);
    } else {
      reads.lost(lease);
      links.drop(lease);
    }
    OpenTask<L> lost = task;
    if (lost != null && lost.lease() == lease) {
      openedTask().permit().release();
      // Its server process does not know that its client is gone.
      return engine
          .settled(member, patience)
          .thenCompose(ok -> engine.undoTask(lost.term(), lease.link().process()));
    }
    return engine.settled(member, patience);
  }

  @Override
  public Map<String, String> settings() {
    return links.settings();
  }

  @Override
  public String transactionToken() {
    TransactionToken now = token;
    if (now == null || tokenUsed) {
      if (now != null) {
        engine.outcomes().over(now);
      }
      now = engine.outcomes().next();
      token = now;
      tokenUsed = false;
    }
    return now.toString();
  }

  private void tokenIsOver() {
    TransactionToken last = token;
    if (last != null) {
      engine.outcomes().over(last);
    }
  }

  @Override
  public ReadToken token() {
    return new ReadToken(reads.token());
  }

  @Override
  public void saw(ReadToken seen) {
    reads.saw(seen.atLeast());
  }

  @Override
  public void consistency(ReadLevel level) {
    reads.consistency(level);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    OpenTransaction<L> now = open;
    if (now != null && now.committing) {
      now.ended.thenRun(links::close).thenRun(this::tokenIsOver);
      return;
    }
    tokenIsOver();
    if (task != null) {
      OpenTask<L> left = openedTask();
      left.lease().link().sever();
      left.permit().release();
    }
    if (now != null) {
      // Closed with a transaction open: what was not committed is rolled back.
      now.lease.link().sever();
      finished(now, false, false);
    }
    links.close();
  }

  /** A transaction whose last statement goes with its first marker. */
  private final class FusedSubmission extends SessionSubmission {
    private final LastStatement last;
    private boolean ran;

    FusedSubmission(OpenTransaction<L> now, LastStatement last) {
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
    private final OpenTransaction<L> now;

    SessionSubmission(OpenTransaction<L> now) {
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
          now.record.entrySettings(),
          now.record.body(clock, engine.reservations()),
          // One transaction for one token, whatever else the client sends before it has the next.
          tokenUsed ? Optional.empty() : Optional.ofNullable(token).map(TransactionToken::id));
    }
  }
}
