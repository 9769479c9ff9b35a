package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The workload: clients that run until they are told to stop, and their ledger. */
public final class OrderEntry {
  /** Connects the clients. */
  public interface Connector {
    Connection connect() throws SQLException;
  }

  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final Connector connector;
  private final Ledger ledger = new Ledger();
  private final Tally tally = new Tally();
  private final AtomicBoolean stop = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();

  public OrderEntry(Connector connector) {
    this.connector = connector;
  }

  /** Creates the tables and fills them. */
  public void createTables() throws SQLException {
    try (Connection connection = connector.connect()) {
      Shop.create(connection);
    }
  }

  /**
   * Starts the clients.
   *
   * @param autocommit clients that send single statements; at most 16, one for each city
   * @param transactional clients that enter orders
   */
  public void start(int autocommit, int transactional) {
    if (autocommit > Shop.CITIES) {
      throw new IllegalArgumentException("at most " + Shop.CITIES + " autocommit clients");
    }
    for (int i = 0; i < autocommit + transactional; i++) {
      Client client =
          i < autocommit
              ? new AutocommitClient(i, connector::connect, ledger, tally, stop)
              : new OrderClient(i, connector::connect, ledger, tally, stop);
      Thread thread = new Thread(client, "client-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  /** Stops the clients after their current request; false if one did not stop in time. */
  public boolean stop() throws InterruptedException {
    stop.set(true);
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    boolean all = true;
    for (Thread thread : threads) {
      TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadline - System.nanoTime()));
      all &= !thread.isAlive();
    }
    return all;
  }

  /** Holds a database against the ledger. The clients must have stopped. */
  public Audit audit(Connection connection) throws SQLException {
    return Audit.of(connection, ledger);
  }

  /** What has happened so far. */
  public Progress progress() {
    return new Progress(
        tally.statements.sum(),
        tally.reads.sum(),
        tally.transactions.sum(),
        tally.autocommitErrors.sum(),
        tally.transactionErrors.sum(),
        tally.begunAnew.sum(),
        ledger.acknowledgedWrites(),
        ledger.unknownWrites());
  }

  /** The first errors that clients saw, unknown outcomes among them. */
  public List<String> firstErrors() {
    return tally.firstErrors();
  }

  /**
   * @param statements sent by all clients
   * @param transactions of several statements, committed
   * @param autocommitErrors errors that clients of single statements saw
   * @param transactionErrors errors of class 40 are not among them
   * @param begunAnew transactions rolled back by the database (class 40)
   * @param unknownWrites writes that were answered with 08007
   */
  public record Progress(
      long statements,
      long reads,
      long transactions,
      long autocommitErrors,
      long transactionErrors,
      long begunAnew,
      long acknowledgedWrites,
      long unknownWrites) {}
}
