package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One connection of Tandem's role, opened when needed and thrown away after an error. Callers hold
 * its monitor while they work; {@link #discard} may be called by anybody.
 */
final class PgSession {
  private final PgConnector connector;
  private final String user;
  private final String password;
  private final String purpose;
  private final Duration timeout;
  private final AtomicReference<@Nullable Connection> current = new AtomicReference<>();
  private volatile boolean ended;

  PgSession(PgConnector connector, String user, String password, String purpose, Duration timeout) {
    this.connector = connector;
    this.user = user;
    this.password = password;
    this.purpose = purpose;
    this.timeout = timeout;
  }

  boolean isClosed() throws SQLException {
    Connection connection = current.get();
    return connection == null || connection.isClosed();
  }

  Connection connection() throws SQLException {
    Connection connection = current.get();
    if (connection == null || connection.isClosed()) {
      connection = connector.open(user, password, purpose, timeout);
      current.set(connection);
    }
    if (ended) {
      discard();
      throw new SQLException("the engine is closed", "08003");
    }
    return connection;
  }

  /**
   * For good: work that is still on its way opens nothing, or a lock would be held that nobody lets
   * go.
   */
  void end() {
    ended = true;
    discard();
  }

  void reopen() throws SQLException {
    discard();
    connection();
  }

  void discard() {
    Connection connection = current.getAndSet(null);
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // The socket is closed whatever the server says; there is nobody to tell.
        return;
      }
    }
  }

  int update(String sql, Object... parameters) throws SQLException {
    try (PreparedStatement statement = connection().prepareStatement(sql)) {
      bind(statement, parameters);
      return statement.executeUpdate();
    }
  }

  /** The first column of the one row. */
  long count(String sql, Object... parameters) throws SQLException {
    try (PreparedStatement statement = connection().prepareStatement(sql)) {
      bind(statement, parameters);
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getLong(1);
      }
    }
  }

  private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      Object value = parameters[i];
      if (value instanceof Long number) {
        statement.setLong(i + 1, number);
      } else if (value instanceof Integer number) {
        statement.setInt(i + 1, number);
      } else if (value instanceof UUID uuid) {
        statement.setObject(i + 1, uuid);
      } else {
        statement.setString(i + 1, value.toString());
      }
    }
  }

  <T> T inTransaction(Work<T> work) throws SQLException {
    Connection connection = connection();
    connection.setAutoCommit(false);
    try {
      T value = work.with(connection);
      connection.commit();
      connection.setAutoCommit(true);
      return value;
    } catch (SQLException | RuntimeException e) {
      // The transaction dies with the connection.
      discard();
      throw e;
    }
  }

  void change(Change change) throws SQLException {
    inTransaction(
        connection -> {
          change.with(connection);
          return Boolean.TRUE;
        });
  }

  /** Work inside a transaction that answers nothing. */
  interface Change {
    void with(Connection connection) throws SQLException;
  }

  /** Work inside a transaction. */
  interface Work<T> {
    T with(Connection connection) throws SQLException;
  }
}
