package org.tandemdb.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;
import sun.misc.Signal;

/** A proxy's file is read again while it serves. */
class ReloadsTest {
  private static final String SECRET =
      "SCRAM-SHA-256$4096:c2FsdA==$"
          + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  @TempDir Path directory;

  private String yaml(EmbeddedPostgres server) {
    return """
        listen: 127.0.0.1:0
        admin: { listen: "127.0.0.1:0", token: "first-token-0000" }
        clients: { auth: trust }
        databases:
          shop:
            log: ./log
            limits: { gate_timeout: 1s }
            backends:
              - { name: a, url: "jdbc:postgresql://localhost:%d/postgres", user: postgres }
        """
        .formatted(server.getPort());
  }

  @Test
  void whatCanChangeChangesAndTheRestIsNamed() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(Reloads.class);
    logger.setLevel(Level.INFO);
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    said.start();
    logger.addAppender(said);
    Path file = directory.resolve("cluster.yaml");
    try (EmbeddedPostgres postgres =
        EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      try (Connection admin = postgres.getPostgresDatabase().getConnection();
          Statement statement = admin.createStatement()) {
        statement.execute("CREATE ROLE app LOGIN");
      }
      Files.writeString(file, yaml(postgres));
      ProxyServer server = ProxyServer.start(ProxyConfig.of(ClusterFile.read(file)));
      try (Connection client =
          DriverManager.getConnection(
              "jdbc:postgresql://127.0.0.1:" + server.address().getPort() + "/shop?user=app")) {
        Reloads reloads = new Reloads(file, server);
        reloads.onHangUp();

        Files.writeString(
            file,
            yaml(postgres)
                .replace("listen: 127.0.0.1:0\n", "listen: 127.0.0.1:7\n")
                .replace("first-token", "other-token")
                .replace(
                    "auth: trust", "auth: scram, users: { app: { secret: \"" + SECRET + "\" } }")
                .replace("gate_timeout: 1s", "gate_timeout: 2s, probe_timeout: 3s")
                .replace("log: ./log", "log: ./log\n    commit: applied"));
        Signal.raise(new Signal("HUP"));
        List<String> lines = awaited(said, 7);
        assertThat(lines)
            .containsExactlyInAnyOrder(
                "reloaded: clients.auth (trust before, scram now)",
                "reloaded: clients.users",
                "reloaded: admin.token",
                "reloaded: shop: commit (durable before, applied now)",
                "reloaded: shop: gate_timeout (1s before, 2s now)",
                "needs a restart: listen (127.0.0.1:0 before, 127.0.0.1:7 now)",
                "needs a restart: shop: probe_timeout (2s before, 3s now)");
        assertThat(server.config().admin().orElseThrow().token()).hasValue("other-token-0000");
        assertThat(shown(client, "gate_timeout")).isEqualTo("2s");
        assertThat(shown(client, "probe_timeout")).isEqualTo("2s");
        assertThat(shown(client, "commit")).isEqualTo("applied");
        assertThat(shown(client, "clients.auth")).isEqualTo("scram");
        assertThat(shown(client, "listen")).isEqualTo("127.0.0.1:0");
        // Who is in stays in; who comes has to prove who he is.
        assertThatThrownBy(
                () ->
                    DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:"
                            + server.address().getPort()
                            + "/shop?user=app&password=wrong"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));

        said.list.clear();
        Files.writeString(file, yaml(postgres).replace("gate_timeout: 1s", "gate_timeouts: 1s"));
        reloads.reload();
        assertThat(awaited(said, 1).get(0))
            .contains("is not reloaded, what was in force stays", "did you mean 'gate_timeout'?");
        assertThat(shown(client, "gate_timeout")).isEqualTo("2s");
      } finally {
        server.close(Duration.ofSeconds(2));
        logger.detachAppender(said);
      }
    }
  }

  private static String shown(Connection client, String name) throws SQLException {
    try (Statement statement = client.createStatement();
        ResultSet rows = statement.executeQuery("SHOW TANDEM CONFIG")) {
      while (rows.next()) {
        if (rows.getString("name").equals(name)) {
          return rows.getString("value");
        }
      }
    }
    throw new AssertionError(name + " is not shown");
  }

  private static List<String> awaited(ListAppender<ILoggingEvent> said, int lines)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (said.list.size() < lines) {
      assertThat(System.nanoTime()).as("%s", said.list).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
    return new ArrayList<>(said.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }
}
