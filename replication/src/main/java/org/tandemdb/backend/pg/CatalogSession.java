package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;

/**
 * The session that reads the catalog. It is kept: another would have to plan the same dozen queries
 * anew, and to fill its caches, after each DDL. Thread-safe; one load at a time.
 */
final class CatalogSession implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(CatalogSession.class);

  private final PgConnector connector;
  private final String user;
  private final String password;
  private final Duration timeout;
  private @Nullable Connection kept;
  private boolean closed;

  CatalogSession(PgConnector connector, String user, String password, Duration timeout) {
    this.connector = connector;
    this.user = user;
    this.password = password;
    this.timeout = timeout;
  }

  /** A session that has died since the last time costs no more than a fresh one. */
  synchronized Catalog load(long previousVersion) throws SQLException {
    if (kept != null) {
      try {
        return loaded(kept, previousVersion);
      } catch (SQLException e) {
        LOGGER.debug("the catalog is read by a fresh session", e);
      }
    }
    Connection fresh = connector.open(user, password, "tandem catalog", timeout);
    // Every statement of it is kept and used again by the next load.
    fresh.unwrap(PGConnection.class).setPrepareThreshold(1);
    kept = fresh;
    Catalog catalog = loaded(fresh, previousVersion);
    if (closed) {
      end();
    }
    return catalog;
  }

  private Catalog loaded(Connection connection, long previousVersion) throws SQLException {
    boolean done = false;
    try {
      Catalog catalog = PgCatalogLoader.load(connection, previousVersion);
      done = true;
      return catalog;
    } finally {
      if (!done) {
        end();
      }
    }
  }

  private void end() {
    Connection over = kept;
    kept = null;
    if (over != null) {
      try {
        over.close();
      } catch (SQLException e) {
        LOGGER.debug("the session that read the catalog was gone", e);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    end();
  }
}
