package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.cluster.Term;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.ConfigReport;
import org.tandemdb.config.ServerAddress;
import org.tandemdb.engine.Engine;
import org.tandemdb.engine.Reports;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.listen.Channels;
import org.tandemdb.listen.Notifications;
import org.tandemdb.log.BackgroundLog;
import org.tandemdb.log.ReplicationLog;
import org.tandemdb.metrics.ClusterBeans;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.proxy.pg.NettyDialect;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.proxy.pg.NettyPort;
import org.tandemdb.proxy.pg.ServerTls;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.TransactionToken;

/** One database that a proxy serves, with its engine. Thread-safe. */
final class Database implements SessionSource, AutoCloseable {
  /** Threads for control, appliers and time-outs: each may block for as long as its time-out. */
  private static final int THREADS_PER_BACKEND = 6;

  private static final int THREADS = 8;

  private static final List<String> SESSIONS =
      List.of("pid", "user", "state", "backend", "pinned", "application_name");

  private final Function<String, ProxyConfig.@Nullable User> users;
  private final EventLoop loop;
  private final Deadlines deadlines = new Deadlines();
  private final SystemEnvironment environment;
  private final Engine<NettyLink> engine;
  private final Supplier<List<List<@Nullable String>>> sessions;
  private final Supplier<List<List<String>>> front;
  private final Executor workers;
  private final Notifications<ByteBuf> notifications;
  private final OwnOids ownOids = new OwnOids();

  private final AcceptedTexts accepted = new AcceptedTexts();

  /** The engine in JMX, where metrics look for it. */
  private final ClusterBeans beans;

  private Database(
      Function<String, ProxyConfig.@Nullable User> users,
      EventLoop loop,
      SystemEnvironment environment,
      Engine<NettyLink> engine,
      Supplier<List<List<@Nullable String>>> sessions,
      Supplier<List<List<String>>> front,
      Executor workers) {
    this.workers = workers;
    this.users = users;
    this.loop = loop;
    this.environment = environment;
    this.engine = engine;
    this.sessions = sessions;
    this.front = front;
    this.notifications = new Notifications<>(new OwnLinks(engines(), this::ownSession));
    this.beans = ClusterBeans.register(() -> Reports.observe(engine));
  }

  private Engines engines() {
    return new Engines(loop, workers, waitLimit(), deadlines);
  }

  /** Of what is asked of the engine, on the event loop. */
  Deadlines deadlines() {
    return deadlines;
  }

  void lookAtDeadlines() {
    deadlines.look(System.nanoTime());
  }

  /**
   * Opens the engine of {@code config}. Blocks until a primary is in office.
   *
   * @param users by name; null for one that is not known
   * @param sessions of clients, as {@link #SESSIONS} has them; asked on the event loop
   * @param front the proxy's own settings, as {@link ConfigReport} has them
   * @throws TandemException as {@link PgEngines#open}
   */
  static Database open(
      ClusterConfig config,
      Function<String, ProxyConfig.@Nullable User> users,
      EventLoopGroup loops,
      Executor workers,
      Supplier<List<List<@Nullable String>>> sessions,
      Supplier<List<List<String>>> front) {
    config.backends().forEach(Database::tls);
    SystemEnvironment environment =
        new SystemEnvironment(
            "tandem-" + config.database(),
            THREADS + THREADS_PER_BACKEND * config.backends().size());
    try {
      EventLoop loop = loops.next();
      Engine<NettyLink> engine =
          PgEngines.open(config, environment, new NativeLinks(config, loops, loop, workers));
      return new Database(users, loop, environment, engine, sessions, front, workers);
    } catch (RuntimeException | Error e) {
      environment.close();
      throw e;
    }
  }

  /**
   * Looks whether {@link #open} would do, and changes nothing.
   *
   * @throws TandemException if it would not
   */
  static void check(ClusterConfig config) {
    config.backends().forEach(Database::tls);
    try (SystemEnvironment environment =
        new SystemEnvironment("tandem-check", THREADS_PER_BACKEND)) {
      PgEngines.check(config, environment);
    }
  }

  private static ServerTls tls(BackendConfig backend) {
    ServerAddress server = backend.server();
    try {
      return ServerTls.of(backend::vendor, server.host(), server.port());
    } catch (IllegalArgumentException e) {
      throw new TandemException(
          ErrorCode.CONFIGURATION, "backend '" + backend.id() + "': " + e.getMessage(), e);
    }
  }

