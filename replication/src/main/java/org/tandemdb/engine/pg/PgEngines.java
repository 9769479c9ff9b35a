package org.tandemdb.engine.pg;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.cluster.FirstStart;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
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
    List<PgBackend> inspected = ports(config, environment, new UUID(0, 0));
    FirstStart start;
    ReplicationLog log;
    try {
      start = FirstStart.inspect(inspected);
      if (!start.isFirst() && !Files.isDirectory(config.log())) {
        throw new TandemException(
            ErrorCode.WRONG_CLUSTER,
            "the backends belong to a cluster, but there is no log at " + config.log());
      }
      log = joints.log().apply(openLog(config, environment));
      try {
        start.checkAgainst(log.info().clusterId(), log.info().epoch() == 0);
      } catch (RuntimeException e) {
        log.close();
        throw e;
      }
    } finally {
      inspected.forEach(PgBackend::close);
    }
    List<BackendPort<JdbcLink>> ports = new ArrayList<>();
    ports(config, environment, log.info().clusterId())
        .forEach(port -> ports.add(joints.port().apply(port)));
    try {
      start.initialise(ports.stream().map(BackendPort::control).toList(), log.info().clusterId());
      return Engine.<JdbcLink>start(
              config,
              log,
              environment,
              ports,
              new SqlPlanner(config.limits().planCacheEntries()),
              JdbcLink::bind,
              new PgSessionDialect(environment.scheduler(), config.backends().get(0).user()))
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

  private static LocalReplicationLog openLog(ClusterConfig config, Environment environment) {
    return LocalReplicationLog.open(config.log(), logOptions(config), environment, Runnable::run);
  }

  private static LogOptions logOptions(ClusterConfig config) {
    return LogOptions.defaults()
        .withSegmentBytes(config.limits().logSegmentBytes())
        .withMaxBytes(config.limits().logMaxBytes())
        .withCacheBytes((int) config.limits().logCacheBytes());
  }

  private static List<PgBackend> ports(
      ClusterConfig config, Environment environment, UUID clusterId) {
    List<PgBackend> ports = new ArrayList<>();
    for (BackendConfig backend : config.backends()) {
      ports.add(
          new PgBackend(
              backend.id(),
              environment,
              clusterId,
              backend.url(),
              backend.user(),
              backend.password(),
              backend.vendorProperties(),
              config.limits().connectTimeout(),
              config.limits().controlSocketTimeout(),
              config.limits().probeTimeout()));
    }
    return ports;
  }
}
