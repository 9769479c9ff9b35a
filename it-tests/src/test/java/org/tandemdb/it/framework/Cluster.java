package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.tandemdb.it.fuzz.Catalogs;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.jdbc.Drivers;

/**
 * A database and a log of one test's own, on two servers that all tests of this JVM share. The
 * engine lives as long as the cluster is open. The servers end with the JVM.
 */
final class Cluster implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

  /** Not flushed: a killed process leaves its files to the system, which lives on. */
  private static final Map<String, String> SETTINGS =
      Map.of("fsync", "off", "max_connections", "200", "autovacuum", "off");

  /** Numbers that a sequence would hand out again. */
  private static final String BEHIND =
      "SELECT format('SELECT %L WHERE (SELECT max(%I) FROM %I.%I) > greatest("
          + "(SELECT last_value FROM %I.%I), (SELECT max(reserved) FROM tandem.reservation"
          + " WHERE sequence_schema = %L AND sequence_name = %L))', s.relname, a.attname,"
          + " n.nspname, t.relname, m.nspname, s.relname, m.nspname, s.relname)"
          + " FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
          + " JOIN pg_namespace m ON m.oid = s.relnamespace"
          + " JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace"
          + " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid"
          + " WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')"
          + " AND n.nspname <> 'tandem'";

  private static @Nullable ServerPair shared;

  private final ServerPair pair;
  private final String database;
  private final Driver driver = Drivers.plain();
  private final Connection watch;

  private Cluster(ServerPair pair, String database) throws SQLException {
    this.pair = pair;
    this.database = database;
    this.watch = open();
    TandemStatus.awaitEverything(watch, LIMIT);
  }

  /**
   * @param name of its database, which no other test has
   * @param tables made on both servers before Tandem sees them
   */
  static Cluster create(String name, String... tables)
      throws IOException, SQLException, InterruptedException {
    ServerPair pair = servers();
    for (PostgresServer server : pair.servers()) {
      server.start(); // an earlier test may have failed with one down
      server.execute("postgres", "CREATE DATABASE " + name + " OWNER " + ServerPair.ROLE);
      try (Connection connection = DriverManager.getConnection(server.url(name, ServerPair.ROLE));
          Statement statement = connection.createStatement()) {
        for (String sql : tables) {
          statement.execute(sql);
        }
      }
    }
    return new Cluster(pair, name);
  }

  private static synchronized ServerPair servers() throws IOException, InterruptedException {
    ServerPair running = shared;
    if (running == null) {
      running = ServerPair.start(2, SETTINGS);
      shared = running;
    }
    return running;
  }

  String url() {
    Path log = pair.directory().resolve("log-" + database);
    return pair.tandemUrl(database, log) + "&log_segment_bytes=1MiB";
  }

  Connection open() throws SQLException {
    Connection connection = driver.connect(url(), new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  DataSource dataSource() {
    return Drivers.dataSource(driver, url());
  }

  /** As an application has it, but that the engine ends with it. */
  HikariDataSource pool(int size) {
    return new HikariDataSource(poolConfig(size));
  }

  HikariConfig poolConfig(int size) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(dataSource());
    config.setMaximumPoolSize(size);
    return config;
  }

  PostgresServer server(String name) {
    return pair.server(name);
  }

  /** For the superuser, past Tandem. */
  Connection direct(String server) throws SQLException {
    return DriverManager.getConnection(pair.server(server).url(database));
  }

  /** The primary's name; waits while there is none in office. */
  String primary() throws SQLException {
    return awaitPrimary("");
  }

  private String awaitPrimary(String other) throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      String name = TandemStatus.read(watch).primary().orElse(other);
      if (!name.equals(other)) {
        return name;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no new primary: " + TandemStatus.read(watch).lastEvents(20));
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /**
   * Kills the primary's postmaster and all its children, and starts the server again when the other
   * one is in office.
   */
  void crash() throws Exception {
    String old = primary();
    server(old).kill9();
    try {
      awaitPrimary(old);
    } finally {
      server(old).start();
    }
  }

  /** How many reads all but the primary have served. */
  long readsOnReplica() throws SQLException {
    return TandemStatus.read(watch).backends().stream()
        .filter(backend -> !backend.isPrimary())
        .mapToLong(TandemStatus.Backend::reads)
        .sum();
  }

  /** All servers are in service and hold everything. */
  void awaitEverything() throws SQLException {
    TandemStatus.awaitEverything(watch, LIMIT);
  }

  /**
   * Both copies have the same rows and definitions, and sequences that hand out no number again.
   *
   * @param tables that there are at least
   */
  void endsEqual(int tables) throws SQLException {
    awaitEverything();
    try (Connection a = direct("a");
        Connection b = direct("b")) {
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
      assertThat(comparison.tables()).isGreaterThanOrEqualTo(tables);
      assertThat(Catalogs.differences(a, b)).isEmpty();
      assertThat(behind(a)).as("sequences of a").isEmpty();
      assertThat(behind(b)).as("sequences of b").isEmpty();
    }
  }

  private static List<String> behind(Connection connection) throws SQLException {
    List<String> found = new ArrayList<>();
    for (String question : texts(connection, BEHIND)) {
      found.addAll(texts(connection, question));
    }
    return found;
  }

  private static List<String> texts(Connection connection, String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  /** A number that {@code sql} gives, through Tandem. */
  long number(String sql) throws SQLException {
    try (Statement statement = watch.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** The one text that {@code sql} gives, or nothing for null. */
  String text(String sql) throws SQLException {
    try (Statement statement = watch.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      String text = rows.getString(1);
      return text == null ? "" : text;
    }
  }

  void execute(String... statements) throws SQLException {
    try (Statement statement = watch.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    watch.close();
  }
}
