package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.session.EngineSession;

/**
 * The advisory locks that a connection holds for its session. They are one server session's: when
 * that ends, others may take them, so the connection learns with 57P01, once and before it writes
 * anything more. Owned by the connection's thread.
 */
final class SessionLocks {
  private static final String HELD =
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks"
          + " WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid())";

  private final EngineSession<JdbcLink> session;
  private @Nullable JdbcLink home;

  SessionLocks(EngineSession<JdbcLink> session) {
    this.session = session;
  }

  /** Some have been taken or given back. */
  void changed(JdbcLink link) throws SQLException {
    home = link; // before the question, whose failure could be the link's end
    session.keepLink();
    try (Statement statement = link.connection().createStatement();
        ResultSet held = statement.executeQuery(HELD)) {
      if (held.next() && !held.getBoolean(1)) {
        home = null;
      }
    }
  }

  boolean any() {
    return home != null;
  }

  /** True if there were some on a link that has failed. */
  boolean isLost() {
    JdbcLink link = home;
    return link != null && !link.isUsable();
  }

  /**
   * To be called with the link that a statement is about to use.
   *
   * @throws SQLException 57P01 when it is another one than theirs
   */
  @SuppressWarnings("ReferenceEquality")
  void check(JdbcLink link) throws SQLException {
    if (home != null && home != link) {
      throw lost(null);
    }
  }

  SQLException lost(@Nullable SQLException cause) {
    home = null;
    return SqlErrors.of(
        "57P01",
        "The advisory locks of this connection were lost with the server session that held them."
            + " Nothing of this statement was done. Take them again, or reconnect.",
        cause);
  }
}
