package org.tandemdb.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.ServerError;
import org.tandemdb.backend.SimpleLinkPool;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.cluster.Cluster;
import org.tandemdb.cluster.ClusterOptions;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.commit.Gate;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.Limits;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.OperatorText;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.ReplicationLog;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Planner;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.Reservations;
import org.tandemdb.session.Staging;
import org.tandemdb.session.TransactionRecord;
import org.tandemdb.session.TransactionToken;

/**
 * One cluster at work: sessions, gate, catalog, routing. One engine per cluster and process.
 * Thread-safe.
 */
public final class Engine<L extends BackendLink> implements AutoCloseable {

  /** Lets a link's blocking work run where its session wants it. */
  public interface Binder<L extends BackendLink> {
    void bind(L link, Executor executor);
  }

  /** What is PostgreSQL's, or another database's, about sessions. */
  public interface SessionDialect<L extends BackendLink> {
    /** Schemas that hold unqualified names, from the settings that the session has changed. */
    List<String> searchPath(Map<String, String> settings, String user);

    /** Settings that an entry must carry because they change what its statements mean. */
    Map<String, String> entrySettings(
        Map<String, String> settings, String user, boolean namesUnresolved);

    /**
     * @param setting what was SET, by the session of {@code user}
     * @throws TandemException if nobody may have that identity
     */
    default void checkIdentity(String setting, String value, String user) {}

    /** Gives a link the settings of the session that is about to use it. */
    CompletionStage<Void> settle(L link, Map<String, String> settings);

    /** Undoes what a session left on a link. */
    CompletionStage<Void> clean(L link);
  }

  private static final Logger LOGGER = LoggerFactory.getLogger(Engine.class);

  private volatile ClusterConfig config;
  private final ReplicationLog log;
  private final Environment environment;

  /** Transactions that were logged and answered. */
  private final LongAdder commits = new LongAdder();

  private final Cluster<L> cluster;
  private final Planner planner;
  private final Binder<L> binder;
  private final SessionDialect<L> dialect;
  private final Gate gate;
  private final ReadRouter<L> router;
  private final Reservations reservations;
  private final Outcomes outcomes;
  private final Map<BackendId, Member<L>> members = new HashMap<>();

  private final SharedByKey<Identity, SimpleLinkPool<L>> pools;
  private final Logins<L> logins;

  /** Whose links a pool has: nobody else gets one of them. */
  private record Identity(String user, String password) {}

  private volatile Catalog catalog;

  /** Guards who comes next in {@link #refreshed}. */
  private final Object refreshing = new Object();

  /** The last refresh of the catalog. */
  private CompletionStage<Void> refreshed = CompletableFuture.completedFuture(null);

  /** DDL has been committed, and its outcome has not been read back. */
  private volatile boolean catalogStale;

  private final AtomicInteger ddlCommits = new AtomicInteger();

  private volatile boolean closed;

  /**
   * @param catalog the first one; loaded before anybody may plan
   */
  private Engine(
      ClusterConfig config,
      ReplicationLog log,
      Environment environment,
      Cluster<L> cluster,
      Planner planner,
      Binder<L> binder,
      SessionDialect<L> dialect,
      Reservations reservations,
      Catalog catalog) {
    this.config = config;
    this.log = log;
    this.environment = environment;
    this.cluster = cluster;
    this.planner = planner;
    this.binder = binder;
    this.dialect = dialect;
    this.reservations = reservations;
    this.catalog = catalog;
    this.outcomes = new Outcomes(log, environment, config.limits().failoverPatience());
    this.pools = new SharedByKey<>(config.limits().maxIdleUsers(), SimpleLinkPool::close);
    this.logins = new Logins<>(cluster, config.limits().leaseTimeout(), this::linkFailed);
    this.gate = new Gate(environment);
    this.router = new ReadRouter<>(cluster, log, environment, config.limits().readPatience());
    cluster.members().forEach(m -> members.put(m.id(), m));
    cluster.addListener(this::linksVoid);
  }

