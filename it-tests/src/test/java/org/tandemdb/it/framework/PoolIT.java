package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.metrics.IMetricsTracker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tandemdb.it.server.Signals;

/** HikariCP over the driver: its pool neither drains nor leaks, whatever dies behind it. */
class PoolIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int SIZE = 5;
  private static final int FAILOVERS = 10;

  /** A client's session on the server; one that is killed makes all of it start anew. */
  private static final String SESSION =
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
          + " AND application_name = 'tandem client' LIMIT 1";

  private static HikariDataSource pool(Cluster cluster, AtomicInteger made) {
    HikariConfig config = cluster.poolConfig(SIZE);
    config.setMinimumIdle(SIZE);
    config.setMetricsTrackerFactory(
        (name, stats) ->
            new IMetricsTracker() {
              @Override
              public void recordConnectionCreatedMillis(long millis) {
                made.incrementAndGet();
              }
            });
    return new HikariDataSource(config);
  }

  /**
   * Autocommit statements never fail, transactions get 40001 at most, and no connection of the pool
   * is made anew: what dies is not theirs.
   */
  @Test
  void tenFailoversCostThePoolNoConnection() throws Exception {
    AtomicInteger made = new AtomicInteger();
    Retry retry = new Retry();
    try (Cluster cluster =
            Cluster.create("pool", "CREATE TABLE seen (id bigserial PRIMARY KEY, kind text)");
        HikariDataSource pool = pool(cluster, made)) {
      HikariPoolMXBean bean = pool.getHikariPoolMXBean();
      await("filled", () -> bean.getIdleConnections() == SIZE);
      int before = made.get();
      int rounds;
      int failovers = 0;
      try (Clients clients =
          Clients.start(
              4,
              (client, round) -> {
                autocommit(pool);
                retry.call(() -> transaction(pool));
              })) {
        for (int i = 0; i < FAILOVERS; i++) {
          clients.awaitMore(8);
          String old = cluster.primary();
          killASession(cluster, old);
          clients.awaitMore(8);
          failovers += cluster.primary().equals(old) ? 0 : 1;
          cluster.awaitEverything();
        }
        rounds = clients.stop();
      }
      assertThat(failovers).as("failovers").isPositive();
      assertThat(retry.count()).as("transactions that were run again").isPositive();
      assertThat(made.get() - before).as("connections made anew").isZero();
      await("all given back", () -> bean.getIdleConnections() == SIZE);
      assertThat(bean.getActiveConnections()).isZero();
      assertThat(bean.getTotalConnections()).isEqualTo(SIZE);
      assertThat(bean.getThreadsAwaitingConnection()).isZero();
      assertThat(cluster.number("SELECT count(*) FROM seen WHERE kind = 'auto'")).isEqualTo(rounds);
      assertThat(cluster.number("SELECT count(*) FROM seen WHERE kind = 'block'"))
          .isEqualTo(2L * rounds);
      cluster.endsEqual(1);
    }
  }

  private static void killASession(Cluster cluster, String server)
      throws SQLException, InterruptedException {
    long pid;
    try (Connection connection = cluster.direct(server);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SESSION)) {
      row.next();
      pid = row.getLong(1);
    }
    Signals.send(pid, "KILL");
  }

  private static void autocommit(HikariDataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO seen (kind) VALUES (?)");
        PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM seen")) {
      insert.setString(1, "auto");
      assertThat(insert.executeUpdate()).isEqualTo(1);
      try (ResultSet row = count.executeQuery()) {
        assertThat(row.next()).isTrue();
      }
    }
  }

  private static boolean transaction(HikariDataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO seen (kind) VALUES ('block')")) {
        insert.executeUpdate();
        insert.executeUpdate();
        connection.commit();
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    }
    return true;
  }

  /** With a cursor, rows come from the server while they are read. */
  @Test
  void rowsThatAreBeingReadWhenTheirServerDiesEndWith40001EachTimeTheyAreAsked() throws Exception {
    AtomicInteger made = new AtomicInteger();
    try (Cluster cluster =
            Cluster.create(
                "pool_rows",
                "CREATE TABLE much (id int PRIMARY KEY, v text)",
                "INSERT INTO much SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) i");
        HikariDataSource pool = pool(cluster, made)) {
      await("filled", () -> pool.getHikariPoolMXBean().getIdleConnections() == SIZE);
      int before = made.get();
      try (Connection connection = pool.getConnection()) {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
          statement.setFetchSize(10);
          statement.execute("LOCK TABLE much IN ROW SHARE MODE"); // on the primary
          ResultSet rows = statement.executeQuery("SELECT id, v FROM much");
          assertThat(rows.next()).isTrue();
          cluster.crash();
          for (int i = 0; i < 2; i++) {
            SQLException e = catchThrowableOfType(SQLException.class, () -> readsOn(rows));
            assertThat(e.getSQLState()).isEqualTo("40001");
            assertThat(e.getMessage()).contains("Run it again");
          }
          SQLException e = catchThrowableOfType(SQLException.class, () -> readsOn(rows));
          assertThat(e.getSQLState()).isEqualTo("40001");
        }
        connection.rollback();
        assertThat(connection.isValid(5)).isTrue();
      }
      assertThat(made.get() - before).as("connections made anew").isZero();
      cluster.endsEqual(1);
    }
  }

  private static void readsOn(ResultSet rows) throws SQLException {
    while (rows.next()) {
      continue;
    }
  }

  /**
   * What HikariCP makes of the SQLStates that Tandem gives: {@code docs/applications.md} has the
   * table. Held against HikariCP's own code, which a new release may change.
   */
  @ParameterizedTest
  @CsvSource({
    "0A000, true", "08003, true", "08007, true", "57P01, true", "57P03, true",
    "40001, false", "25006, false", "25P02, false", "34000, false", "53100, false",
    "53300, false", "54000, false", "55000, false", "55006, false", "55P03, false",
    "57014, false", "58000, false", "58030, false", "XX000, false", "23505, false"
  })
  void whatEvictsAConnectionIsKnown(String sqlState, boolean evicted) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setDataSource(FailingSource.withSqlState(sqlState));
    config.setMaximumPoolSize(1);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      try (Connection connection = pool.getConnection()) {
        SQLException e = catchThrowableOfType(SQLException.class, connection::createStatement);
        assertThat(e.getSQLState()).isEqualTo(sqlState);
        assertThat(connection.isClosed()).isEqualTo(evicted);
      }
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("in vain: " + what);
      }
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }
}
