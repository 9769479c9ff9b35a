package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A user whom no server takes hears so when it connects, as it does from one server. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LoginTest {
  private static final int CLIENTS = 20;

  private final TandemDriver driver =
      new TandemDriver(new EngineRegistry(EmbeddedEngine::open, Duration.ZERO));

  @TempDir private static Path directory;
  private static final List<EmbeddedPostgres> SERVERS = new ArrayList<>();
  private @Nullable Connection keeper;

  @BeforeAll
  static void start() throws IOException, SQLException {
    Path rules = directory.resolve("hba");
    Files.writeString(
        rules,
        "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
            + "local all all trust\nhost all all ::1/128 scram-sha-256\n");
    for (int i = 0; i < 2; i++) {
      EmbeddedPostgres server =
          EmbeddedPostgres.builder()
              .setServerConfig("fsync", "off")
              .setServerConfig("hba_file", rules.toString())
              .start();
      SERVERS.add(server);
      try (Connection direct = server.getPostgresDatabase().getConnection();
          Statement statement = direct.createStatement()) {
        statement.execute("CREATE ROLE app LOGIN PASSWORD 'right'");
        statement.execute("CREATE ROLE barred PASSWORD 'right'");
        statement.execute("CREATE ROLE pooled LOGIN PASSWORD 'right'");
      }
    }
  }

  @AfterAll
  static void end() throws IOException {
    for (EmbeddedPostgres server : SERVERS) {
      server.close();
    }
  }

  /** The engine ends with its last connection. */
  @BeforeEach
  void keepTheEngine() throws SQLException {
    keeper = connect("postgres", "");
  }

  @AfterEach
  void letItGo() throws SQLException {
    if (keeper != null) {
      keeper.close();
    }
  }

  private Connection connect(String user, String password) throws SQLException {
    StringBuilder url = new StringBuilder("jdbc:tandem:[");
    String separator = "";
    for (EmbeddedPostgres server : SERVERS) {
      url.append(separator).append(server.getJdbcUrl("postgres", "postgres"));
      separator = ",";
    }
    url.append("]?names=a,b&failover_patience=1s&log=").append(directory.resolve("log"));
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    Connection connection = driver.connect(url.toString(), properties);
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  private void isRefused(String sqlState, String user, String password) {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> connect(user, password).close())
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState))
          .hasMessageContaining(user);
    }
  }

  private static int sessions(String user) throws SQLException {
    int sessions = 0;
    for (EmbeddedPostgres server : SERVERS) {
      try (Connection direct = server.getPostgresDatabase().getConnection();
          Statement statement = direct.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + user + "'")) {
        rows.next();
        sessions += rows.getInt(1);
      }
    }
    return sessions;
  }

  @Test
  void whomNoServerTakesIsToldWhenItConnects() throws SQLException {
    isRefused("28P01", "app", "wrong");
    isRefused("28P01", "nobody", "right");
    isRefused("28000", "barred", "right");
    try (Connection app = connect("app", "right");
        Statement statement = app.createStatement();
        ResultSet rows = statement.executeQuery("SELECT current_user")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("app");
      isRefused("28P01", "app", "wrong"); // whoever else is in
      // PostgreSQL's driver has nothing to show, and does not ask the server.
      assertThatThrownBy(() -> connect("app", "").close())
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08004"));
      try (ResultSet status = statement.executeQuery("SHOW TANDEM STATUS")) {
        while (status.next()) {
          assertThat(status.getString("state")).isIn("ONLINE", "CATCHING_UP");
        }
      }
    }
  }

  @Test
  void aPoolPaysForOneLogin() throws Exception {
    List<Connection> connections = new ArrayList<>();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      CyclicBarrier together = new CyclicBarrier(CLIENTS);
      List<Future<Connection>> opening = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        opening.add(
            clients.submit(
                () -> {
                  together.await(30, TimeUnit.SECONDS);
                  return connect("pooled", "right");
                }));
      }
      for (Future<Connection> one : opening) {
        connections.add(one.get(60, TimeUnit.SECONDS));
      }
      connections.add(connect("pooled", "right"));
      assertThat(sessions("pooled")).isEqualTo(1);
    } finally {
      clients.shutdownNow();
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  @Test
  @Order(Integer.MAX_VALUE) // there are no servers after it
  void whereNoServerAnswersAConnectionIsGivenAsEver() throws Exception {
    try (Connection app = connect("app", "right");
        Statement statement = app.createStatement()) {
      for (EmbeddedPostgres server : SERVERS) {
        server.close();
      }
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      String state = "";
      while (!"57P03".equals(state) && System.nanoTime() - deadline < 0) {
        try (ResultSet rows = statement.executeQuery("SELECT 1")) {
          state = "00000";
        } catch (SQLException e) {
          state = String.valueOf(e.getSQLState());
        }
        LockSupport.parkNanos(2_000_000);
      }
      assertThat(state).isEqualTo("57P03");
      connect("app", "who knows").close();
    }
  }
}
