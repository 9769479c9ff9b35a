package org.tandemdb.it.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A client that writes small rows, one after the other, and how fast it gets on. */
final class Pace {
  private static final long POLL_NANOS = 10_000_000L;

  /** Opens the client's connection. */
  interface Opener {
    Connection open() throws SQLException;
  }

  private final Thread thread;
  private volatile boolean ended;
  private final AtomicLong writes = new AtomicLong();
  private volatile long longestNanos;
  private volatile @Nullable SQLException failure;
  private long lastWrites;
  private long lastNanos;

  Pace(Opener opener) {
    thread = new Thread(() -> write(opener), "pace");
    lastNanos = System.nanoTime();
    thread.start();
  }

  private void write(Opener opener) {
    try (Connection connection = opener.open();
        Statement statement = connection.createStatement()) {
      long last = System.nanoTime();
      while (!ended) {
        statement.executeUpdate("INSERT INTO others DEFAULT VALUES");
        long now = System.nanoTime();
        longestNanos = Math.max(longestNanos, now - last);
        last = now;
        writes.incrementAndGet();
      }
    } catch (SQLException e) {
      failure = e;
    }
  }

  void awaitWrites(long count) {
    while (writes.get() < count && failure == null && thread.isAlive()) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    lastWrites = writes.get();
    lastNanos = System.nanoTime();
    longestNanos = 0;
    while (writes.get() < lastWrites + count && failure == null && thread.isAlive()) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Since it was asked last. */
  double perSecond() throws SQLException {
    SQLException failed = failure;
    if (failed != null) {
      throw new SQLException("the other client failed", failed);
    }
    long now = System.nanoTime();
    long count = writes.get();
    double result = (count - lastWrites) * 1e9 / (now - lastNanos);
    lastWrites = count;
    lastNanos = now;
    return result;
  }

  /** The longest time between two answers, so far. */
  long longestMillis() {
    return longestNanos / 1_000_000;
  }

  void end() throws InterruptedException {
    ended = true;
    thread.join();
  }
}
