package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.jdbc.Drivers;

/**
 * Users come and go, or one changes its password often: what they leave at the servers is bounded.
 */
class ManyUsersIT {
  private static final int CLIENTS = 4;
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static ServerPair pair;
  private final Driver driver = Drivers.plain();

  @BeforeAll
  static void start() throws Exception {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  /** The servers trust everybody, so that each password is as good as another user. */
  private Connection connect(String password) throws SQLException {
    return connect(ServerPair.ROLE, password);
  }

  private Connection connect(String user, String password) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    Connection connection = driver.connect(pair.tandemUrl() + "&max_idle_users=2", properties);
    if (connection == null) {
      throw new SQLException("not a URL of Tandem", "08001");
    }
    return connection;
  }

  /**
   * An entry with DDL is applied under its client's role, which may not write Tandem's own tables:
   * what the sequence has reserved is among them.
   */
  @Test
  void anotherUserMayMakeATableAndFillItInOneTransaction() throws Exception {
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE ROLE maker LOGIN", "GRANT maker TO " + ServerPair.ROLE);
      server.execute(ServerPair.DATABASE, "GRANT CREATE ON SCHEMA public TO maker");
    }
    try (Connection connection = connect("maker", "");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("CREATE TABLE made (id serial PRIMARY KEY, n int)");
      statement.execute("INSERT INTO made (n) VALUES (1), (2)");
      statement.execute("CREATE INDEX ON made (n)");
      connection.commit();
      connection.setAutoCommit(true);
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    try (Connection replica =
            DriverManager.getConnection(pair.server("b").url(ServerPair.DATABASE));
        Statement ask = replica.createStatement();
        ResultSet rows = ask.executeQuery("SELECT sum(id * 10 + n) FROM made")) {
      rows.next();
      assertThat(rows.getInt(1)).isEqualTo(11 + 22);
    }
  }

  /** Elsewhere it would run under that user's role: one copy alone would have it. */
  @Test
  void whoseRoleTandemCannotTakeChangesNoSchema() throws Exception {
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE ROLE stranger LOGIN");
      server.execute(ServerPair.DATABASE, "GRANT CREATE ON SCHEMA public TO stranger");
    }
    try (Connection connection = connect("stranger", "");
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("CREATE TABLE strange (id int PRIMARY KEY)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"))
          .hasMessageContaining("stranger");
      connection.setAutoCommit(false);
      statement.execute("CREATE TABLE strange (id int PRIMARY KEY)");
      assertThatThrownBy(connection::commit).hasMessageContaining("stranger");
      connection.rollback();
      for (PostgresServer server : pair.servers()) {
        server.execute("postgres", "GRANT stranger TO " + ServerPair.ROLE);
      }
      statement.execute("CREATE TABLE strange (id int PRIMARY KEY)");
      statement.execute("INSERT INTO strange VALUES (1)");
      connection.commit();
      connection.setAutoCommit(true);
      TandemStatus.awaitEverything(connection, LIMIT);
      statement.execute("DROP TABLE strange");
    }
  }

  /** A grant that only the primary has says nothing of the data: the other copy waits for it. */
  @Test
  void aRoleThatOnlyThePrimaryLetsTandemTakeMakesTheReplicaWait() throws Exception {
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE ROLE halfway LOGIN");
      server.execute(ServerPair.DATABASE, "GRANT CREATE ON SCHEMA public TO halfway");
    }
    try (Connection connection = connect("halfway", "");
        Statement statement = connection.createStatement()) {
      TandemStatus.awaitEverything(connection, LIMIT);
      String primary = TandemStatus.read(connection).primary().orElseThrow();
      String replica = primary.equals("a") ? "b" : "a";
      String grant = "GRANT halfway TO " + ServerPair.ROLE;
      pair.server(primary).execute("postgres", grant);
      statement.execute("CREATE TABLE half (id int PRIMARY KEY)");
      statement.execute("INSERT INTO half VALUES (1)");
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (TandemStatus.read(connection).events().stream()
          .noneMatch(event -> event.text().contains("DDL of the role halfway waits"))) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        LockSupport.parkNanos(1_000_000);
      }
      assertThat(TandemStatus.read(connection).backends())
          .noneMatch(backend -> backend.state().equals("DIVERGED"));
      pair.server(replica).execute("postgres", grant);
      TandemStatus.awaitEverything(connection, LIMIT);
      pair.server(replica).execute(ServerPair.DATABASE, "SELECT id FROM half");
      statement.execute("DROP TABLE half");
    }
  }

  private static int clientSessions() throws SQLException {
    try (Connection admin = DriverManager.getConnection(pair.server("a").url(ServerPair.DATABASE));
        Statement ask = admin.createStatement();
        ResultSet count =
            ask.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tandem client'")) {
      count.next();
      return count.getInt(1);
    }
  }

  @Test
  void linksOfUsersThatAreGoneAreClosedBeyondTheBound() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try (Connection first = connect("first");
        Statement statement = first.createStatement()) {
      statement.execute("CREATE TABLE visit (id serial PRIMARY KEY, who text)");
      for (int user = 0; user < 8; user++) {
        String password = "p" + user;
        List<Future<Boolean>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
          clients.add(threads.submit(() -> visit(password)));
        }
        for (Future<Boolean> client : clients) {
          assertThat(client.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
      }
      // One link of the first user; those of two users that are gone.
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (clientSessions() > 1 + 2 * CLIENTS) {
        assertThat(System.nanoTime()).as("sessions: " + clientSessions()).isLessThan(deadline);
        LockSupport.parkNanos(1_000_000);
      }
      assertThat(clientSessions()).as("kept for who comes again").isGreaterThan(1);
      try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM visit")) {
        rows.next();
        assertThat(rows.getInt(1)).isEqualTo(8 * CLIENTS * 20);
      }
      linksAreAsANewOneIs("p7");
    } finally {
      threads.shutdownNow();
    }
  }

  /** A lane for shared INSERTs had a lock_timeout of its own. */
  private void linksAreAsANewOneIs(String password) throws SQLException {
    List<Connection> open = new ArrayList<>();
    try {
      for (int i = 0; i < CLIENTS + 2; i++) {
        Connection connection = connect(password);
        open.add(connection);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
          statement.executeUpdate("INSERT INTO visit (who) VALUES ('again')");
          try (ResultSet setting = statement.executeQuery("SHOW lock_timeout")) {
            setting.next();
            assertThat(setting.getString(1)).isEqualTo("0");
          }
        }
      }
    } finally {
      for (Connection connection : open) {
        connection.rollback();
        connection.close();
      }
    }
  }

  private boolean visit(String password) throws SQLException {
    try (Connection connection = connect(password);
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO visit (who) VALUES (?)")) {
      for (int i = 0; i < 20; i++) {
        insert.setString(1, password);
        insert.executeUpdate();
      }
    }
    return true;
  }
}
