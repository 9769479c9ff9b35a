package org.tandemdb.jdbc;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TimeZone;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Notification;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.engine.Engine;
import org.tandemdb.engine.Reports;
import org.tandemdb.engine.SharedByKey;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.env.Environment;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.listen.Channels;
import org.tandemdb.metrics.ClusterBeans;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.SessionExecutor;
import org.tandemdb.session.TransactionToken;

/** The one place where the driver meets the engine's class. */
final class EmbeddedEngine implements SessionSource {
  /** Threads for control, appliers and time-outs: each may block for as long as its time-out. */
  private static final int THREADS_PER_BACKEND = 6;

  private static final int THREADS = 8;

  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedEngine.class);

  private final SystemEnvironment environment;
  private final Engine<JdbcLink> engine;
  private final BackendConfig first;
  private final DefaultZones zones = new DefaultZones(TimeZone::getDefault);

  /** By user and password; each for as long as that user has a connection. */
  private final SharedByKey<List<String>, InsertCombiner> inserts =
      new SharedByKey<>(0, InsertCombiner::close);

  private final ListeningThread listening;

  /** Takes the engine's JMX beans away. */
  private final Runnable unwatch;

  private EmbeddedEngine(SystemEnvironment environment, Engine<JdbcLink> engine) {
    this.environment = environment;
    this.engine = engine;
    this.first = engine.config().backends().get(0);
    this.listening =
        new ListeningThread(
            this, environment.scheduler(), "tandem-" + engine.config().database() + "-listens");
    this.unwatch = watched(engine);
  }

  private static Runnable watched(Engine<JdbcLink> engine) {
    try {
      ClusterBeans beans = ClusterBeans.register(() -> Reports.observe(engine));
      return beans::close;
    } catch (NoClassDefFoundError e) {
      // An application of modules need not have java.management.
      LOGGER.info(
          "there is no JMX here, and the cluster cannot be seen through it: {}", e.toString());
      return () -> {};
    }
  }

  /** Opens the engine of {@code config} in this JVM. */
  static SessionSource open(ClusterConfig config) {
    return open(config, PgEngines::open);
  }

  /** Puts an engine together on an environment that lives as long as the engine. */
  interface Assembly {
    Engine<JdbcLink> open(ClusterConfig config, Environment environment);
  }

  static SessionSource open(ClusterConfig config, Assembly assembly) {
    SystemEnvironment environment =
        new SystemEnvironment(
            "tandem-" + config.database(),
            THREADS + THREADS_PER_BACKEND * config.backends().size());
    try {
      return new EmbeddedEngine(environment, assembly.open(config, environment));
    } catch (RuntimeException | Error e) {
      environment.close();
      throw e;
    }
  }

  @Override
  public EngineSession<JdbcLink> open(String user, String password, SessionExecutor executor) {
    EngineSession<JdbcLink> session =
        user.isEmpty()
            ? engine.session(first.user(), first.password(), executor)
            : engine.session(user, password, executor);
    zones.zoneOfNewSession().ifPresent(zone -> session.setting("timezone", zone, false));
    return session;
  }

  @Override
  public Optional<InsertCombiner> inserts(String user, String password) {
    int most = engine.config().limits().maxCombinedInserts();
    return most < 2
        ? Optional.empty()
        : Optional.of(
            inserts.acquire(
                List.of(user, password), () -> new InsertCombiner(this, user, password, most)));
  }

  @Override
  public void insertsUnused(String user, String password) {
    inserts.release(List.of(user, password));
  }

  @Override
  public Table show(String topic, String argument) {
    Reports.Table report = Reports.show(engine, topic);
    return new Table(report.columns(), report.rows());
  }

  @Override
  public CompletionStage<Table> outcome(String token) {
    return Reports.outcome(engine, TransactionToken.parse(token))
        .thenApply(report -> new Table(report.columns(), report.rows()));
  }

  @Override
  public Channels<Notification> notifications() {
    return listening;
  }

  @Override
  public ReadLevel consistency() {
    return engine.config().consistency();
  }

  @Override
  public int replayStatements() {
    return engine.config().limits().replayStatements();
  }

  @Override
  public Duration patience() {
    return engine.config().limits().failoverPatience();
  }

  @Override
  public Duration waitLimit() {
    return engine.config().limits().longestWait();
  }

  @Override
  public void close() {
    unwatch.run();
    inserts.values().forEach(InsertCombiner::close);
    listening.close();
    engine.close();
    environment.close();
  }
}