  /**
   * Starts a cluster over {@code ports}: promotion, then the catalog. The stage fails when no
   * backend could be made primary within the configuration's patience; nothing is left running
   * then.
   */
  public static <L extends BackendLink> CompletionStage<Engine<L>> start(
      ClusterConfig config,
      ReplicationLog log,
      Environment environment,
      List<? extends BackendPort<L>> ports,
      Planner planner,
      Binder<L> binder,
      SessionDialect<L> dialect) {
    List<Integer> weights = config.backends().stream().map(b -> b.weight()).toList();
    Reservations reservations = new Reservations();
    Cluster<L> cluster =
        new Cluster<>(
            ports, weights, log, environment, optionsOf(config.limits()), reservations::given);
    CompletableFuture<Term<L>> opened = cluster.start().toCompletableFuture();
    environment
        .scheduler()
        .schedule(
            config.limits().failoverPatience(),
            () ->
                opened.completeExceptionally(
                    new TimeoutException(
                        "no backend became primary: "
                            + cluster.members().stream()
                                .map(m -> m.id() + " " + m.note())
                                .toList())));
    return opened
        .thenCompose(term -> term.primary().port().loadCatalog(0))
        .thenApply(
            catalog -> {
              Engine<L> engine =
                  new Engine<>(
                      config,
                      log,
                      environment,
                      cluster,
                      planner,
                      binder,
                      dialect,
                      reservations,
                      catalog);
              engine.router.start();
              return engine;
            })
        .whenComplete(
            (engine, failure) -> {
              if (failure != null) {
                cluster.close();
              }
            });
  }

  private static ClusterOptions optionsOf(Limits limits) {
    return new ClusterOptions(
        new org.tandemdb.commit.CommitPipeline.Options(
            limits.markPatience(), limits.markLimit(), limits.maxBatchEntries()),
        new org.tandemdb.apply.Applier.Options(
            limits.applyLockTimeout(),
            limits.maxApplyDelay(),
            limits.applyGather(),
            limits.applyRunEntries(),
            limits.applyRunBytes()),
        limits.probeInterval(),
        limits.probeTimeout(),
        limits.rejoinInterval(),
        limits.drainDeadline(),
        limits.watermarkInterval(),
        limits.logKeep(),
        limits.failoverPatience(),
        limits.eventsKept());
  }

  // ---- sessions

  /**
   * Opens a session. Nothing is connected yet.
   *
   * @param user whose rights the client's statements have
   * @param executor runs the blocking work of this session's links
   */
  public EngineSession<L> session(String user, String password, Executor executor) {
    Identity key = new Identity(user, password);
    SimpleLinkPool<L> pool;
    synchronized (pools) {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      pool = pools.acquire(key, () -> newPool(user, password));
    }
    return new ReplicatedSession<>(
        this, pool, () -> logins.of(pool), user, executor, () -> pools.release(key));
  }

  private SimpleLinkPool<L> newPool(String user, String password) {
    return new SimpleLinkPool<>(
        (backend, epoch) -> {
          Member<L> member = member(backend);
          return member
              .incarnation()
              .map(
                  incarnation ->
                      member.port().open(user, password, "tandem client", epoch, incarnation))
              .orElseGet(
                  () ->
                      CompletableFuture.failedFuture(
                          new BackendUnreachableException(backend + " is not recovered", null)));
        },
        dialect::clean,
        environment,
        config.limits().maxLinksPerBackend());
  }

  private void linksVoid(BackendId backend) {
    allPools().forEach(pool -> pool.severAll(backend));
  }

  private List<SimpleLinkPool<L>> allPools() {
    return pools.values();
  }

  /** How many links all users together have to a backend. */
  Observation.Links links(BackendId backend) {
    Observation.Links all = Observation.Links.NONE;
    for (SimpleLinkPool<L> pool : allPools()) {
      SimpleLinkPool.Count count = pool.count(backend);
      all =
          all.plus(
              new Observation.Links(
                  count.leased(), count.idle(), count.opening(), count.waiting()));
    }
    return all;
  }

