package org.tandemdb.it.pgjdbc;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * Leads the suite's URLs to Tandem. The suite is told a port on which nobody listens; registered
 * ahead of PostgreSQL's own driver, this one takes all URLs with that port. What goes past {@link
 * DriverManager} therefore reaches no server, and cannot write past Tandem. In a direct run it only
 * knows which connections are open. Thread-safe.
 */
final class Bridge implements Driver {
  /** Nobody listens there: it is reserved. */
  static final int PORT = 1;

  private final @Nullable String tandemUrl;
  private final String port;
  private final Set<Connection> open =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  /**
   * @param port of the URLs that it takes
   * @param tandemUrl where they lead; null for where they say
   */
  Bridge(String port, @Nullable String tandemUrl) {
    this.port = port;
    this.tandemUrl = tandemUrl;
  }

  @Override
  public boolean acceptsURL(String url) {
    return parsed(url, new Properties()) != null;
  }

  private @Nullable Properties parsed(String url, Properties info) {
    Properties parsed = org.postgresql.Driver.parseURL(url, info);
    return parsed != null && port.equals(PGProperty.PG_PORT.getOrDefault(parsed)) ? parsed : null;
  }

  /** With user and password; the vendor's other properties are the cluster's, not a client's. */
  @Override
  public @Nullable Connection connect(String url, Properties info) throws SQLException {
    Properties parsed = parsed(url, info);
    if (parsed == null) {
      return null;
    }
    open.removeIf(Bridge::isClosed);
    String target = tandemUrl;
    if (target == null) {
      Connection connection = new org.postgresql.Driver().connect(url, info);
      if (connection != null) {
        open.add(connection);
      }
      return connection;
    }
    Properties properties = new Properties();
    for (PGProperty kept : List.of(PGProperty.USER, PGProperty.PASSWORD)) {
      String value = kept.getOrDefault(parsed);
      if (value != null) {
        properties.setProperty(kept.getName(), value);
      }
    }
    Connection connection = DriverManager.getConnection(target, properties);
    open.add(connection);
    return BridgedConnection.of(connection);
  }

  private static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  /** A test was given up: whoever comes next must not wait for what it has left open. */
  void endAll() {
    endAllBut(Set.of());
  }

  /** Those that are open now. */
  Set<Connection> opened() {
    Set<Connection> now = Collections.newSetFromMap(new IdentityHashMap<>());
    now.addAll(List.copyOf(open));
    return now;
  }

  void endAllBut(Set<Connection> kept) {
    for (Connection connection : List.copyOf(open)) {
      if (kept.contains(connection)) {
        continue;
      }
      try {
        connection.abort(Runnable::run);
      } catch (SQLException e) {
        System.err.println("a connection cannot be ended: " + e);
      }
    }
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
    return new DriverPropertyInfo[0];
  }

  @Override
  public int getMajorVersion() {
    return 0;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getLogger(Bridge.class.getName());
  }
}
