package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.session.EngineSession;

/**
 * The temporary tables of one connection. They live in one session of a server, so the connection
 * cannot go on with another one: it learns with 57P01 that they are gone, once, and may create them
 * again. Owned by the connection's thread.
 */
final class TemporaryTables {
  private static final String NAMES =
      "SELECT c.relname FROM pg_catalog.pg_class c"
          + " WHERE c.relnamespace = pg_catalog.pg_my_temp_schema()"
          + " AND c.relkind IN ('r', 'p', 'v', 'S')";

  private final EngineSession<JdbcLink> session;
  private @Nullable JdbcLink home;

  /** The open transaction has changed them: how it ends decides what is left. */
  private boolean changing;

  private boolean stale;

  TemporaryTables(EngineSession<JdbcLink> session) {
    this.session = session;
  }

  /** A statement has created, changed or dropped one of them. */
  void changed(JdbcLink link) throws SQLException {
    home = link;
    changing = true;
    read(link);
  }

  /** True if there may be some. */
  boolean any() {
    return home != null;
  }

  /** ROLLBACK TO SAVEPOINT. */
  void undone() {
    stale |= changing;
  }

  /** The transaction has ended: with ROLLBACK, or ON COMMIT DROP, some have come or gone. */
  void ended() {
    stale |= changing;
    changing = false;
  }

  /**
   * To be called before planning.
   *
   * @throws SQLException 57P01 when they are lost
   */
  void refresh() throws SQLException {
    JdbcLink link = home;
    if (link == null || !stale) {
      return;
    }
    try {
      boolean any = read(link);
      stale = false;
      if (!any && !changing) {
        home = null; // nothing is left to lose
      }
    } catch (SQLException e) {
      if (!link.isUsable() || SqlErrors.isLinkFailure(e, link.connection())) {
        throw lost(e);
      }
      // The transaction has failed; whatever is planned now, the server refuses it.
    }
  }

  /**
   * To be called with the link that a statement is about to use.
   *
   * @throws SQLException 57P01 when it is another one
   */
  @SuppressWarnings("ReferenceEquality")
  void check(JdbcLink link) throws SQLException {
    if (home != null && home != link) {
      throw lost(null);
    }
  }

  private SQLException lost(@Nullable SQLException cause) {
    home = null;
    stale = false;
    changing = false;
    session.temporary(Set.of());
    return SqlErrors.of(
        "57P01",
        "The temporary tables of this connection were lost with the server session that held"
            + " them. Nothing of this statement was done. Create them again, or reconnect.",
        cause);
  }

  /** True if there are any. */
  private boolean read(JdbcLink link) throws SQLException {
    Set<String> names = new HashSet<>();
    try (Statement statement = link.connection().createStatement();
        ResultSet rows = statement.executeQuery(NAMES)) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    session.temporary(names);
    return !names.isEmpty();
  }
}
