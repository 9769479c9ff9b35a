package org.tandemdb.engine.pg;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.cluster.FirstStart;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.Limits;
import org.tandemdb.engine.Engine;
import org.tandemdb.env.Environment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.LocalReplicationLog;
import org.tandemdb.log.LogOptions;
import org.tandemdb.log.ReplicationLog;
import org.tandemdb.plan.SqlPlanner;

/** Opens engines over PostgreSQL with a local log. */
public final class PgEngines {
  private static final long LEAST_BATCH_BYTES = 32 << 20;

  /** What the log takes at most. */
  private static final long MOST_BATCH_BYTES = 512 << 20;

  private static final Logger LOGGER = LoggerFactory.getLogger(PgEngines.class);

  private PgEngines() {}

  /**
   * Opens the engine of {@code config}: checks first, changes afterwards. Blocks until a primary is
   * in office.
   *
   * @throws TandemException with nothing changed, when the configuration, a backend or the log is
   *     not as it must be
   */
  public static Engine<JdbcLink> open(ClusterConfig config, Environment environment) {
    return open(config, environment, Joints.PLAIN);
  }

  /** As {@link #open(ClusterConfig, Environment)}, with something between. */
  public static Engine<JdbcLink> open(
      ClusterConfig config, Environment environment, Joints joints) {
    return open(config, environment, joints.log(), new JdbcLinks(environment, config, joints));
  }

  /** As {@link #open(ClusterConfig, Environment)}, for a front end with links of its own. */
  public static <L extends BackendLink> Engine<L> open(
      ClusterConfig config, Environment environment, Links<L> links) {
    return open(config, environment, links::log, links);
  }

  /** The kind of links on which clients' statements run. */
  public interface Links<L extends BackendLink> {
    /** {@code backend} goes on with control, catalog and Tandem's own links. */
    BackendPort<L> port(BackendConfig config, PgBackend backend);

    /** See {@link Engine.Binder}. */
    void bind(L link, Executor executor);

    /** What stands between the engine and {@code log}. */
    default ReplicationLog log(ReplicationLog log) {
      return log;
    }

    Engine.SessionDialect<L> dialect();
  }

  private record JdbcLinks(Environment environment, ClusterConfig config, Joints joints)
      implements Links<JdbcLink> {
    @Override
    public BackendPort<JdbcLink> port(BackendConfig one, PgBackend backend) {
      return joints.port().apply(backend);
    }

    @Override
    public void bind(JdbcLink link, Executor executor) {
      link.bind(executor);
    }

    @Override
    public Engine.SessionDialect<JdbcLink> dialect() {
      return new PgSessionDialect(environment.scheduler(), config.backends().get(0).user());
    }
  }

  private static <L extends BackendLink> Engine<L> open(
      ClusterConfig config,
      Environment environment,
      UnaryOperator<ReplicationLog> between,
      Links<L> links) {
    LogOptions options = logOptions(config);
    if (config.backends().size() == 1) {
      LOGGER.warn(
          "cluster {} has one backend, {}: its log is kept, but there is no copy, and nothing takes"
              + " its place when it fails. None can be added later: begin with two or more",
          config.database(),
          config.backends().get(0).id());
    }
    List<PgBackend> inspected = ports(config, environment, new UUID(0, 0), "", "");
    FirstStart start;
    ReplicationLog log;
    try {
      start = inspect(config, inspected);
      log =
          between.apply(
              LocalReplicationLog.open(
                  config.log(),
                  start.clusterId().map(options::withCluster).orElse(options),
                  environment,
                  Runnable::run));
      try {
        start.checkAgainst(log.info().clusterId(), log.info().head(), log.info().epoch() == 0);
      } catch (RuntimeException e) {
        log.close();
        throw e;
      }
    } finally {
      inspected.forEach(PgBackend::close);
    }
    List<BackendPort<L>> ports = new ArrayList<>();
    List<PgBackend> backends =
        ports(
            config,
            environment,
            log.info().clusterId(),
            owner(config, environment),
            start.moneyLocale());
    for (int i = 0; i < backends.size(); i++) {
      ports.add(links.port(config.backends().get(i), backends.get(i)));
    }
    try {
      start.initialise(ports.stream().map(BackendPort::control).toList(), log.info().clusterId());
      return Engine.<L>start(
              config,
              log,
              environment,
              ports,
              new SqlPlanner(config.limits().planCacheEntries()),
              links::bind,
              links.dialect())
          .toCompletableFuture()
          .join();
    } catch (RuntimeException e) {
      ports.forEach(BackendPort::close);
      log.close();
      Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
      throw cause instanceof TandemException known
          ? known
          : new TandemException(ErrorCode.NO_BACKEND, String.valueOf(cause.getMessage()), cause);
    }
  }

