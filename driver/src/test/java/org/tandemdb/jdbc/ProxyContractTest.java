package org.tandemdb.jdbc;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;

/** PostgreSQL's own driver keeps through the proxy, over two servers, what it keeps without. */
final class ProxyContractTest extends SurfaceContract {
  @TempDir private static Path directory;
  private static EmbeddedPostgres a;
  private static EmbeddedPostgres b;
  private static ProxyServer proxy;

  @BeforeAll
  static void start() throws IOException {
    a = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    b = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    Path file = directory.resolve("cluster.yaml");
    Files.writeString(
        file,
        "listen: 127.0.0.1:0\ndatabases:\n  postgres:\n    log: ./log\n    backends:\n"
            + backend("a", a)
            + backend("b", b));
    proxy = ProxyServer.start(ProxyConfig.of(ClusterFile.read(file)));
  }

  private static String backend(String name, EmbeddedPostgres server) {
    return "      - { name: "
        + name
        + ", url: \"jdbc:postgresql://localhost:"
        + server.getPort()
        + "/postgres\", user: postgres }\n";
  }

  @AfterAll
  static void end() throws IOException {
    proxy.close(Duration.ofSeconds(2));
    a.close();
    b.close();
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + proxy.address().getPort() + "/postgres?user=postgres");
  }

  @Test
  @Disabled("PostgreSQL's own driver shows every schema, Tandem's too")
  @Override
  void descriptionsShowTheApplicationsSchemasAndNoOthers() {
    throw new UnsupportedOperationException();
  }
}
