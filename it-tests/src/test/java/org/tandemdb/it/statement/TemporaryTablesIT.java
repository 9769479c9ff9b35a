package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** Temporary tables: as a source, as a shadow of a table, and lost with their server session. */
class TemporaryTablesIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void tables() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "DROP TABLE IF EXISTS account");
      run(connection, "CREATE TABLE account (id serial PRIMARY KEY, n int NOT NULL)");
      run(connection, "INSERT INTO account (n) SELECT g FROM generate_series(1, 20) g");
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

  private static int count(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static void assertEqualCopies(Connection connection) throws SQLException {
    TandemStatus.awaitEverything(connection, LIMIT);
    try (Connection a = DriverManager.getConnection(pair.server("a").url(ServerPair.DATABASE));
        Connection b = DriverManager.getConnection(pair.server("b").url(ServerPair.DATABASE))) {
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
      assertThat(comparison.tables()).isEqualTo(1);
    }
  }

  @Test
  void aTemporaryTableIsASourceAndATargetLikeAnyOther() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "CREATE TEMP TABLE work (id serial PRIMARY KEY, n int)");
      run(connection, "INSERT INTO work (n) SELECT n FROM account WHERE random() < 2 LIMIT 7");
      run(connection, "UPDATE work SET n = n * 100");
      run(connection, "CREATE INDEX ON work (n)");
      assertThat(count(connection, "SELECT count(*) FROM work WHERE n >= 100")).isEqualTo(7);
      run(connection, "INSERT INTO account (n) SELECT n + random()::int FROM work");
      run(connection, "UPDATE account SET n = 0 WHERE n IN (SELECT n / 100 FROM work)");
      run(connection, "DELETE FROM account USING work WHERE account.n = work.n AND work.id = 1");
      connection.setAutoCommit(false);
      run(connection, "CREATE TEMP TABLE brief ON COMMIT DROP AS SELECT 5 AS n");
      run(connection, "INSERT INTO account (n) SELECT n FROM brief");
      connection.commit();
      connection.setAutoCommit(true);
      assertThatThrownBy(() -> count(connection, "SELECT count(*) FROM brief"))
          .hasMessageContaining("brief");
      run(connection, "DROP TABLE work");
      assertEqualCopies(connection);
      assertThat(count(connection, "SELECT count(*) FROM account")).isGreaterThan(25);
    }
  }

  @Test
  void theyComeAndGoBehindAStatementThatIsTraced() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "CREATE TABLE noted (id serial PRIMARY KEY, n int)");
      run(
          connection,
          "CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS"
              + " 'BEGIN INSERT INTO noted (n) VALUES (1); RETURN 1; END'");
      run(connection, "SELECT one()"); // its table has its trigger
      for (String[] statements :
          new String[][] {
            {"CREATE TEMP TABLE work (a int)", "INSERT INTO work VALUES (1)", "DROP TABLE work"},
            {"SELECT one()", "CREATE TEMP TABLE work (a int) ON COMMIT DROP", "SELECT one()"},
            {
              "CREATE TEMP TABLE work (a int)",
              "INSERT INTO work VALUES (1)",
              "ALTER TABLE work ADD COLUMN b int",
              "CREATE INDEX ON work (a)",
              "UPDATE work SET b = one()",
              "DISCARD TEMP",
              "SELECT one()"
            },
            {
              "SELECT one()",
              "SAVEPOINT s",
              "CREATE TEMP TABLE work (a int)",
              "INSERT INTO work SELECT one()",
              "ROLLBACK TO s",
              "SELECT one()",
              "SAVEPOINT t",
              "CREATE TEMP TABLE work (a int)",
              "RELEASE t",
              "DROP TABLE work"
            },
            {
              "SAVEPOINT s",
              "SELECT one()",
              "CREATE TEMP TABLE work (a int)",
              "ROLLBACK TO s",
              "CREATE TEMP TABLE work (a int)",
              "SELECT one()",
              "DROP TABLE work"
            }
          }) {
        connection.setAutoCommit(false);
        for (String sql : statements) {
          run(connection, sql);
        }
        connection.commit();
        connection.setAutoCommit(true);
      }
      // What a function changes is no less found for that.
      run(
          connection,
          "CREATE FUNCTION makes() RETURNS void LANGUAGE plpgsql AS"
              + " 'BEGIN CREATE TABLE made_inside (id int); END'");
      for (String[] statements :
          new String[][] {
            {"SELECT one()", "CREATE TEMP TABLE work (a int)", "SELECT makes()"},
            {"SELECT makes()", "CREATE TEMP TABLE work (a int)", "SELECT one()"},
            {"SELECT makes()", "CREATE TEMP TABLE work (a int)"}
          }) {
        connection.setAutoCommit(false);
        for (String sql : statements) {
          run(connection, sql);
        }
        assertThatThrownBy(connection::commit)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
            .hasMessageContaining("a function has changed the schema");
        connection.rollback();
        connection.setAutoCommit(true);
      }
      assertThat(count(connection, "SELECT count(*) FROM noted")).isEqualTo(8);
      run(connection, "DROP FUNCTION one(), makes()");
      TandemStatus.awaitEverything(connection, LIMIT);
      try (Connection replica =
          DriverManager.getConnection(pair.server("b").url(ServerPair.DATABASE))) {
        assertThat(count(replica, "SELECT sum(n) FROM noted")).isEqualTo(8);
      }
      run(connection, "DROP TABLE noted");
    }
  }

  /** † A name that was shadowed when a statement was planned is not when the shadow is gone. */
  @Test
  void aShadowHidesATableForAsLongAsItIsThere() throws SQLException {
    try (Connection connection = connect();
        Connection other = connect()) {
      run(connection, "CREATE TEMP TABLE account (id int, n int)");
      run(connection, "INSERT INTO account VALUES (1, 1)");
      run(connection, "DELETE FROM public.account WHERE id = 1");
      assertThat(count(connection, "SELECT count(*) FROM account")).isEqualTo(1);
      assertThat(count(other, "SELECT count(*) FROM account")).isEqualTo(19);
      run(connection, "TRUNCATE account");
      run(connection, "ALTER TABLE account RENAME TO veil");
      run(connection, "INSERT INTO account (n) VALUES (1000)");
      assertThat(count(other, "SELECT count(*) FROM account WHERE n = 1000")).isEqualTo(1);

      connection.setAutoCommit(false);
      Savepoint before = connection.setSavepoint("before");
      run(connection, "CREATE TEMP TABLE account (id int, n int)");
      run(connection, "INSERT INTO account VALUES (5, 5)");
      connection.rollback(before);
      run(connection, "INSERT INTO account (n) VALUES (1001)");
      connection.commit();
      run(connection, "CREATE TEMP TABLE account (id int, n int)");
      connection.rollback();
      run(connection, "INSERT INTO account (n) VALUES (1002)");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(count(other, "SELECT count(*) FROM account WHERE n > 1000")).isEqualTo(2);
      assertEqualCopies(connection);

      connection.setAutoCommit(false);
      run(connection, "CREATE TEMP TABLE account (id int, n int)");
      connection.rollback();
      run(connection, "ALTER TABLE account ADD COLUMN late int DEFAULT 7");
      connection.commit();
      assertEqualCopies(connection);
    }
  }

  /** DDL is run by its text elsewhere, where nobody has the session's temporary tables. */
  @Test
  void ddlThatNamesOneIsRefusedAndAFunctionThatReadsOneIsEqualEverywhere() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "CREATE TEMP TABLE work (id serial PRIMARY KEY, n int)");
      for (String sql :
          new String[] {
            "CREATE TABLE made (LIKE work)",
            "ALTER TABLE account ADD COLUMN w work",
            "CREATE FUNCTION made() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM work; END",
            "GRANT SELECT ON work TO PUBLIC"
          }) {
        assertThatThrownBy(() -> run(connection, sql))
            .as(sql)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
            .hasMessageContaining("work");
      }
      run(connection, "ALTER SEQUENCE work_id_seq RESTART WITH 5");
      run(
          connection,
          "CREATE FUNCTION busy() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM work'");
      run(
          connection,
          "CREATE FUNCTION busier() RETURNS int LANGUAGE plpgsql"
              + " AS 'DECLARE w work%ROWTYPE; BEGIN RETURN 1; END'");
      run(connection, "INSERT INTO work (n) VALUES (1)");
      assertThat(count(connection, "SELECT busy() + min(id) FROM work")).isEqualTo(6);
      assertEqualCopies(connection);
      run(connection, "DROP FUNCTION busy(), busier()");
    }
  }

  @Test
  void theyAreLostWithTheirServerSessionWhichIsSaidOnce() throws Exception {
    try (Connection connection = connect();
        Connection other = connect()) {
      run(connection, "CREATE TEMP TABLE account (id int, n int)");
      run(connection, "INSERT INTO account VALUES (1, 1)");
      int pid = count(connection, "SELECT pg_backend_pid() FROM account");
      pair.server("a")
          .execute(ServerPair.DATABASE, "SELECT pg_terminate_backend(" + pid + ", 10000)");
      pair.server("b")
          .execute(ServerPair.DATABASE, "SELECT pg_terminate_backend(" + pid + ", 10000)");
      assertThatThrownBy(() -> run(connection, "INSERT INTO account VALUES (2, 2)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P01"))
          .hasMessageContaining("Create them again");
      assertThat(count(other, "SELECT count(*) FROM account")).isEqualTo(20);
      run(connection, "INSERT INTO account (n) VALUES (77)");
      assertThat(count(other, "SELECT count(*) FROM account WHERE n = 77")).isEqualTo(1);
      assertEqualCopies(connection);
    }
  }

  @Test
  void noOtherSessionInheritsThem() throws SQLException {
    for (int i = 0; i < 5; i++) {
      try (Connection connection = connect()) {
        run(connection, "CREATE TEMP TABLE mine (n int)");
        run(connection, "INSERT INTO mine VALUES (1)");
      }
    }
    try (Connection connection = connect()) {
      run(connection, "INSERT INTO account (n) VALUES (1)");
      assertThat(count(connection, "SELECT count(*) FROM account")).isEqualTo(21);
      assertEqualCopies(connection);
    }
  }
}
