package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;

/** Errors of the JDBC surface itself: none of them concerns the transaction. */
final class Refusals {
  private Refusals() {}

  static SQLFeatureNotSupportedException unsupported(String what) {
    return new SQLFeatureNotSupportedException(
        "Tandem's driver does not support " + what + ". Nothing was done.", "0A000");
  }

  static SQLException notOnPrepared() {
    return new SQLException(
        "A PreparedStatement runs the text it was prepared with: use a Statement for others.",
        "42809");
  }

  /**
   * A statement or ResultSet. Not of class 08: a pool must not take a mistake of its client for a
   * dead connection.
   */
  static SQLException closed(String what) {
    return new SQLException("This " + what + " is closed.", "55000");
  }

  /** 08003, as PostgreSQL's own driver says it: a pool that sees it has nothing left to lose. */
  static SQLException connectionClosed() {
    return new SQLNonTransientConnectionException("This connection is closed.", "08003");
  }

  static SQLException invalid(String message) {
    return new SQLException(message, "22023");
  }

  /** JDBC's parameters by name, which PostgreSQL's own driver does not know either. */
  static SQLFeatureNotSupportedException named() {
    return unsupported("parameters by name; use their index");
  }

  static SQLException noUnwrap(Class<?> type) {
    return invalid(
        "Cannot unwrap to "
            + type.getName()
            + ": it would lead around the replication. For COPY, unwrap to "
            + CopyApi.class.getName()
            + ", for notifications to "
            + NotificationApi.class.getName()
            + ".");
  }
}
