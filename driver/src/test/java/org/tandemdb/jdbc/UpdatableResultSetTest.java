package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Statement;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is Tandem's own of updatable ResultSets: why not, how many, and which link. */
@Timeout(120)
final class UpdatableResultSetTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());
  private final TandemConnection connection = engine.connect();
  private final FakeSession session = engine.lastSession();

  @BeforeEach
  void tables() throws SQLException {
    for (String table : List.of("t", "old", "without_key", "nullable")) {
      run("DROP TABLE IF EXISTS " + table);
    }
    run("CREATE TABLE t (id serial PRIMARY KEY, name text UNIQUE, amount numeric)");
    run("CREATE TABLE without_key (id int, name text)");
    run("CREATE TABLE nullable (id int UNIQUE, name text)");
    run("INSERT INTO t (name) VALUES ('a'), ('b')");
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private String text(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "no row";
    }
  }

  private Statement updatable(int type) throws SQLException {
    return connection.createStatement(type, ResultSet.CONCUR_UPDATABLE);
  }

  private static void isRefused(String sqlState, String why, ThrowingCallable call) {
    assertThatThrownBy(call)
        .hasMessageContaining(why)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SELECT t.id, u.name FROM t JOIN t u ON t.id <> u.id    | from one table
          SELECT t.id, u.name FROM t, t u WHERE t.id <> u.id     | from one table
          SELECT id, name FROM t GROUP BY id                     | grouping
          SELECT id, name FROM t UNION ALL SELECT id, name FROM t| UNION
          WITH x AS (SELECT * FROM t) SELECT * FROM x            | WITH
          SELECT * FROM (SELECT * FROM t) x                      | from one table
          VALUES (1, 'a')                                        | from one table
          SELECT 1, 'a' FROM t                                   | of no table
          SELECT name, amount FROM t                             | No eligible primary or unique key found for table t.
          SELECT * FROM (VALUES (1, 'a')) AS x (id, name)        | from one table
          SELECT upper(name), id + 0 AS id FROM t                | of no table
          """)
  void whatCannotBeChangedSaysWhy(String sql, String why) throws SQLException {
    try (Statement statement = updatable(ResultSet.TYPE_SCROLL_INSENSITIVE);
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      isRefused("24000", why, () -> rows.updateString(2, "b"));
      isRefused("24000", why, rows::deleteRow);
      isRefused("24000", why, rows::updateRow);
      isRefused("24000", why, rows::refreshRow);
      isRefused("24000", why, rows::moveToInsertRow);
      isRefused("24000", why, rows::insertRow);
    }
  }

  @Test
  void aKeyThatMayBeNullOrIsNotThereIsNone() throws SQLException {
    run("INSERT INTO without_key VALUES (1, 'a')");
    run("INSERT INTO nullable VALUES (1, 'a')");
    for (String table : List.of("without_key", "nullable")) {
      try (Statement statement = updatable(ResultSet.TYPE_FORWARD_ONLY);
          ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
        rows.next();
        isRefused(
            "24000",
            "No eligible primary or unique key found for table " + table + ".",
            rows::deleteRow);
      }
    }
  }

  @Test
  void anExpressionIsNotUpdated() throws SQLException {
    try (Statement statement = updatable(ResultSet.TYPE_FORWARD_ONLY);
        ResultSet rows = statement.executeQuery("SELECT id, name, name || 'x' AS more FROM t")) {
      rows.next();
      isRefused("24000", "column 3 is no column of the table", () -> rows.updateString(3, "b"));
      isRefused("24000", "column 3 is no column", () -> rows.updateString("more", "b"));
    }
  }

  @Test
  void keysThatMayHaveBeenCutAreNotUsed() throws SQLException {
    try (Statement statement = updatable(ResultSet.TYPE_FORWARD_ONLY)) {
      statement.setMaxFieldSize(1);
      try (ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
        rows.next();
        statement.setMaxFieldSize(0);
        isRefused("24000", "setMaxFieldSize", rows::deleteRow);
      }
      try (ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
        rows.next();
        rows.deleteRow();
      }
    }
    assertThat(text("SELECT count(*) FROM t")).isEqualTo("1");
  }

  /** The vendor's driver remembers names, of which another table may have one by now. */
  @Test
  void theTableIsTheOneThatWasReadWhateverItWasCalledBefore() throws SQLException {
    try (Statement statement = updatable(ResultSet.TYPE_FORWARD_ONLY)) {
      try (ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
        rows.next();
        assertThat(rows.getMetaData().getTableName(1)).isEqualTo("t");
      }
      run("ALTER TABLE t RENAME TO old");
      run("CREATE TABLE t (id int PRIMARY KEY, name text)");
      run("INSERT INTO t VALUES (1, 'new')");
      try (ResultSet rows = statement.executeQuery("SELECT * FROM old ORDER BY id")) {
        rows.next();
        rows.updateString("name", "A");
        rows.updateRow();
      }
    }
    assertThat(text("SELECT name FROM t")).isEqualTo("new");
    assertThat(text("SELECT name FROM old WHERE id = 1")).isEqualTo("A");
  }

  @Test
  void aChangeThatMetNoRowIsAWarning() throws SQLException {
    try (Statement statement = updatable(ResultSet.TYPE_SCROLL_INSENSITIVE);
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
      rows.next();
      run("DELETE FROM t");
      rows.updateString("name", "b");
      rows.updateRow();
      assertThat(rows.getWarnings().getSQLState()).isEqualTo("01001");
      assertThat(rows.getString("name")).isEqualTo("a");
      rows.clearWarnings();
      assertThat(rows.getWarnings() == null).isTrue();
      rows.refreshRow();
      rows.deleteRow();
      assertThat(rows.getWarnings().getMessage()).contains("refreshed");
      assertThat(rows.getWarnings().getNextWarning().getMessage()).contains("deleted");
      assertThat(rows.isBeforeFirst()).isTrue();
    }
  }

  @Test
  void whatARowHasBecomeIsKeptForSoManyRowsOnly() throws SQLException {
    int most = UpdatableResultSet.MAX_CHANGED_ROWS;
    run("INSERT INTO t (name) SELECT 'n' || g FROM generate_series(1, " + (most - 1) + ") g");
    try (Statement statement = updatable(ResultSet.TYPE_FORWARD_ONLY);
        ResultSet rows = statement.executeQuery("SELECT id FROM t")) {
      int read = 0;
      while (rows.next()) {
        rows.refreshRow(); // the row before is forgotten
        read++;
      }
      assertThat(read).isEqualTo(most + 1);
    }
    try (Statement statement = updatable(ResultSet.TYPE_SCROLL_INSENSITIVE);
        ResultSet rows = statement.executeQuery("SELECT id, name FROM t ORDER BY id")) {
      for (int i = 0; i < most; i++) {
        rows.next();
        rows.refreshRow();
      }
      rows.next();
      rows.updateString("name", "one more");
      isRefused("54000", "at most 10000 changed rows", rows::updateRow);
      isRefused("54000", "at most 10000 changed rows", rows::refreshRow);
      rows.first();
      rows.updateString("name", "again");
      rows.updateRow();
      rows.deleteRow();
      rows.last();
      rows.updateString("name", "one more");
      rows.updateRow();
    }
    assertThat(text("SELECT count(*) FROM t WHERE name = 'one more'")).isEqualTo("1");
  }

  private void end(FakeLink link) throws SQLException {
    int pid = link.connection().unwrap(org.postgresql.PGConnection.class).getBackendPID();
    try (Connection other = engine.link();
        Statement statement = other.createStatement()) {
      statement.execute("SELECT pg_terminate_backend(" + pid + ", 5000)");
    }
  }

  @Test
  void aRowIsChangedWhenTheLinksThatItCameOverAreGone() throws SQLException {
    try (Statement statement = updatable(ResultSet.TYPE_SCROLL_INSENSITIVE);
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
      rows.next();
      rows.updateString("name", "A");
      end(session.reader());
      end(session.primary());
      rows.updateRow();
      assertThat(rows.getString("name")).isEqualTo("A");
      end(session.primary());
      rows.refreshRow();
      rows.deleteRow();
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString("name")).isEqualTo("b");
    }
    assertThat(session.calls).contains("lost primary");
    assertThat(text("SELECT string_agg(name, ' ') FROM t")).isEqualTo("b");
  }

  @Test
  void aTransactionThatIsLostTakesTheUpdateWithIt() throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = updatable(ResultSet.TYPE_SCROLL_INSENSITIVE);
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id FOR UPDATE")) {
      rows.next();
      rows.updateString("name", "A");
      rows.updateRow();
      rows.next();
      rows.deleteRow();
      end(session.primary());
      rows.first();
      rows.updateString("name", "AA");
      assertThatThrownBy(rows::updateRow).isInstanceOf(SQLTransactionRollbackException.class);
      connection.rollback();
    }
    connection.setAutoCommit(true);
    assertThat(text("SELECT string_agg(name, ' ' ORDER BY id) FROM t")).isEqualTo("a b");
  }
}
