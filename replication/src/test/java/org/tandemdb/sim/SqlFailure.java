package org.tandemdb.sim;

import java.sql.SQLException;

/** An error answered by a simulated server, or the loss of the connection to it (08006). */
final class SqlFailure extends SQLException {
  private static final long serialVersionUID = 1L;

  SqlFailure(String state, String message) {
    super(message, state);
  }

  static SqlFailure lost(String message) {
    return new SqlFailure("08006", message);
  }

  boolean isLinkLost() {
    return getSQLState().startsWith("08") || getSQLState().startsWith("57P");
  }

  static SqlFailure of(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SqlFailure known) {
        return known;
      }
    }
    throw new IllegalStateException("not a failure of the simulated server", failure);
  }
}
