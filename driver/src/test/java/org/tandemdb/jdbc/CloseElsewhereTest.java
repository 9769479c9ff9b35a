package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Another thread closes a statement or its connection after the statement has run and before its
 * COMMIT. What is committed is not to be denied: neither "no results" nor a count of 0.
 */
@Timeout(30)
final class CloseElsewhereTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());
  private final TandemConnection connection = engine.connect();
  private final FakeSession session = engine.lastSession();

  @BeforeEach
  void table() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS t");
      statement.execute("CREATE TABLE t (id serial PRIMARY KEY, name text)");
    }
  }

  @AfterEach
  void end() throws SQLException {
    connection.close();
  }

  /** Something that throws what JDBC throws. */
  private interface Closing {
    void run() throws SQLException;
  }

  /** Runs {@code closing} elsewhere, until it is done or waits for this thread. */
  private static Thread elsewhere(Closing closing) {
    Thread other =
        new Thread(
            () -> {
              try {
                closing.run();
              } catch (SQLException e) {
                throw new AssertionError(e);
              }
            });
    other.start();
    while (other.isAlive() && other.getState() != Thread.State.TIMED_WAITING) {
      LockSupport.parkNanos(1_000_000);
    }
    return other;
  }

  private int rows() throws SQLException {
    try (Statement statement = engine.link().createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*) FROM t")) {
      count.next();
      return count.getInt(1);
    }
  }

  @Test
  void whoAskedForRowsIsToldThatTheStatementWasExecuted() throws SQLException {
    Statement statement = connection.createStatement();
    session.beforeCommit = () -> elsewhere(statement::close);
    assertThatThrownBy(
            () -> statement.executeQuery("INSERT INTO t (name) VALUES ('a') RETURNING id"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55000"))
        .hasMessageContaining("executed all the same, and committed");
    assertThat(rows()).isEqualTo(1);
    assertThat(statement.isClosed()).isTrue();
    assertThatThrownBy(() -> statement.executeQuery("SELECT 1"))
        .hasMessageContaining("This statement is closed");
  }

  @Test
  void theSameOfAPreparedStatement() throws SQLException {
    PreparedStatement statement =
        connection.prepareStatement("INSERT INTO t (name) VALUES (?) RETURNING id");
    statement.setString(1, "a");
    session.beforeCommit = () -> elsewhere(statement::close);
    assertThatThrownBy(statement::execute).hasMessageContaining("and committed");
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void whoAskedForACountGetsIt() throws SQLException {
    Statement statement = connection.createStatement();
    session.beforeCommit = () -> elsewhere(statement::close);
    assertThat(statement.executeUpdate("INSERT INTO t (name) VALUES ('a'), ('b')")).isEqualTo(2);
    assertThat(rows()).isEqualTo(2);
  }

  @Test
  void theSameWhenTheConnectionIsClosed() throws Exception {
    Statement statement = connection.createStatement();
    Thread[] closer = new Thread[1];
    session.beforeCommit = () -> closer[0] = elsewhere(connection::close);
    assertThat(statement.executeUpdate("INSERT INTO t (name) VALUES ('a'), ('b')")).isEqualTo(2);
    closer[0].join();
    assertThat(statement.isClosed()).isTrue();
    assertThat(rows()).isEqualTo(2);
  }
}
