package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

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

  /** Not of class 08: a pool must not take a mistake of its client for a dead connection. */
  static SQLException closed(String what) {
    return new SQLException("This " + what + " is closed.", "55000");
  }

  static SQLException invalid(String message) {
    return new SQLException(message, "22023");
  }

  static SQLException noUnwrap(Class<?> type) {
    return invalid(
        "Cannot unwrap to " + type.getName() + ": it would lead around the replication.");
  }
}
