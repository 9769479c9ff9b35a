package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tandemdb.it.workload.Ledger.Outcome;

/** One client with one connection, in a thread of its own. Connects again when it must. */
abstract class Client implements Runnable {
  /** So that a client whose every request fails at once does not fill the machine with errors. */
  private static final long PAUSE_AFTER_ERROR_NANOS = 50_000_000L;

  /** Its outcome cannot be known. */
  static final String UNKNOWN = "08007";

  /** Where connections come from. */
  interface Source {
    Connection connect() throws SQLException;
  }

  final int number;
  final Ledger ledger;
  final Tally tally;
  final Random random;
  private final Source source;
  private final AtomicBoolean stop;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();
  private @Nullable Connection connection;
  private long tokens;

  Client(int number, Source source, Ledger ledger, Tally tally, AtomicBoolean stop) {
    this.number = number;
    this.source = source;
    this.ledger = ledger;
    this.tally = tally;
    this.stop = stop;
    this.random = new Random(number);
  }

  /** One piece of work; deals with its errors itself. */
  abstract void work(Connection on);

  abstract void connectFailed(SQLException e);

  abstract boolean autoCommit();

  @Override
  public final void run() {
    while (!stop.get()) {
      Connection open = connected();
      if (open != null) {
        work(open);
      }
    }
    disconnect();
  }

  private @Nullable Connection connected() {
    try {
      Connection open = connection;
      if (open == null || open.isClosed()) {
        disconnect();
        open = source.connect();
        open.setAutoCommit(autoCommit());
        connection = open;
      }
      return open;
    } catch (SQLException e) {
      connectFailed(e);
      pause();
      return null;
    }
  }

  final void disconnect() {
    prepared.clear();
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        connectFailed(e);
      }
    }
  }

  final void pause() {
    LockSupport.parkNanos(PAUSE_AFTER_ERROR_NANOS);
  }

  final String nextToken() {
    return number + "-" + ++tokens;
  }

  final PreparedStatement statement(Connection on, String sql, Object... parameters)
      throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement =
          sql.startsWith("INSERT")
              ? on.prepareStatement(sql, new String[] {"id"})
              : on.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    tally.statements.increment();
    return statement;
  }

  /** Runs a write of one row and says which id the database gave it. */
  final long insert(Connection on, String sql, Object... parameters) throws SQLException {
    PreparedStatement statement = statement(on, sql, parameters);
    expect(1, statement.executeUpdate(), sql);
    try (ResultSet keys = statement.getGeneratedKeys()) {
      if (!keys.next()) {
        throw new SQLException("no key was returned by: " + sql, "XX000");
      }
      return keys.getLong(1);
    }
  }

  final void update(int rows, Connection on, String sql, Object... parameters) throws SQLException {
    expect(rows, statement(on, sql, parameters).executeUpdate(), sql);
  }

  /** Reads to the end and gives the first column of the first row; empty results are null. */
  final @Nullable Object read(Connection on, String sql, Object... parameters) throws SQLException {
    tally.reads.increment();
    try (ResultSet rows = statement(on, sql, parameters).executeQuery()) {
      Object first = null;
      for (int i = 0; rows.next(); i++) {
        first = i == 0 ? rows.getObject(1) : first;
      }
      return first;
    }
  }

  private static void expect(int rows, int found, String sql) throws SQLException {
    if (rows != found) {
      throw new SQLException(found + " rows instead of " + rows + " changed by: " + sql, "XX000");
    }
  }

  static boolean isUnknown(SQLException e) {
    return UNKNOWN.equals(e.getSQLState());
  }

  final int anyCustomer() {
    return 1 + random.nextInt(Shop.CUSTOMERS);
  }

  final int anyProduct() {
    return 1 + random.nextInt(Shop.PRODUCTS);
  }

  final void promise(Map<String, Ledger.Promise> table, String token, Outcome outcome, int rows) {
    table.put(token, new Ledger.Promise(outcome, rows));
  }
}