  void bind(L link, Executor executor) {
    binder.bind(link, executor);
  }

  // ---- planning

  /**
   * A plan by the schema that was in force when the request came: DDL that nobody has been told of
   * yet may just be changing it. What is to run in a transaction is planned again there.
   */
  Plan plan(Request request, SessionView view) {
    return planner.plan(request, catalog, view);
  }

  /**
   * A plan by a schema that nobody else sees yet.
   *
   * @param own as a transaction with DDL sees it
   */
  Plan plan(Request request, Catalog own, SessionView view) {
    return planner.plan(request, own, view);
  }

  /** As {@link #plan}, for whoever holds the gate: DDL holds it until its schema can be read. */
  Plan planInTransaction(Request request, SessionView view) {
    if (catalogStale) {
      return new Plan.Refused(
          "the schema has changed and cannot be read yet",
          "Try again when a primary is in office.",
          ErrorCode.NO_BACKEND.sqlState());
    }
    return plan(request, view);
  }

  /** DDL is being committed: plans by {@link #catalog} would be by a schema that may be no more. */
  boolean schemaIsMoving() {
    return catalogStale || ddlCommits.get() > 0;
  }

  /** To be told +1 before DDL is submitted, and -1 when its schema is known. */
  void committingDdl(int more) {
    ddlCommits.addAndGet(more);
  }

  /** The schema facts in force. */
  public Catalog catalog() {
    return catalog;
  }

  List<String> searchPath(Map<String, String> settings, String user) {
    return dialect.searchPath(settings, user);
  }

  Map<String, String> entrySettings(
      Map<String, String> settings, String user, boolean namesUnresolved) {
    return dialect.entrySettings(settings, user, namesUnresolved);
  }

  /** See {@link SessionDialect#checkIdentity}. */
  void checkIdentity(String setting, String value, String user) {
    dialect.checkIdentity(setting, value, user);
  }

  CompletionStage<Void> settle(L link, Map<String, String> settings) {
    return dialect.settle(link, settings);
  }

  /**
   * After DDL, while the gate is still held alone. Nothing is written until the new catalog is
   * there: a primary that is lost meanwhile is asked again when there is another.
   */
  CompletionStage<Void> reloadCatalog() {
    reservations.forget();
    catalogStale = true;
    return awaitTerm()
        .thenCompose(term -> term.primary().port().loadCatalog(catalog.version()))
        .thenAccept(
            loaded -> {
              // Drivers keep a type's number by its name; another of that name has another.
              if (!loaded.userTypes().keySet().containsAll(catalog.userTypes().keySet())) {
                allPools()
                    .forEach(pool -> cluster.members().forEach(member -> pool.renew(member.id())));
              }
              catalog = loaded;
              catalogStale = false;
            })
        .exceptionallyCompose(
            failure -> {
              if (closed) {
                return CompletableFuture.failedFuture(failure);
              }
              CompletableFuture<Void> pause = new CompletableFuture<>();
              environment
                  .scheduler()
                  .schedule(config.limits().rejoinInterval(), () -> pause.complete(null));
              return pause.thenCompose(ok -> reloadCatalog());
            });
  }

  /**
   * After DDL beside which others went on: nobody needs to know of it, and no other DDL can have
   * been committed meanwhile. If it cannot be read now, the catalog in force stays right.
   */
  CompletionStage<Void> refreshCatalog() {
    synchronized (refreshing) {
      // One after the other, so that no older one comes last.
      refreshed =
          refreshed
              .thenCompose(ok -> awaitTerm())
              .thenCompose(term -> term.primary().port().loadCatalog(catalog.version()))
              .handle(
                  (loaded, failure) -> {
                    if (failure == null) {
                      catalog = loaded;
                    }
                    return null;
                  });
      return refreshed;
    }
  }

