package org.tandemdb.it.demo;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.OrderEntry;

/**
 * A database on two servers, Tandem over them, the workload, and a connection that asks for the
 * status. The servers are somebody else's. The status is read by one thread at a time.
 */
final class DemoCluster implements AutoCloseable {
  private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();

  private final ServerPair pair;
  private final String database;
  private final String url;
  private final OrderEntry orders;
  private @Nullable Connection status;

  private DemoCluster(ServerPair pair, String database, String url) {
    this.pair = pair;
    this.database = database;
    this.url = url;
    this.orders = new OrderEntry(this::connect);
  }

  /**
   * Creates the shop's tables through Tandem.
   *
   * @param url of Tandem, for {@code database}
   */
  static DemoCluster start(ServerPair pair, String database, String url) throws SQLException {
    DemoCluster cluster = new DemoCluster(pair, database, url);
    cluster.orders.createTables();
    return cluster;
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url);
  }

  /** Past Tandem. */
  Connection direct(PostgresServer server) throws SQLException {
    return DriverManager.getConnection(server.url(database));
  }

  ServerPair pair() {
    return pair;
  }

  OrderEntry orders() {
    return orders;
  }

  synchronized TandemStatus status() throws SQLException {
    Connection open = status;
    if (open == null || open.isClosed()) {
      open = connect();
      status = open;
    }
    return TandemStatus.read(open);
  }

  /** The server that is the primary now. */
  PostgresServer primary() throws SQLException {
    return pair.server(
        status().primary().orElseThrow(() -> new SQLException("there is no primary now", "57P03")));
  }

  /**
   * A server that was killed.
   *
   * @param at {@link System#nanoTime}
   */
  record Killed(String name, long at) {}

  /** Kills the primary without warning, with all its processes. */
  Killed killPrimary() throws SQLException, InterruptedException {
    PostgresServer server = primary();
    return new Killed(server.name(), server.kill9());
  }

  /** Starts all servers that are down on what they have written. */
  void startWhatIsDown() throws IOException, InterruptedException {
    for (PostgresServer server : pair.down()) {
      server.start();
    }
  }

  /** Waits until the status is as wanted; false if that took too long. */
  boolean await(Duration limit, Predicate<TandemStatus> wanted) throws SQLException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!wanted.test(status())) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return true;
  }

  @Override
  public synchronized void close() {
    Connection open = status;
    status = null;
    try {
      if (open != null) {
        open.close();
      }
    } catch (SQLException e) {
      System.err.println("closing the status connection: " + e.getMessage());
    }
  }
}
