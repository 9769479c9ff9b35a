package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A row as it was selected, and what has become of it. */
final class UpdatableRow {
  /** In the rows that were selected; 0 if it was inserted. */
  final int position;

  private @Nullable TandemPreparedStatement statement;
  private @Nullable ResultSet current;

  UpdatableRow(int position) {
    this.position = position;
  }

  boolean isChanged() {
    return current != null;
  }

  /** One row, as the server has shown it after the last change; null if there was none. */
  @Nullable ResultSet current() {
    return current;
  }

  void become(TandemPreparedStatement by, ResultSet now) throws SQLException {
    forget();
    statement = by;
    current = now;
  }

  void forget() throws SQLException {
    current = null;
    if (statement != null) {
      statement.close();
      statement = null;
    }
  }
}