  /** See {@link org.tandemdb.backend.BackendControl#undoTasks}. */
  CompletionStage<Void> undoTasks(Term<L> term) {
    return term.primary().port().control().undoTasks();
  }

  /**
   * Takes back what {@code process} has left, which is ended first. Where that fails, the note is
   * still there for whoever comes next.
   */
  CompletionStage<Void> undoTask(Term<L> term, BackendLink.ServerProcess process) {
    return term.primary()
        .port()
        .control()
        .end(process, config.limits().drainDeadline())
        .thenCompose(ok -> undoTasks(term))
        .exceptionally(
            failure -> {
              LOGGER.warn(
                  "{}: what an unfinished task has left stays for now: {}",
                  term.primary().id(),
                  ReplicatedSession.unwrap(failure).getMessage());
              return null;
            });
  }

  /** Backends in service, the primary first. */
  List<Member<L>> inService(Term<L> term) {
    List<Member<L>> members = new ArrayList<>(List.of(term.primary()));
    for (Member<L> member : cluster.members()) {
      if (member != term.primary() && member.state() == BackendState.ONLINE) {
        members.add(member);
      }
    }
    return members;
  }

  TransactionRecord newRecord(L link) {
    return new TransactionRecord(
        config.limits().maxTransactionBytes(),
        config.limits().stageThresholdBytes(),
        config.limits().stageChunkBytes(),
        config.limits().maxSavepointBytes(),
        () ->
            new Staging(
                log,
                new UUID(environment.random().nextLong(), environment.random().nextLong()),
                link::clock));
  }

  Reservations reservations() {
    return reservations;
  }

  Outcomes outcomes() {
    return outcomes;
  }

  /** See {@link Reports#outcome}. */
  CompletionStage<Outcomes.Outcome> outcome(TransactionToken token) {
    return awaitTerm().thenCompose(term -> outcomes.of(token));
  }

  // ---- gate

  Gate gate() {
    return gate;
  }

  /** The gate alone: tries for a short while, lets the others pass, tries again, within a limit. */
  CompletionStage<Gate.Permit> exclusivePermit() {
    return exclusivePermit(1);
  }

  private CompletionStage<Gate.Permit> exclusivePermit(int attempt) {
    Duration timeout = config.limits().gateTimeout();
    return gate.exclusive(timeout)
        .exceptionallyCompose(
            failure -> {
              if (attempt >= config.limits().gateAttempts()) {
                return CompletableFuture.failedFuture(failure);
              }
              CompletableFuture<Void> pause = new CompletableFuture<>();
              Duration backOff =
                  timeout.multipliedBy(50 + environment.random().nextInt(100)).dividedBy(100);
              environment.scheduler().schedule(backOff, () -> pause.complete(null));
              return pause.thenCompose(ok -> exclusivePermit(attempt + 1));
            });
  }

  /** Runs {@code action} once the gate has been held alone for as long as is allowed. */
  TaskScheduler.Cancellable afterExclusiveLimit(Runnable action) {
    return environment.scheduler().schedule(config.limits().exclusiveLimit(), action);
  }

  /** Runs {@code action} when a cancel should have had its effect. */
  void afterCancel(Runnable action) {
    environment.scheduler().schedule(config.limits().probeTimeout(), action);
  }

  // ---- cluster

  public Cluster<L> cluster() {
    return cluster;
  }

  public ReplicationLog log() {
    return log;
  }

  public ClusterConfig config() {
    return config;
  }

  /**
   * Takes over of {@code next} what {@link ClusterConfig#reloadedWith} lets change at run time.
   *
   * @return what is in force from now on
   */
  public ClusterConfig reconfigure(ClusterConfig next) {
    ClusterConfig reloaded = config.reloadedWith(next);
    config = reloaded;
    return reloaded;
  }

  Limits limits() {
    return config.limits();
  }

  ReadRouter<L> router() {
    return router;
  }

  /** A transaction that is in the log is being answered. */
  void countCommit() {
    commits.increment();
  }

