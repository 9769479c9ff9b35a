package org.tandemdb.it.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Clients of one arm under one load, each with a connection and a thread, that run in slices. */
final class Team implements AutoCloseable {
  private static final long GRACE_SECONDS = 60;

  /**
   * What a slice gave.
   *
   * @param cpuSeconds of this JVM and the arm's servers, with what replicas did afterwards
   * @param lag entries behind at the end
   * @param drainMillis until the replicas had everything
   */
  record Slice(long transactions, double seconds, double cpuSeconds, long lag, double drainMillis) {
    double perSecond() {
      return transactions / seconds;
    }

    double cpuMicros() {
      return cpuSeconds * 1e6 / Math.max(1, transactions);
    }
  }

  private final Arm arm;
  private final List<Connection> connections = new ArrayList<>();
  private final List<Load.Transaction> clients = new ArrayList<>();
  private final ExecutorService threads;

  Team(Arm arm, Load load, int size, int accounts) throws SQLException {
    this.arm = arm;
    this.threads = Executors.newFixedThreadPool(size);
    for (int i = 0; i < size; i++) {
      Connection connection = arm.connect();
      connections.add(connection);
      connection.setAutoCommit(load.autoCommit);
      clients.add(load.prepare(connection, accounts, new Random(i)));
    }
  }

  /** Runs all clients for that long, then waits for the replicas. */
  Slice run(Duration length) throws SQLException, InterruptedException {
    double cpuBefore = CpuClock.seconds(arm.pids());
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Long>> running = new ArrayList<>();
    for (Load.Transaction client : clients) {
      running.add(threads.submit(() -> loop(client, start, length.toNanos())));
    }
    long began = System.nanoTime();
    start.countDown();
    long transactions = 0;
    for (Future<Long> one : running) {
      transactions += result(one, length);
    }
    long ended = System.nanoTime();
    long lag = arm.lag();
    arm.drain();
    double drainMillis = (System.nanoTime() - ended) / 1e6;
    double cpu = CpuClock.seconds(arm.pids()) - cpuBefore;
    return new Slice(transactions, (ended - began) / 1e9, cpu, lag, drainMillis);
  }

  private static long loop(Load.Transaction client, CountDownLatch start, long nanos)
      throws SQLException, InterruptedException {
    start.await();
    long end = System.nanoTime() + nanos;
    long count = 0;
    while (System.nanoTime() < end) {
      client.run();
      count++;
    }
    return count;
  }

  private static long result(Future<Long> one, Duration length)
      throws SQLException, InterruptedException {
    try {
      return one.get(length.toSeconds() + GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new SQLException("a client failed: " + e.getCause(), e);
    }
  }

  @Override
  public void close() throws SQLException {
    threads.shutdownNow();
    for (Connection connection : connections) {
      connection.close();
    }
  }
}
