package org.tandemdb.proxy.pg;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.cluster.FirstStart;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.CommitMode;
import org.tandemdb.config.Limits;
import org.tandemdb.engine.Engine;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.log.LocalReplicationLog;
import org.tandemdb.log.LogOptions;
import org.tandemdb.plan.SqlPlanner;
import org.tandemdb.session.ReadLevel;

/** Two real servers, and the real log, planner and cluster over Netty's links. */
final class NettyCluster implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  final List<EmbeddedPostgres> servers = new ArrayList<>();
  final List<NettyPort> ports = new ArrayList<>();
  final Engine<NettyLink> engine;
  private final SystemEnvironment environment = new SystemEnvironment("engine", 8);
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  NettyCluster(Path directory) throws Exception {
    for (int i = 0; i < 2; i++) {
      servers.add(EmbeddedPostgres.builder().setServerConfig("fsync", "off").start());
    }
    ClusterConfig config =
        new ClusterConfig(
            "shop",
            directory,
            new ReadLevel.Strong(),
            CommitMode.DURABLE,
            servers.stream().map(this::backend).toList(),
            Limits.of(Map.of()));
    LocalReplicationLog log =
        LocalReplicationLog.open(
            directory.resolve("log"), LogOptions.defaults(), environment, Runnable::run);
    for (int i = 0; i < 2; i++) {
      ports.add(port(config, i, log));
    }
    FirstStart start = FirstStart.inspect(ports);
    start.checkAgainst(log.info().clusterId(), log.info().head(), true);
    start.initialise(ports.stream().map(NettyPort::control).toList(), log.info().clusterId());
    engine =
        Engine.<NettyLink>start(
                config,
                log,
                environment,
                ports,
                new SqlPlanner(config.limits().planCacheEntries()),
                (link, executor) -> {
                  // Its work is the event loop's, whoever uses it.
                },
                new NettyDialect("postgres"))
            .toCompletableFuture()
            .get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  private BackendConfig backend(EmbeddedPostgres server) {
    return new BackendConfig(
        new BackendId(Character.toString('a' + servers.indexOf(server))),
        url(server),
        "postgres",
        "",
        Map.of(),
        1);
  }

  private static String url(EmbeddedPostgres server) {
    return "jdbc:postgresql://localhost:" + server.getPort() + "/postgres";
  }

  private NettyPort port(ClusterConfig config, int index, LocalReplicationLog log) {
    return new NettyPort(
        new PgBackend(
            config.backends().get(index).id(),
            environment,
            log.info().clusterId(),
            url(servers.get(index)),
            "postgres",
            "",
            Map.of(),
            TIMEOUT,
            TIMEOUT,
            TIMEOUT),
        new InetSocketAddress("localhost", servers.get(index).getPort()),
        "postgres",
        ServerTls.NONE,
        loops,
        TIMEOUT,
        environment.scheduler()::execute);
  }

  List<String> rows(int server, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = servers.get(server).getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    engine.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    environment.close();
    for (EmbeddedPostgres server : servers) {
      server.close();
    }
  }
}