  long commits() {
    return commits.sum();
  }

  boolean ownsCluster() {
    return log.isOwner();
  }

  long nowMillis() {
    return environment.now().toEpochMilli();
  }

  Member<L> member(BackendId backend) {
    Member<L> member = members.get(backend);
    if (member == null) {
      throw new IllegalArgumentException("no backend is named " + backend);
    }
    return member;
  }

  CompletionStage<Term<L>> awaitTerm() {
    return within(cluster.awaitTerm(), config.limits().failoverPatience(), "no primary");
  }

  private <T> CompletionStage<T> within(CompletionStage<T> stage, Duration limit, String what) {
    CompletableFuture<T> bounded = stage.toCompletableFuture();
    if (bounded.isDone()) {
      return bounded;
    }
    CompletableFuture<T> copy = bounded.copy();
    var timer =
        environment
            .scheduler()
            .schedule(
                limit,
                () ->
                    copy.completeExceptionally(
                        new TandemException(ErrorCode.NO_BACKEND, what + " within " + limit)));
    copy.whenComplete((ok, failure) -> timer.cancel());
    return copy;
  }

  /**
   * A link could not be opened, or broke: unless the server refused the client, it is probed, and
   * the links that nobody uses are given up. An administrator may have ended them all.
   */
  void linkFailed(Member<L> member, Throwable failure) {
    boolean refusedByServer =
        !(failure instanceof BackendUnreachableException
                || failure instanceof FencedException
                || failure instanceof IncarnationException)
            && ServerError.isLoginRefused(failure);
    boolean crowded =
        failure instanceof TandemException own && own.code() == ErrorCode.LINKS_EXHAUSTED;
    if (!refusedByServer && !crowded) {
      allPools().forEach(pool -> pool.severIdle(member.id()));
      cluster.suspect(member, OperatorText.of(failure));
    }
  }

  /** Completes when it is known what a lost link meant: the server lives, or a term is open. */
  CompletionStage<Void> settled(Member<L> member, Duration patience) {
    return within(
            cluster.settledAfterSuspicion(member).thenCompose(ok -> cluster.awaitTerm()),
            patience,
            "no backend to run on")
        .thenAccept(term -> {});
  }

  CompletionStage<Void> probed(Member<L> member) {
    return cluster.settledAfterSuspicion(member);
  }

  /** True for a backend that could not be reached, while there is time for another to take over. */
  boolean isWorthWaiting(Throwable failure, long deadlineNanos) {
    return environment.nanos() - deadlineNanos < 0
        && (failure instanceof BackendUnreachableException
            || failure instanceof FencedException
            || failure instanceof IncarnationException);
  }

  long nanos() {
    return environment.nanos();
  }

  /** Until when whoever has nothing to lose waits for the next primary; {@link #nanos}. */
  long failoverDeadline() {
    return nanos() + config.limits().failoverPatience().toNanos();
  }

  /**
   * All replicas that are online have applied {@code position}; those that fall away do not count.
   */
  CompletionStage<Void> appliedEverywhere(Position position) {
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (Member<L> member : cluster.members()) {
      if (member.state() == BackendState.ONLINE) {
        all = all.thenCombine(appliedOn(member, position), (a, b) -> b);
      }
    }
    return all;
  }

  private CompletableFuture<Void> appliedOn(Member<L> member, Position position) {
    return member
        .applied()
        .await(position, config.limits().probeInterval())
        .toCompletableFuture()
        .exceptionallyCompose(
            late ->
                member.state() == BackendState.ONLINE && !closed
                    ? appliedOn(member, position)
                    : CompletableFuture.completedFuture(null));
  }

  @Override
  public void close() {
    List<SimpleLinkPool<L>> all;
    synchronized (pools) {
      if (closed) {
        return;
      }
      closed = true;
      all = pools.values();
    }
    router.close();
    cluster.close();
    all.forEach(SimpleLinkPool::close);
    cluster.members().forEach(m -> m.port().close());
    log.close();
  }
}
