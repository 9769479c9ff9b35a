package org.tandemdb.jdbc;

import java.sql.SQLException;

/** What the close of a connection means, and who hears of its errors. */
interface ConnectionEnd {
  /**
   * Runs once.
   *
   * @param statements closes what the client has open
   */
  void close(ClientSession.Work statements) throws SQLException;

  /** A request met {@code e}, which its client gets too. */
  default void failed(SQLException e) {}

  /** The session ends with the connection, and then the engine is given back. */
  static ConnectionEnd ofSession(ClientSession session, Runnable after) {
    return statements -> session.close(statements, after);
  }
}
