package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** Updatable ResultSets over two servers: equal copies, a failover meanwhile, numbers of tables. */
@Timeout(180)
class UpdatableRowsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void table() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "DROP TABLE IF EXISTS item, part");
      run(
          connection,
          "CREATE TABLE item (id serial PRIMARY KEY, name text, raw bytea,"
              + " at timestamptz DEFAULT now(), lot float8 DEFAULT random())");
      run(connection, "INSERT INTO item (name) SELECT 'n' || g FROM generate_series(1, 20) g");
    }
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "no row";
    }
  }

  private static Statement updatable(Connection connection) throws SQLException {
    return connection.createStatement(
        ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
  }

  private static void assertEqualCopies(Connection connection, int tables) throws SQLException {
    TandemStatus.awaitEverything(connection, LIMIT);
    try (Connection a = DriverManager.getConnection(pair.server("a").url(ServerPair.DATABASE));
        Connection b = DriverManager.getConnection(pair.server("b").url(ServerPair.DATABASE))) {
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
      assertThat(comparison.tables()).isEqualTo(tables);
    }
  }

  @Test
  void bothCopiesGetWhatARowHasBecome() throws SQLException {
    try (Connection connection = connect()) {
      run(
          connection,
          "CREATE TABLE part (id int, k int, v timestamptz DEFAULT now(), PRIMARY KEY (id, k))"
              + " PARTITION BY LIST (k)");
      run(connection, "CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1)");
      run(connection, "CREATE TABLE part_2 PARTITION OF part FOR VALUES IN (2)");
      run(connection, "INSERT INTO part SELECT g, 1 FROM generate_series(1, 10) g");
      for (boolean inTransaction : new boolean[] {false, true}) {
        connection.setAutoCommit(!inTransaction);
        try (Statement statement = updatable(connection);
            ResultSet rows = statement.executeQuery("SELECT * FROM item ORDER BY id")) {
          rows.next();
          rows.updateCharacterStream("name", new StringReader("x".repeat(100_000)), 100_000);
          rows.updateBinaryStream("raw", new ByteArrayInputStream(new byte[50_000]), 50_000);
          rows.updateTimestamp("at", new Timestamp(1_000_000_123L));
          rows.updateRow();
          rows.next();
          rows.updateInt("id", 1000 + rows.getInt("id"));
          rows.updateRow();
          rows.next();
          rows.deleteRow();
          rows.moveToInsertRow();
          rows.updateString("name", "added");
          rows.insertRow();
          assertThat(rows.getDouble("lot")).isBetween(0.0, 1.0);
          assertThat(rows.getTimestamp("at")).isNotNull();
        }
        try (Statement statement = updatable(connection);
            ResultSet rows = statement.executeQuery("SELECT * FROM part WHERE k = 1 ORDER BY id")) {
          rows.next();
          rows.updateInt("k", 2);
          rows.updateRow();
          rows.next();
          rows.deleteRow();
        }
      }
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(text(connection, "SELECT count(*) FROM part_2")).isEqualTo("2");
      assertThat(text(connection, "SELECT count(*) FROM item WHERE id > 1000")).isEqualTo("2");
      assertEqualCopies(connection, 3);
    }
  }

  /** A table has another number on each server, and either may be the one that is read. */
  @Test
  void theServerThatWasReadIsAskedForItsOwnNumbers() throws SQLException {
    try (Connection connection = connect();
        Connection busy = connect()) {
      run(connection, "DROP TABLE item");
      for (int i = 0; i < 5; i++) {
        pair.server("b").execute(ServerPair.DATABASE, "CREATE TEMP TABLE spent (id int)");
      }
      run(connection, "CREATE TABLE item (id int PRIMARY KEY, n int)");
      run(connection, "INSERT INTO item VALUES (1, 0), (2, 0)");
      TandemStatus.awaitEverything(connection, LIMIT);
      assertThat(number("a")).isNotEqualTo(number("b"));
      // The primary has something to do, so whoever may read elsewhere does.
      busy.setAutoCommit(false);
      run(busy, "UPDATE item SET n = 1 WHERE id = 2");
      for (int i = 1; i <= 40; i++) {
        // Where its changes go, and where a reader goes who waits for nothing.
        String hint = i % 2 == 0 ? "primary" : "consistency=eventual";
        try (Statement statement = updatable(connection);
            ResultSet rows =
                statement.executeQuery(
                    "/* tandem: " + hint + " */ SELECT * FROM item WHERE id = 1")) {
          rows.next();
          rows.updateInt("n", i);
          rows.updateRow();
        }
      }
      busy.commit();
      assertThat(text(connection, "SELECT n FROM item WHERE id = 1")).isEqualTo("40");
      assertEqualCopies(connection, 1);
    }
  }

  private static String number(String server) throws SQLException {
    try (Connection direct =
        DriverManager.getConnection(pair.server(server).url(ServerPair.DATABASE))) {
      return text(direct, "SELECT 'item'::regclass::oid");
    }
  }

  @Test
  void aRowIsUpdatedThoughThePrimaryWasKilledSinceItWasSelected()
      throws SQLException, IOException, InterruptedException {
    try (Connection connection = connect();
        Statement statement = updatable(connection);
        ResultSet rows = statement.executeQuery("SELECT * FROM item ORDER BY id")) {
      rows.next();
      rows.updateString("name", "before");
      rows.updateRow();
      rows.next();
      rows.updateString("name", "after");
      PostgresServer killed = pair.server(TandemStatus.read(connection).primary().orElseThrow());
      killed.kill9();
      rows.updateRow();
      assertThat(rows.getString("name")).isEqualTo("after");
      assertThat(rows.previous()).isTrue();
      assertThat(rows.getString("name")).isEqualTo("before");
      rows.refreshRow();
      assertThat(rows.getString("name")).isEqualTo("before");
      rows.moveToInsertRow();
      rows.updateString("name", "new");
      rows.insertRow();
      killed.start();
      assertThat(
              text(connection, "SELECT string_agg(name, ' ' ORDER BY id) FROM item WHERE id < 4"))
          .isEqualTo("before after n3");
      assertEqualCopies(connection, 1);
    }
  }

  @Test
  void aTransactionIsLostWithThePrimaryAndSoAreItsUpdates()
      throws SQLException, IOException, InterruptedException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      PostgresServer killed;
      try (Statement statement = updatable(connection);
          ResultSet rows = statement.executeQuery("SELECT * FROM item ORDER BY id FOR UPDATE")) {
        rows.next();
        rows.updateString("name", "lost");
        rows.updateRow();
        try (Connection other = connect()) {
          killed = pair.server(TandemStatus.read(other).primary().orElseThrow());
        }
        killed.kill9();
        rows.next();
        rows.updateString("name", "lost too");
        assertThatThrownBy(rows::updateRow)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
      }
      connection.rollback();
      connection.setAutoCommit(true);
      killed.start();
      assertThat(text(connection, "SELECT count(*) FROM item WHERE name LIKE 'lost%'"))
          .isEqualTo("0");
      assertEqualCopies(connection, 1);
    }
  }
}
