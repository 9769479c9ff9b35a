package org.tandemdb.jdbc;

import java.sql.SQLException;

/** What is known of rows that a client wants to change. */
sealed interface Updatability permits UpdateTarget, Updatability.None {

  /**
   * Where they are changed.
   *
   * @throws SQLException 24000 if they cannot be
   */
  UpdateTarget target() throws SQLException;

  /** They cannot be changed. */
  record None(String message) implements Updatability {
    static None because(String why) {
      return new None("This ResultSet is not updatable: " + why + ".");
    }

    @Override
    public UpdateTarget target() throws SQLException {
      throw error();
    }

    SQLException error() {
      return new SQLException(message, "24000");
    }
  }
}