  private record NativeLinks(
      ClusterConfig config, EventLoopGroup loops, EventLoop loop, Executor workers)
      implements PgEngines.Links<NettyLink> {
    @Override
    public BackendPort<NettyLink> port(BackendConfig one, PgBackend backend) {
      ServerAddress server = one.server();
      return new NettyPort(
          backend,
          new InetSocketAddress(server.host(), server.port()),
          server.database(),
          tls(one),
          loops,
          config.limits().connectTimeout(),
          workers);
    }

    @Override
    public void bind(NettyLink link, Executor executor) {
      // Its work is the event loop's, whoever uses it.
    }

    /** The disk is waited for elsewhere, and COMMIT is sent from the loop. */
    @Override
    public ReplicationLog log(ReplicationLog log) {
      return new BackgroundLog(log, loop);
    }

    @Override
    public Engine.SessionDialect<NettyLink> dialect() {
      return new NettyDialect(config.backends().get(0).user());
    }
  }

  /** As it is now: some of it may change. */
  ClusterConfig config() {
    return engine.config();
  }

  /** Where its clients, and its own sessions, are at home. */
  EventLoop loop() {
    return loop;
  }

  Engine<NettyLink> engine() {
    return engine;
  }

  @Override
  public EngineSession<NettyLink> open(String user, String credential) {
    ProxyConfig.User known = users.apply(user);
    String given = known == null ? "" : known.password();
    return engine.session(user, given.isEmpty() ? credential : given, loop);
  }

  /** A session of Tandem's own role, for the proxy's own questions. */
  Session ownSession() {
    return new Session(this, config().backends().get(0).user(), openOwn(), engines());
  }

  private EngineSession<NettyLink> openOwn() {
    BackendConfig first = config().backends().get(0);
    return engine.session(first.user(), first.password(), loop);
  }

  @Override
  public Channels<ByteBuf> notifications() {
    return notifications;
  }

  /** True of Tandem's own role, which may do what no client may. */
  boolean isOwn(String user) {
    return config().backends().stream().anyMatch(backend -> backend.user().equals(user));
  }

  /** Of salts for users that there are not: the same after a restart, and nobody's to guess. */
  byte[] mockSeed() {
    String text =
        "salts of nobody\0"
            + engine.log().info().clusterId()
            + "\0"
            + config().backends().get(0).password();
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public Table show(String topic, String argument) {
    if (topic.equals("SESSIONS")) {
      return new Table(SESSIONS, sessions.get());
    }
    Reports.Table report = Reports.show(engine, topic);
    List<List<@Nullable String>> rows = new ArrayList<>(report.rows());
    if (topic.equals("CONFIG")) {
      front.get().forEach(row -> rows.add(new ArrayList<@Nullable String>(row)));
    }
    return new Table(report.columns(), rows);
  }

  @Override
  public CompletionStage<Table> outcome(String token) {
    TransactionToken parsed;
    try {
      parsed = TransactionToken.parse(token);
    } catch (IllegalArgumentException e) {
      throw new ClientFailure("22023", String.valueOf(e.getMessage()), e);
    }
    return Reports.outcome(engine, parsed)
        .thenApply(report -> new Table(report.columns(), report.rows()));
  }

  /** What would be done with {@code sql} for a session that has changed no setting. */
  Plan plan(String sql) {
    try (EngineSession<NettyLink> session = openOwn()) {
      return session.plan(new Request(sql, Request.Markers.DOLLAR, List.of()));
    }
  }

  @Override
  public ReadLevel consistency() {
    return config().consistency();
  }

  @Override
  public Duration patience() {
    return config().limits().failoverPatience();
  }

  @Override
  public Duration waitLimit() {
    return config().limits().longestWait();
  }

  @Override
  public long stageThresholdBytes() {
    return config().limits().stageThresholdBytes();
  }

  @Override
  public long schemaVersion() {
    return engine.catalog().version();
  }

  @Override
  public OwnOids ownOids() {
    return ownOids;
  }

  @Override
  public AcceptedTexts accepted() {
    return accepted;
  }

  @Override
  public boolean isPrimary(BackendId backend) {
    Term<NettyLink> term = engine.cluster().term();
    return term != null && term.primary().id().equals(backend);
  }

  @Override
  public void close() {
    beans.close();
    notifications.close();
    engine.close();
    environment.close();
  }
}
