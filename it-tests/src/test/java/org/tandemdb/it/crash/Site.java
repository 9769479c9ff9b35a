package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.jdbc.Drivers;

/**
 * Where a crash happens: a database of its own on both servers, a log of its own, the victims that
 * wrote there, and what they were promised.
 */
final class Site {
  /** A query for the processes that serve clients. */
  static final String CLIENT_SESSIONS =
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
          + " AND application_name = 'tandem client'";

  private static final AtomicInteger SITES = new AtomicInteger();
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();
  private static final int CLIENTS = 6;

  private final ServerPair pair;
  private final String database = "site_" + SITES.incrementAndGet();
  private final Path log;
  private final Set<String> acknowledged = new TreeSet<>();
  private final Set<String> denied = new HashSet<>();
  private final Map<String, String> asked = new TreeMap<>();
  private int victims;

  /** With the victims' tables on both servers. */
  Site(ServerPair pair) throws SQLException {
    this.pair = pair;
    this.log = pair.directory().resolve("log-" + database);
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + database + " OWNER " + ServerPair.ROLE);
      try (Connection connection =
              DriverManager.getConnection(server.url(database, ServerPair.ROLE));
          Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE TABLE act (id bigserial PRIMARY KEY, token text NOT NULL, part int NOT NULL,"
                + " at timestamptz NOT NULL DEFAULT now());"
                + " CREATE TABLE tally (id int PRIMARY KEY, n int NOT NULL);"
                + " INSERT INTO tally SELECT i, 0 FROM generate_series(0, 15) i");
      }
    }
  }

  Path log() {
    return log;
  }

  String database() {
    return database;
  }

  PostgresServer server(String name) {
    return pair.server(name);
  }

  /**
   * The cluster's URL.
   *
   * @param parameters more of them, {@code key=value} each
   */
  String url(String... parameters) {
    List<PostgresServer> servers = pair.servers();
    StringBuilder url = new StringBuilder("jdbc:tandem:[");
    for (PostgresServer server : servers) {
      url.append(server == servers.get(0) ? "" : ",");
      url.append(server.url(database, ServerPair.ROLE));
    }
    url.append("]?names=a,b&log_segment_bytes=1MiB&log=").append(log);
    for (String parameter : parameters) {
      url.append('&').append(parameter);
    }
    return url.toString();
  }

  /** Starts a victim that writes with several clients. */
  VictimProcess victim(String trap) throws IOException {
    return victim(CLIENTS, trap);
  }

  VictimProcess victim(int clients, String trap) throws IOException {
    return VictimProcess.start(url(), clients, trap, Integer.toString(++victims));
  }

  /** Waits until the victim has ended in its trap, and takes down what it was promised. */
  void endsInItsTrap(VictimProcess victim) throws InterruptedException {
    assertThat(victim.awaitEnd()).as(() -> victim.others().toString()).isEqualTo(Trap.EXIT);
    remember(victim);
  }

  void kill9(VictimProcess victim) throws InterruptedException {
    victim.kill9();
    remember(victim);
  }

  private void remember(VictimProcess victim) {
    acknowledged.addAll(victim.acknowledged());
    denied.addAll(victim.denied());
    asked.putAll(victim.asked());
  }

  /** A connection of an engine in this process, which ends with it. */
  Connection connect(String... parameters) throws SQLException {
    return connect(Drivers.plain(), parameters);
  }

  Connection connect(Driver driver, String... parameters) throws SQLException {
    Connection connection = driver.connect(url(parameters), new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  Connection direct(String server) throws SQLException {
    return DriverManager.getConnection(pair.server(server).url(database));
  }

  /**
   * Opens an engine on what the crash has left, waits until both backends hold everything, and
   * checks every promise.
   */
  void recoversWithEveryPromiseKept() throws SQLException {
    try (Connection connection = connect()) {
      awaitBothHoldEverything(connection);
      try (Statement statement = connection.createStatement()) {
        statement.execute("INSERT INTO act (token, part) VALUES ('s-afterwards', 1)");
      }
      awaitBothHoldEverything(connection);
      outcomesAreKnown(connection);
    }
    promisesAreKept();
  }

  /** † Of each transaction that was about to be committed it is known whether it was. */
  private void outcomesAreKnown(Connection connection) throws SQLException {
    try (Connection a = direct("a");
        Statement statement = connection.createStatement()) {
      Set<String> found = tokens(a);
      for (Map.Entry<String, String> one : asked.entrySet()) {
        try (ResultSet row =
            statement.executeQuery("SHOW TANDEM OUTCOME '" + one.getValue() + "'")) {
          row.next();
          assertThat(row.getString("outcome"))
              .as(one.getKey())
              .isEqualTo(found.contains(one.getKey()) ? "committed" : "not committed");
        }
      }
    }
  }

  /** What an administrator does: ends all sessions of clients, and waits until they are gone. */
  void endEveryClientSession(String server) throws SQLException {
    try (Connection connection = direct(server);
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_terminate_backend(pid) FROM (" + CLIENT_SESSIONS + ") s");
    }
    await(server, "SELECT count(*) = 0 FROM (" + CLIENT_SESSIONS + ") s");
  }

  static void awaitBothHoldEverything(Connection connection) throws SQLException {
    TandemStatus.awaitEverything(connection, LIMIT);
  }

  /** Nothing acknowledged is missing, nothing is there twice or in part, both are equal. */
  void promisesAreKept() throws SQLException {
    try (Connection a = direct("a");
        Connection b = direct("b")) {
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
      assertThat(comparison.tables()).isGreaterThanOrEqualTo(2);
      Set<String> found = tokens(a);
      assertThat(acknowledged).as("acknowledged").isSubsetOf(found);
      assertThat(denied).as("rolled back").doesNotContainAnyElementsOf(found);
      talliesMatch(a);
    }
  }

  /** Every token that is there; each once and whole. */
  private static Set<String> tokens(Connection connection) throws SQLException {
    Set<String> found = new HashSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT token, count(*), string_agg(part::text, '+' ORDER BY part)"
                    + " FROM act GROUP BY token")) {
      while (rows.next()) {
        String token = rows.getString(1);
        if (!token.equals("s-afterwards")) {
          assertThat(rows.getString(3)).as(token).isEqualTo(token.startsWith("t") ? "1+2" : "1");
        }
        found.add(token);
      }
    }
    return found;
  }

  /** A transaction's update happened as often as its insert. */
  private static void talliesMatch(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT t.id, t.n, (SELECT count(*) FROM act a WHERE a.part = 2"
                    + " AND split_part(a.token, '-', 3) = t.id::text) FROM tally t")) {
      while (rows.next()) {
        assertThat(rows.getLong(2)).as("tally %d", rows.getLong(1)).isEqualTo(rows.getLong(3));
      }
    }
  }

  /** Waits until a query on one server answers {@code t}. */
  void await(String server, String sql) throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (Connection connection = direct(server);
        Statement statement = connection.createStatement()) {
      while (true) {
        try (ResultSet rows = statement.executeQuery(sql)) {
          rows.next();
          if (rows.getBoolean(1)) {
            return;
          }
        }
        if (System.nanoTime() > deadline) {
          throw new AssertionError("in vain on " + server + ": " + sql);
        }
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s, %d acknowledged", database, acknowledged.size());
  }
}
