package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections for application servers that pool them themselves. */
class PooledConnectionTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());
  private final List<String> events = new ArrayList<>();
  private final TandemPooledConnection pooled = new TandemPooledConnection(engine.connect());

  private final ConnectionEventListener listener =
      new ConnectionEventListener() {
        @Override
        public void connectionClosed(ConnectionEvent event) {
          assertThat(event.getSource()).isSameAs(pooled);
          events.add("closed");
        }

        @Override
        public void connectionErrorOccurred(ConnectionEvent event) {
          events.add("error " + event.getSQLException().getSQLState());
        }
      };

  @BeforeEach
  void open() throws SQLException {
    pooled.addConnectionEventListener(listener);
    try (Connection connection = pooled.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS t");
      statement.execute("CREATE TABLE t (id serial PRIMARY KEY, name text)");
    }
    events.clear();
  }

  @AfterEach
  void close() throws SQLException {
    pooled.close();
  }

  @Test
  void theEndOfALogicalConnectionRollsBackAndResets() throws SQLException {
    Connection first = pooled.getConnection();
    first.setAutoCommit(false);
    first.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    first.setHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT);
    Statement left = first.createStatement();
    left.execute("SET application_name = 'somebody'");
    left.executeUpdate("INSERT INTO t (name) VALUES ('a')");
    first.close();
    first.close();
    assertThat(events).containsExactly("closed");
    assertThat(left.isClosed()).isTrue();
    assertThatThrownBy(first::createStatement)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"));

    Connection second = pooled.getConnection();
    assertThat(second).isNotSameAs(first);
    assertThat(second.getAutoCommit()).isTrue();
    assertThat(second.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
    assertThat(second.getHoldability()).isEqualTo(ResultSet.CLOSE_CURSORS_AT_COMMIT);
    try (Statement statement = second.createStatement()) {
      try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isZero();
      }
    }
    assertThat(second.getClientInfo("ApplicationName")).isNotEqualTo("somebody");
    assertThat(engine.sessions).hasSize(1);
    assertThat(engine.lastSession().calls).doesNotContain("close");
  }

  @Test
  void anotherLogicalConnectionEndsTheOneBefore() throws SQLException {
    Connection first = pooled.getConnection();
    Connection second = pooled.getConnection();
    assertThat(first.isClosed()).isTrue();
    assertThat(second.isClosed()).isFalse();
    assertThat(events).containsExactly("closed");
  }

  @Test
  void statementsLeadToTheLogicalConnection() throws SQLException {
    try (Connection connection = pooled.getConnection();
        PreparedStatement select = connection.prepareStatement("SELECT 1");
        ResultSet rows = select.executeQuery()) {
      assertThat(select.getConnection()).isSameAs(connection);
      assertThat(rows.getStatement().getConnection()).isSameAs(connection);
      assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
    }
  }

  @Test
  void onlyErrorsThatEndTheSessionAreTold() throws SQLException {
    try (Connection connection = pooled.getConnection();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("SELECT 1/0")).isInstanceOf(SQLException.class);
      assertThat(events).isEmpty();
      engine.lastSession().recourse = org.tandemdb.session.EngineSession.Recourse.UNAVAILABLE;
      engine.lastSession().reader().connection().close();
      assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
      assertThat(events).containsExactly("error 57P03");
    }
  }

  @Test
  void theEndOfThePooledConnectionEndsTheSession() throws SQLException {
    Connection connection = pooled.getConnection();
    pooled.close();
    assertThat(connection.isClosed()).isTrue();
    assertThat(engine.lastSession().calls).contains("close");
    assertThatThrownBy(pooled::getConnection).isInstanceOf(SQLException.class);
    pooled.removeConnectionEventListener(listener);
  }

  @Test
  void thereAreNoDistributedTransactionsAndTheReasonIsSaid() {
    assertThatThrownBy(() -> new TandemXADataSource().getXAConnection())
        .isInstanceOfSatisfying(
            SQLFeatureNotSupportedException.class,
            e -> {
              assertThat(e.getSQLState()).isEqualTo("0A000");
              assertThat(e.getMessage()).contains("local transactions");
            });
  }
}
