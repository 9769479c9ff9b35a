package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.PooledConnection;
import javax.sql.StatementEventListener;
import org.jspecify.annotations.Nullable;

/**
 * A session that serves one client after the other. Each gets a connection of its own over it; the
 * close of that one, or the next {@link #getConnection}, closes its statements, rolls back and
 * resets the session. Listeners are told of that, and of errors after which the session is good for
 * nothing. Used by its pool from one thread at a time; listeners may come and go from any.
 */
final class TandemPooledConnection implements PooledConnection {
  private final TandemConnection physical;
  private final List<ConnectionEventListener> listeners = new CopyOnWriteArrayList<>();
  private @Nullable TandemConnection handle;

  TandemPooledConnection(TandemConnection physical) {
    this.physical = physical;
  }

  @Override
  public Connection getConnection() throws SQLException {
    TandemConnection before = handle;
    try {
      if (before != null && !before.isClosed()) {
        before.close();
      }
      TandemConnection next = physical.handle(new HandleEnd());
      handle = next;
      return next;
    } catch (SQLException e) {
      tell(ConnectionEventListener::connectionErrorOccurred, e);
      throw e;
    }
  }

  @Override
  public void close() throws SQLException {
    TandemConnection last = handle;
    handle = null;
    try {
      if (last != null && !last.isClosed()) {
        last.close();
      }
    } finally {
      physical.close();
    }
  }

  @Override
  public void addConnectionEventListener(ConnectionEventListener listener) {
    listeners.add(listener);
  }

  @Override
  public void removeConnectionEventListener(ConnectionEventListener listener) {
    listeners.remove(listener);
  }

  /** Statements are not pooled, so there is nothing to tell. */
  @Override
  public void addStatementEventListener(StatementEventListener listener) {}

  @Override
  public void removeStatementEventListener(StatementEventListener listener) {}

  private void tell(
      BiConsumer<ConnectionEventListener, ConnectionEvent> what, @Nullable SQLException reason) {
    ConnectionEvent event =
        reason == null ? new ConnectionEvent(this) : new ConnectionEvent(this, reason);
    listeners.forEach(listener -> what.accept(listener, event));
  }

  /** Class 08, a server that ends sessions, or state that only the lost server session had. */
  private static boolean isFatal(SQLException e) {
    String state = e.getSQLState();
    return state != null && (state.startsWith("08") || state.startsWith("57P0"));
  }

  /** What happens when a client's connection over the session is closed. */
  private final class HandleEnd implements ConnectionEnd {
    @Override
    public void close(ClientSession.Work statements) throws SQLException {
      try {
        physical.session().reset(statements);
      } catch (SQLException e) {
        tell(ConnectionEventListener::connectionErrorOccurred, e);
        throw e;
      }
      tell(ConnectionEventListener::connectionClosed, null);
    }

    @Override
    public void failed(SQLException e) {
      if (isFatal(e)) {
        tell(ConnectionEventListener::connectionErrorOccurred, e);
      }
    }
  }
}
