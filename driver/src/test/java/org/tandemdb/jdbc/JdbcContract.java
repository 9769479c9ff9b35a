package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.util.PGobject;

/**
 * What an application may expect of a JDBC connection to PostgreSQL, whoever answers it. Each table
 * is there twice: {@code t}, and {@code cap}, whose writes a replicating driver captures.
 */
@Timeout(60)
abstract class JdbcContract {
  /** Runs until it is cancelled; no function that waits, which a planner need not trust. */
  private static final String ENDLESS =
      "SELECT count(*) AS cancelled FROM generate_series(1, 1000000) a,"
          + " generate_series(1, 1000000) b";

  Connection connection;

  abstract Connection connect() throws SQLException;

  @BeforeEach
  void open() throws SQLException {
    connection = connect();
    for (String table : List.of("t", "cap")) {
      run("DROP TABLE IF EXISTS " + table);
      run(
          "CREATE TABLE "
              + table
              + " (id serial PRIMARY KEY, name text UNIQUE, amount numeric(12,2) DEFAULT 0)");
    }
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  final void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  final String text(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "no row";
    }
  }

  private long count(String table) throws SQLException {
    return Long.parseLong(text("SELECT count(*) FROM " + table));
  }

  @Test
  void anAutocommitWriteIsSeenByTheNextRead() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (Statement statement = connection.createStatement()) {
        assertThat(statement.executeUpdate("INSERT INTO " + table + " (name) VALUES ('a'), ('b')"))
            .isEqualTo(2);
        assertThat(statement.getResultSet()).isNull();
        assertThat(statement.getUpdateCount()).isEqualTo(2);
        assertThat(statement.getMoreResults()).isFalse();
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
      }
      assertThat(count(table)).isEqualTo(2);
    }
  }

  @Test
  void updateCountsAreTheRowsThatMatched() throws SQLException {
    for (String table : List.of("t", "cap")) {
      run("INSERT INTO " + table + " (name) VALUES ('a'), ('b'), ('c')");
      try (PreparedStatement update =
          connection.prepareStatement("UPDATE " + table + " SET amount = ? WHERE name > ?")) {
        update.setBigDecimal(1, new BigDecimal("7.50"));
        update.setString(2, "a");
        assertThat(update.executeUpdate()).isEqualTo(2);
        update.setString(2, "z");
        assertThat(update.executeUpdate()).isZero();
      }
      assertThat(text("SELECT sum(amount) FROM " + table)).isEqualTo("15.00");
    }
  }

  @Test
  void returningGivesTheClientItsOwnColumnsAndNoOthers() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO " + table + " (name) VALUES (?), (?) RETURNING name, id AS key")) {
        insert.setString(1, "x");
        insert.setString(2, "y");
        assertThat(insert.execute()).isTrue();
        ResultSet rows = insert.getResultSet();
        ResultSetMetaData columns = rows.getMetaData();
        assertThat(columns.getColumnCount()).isEqualTo(2);
        assertThat(columns.getColumnLabel(2)).isEqualTo("key");
        assertThatThrownBy(() -> columns.getColumnLabel(3)).isInstanceOf(SQLException.class);
        assertThatThrownBy(rows::beforeFirst).isInstanceOf(SQLException.class);
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("x");
        assertThat(rows.getInt("key")).isEqualTo(1);
        assertThatThrownBy(() -> rows.getString(3)).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> rows.getString("amount")).isInstanceOf(SQLException.class);
        assertThat(rows.next()).isTrue();
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @Test
  void generatedKeysComeByNameAndAll() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (Statement statement = connection.createStatement()) {
        int rows =
            statement.executeUpdate(
                "INSERT INTO " + table + " (name) VALUES ('a');", Statement.RETURN_GENERATED_KEYS);
        assertThat(rows).isEqualTo(1);
        try (ResultSet keys = statement.getGeneratedKeys()) {
          assertThat(keys.getMetaData().getColumnCount()).isEqualTo(3);
          assertThat(keys.next()).isTrue();
          assertThat(keys.getInt("id")).isEqualTo(1);
          assertThat(keys.getString("name")).isEqualTo("a");
        }
      }
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO " + table + " (name) VALUES (?)", new String[] {"id"})) {
        insert.setString(1, "b");
        assertThat(insert.executeUpdate()).isEqualTo(1);
        try (ResultSet keys = insert.getGeneratedKeys()) {
          assertThat(keys.getMetaData().getColumnCount()).isEqualTo(1);
          assertThat(keys.next()).isTrue();
          assertThat(keys.getLong(1)).isEqualTo(2);
        }
      }
    }
  }

  @Test
  void generatedKeysOfABatchComeTogether() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO " + table + " (name) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
        for (String name : List.of("a", "b", "c")) {
          insert.setString(1, name);
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).containsExactly(1, 1, 1);
        List<Integer> ids = new ArrayList<>();
        try (ResultSet keys = insert.getGeneratedKeys()) {
          while (keys.next()) {
            ids.add(keys.getInt("id"));
          }
        }
        assertThat(ids).containsExactly(1, 2, 3);
      }
    }
  }

  @Test
  void aStatementThatIsAskedForNoKeysHasNone() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("INSERT INTO t (name) VALUES ('a')");
      try (ResultSet keys = statement.getGeneratedKeys()) {
        assertThat(keys.next()).isFalse();
      }
    }
  }

  @Test
  void rollbackLeavesNothingAndCommitAll() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    run("INSERT INTO cap (name) VALUES ('a')");
    connection.rollback();
    assertThat(count("t") + count("cap")).isZero();
    run("INSERT INTO t (name) VALUES ('a')");
    run("INSERT INTO cap (name) VALUES ('a')");
    connection.commit();
    connection.setAutoCommit(true);
    assertThat(count("t") + count("cap")).isEqualTo(2);
  }

  @Test
  void aTransactionReadsItsOwnWrites() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    assertThat(count("t")).isEqualTo(1);
    try (Connection other = connect();
        Statement statement = other.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getInt(1)).isZero();
    }
    connection.rollback();
  }

  @Test
  void turningAutocommitOnCommits() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    connection.setAutoCommit(true);
    try (Connection other = connect();
        Statement statement = other.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getInt(1)).isEqualTo(1);
    }
  }

  @Test
  void aSavepointTakesBackWhatCameAfterIt() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    Savepoint savepoint = connection.setSavepoint("Mixed \"case\"");
    run("INSERT INTO t (name) VALUES ('b')");
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
    connection.rollback(savepoint);
    Savepoint unnamed = connection.setSavepoint();
    connection.releaseSavepoint(unnamed);
    assertThatThrownBy(() -> connection.rollback(unnamed)).isInstanceOf(SQLException.class);
    connection.commit();
    connection.setAutoCommit(true);
    assertThat(text("SELECT string_agg(name, ',') FROM t")).isEqualTo("a");
  }

  @Test
  void transactionsCanBeWrittenInSql() throws SQLException {
    run("BEGIN");
    run("INSERT INTO t (name) VALUES ('a')");
    run("SAVEPOINT s");
    run("INSERT INTO t (name) VALUES ('b')");
    run("ROLLBACK TO SAVEPOINT s");
    run("COMMIT");
    run("BEGIN");
    run("INSERT INTO t (name) VALUES ('c')");
    run("ROLLBACK");
    assertThat(text("SELECT string_agg(name, ',') FROM t")).isEqualTo("a");
    assertThatThrownBy(() -> run("SAVEPOINT s"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P01"));
  }

  @Test
  void commitIsRefusedInAutocommit() {
    assertThatThrownBy(() -> connection.commit()).isInstanceOf(SQLException.class);
    assertThatThrownBy(() -> connection.rollback()).isInstanceOf(SQLException.class);
    assertThatThrownBy(() -> connection.setSavepoint()).isInstanceOf(SQLException.class);
  }

  @Test
  void aFailedTransactionCanOnlyBeRolledBack() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    assertThatThrownBy(() -> run("SELECT 1/0"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22012"));
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
    connection.rollback();
    connection.setAutoCommit(true);
    assertThat(count("t")).isZero();
  }

  @Test
  void anErrorInAutocommitLeavesTheConnectionUsable() throws SQLException {
    assertThatThrownBy(() -> run("INSERT INTO t (nome) VALUES ('a')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42703"));
    assertThatThrownBy(() -> run("SELEC 1")).isInstanceOf(SQLException.class);
    run("INSERT INTO t (name) VALUES ('a')");
    assertThat(count("t")).isEqualTo(1);
  }

  @Test
  void isolationAndReadOnlyCannotChangeInsideATransaction() throws SQLException {
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    assertThat(text("SHOW transaction_isolation")).isEqualTo("repeatable read");
    assertThat(connection.getTransactionIsolation())
        .isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
    assertThatThrownBy(
            () -> connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25001"));
    assertThatThrownBy(() -> connection.setReadOnly(true)).isInstanceOf(SQLException.class);
    connection.rollback();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
  }

  @Test
  void aReadOnlyTransactionReadsAndDoesNotWrite() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    connection.setAutoCommit(false);
    connection.setReadOnly(true);
    assertThat(connection.isReadOnly()).isTrue();
    assertThat(count("t")).isEqualTo(1);
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
    connection.rollback();
    connection.setReadOnly(false);
    run("INSERT INTO t (name) VALUES ('b')");
    connection.commit();
  }

  @Test
  void severalStatementsInOneTextGiveTheirResultsInOrder() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThat(
              statement.execute(
                  "INSERT INTO t (name) VALUES ('a'), ('b'); SELECT name FROM t ORDER BY name;"
                      + " UPDATE t SET amount = 1; SELECT count(*) FROM t"))
          .isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(2);
      assertThat(statement.getMoreResults(Statement.KEEP_CURRENT_RESULT)).isTrue();
      ResultSet names = statement.getResultSet();
      assertThat(statement.getMoreResults(Statement.KEEP_CURRENT_RESULT)).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(2);
      assertThat(statement.getMoreResults(Statement.KEEP_CURRENT_RESULT)).isTrue();
      assertThat(names.next()).isTrue();
      assertThat(names.getString(1)).isEqualTo("a");
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(-1);
    }
  }

  @Test
  void severalStatementsInOneTextAreOneTransaction() throws SQLException {
    assertThatThrownBy(
            () -> run("INSERT INTO t (name) VALUES ('a'); INSERT INTO t (name) VALUES ('a')"))
        .isInstanceOf(SQLException.class);
    assertThat(count("t")).isZero();
    run("BEGIN; INSERT INTO t (name) VALUES ('b'); COMMIT; INSERT INTO t (name) VALUES ('c')");
    assertThat(count("t")).isEqualTo(2);
    run("BEGIN; INSERT INTO t (name) VALUES ('d')");
    run("ROLLBACK");
    assertThat(count("t")).isEqualTo(2);
  }

  @Test
  void parametersAreSharedOutAmongSeveralStatements() throws SQLException {
    try (PreparedStatement both =
        connection.prepareStatement(
            "INSERT INTO t (name) VALUES (?); INSERT INTO t (name, amount) VALUES (?, ?)")) {
      both.setString(1, "a");
      both.setString(2, "b");
      both.setInt(3, 5);
      both.execute();
      both.setString(1, "c");
      both.setString(2, "d");
      both.execute();
    }
    assertThat(text("SELECT string_agg(name || amount, ',' ORDER BY name) FROM t"))
        .isEqualTo("a0.00,b5.00,c0.00,d5.00");
  }

  @Test
  void aBatchIsOneTransaction() throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t (name) VALUES (?)")) {
      for (String name : List.of("a", "b", "a", "c")) {
        insert.setString(1, name);
        insert.addBatch();
      }
      BatchUpdateException failure =
          catchThrowableOfType(BatchUpdateException.class, insert::executeBatch);
      assertThat(failure.getSQLState()).isEqualTo("23505");
      assertThat(failure.getNextException().getSQLState()).isEqualTo("23505");
      assertThat(failure.getUpdateCounts()).hasSize(4).contains(Statement.EXECUTE_FAILED);
      assertThat(count("t")).isZero();
      assertThat(insert.executeBatch()).isEmpty();
    }
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("INSERT INTO cap (name) VALUES ('a'), ('b')");
      statement.addBatch("UPDATE cap SET amount = 3");
      assertThat(statement.executeBatch()).containsExactly(2, 2);
    }
    assertThat(count("cap")).isEqualTo(2);
  }

  @Test
  void aBatchOfOneStatementCountsEachElement() throws SQLException {
    try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO t (id, name, amount) VALUES (?, ?, ?)");
        PreparedStatement update =
            connection.prepareStatement("UPDATE t SET amount = ? WHERE id = ?")) {
      for (int id : List.of(1, 2, 4)) {
        insert.setInt(1, id);
        insert.setString(2, "n" + id);
        insert.setInt(3, id);
        insert.addBatch();
      }
      assertThat(insert.executeBatch()).containsExactly(1, 1, 1);
      for (int id : List.of(1, 3, 4)) {
        update.setInt(1, 10 * id);
        update.setInt(2, id);
        update.addBatch();
      }
      assertThat(update.executeLargeBatch()).containsExactly(1, 0, 1);
      update.setInt(1, 7);
      update.setInt(2, 2);
      assertThat(update.executeUpdate()).isEqualTo(1);
    }
    assertThat(text("SELECT string_agg(name || amount, ',' ORDER BY id) FROM t"))
        .isEqualTo("n110.00,n27.00,n440.00");
  }

  @Test
  void aLargeBatchOfRowsWhoseKeysTheServerMakesKeepsTheirOrder() throws SQLException {
    int rows = 1101;
    for (String table : List.of("t", "cap")) {
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO " + table + " (name, amount) VALUES (?, ?)")) {
        for (int i = 1; i <= rows; i++) {
          insert.setString(1, "n" + i);
          insert.setInt(2, i);
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).hasSize(rows).containsOnly(1);
      }
      assertThat(text("SELECT count(*) || ' ' || sum(amount) FROM " + table))
          .isEqualTo("1101 606651.00");
      assertThat(
              text(
                  "SELECT count(*) FROM (SELECT id - lag(id) OVER (ORDER BY amount) AS step FROM "
                      + table
                      + ") s WHERE step <> 1"))
          .isEqualTo("0");
    }
  }

  @Test
  void aBatchThatFailsInATransactionFailsIt() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (id, name) VALUES (2, 'before')");
    Savepoint before = connection.setSavepoint();
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t (id, name) VALUES (?, ?)")) {
      for (int id : List.of(1, 2, 3)) {
        insert.setInt(1, id);
        insert.setString(2, "n" + id);
        insert.addBatch();
      }
      BatchUpdateException failure =
          catchThrowableOfType(BatchUpdateException.class, insert::executeBatch);
      assertThat(failure.getSQLState()).isEqualTo("23505");
      assertThat(failure.getUpdateCounts())
          .containsExactly(
              Statement.EXECUTE_FAILED, Statement.EXECUTE_FAILED, Statement.EXECUTE_FAILED);
      isRefused("25P02", () -> run("SELECT 1"));
      connection.rollback(before);
      insert.setInt(1, 5);
      insert.setString(2, "n5");
      insert.addBatch();
      insert.setInt(1, 6);
      insert.setString(2, "n6");
      insert.addBatch();
      assertThat(insert.executeBatch()).containsExactly(1, 1);
    }
    connection.commit();
    connection.setAutoCommit(true);
    assertThat(text("SELECT string_agg(name, ',' ORDER BY id) FROM t")).isEqualTo("before,n5,n6");
  }

  @Test
  void whatIsWrongWithATextTheServerSays() throws SQLException {
    for (List<String> wrong :
        List.of(
            List.of("42883", "SELECT nothing_of_the_kind(1)", "Position: 8"),
            List.of("42601", "FROBNICATE t", "Position: 1"),
            List.of("42601", "SELECT FROM WHERE", "Position: 13"),
            List.of("42703", "SELECT nothing FROM t", "Position: 8"),
            List.of("42P01", "SELECT * FROM nothing", "Position: 15"),
            List.of("42P01", "DELETE FROM nothing WHERE id = 1", "Position: 13"),
            List.of("42704", "SET nothing = 1", "nothing"),
            List.of("42704", "SELECT 1::nothing", "Position: 11"))) {
      assertThatThrownBy(() -> run(wrong.get(1)))
          .as(wrong.get(1))
          .isInstanceOfSatisfying(
              SQLException.class,
              e -> {
                assertThat(e.getSQLState()).as(wrong.get(1)).isEqualTo(wrong.get(0));
                assertThat(e.getMessage()).as(wrong.get(1)).contains(wrong.get(2));
              });
    }
    connection.setAutoCommit(false);
    isRefused("42883", () -> run("SELECT nothing_of_the_kind(1)"));
    isRefused("25P02", () -> run("SELECT 1"));
    connection.rollback();
    assertThat(text("SELECT 1")).isEqualTo("1");
    connection.setAutoCommit(true);
  }

  @Test
  void rowsAreNotCountedWhereKeysAreWanted() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate("SELECT 7", new String[] {"id"})).isEqualTo(-1);
      try (ResultSet rows = statement.getResultSet()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(7);
      }
      isRefused("0100E", () -> statement.executeUpdate("SELECT 7", Statement.NO_GENERATED_KEYS));
    }
  }

  @Test
  void aTextThatDoesNotEndIsASyntaxError() throws SQLException {
    run("CREATE TEMPORARY TABLE held (i int)");
    for (String sql :
        List.of(
            "CREATE FUNCTION f() RETURNS int AS 'SELECT 1",
            "CREATE FUNCTION f() RETURNS int AS $a$ SELECT 1",
            "CREATE FUNCTION \"f",
            "SELECT 1 /* and so on")) {
      isRefused("42601", () -> run(sql));
    }
    run("DROP TABLE held");
  }

  @Test
  void whatATextReturnsByItselfAreItsKeysWhereKeysAreWanted() throws SQLException {
    for (String table : List.of("t", "cap")) {
      String sql = "INSERT INTO " + table + " (name) VALUES ('a') RETURNING id, name";
      try (Statement statement = connection.createStatement()) {
        assertThat(statement.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS)).isEqualTo(1);
        try (ResultSet keys = statement.getGeneratedKeys()) {
          assertThat(keys.next()).isTrue();
          assertThat(keys.getString("name")).isEqualTo("a");
          assertThat(keys.getMetaData().getColumnCount()).isEqualTo(2);
        }
      }
      run("DELETE FROM " + table + " WHERE name = 'a'");
      try (PreparedStatement insert =
          connection.prepareStatement(sql.replace("'a'", "?"), new String[] {"id"})) {
        insert.setString(1, "b");
        assertThat(insert.executeUpdate()).isEqualTo(1);
        try (ResultSet keys = insert.getGeneratedKeys()) {
          assertThat(keys.next()).isTrue();
          assertThat(keys.getString("name")).isEqualTo("b");
        }
      }
    }
  }

  /** A driver keeps the number of a type by its name, and a link outlives a connection. */
  @Test
  void aTypeThatIsMadeAnewIsKnownToTheNextConnection() throws SQLException {
    for (int round = 1; round <= 2; round++) {
      run("CREATE TYPE twosome AS (a int, b int)");
      PGobject value = new PGobject();
      value.setType("twosome");
      value.setValue("(1," + round + ")");
      try (PreparedStatement ask = connection.prepareStatement("SELECT CAST(? AS text)")) {
        ask.setObject(1, value);
        try (ResultSet rows = ask.executeQuery()) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getString(1)).isEqualTo(value.getValue());
        }
      }
      run("DROP TYPE twosome");
      connection.close();
      connection = connect();
    }
  }

  /** COMMIT itself is an error then, in Tandem's driver. */
  @Test
  void switchingToAutocommitIsAWayOutOfAFailedTransaction() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    isRefused("42P01", () -> run("SELECT * FROM nothing"));
    connection.setAutoCommit(true);
    assertThat(connection.getAutoCommit()).isTrue();
    assertThat(count("t")).isZero();
  }

  @Test
  void aCommentAndASemicolonMayStandBeforeAStatement() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate("/* one */ INSERT INTO t (id, name) VALUES (1, 'a')"))
          .isEqualTo(1);
      isRefused("0100E", () -> statement.executeUpdate("/* two */; SELECT 1"));
      isRefused("0100E", () -> statement.executeUpdate("; SELECT 1"));
      statement.execute("/* three */; INSERT INTO t (id, name) VALUES (3, 'c')");
      statement.execute("; ; DELETE FROM t WHERE id = 1");
    }
    assertThat(text("SELECT string_agg(name, ',') FROM t")).isEqualTo("c");
  }

  @Test
  void executeQueryNeedsRowsAndExecuteUpdateNone() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.executeQuery("INSERT INTO t (name) VALUES ('a')"))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> statement.executeUpdate("SELECT 1"))
          .isInstanceOf(SQLException.class);
    }
  }

  @Test
  void aUuidOfTypeOtherIsOne() throws SQLException {
    UUID one = UUID.randomUUID();
    try (PreparedStatement select = connection.prepareStatement("SELECT array[?::uuid] || ?")) {
      select.setObject(1, one);
      select.setObject(2, one, Types.OTHER);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat((UUID[]) rows.getArray(1).getArray()).containsExactly(one, one);
      }
    }
  }

  @Test
  void nullsAndTypesComeBackAsTheyWere() throws SQLException {
    run("CREATE TEMPORARY TABLE IF NOT EXISTS unused (a int)");
    UUID uuid = UUID.randomUUID();
    OffsetDateTime instant = OffsetDateTime.parse("2024-02-29T12:30:15.123456Z");
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT ?::int4, ?::int8, ?::int2, ?::bool, ?::float8, ?::float4, ?::numeric, ?::text,"
                + " ?::bytea, ?::uuid, ?::date, ?::time, ?::timestamp, ?::timestamptz, ?::text,"
                + " ?::int4[]")) {
      select.setInt(1, 1);
      select.setLong(2, Long.MIN_VALUE);
      select.setShort(3, (short) -3);
      select.setBoolean(4, true);
      select.setDouble(5, 0.1);
      select.setFloat(6, 1.1f);
      select.setBigDecimal(7, new BigDecimal("12345678901234567890.123"));
      select.setString(8, "ü ' \\ ?");
      select.setBytes(9, new byte[] {0, 1, (byte) 0xff});
      select.setObject(10, uuid);
      select.setObject(11, LocalDate.of(2024, 2, 29));
      select.setObject(12, LocalTime.of(1, 2, 3, 4000));
      select.setObject(13, LocalDateTime.of(2024, 2, 29, 1, 2, 3, 4000));
      select.setObject(14, instant);
      select.setNull(15, Types.VARCHAR);
      select.setArray(16, connection.createArrayOf("int4", new Integer[] {1, null, 3}));
      for (int i = 0; i < 7; i++) { // past the threshold of server-side preparation
        try (ResultSet rows = select.executeQuery()) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getInt(1)).isEqualTo(1);
          assertThat(rows.getLong(2)).isEqualTo(Long.MIN_VALUE);
          assertThat(rows.getShort(3)).isEqualTo((short) -3);
          assertThat(rows.getBoolean(4)).isTrue();
          assertThat(rows.getDouble(5)).isEqualTo(0.1);
          assertThat(rows.getFloat(6)).isEqualTo(1.1f);
          assertThat(rows.getBigDecimal(7)).isEqualTo("12345678901234567890.123");
          assertThat(rows.getString(8)).isEqualTo("ü ' \\ ?");
          assertThat(rows.getBytes(9)).containsExactly(0, 1, 0xff);
          assertThat(rows.getObject(10)).isEqualTo(uuid);
          assertThat(rows.getObject(11, LocalDate.class)).isEqualTo("2024-02-29");
          assertThat(rows.getObject(12, LocalTime.class)).isEqualTo("01:02:03.000004");
          assertThat(rows.getObject(13, LocalDateTime.class))
              .isEqualTo("2024-02-29T01:02:03.000004");
          assertThat(rows.getObject(14, OffsetDateTime.class).toInstant())
              .isEqualTo(instant.toInstant());
          assertThat(rows.getString(15)).isNull();
          assertThat(rows.wasNull()).isTrue();
          Array array = rows.getArray(16);
          assertThat((Object[]) array.getArray()).containsExactly(1, null, 3);
        }
      }
    }
  }

  @Test
  void javaSqlDatesKeepTheirClock() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT ?::timestamp, ?::date, ?::time")) {
      select.setTimestamp(1, Timestamp.valueOf("2024-03-31 02:30:00.5"));
      select.setDate(2, Date.valueOf("2024-03-31"));
      select.setTime(3, Time.valueOf("23:59:59"));
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getTimestamp(1)).isEqualTo(Timestamp.valueOf("2024-03-31 02:30:00.5"));
        assertThat(rows.getDate(2)).isEqualTo(Date.valueOf("2024-03-31"));
        assertThat(rows.getTime(3)).isEqualTo(Time.valueOf("23:59:59"));
      }
    }
  }

  @Test
  void aMissingParameterIsAnError() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO " + table + " (name, amount) VALUES (?, ?)")) {
        insert.setString(1, "a");
        assertThatThrownBy(insert::executeUpdate).isInstanceOf(SQLException.class);
        insert.setInt(2, 1);
        insert.executeUpdate();
        insert.clearParameters();
        assertThatThrownBy(insert::executeUpdate).isInstanceOf(SQLException.class);
      }
      assertThat(count(table)).isEqualTo(1);
    }
  }

  @Test
  void maximumOfRowsHolds() throws SQLException {
    run("INSERT INTO cap (name) VALUES ('a'), ('b'), ('c')");
    try (Statement statement = connection.createStatement()) {
      statement.setMaxRows(2);
      try (ResultSet rows = statement.executeQuery("SELECT name FROM cap ORDER BY name")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.next()).isTrue();
        assertThat(rows.next()).isFalse();
      }
    }
  }

  @Test
  void largeResultsAreFetchedInPortionsInsideATransaction() throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(100);
      int rows = 0;
      try (ResultSet all = statement.executeQuery("SELECT generate_series(1, 2500)")) {
        while (all.next()) {
          rows++;
          assertThat(all.getInt(1)).isEqualTo(rows);
        }
      }
      assertThat(rows).isEqualTo(2500);
    }
    connection.rollback();
  }

  @Test
  void scrollableResultsScroll() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b'), ('c')");
    try (Statement statement =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY);
        ResultSet rows = statement.executeQuery("SELECT name FROM t ORDER BY name")) {
      assertThat(rows.last()).isTrue();
      assertThat(rows.getRow()).isEqualTo(3);
      assertThat(rows.previous()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("b");
      assertThat(rows.absolute(1)).isTrue();
      assertThat(rows.isFirst()).isTrue();
    }
  }

  @Test
  void resultsLeadBackToStatementAndConnection() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT 1");
        ResultSet rows = select.executeQuery()) {
      assertThat(rows.getStatement()).isSameAs(select);
      assertThat(select.getConnection()).isSameAs(connection);
      assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
    }
  }

  @Test
  void closingAStatementClosesItsResultAndClosingTwiceIsFine() throws SQLException {
    Statement statement = connection.createStatement();
    ResultSet rows = statement.executeQuery("SELECT 1");
    statement.close();
    statement.close();
    assertThat(rows.isClosed()).isTrue();
    assertThat(statement.isClosed()).isTrue();
    assertThatThrownBy(() -> statement.executeQuery("SELECT 1")).isInstanceOf(SQLException.class);
    assertThatThrownBy(rows::next).isInstanceOf(SQLException.class);
  }

  @Test
  void whatIsClosedIsNamedByItsSqlState() throws SQLException {
    Connection second = connect();
    Statement left = second.createStatement();
    PreparedStatement prepared = second.prepareStatement("SELECT 1");
    second.close();
    isRefused("08003", second::createStatement);
    isRefused("08003", () -> second.prepareStatement("SELECT 1"));
    isRefused("08003", second::getMetaData);
    isRefused("08003", () -> second.setAutoCommit(false));
    isRefused("08003", second::commit);
    isRefused("08003", second::rollback);
    isRefused("08003", () -> second.setReadOnly(true));
    isRefused("08003", second::getWarnings);
    isRefused("08003", second::clearWarnings);
    isRefused("08003", second::getTransactionIsolation);
    isRefused("08003", () -> second.setSchema("public"));
    isRefused("08003", () -> second.createArrayOf("text", new String[0]));
    isRefused("08003", () -> left.executeQuery("SELECT 1"));
    isRefused("08003", () -> left.executeUpdate("INSERT INTO t (name) VALUES ('a')"));
    isRefused("08003", prepared::executeQuery);

    Statement statement = connection.createStatement();
    ResultSet rows = statement.executeQuery("SELECT 1");
    rows.close();
    isRefused("55000", rows::next);
    isRefused("55000", () -> rows.getInt(1));
    isRefused("55000", rows::getMetaData);
    statement.close();
    isRefused("55000", () -> statement.executeQuery("SELECT 1"));
    isRefused("55000", () -> statement.addBatch("SELECT 1"));
    isRefused("55000", statement::executeBatch);
    isRefused("55000", statement::getResultSet);
    isRefused("55000", statement::getUpdateCount);
    isRefused("55000", statement::getMoreResults);
    isRefused("55000", statement::getWarnings);
    isRefused("55000", () -> statement.setFetchSize(10));
    isRefused("55000", () -> statement.setMaxRows(10));
    assertThat(count("t")).isZero();
  }

  private static void isRefused(String sqlState, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
  }

  @Test
  void aStatementMayCloseOnCompletion() throws SQLException {
    Statement statement = connection.createStatement();
    statement.closeOnCompletion();
    statement.executeQuery("SELECT 1").close();
    assertThat(statement.isClosed()).isTrue();
  }

  @Test
  void closingTheConnectionRollsBackAndClosesAll() throws SQLException {
    Connection second = connect();
    second.setAutoCommit(false);
    Statement statement = second.createStatement();
    statement.executeUpdate("INSERT INTO t (name) VALUES ('a')");
    second.close();
    second.close();
    assertThat(second.isClosed()).isTrue();
    assertThat(second.isValid(1)).isFalse();
    assertThatThrownBy(() -> statement.executeQuery("SELECT 1")).isInstanceOf(SQLException.class);
    assertThatThrownBy(second::createStatement).isInstanceOf(SQLException.class);
    assertThat(count("t")).isZero();
  }

  @Test
  void aConnectionIsValidUntilClosed() throws SQLException {
    assertThat(connection.isValid(5)).isTrue();
    assertThatThrownBy(() -> connection.isValid(-1)).isInstanceOf(SQLException.class);
  }

  @Test
  void metadataDescribesTablesAndColumns() throws SQLException {
    DatabaseMetaData metaData = connection.getMetaData();
    assertThat(metaData.getDatabaseProductName()).isEqualTo("PostgreSQL");
    try (ResultSet tables = metaData.getTables(null, "public", "cap", new String[] {"TABLE"})) {
      assertThat(tables.next()).isTrue();
      assertThat(tables.getString("TABLE_NAME")).isEqualTo("cap");
      assertThat(tables.next()).isFalse();
    }
    try (ResultSet keys = metaData.getPrimaryKeys(null, "public", "t")) {
      assertThat(keys.next()).isTrue();
      assertThat(keys.getString("COLUMN_NAME")).isEqualTo("id");
    }
    try (PreparedStatement select =
        connection.prepareStatement("SELECT id, name FROM t WHERE id = ?")) {
      assertThat(select.getMetaData().getColumnCount()).isEqualTo(2);
      assertThat(select.getMetaData().getColumnName(2)).isEqualTo("name");
      assertThat(select.getParameterMetaData().getParameterCount()).isEqualTo(1);
      assertThat(select.getParameterMetaData().getParameterTypeName(1)).isEqualTo("int4");
    }
  }

  @Test
  void schemaIsTheSearchPath() throws SQLException {
    run("CREATE SCHEMA IF NOT EXISTS other");
    connection.setSchema("other");
    assertThat(connection.getSchema()).isEqualTo("other");
    connection.setSchema("public");
    assertThat(connection.getSchema()).isEqualTo("public");
  }

  @Test
  void aQueryTimeoutEndsTheStatementOnly() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      assertThatThrownBy(() -> statement.executeQuery(ENDLESS))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      statement.setQueryTimeout(0);
      assertThat(statement.executeQuery("SELECT 1").next()).isTrue();
    }
  }

  @Test
  void anotherThreadMayCancel() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Statement statement = connection.createStatement();
        Connection watcher = connect();
        Statement watch = watcher.createStatement()) {
      // In transactions, which run where writes do, however many servers there are.
      connection.setAutoCommit(false);
      watcher.setAutoCommit(false);
      CountDownLatch about = new CountDownLatch(1);
      Future<Object> sleeping =
          thread.submit(
              () -> {
                about.countDown();
                return statement.executeQuery(ENDLESS);
              });
      assertThat(about.await(5, TimeUnit.SECONDS)).isTrue();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      String running =
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS cancelled FROM%' AND state ="
              + " 'active' AND pid <> pg_backend_pid()";
      while (true) {
        try (ResultSet seen = watch.executeQuery(running)) {
          if (seen.next() && seen.getInt(1) > 0) {
            break;
          }
        }
        watcher.rollback();
        assertThat(System.nanoTime()).isLessThan(deadline);
        LockSupport.parkNanos(2_000_000);
      }
      statement.cancel();
      assertThatThrownBy(() -> sleeping.get(10, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      connection.rollback();
      assertThat(text("SELECT 1")).isEqualTo("1");
      connection.setAutoCommit(true);
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void unsupportedThingsSaySo() {
    assertThatThrownBy(() -> connection.unwrap(java.util.List.class))
        .isInstanceOf(SQLException.class);
    assertThatThrownBy(() -> connection.createStruct("x", new Object[0]))
        .isInstanceOf(SQLFeatureNotSupportedException.class);
  }

  @Test
  void preparedStatementsDoNotRunOtherTexts() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT 1")) {
      assertThatThrownBy(() -> select.executeQuery("SELECT 2")).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> select.addBatch("SELECT 2")).isInstanceOf(SQLException.class);
    }
  }
}
