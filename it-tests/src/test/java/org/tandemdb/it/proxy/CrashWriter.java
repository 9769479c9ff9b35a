package org.tandemdb.it.proxy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that writes while the proxy is killed, and keeps what it was promised. PostgreSQL's own
 * driver loses its connection, and asks afterwards what became of its last transaction; Tandem's
 * keeps it. Its thread writes, others look.
 */
final class CrashWriter implements Runnable {
  private static final String UNKNOWN = "08007";
  private static final String LOST = "40001";
  private static final long PAUSE_NANOS = 20_000_000;

  /**
   * Who writes, and how.
   *
   * @param single each INSERT is its own transaction
   * @param tandems the driver that knows of proxies
   */
  record Kind(int number, boolean single, boolean tandems) {
    String token(int i) {
      return (single ? "s-" : "t-") + number + "-" + i;
    }
  }

  private final Kind kind;
  private final String url;
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<String> denied = ConcurrentHashMap.newKeySet();
  private final Map<String, String> asked = new ConcurrentHashMap<>();
  private final List<String> surprises = new CopyOnWriteArrayList<>();
  private volatile boolean stop;
  private int next;

  CrashWriter(Kind kind, String url) {
    this.kind = kind;
    this.url = url;
  }

  /** Committed, as it was told. */
  Set<String> acknowledged() {
    return acknowledged;
  }

  /** Rolled back, as it was told, or never committed. */
  Set<String> denied() {
    return denied;
  }

  /** What was about to be committed, with the name by which its outcome is asked for. */
  Map<String, String> asked() {
    return asked;
  }

  /** Errors that must not be. */
  List<String> surprises() {
    return surprises;
  }

  void stop() {
    stop = true;
  }

  @Override
  public void run() {
    while (!stop) {
      try (Connection connection = DriverManager.getConnection(url)) {
        connection.setAutoCommit(kind.single());
        while (!stop) {
          write(connection, kind.token(next++));
        }
      } catch (SQLException e) {
        if (kind.tandems()) {
          surprises.add(e.getSQLState() + " " + e.getMessage());
        }
        LockSupport.parkNanos(PAUSE_NANOS); // the proxy is away; the caller has a deadline
      }
    }
  }

  private void write(Connection connection, String token) throws SQLException {
    boolean committing = kind.single();
    try {
      if (kind.single()) {
        if (!kind.tandems()) { // what Tandem's driver runs again has another name then
          asked.put(token, name(connection));
        }
        insert(connection, token, 1);
      } else {
        insert(connection, token, 1);
        insert(connection, token, 2);
        try (Statement statement = connection.createStatement()) {
          statement.executeUpdate("UPDATE tally SET n = n + 1 WHERE id = " + kind.number());
        }
        asked.put(token, name(connection));
        committing = true;
        connection.commit();
      }
      acknowledged.add(token);
    } catch (SQLException e) {
      failed(connection, token, committing, e);
    }
  }

  private void failed(Connection connection, String token, boolean committing, SQLException e)
      throws SQLException {
    if (LOST.equals(e.getSQLState())) {
      denied.add(token);
      connection.rollback();
    } else if (kind.tandems() && UNKNOWN.equals(e.getSQLState())) {
      // Committed for certain where the statement was alone: its result is lost.
      (kind.single() ? acknowledged : denied).add(token);
      surprises.addAll(kind.single() ? List.of() : List.of("08007 for " + token));
    } else if (kind.tandems()) {
      surprises.add(e.getSQLState() + " " + e.getMessage() + " for " + token);
    } else {
      if (!committing) {
        denied.add(token);
      }
      throw e;
    }
  }

  private static String name(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW tandem.transaction_token")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void insert(Connection connection, String token, int part) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO act (token, part) VALUES (?, ?)")) {
      insert.setString(1, token);
      insert.setInt(2, part);
      insert.executeUpdate();
    }
  }
}