  /**
   * Looks at everything that {@link #open} looks at before it changes anything, and changes
   * nothing. Blocks.
   *
   * @throws TandemException when the configuration, a backend or the log is not as it must be
   */
  public static void check(ClusterConfig config, Environment environment) {
    logOptions(config);
    List<PgBackend> inspected = ports(config, environment, new UUID(0, 0), "", "");
    try {
      inspect(config, inspected);
    } finally {
      inspected.forEach(PgBackend::close);
    }
  }

  private static FirstStart inspect(ClusterConfig config, List<PgBackend> backends) {
    FirstStart start = FirstStart.inspect(backends);
    boolean logExists = LocalReplicationLog.exists(config.log());
    if (!start.isFirst() && !logExists) {
      throw new TandemException(
          ErrorCode.WRONG_CLUSTER,
          "the backends belong to a cluster, but there is no log at " + config.log());
    }
    if (!logExists) {
      // Before the log is made, so that nothing is left of a start that is refused.
      start.compare();
    }
    return start;
  }

  private static LogOptions logOptions(ClusterConfig config) {
    Limits limits = config.limits();
    if (limits.logMaxBytes() / 4 < limits.logSegmentBytes()) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "log_max_bytes ("
              + limits.logMaxBytes()
              + ") must be at least four times log_segment_bytes ("
              + limits.logSegmentBytes()
              + ")");
    }
    long batchBytes = (long) limits.maxBatchEntries() * limits.stageThresholdBytes();
    int mostBatchBytes =
        (int) Math.min(MOST_BATCH_BYTES, Math.max(LEAST_BATCH_BYTES, batchBytes * 9 / 8));
    try {
      return LogOptions.defaults()
          .withSegmentBytes(limits.logSegmentBytes())
          .withMaxBytes(limits.logMaxBytes())
          .withMaxBatchBytes(mostBatchBytes)
          .withCacheBytes(Math.toIntExact(limits.logCacheBytes()));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "log_segment_bytes must be a multiple of 4KiB up to 1GiB, log_cache_bytes at most 1GiB: "
              + e.getMessage(),
          e);
    }
  }

  /** What somebody on another machine needs to find this engine. */
  private static String owner(ClusterConfig config, Environment environment) {
    return "process "
        + ProcessHandle.current().pid()
        + " on "
        + host()
        + ", with log directory "
        + config.log()
        + ", since "
        + environment.now().truncatedTo(ChronoUnit.SECONDS);
  }

  /** Without a name server, which may make a start wait. */
  private static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException notLinux) {
      String windows = System.getenv("COMPUTERNAME");
      return windows == null ? "a host without a name" : windows;
    }
  }

  private static List<PgBackend> ports(
      ClusterConfig config,
      Environment environment,
      UUID clusterId,
      String owner,
      String moneyLocale) {
    List<PgBackend> ports = new ArrayList<>();
    for (BackendConfig backend : config.backends()) {
      ports.add(port(config, backend, environment, clusterId, owner, moneyLocale));
    }
    return ports;
  }

  static PgBackend port(
      ClusterConfig config,
      BackendConfig backend,
      Environment environment,
      UUID clusterId,
      String owner,
      String moneyLocale) {
    return new PgBackend(
        backend.id(),
        environment,
        clusterId,
        backend.url(),
        backend.user(),
        backend.password(),
        backend.vendorProperties(),
        config.limits().connectTimeout(),
        config.limits().controlSocketTimeout(),
        config.limits().probeTimeout(),
        owner,
        moneyLocale);
  }
}
