package org.tandemdb.it.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
  @TempDir Path directory;

  @Test
  void keepsCommittedRowsOverAKillAndLosesNoProcess() throws Exception {
    try (PostgresServer server = PostgresServer.create("a", directory.resolve("a"), Map.of())) {
      server.start();
      server.execute("postgres", "CREATE TABLE t (i int)", "INSERT INTO t VALUES (42)");
      int port = server.port();
      try (Connection client = DriverManager.getConnection(server.url("postgres"));
          Statement statement = client.createStatement()) {
        statement.execute("SELECT 1");
        List<Long> pids = server.pids();
        assertThat(pids).hasSizeGreaterThan(4);

        server.kill9();

        assertThat(server.isRunning()).isFalse();
        assertThat(pids)
            .allMatch(pid -> ProcessHandle.of(pid).map(PostgresServer::hasEnded).orElse(true));
        assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
      }
      server.start();
      assertThat(server.port()).isEqualTo(port);
      try (Connection client = DriverManager.getConnection(server.url("postgres"));
          Statement statement = client.createStatement();
          ResultSet rows = statement.executeQuery("SELECT i FROM t")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(42);
      }
      assertThat(server.logTail(50)).contains("was not properly shut down");
    }
  }

  @Test
  void stopsInOrderAndRemovesItsDirectoryWhenClosed() throws Exception {
    Path own = directory.resolve("b");
    PostgresServer server = PostgresServer.create("b", own, Map.of("fsync", "off"));
    server.start();
    server.stop();
    assertThat(server.isRunning()).isFalse();
    assertThat(server.logTail(5)).contains("database system is shut down");
    server.close();
    assertThat(own).doesNotExist();
  }
}
