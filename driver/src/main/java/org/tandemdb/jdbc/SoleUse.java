package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.jdbc.ClientSession.Work;

/**
 * Lets one thread at a time use a connection. Another may close or abort it meanwhile, and its
 * links must not go to others before the first has left.
 */
final class SoleUse {
  private static final Logger LOGGER = LoggerFactory.getLogger(SoleUse.class);

  /** How long a close waits for another thread that is in a request. */
  private static final long CLOSE_PATIENCE_SECONDS = 10;

  private final ReentrantLock lock = new ReentrantLock();
  private final Duration limit;
  private volatile int networkTimeoutMillis;
  private Work atEnd = () -> {};
  private volatile boolean ending;
  private boolean ended;

  /**
   * @param limit how long a thread waits for another that is in a request, if nothing shorter was
   *     asked for: longer than anything in the engine takes
   */
  SoleUse(Duration limit) {
    this.limit = limit;
  }

  /** The client's own limit for any answer, which this wait is a part of; 0 for none. */
  void networkTimeoutMillis(int millis) {
    networkTimeoutMillis = millis;
  }

  /** As {@link #enter(int)}, without a time-out of the statement's. */
  void enter() throws SQLException {
    enter(0);
  }

  /**
   * Waits while another thread is in a request. Whoever is in may enter again.
   *
   * @param timeoutSeconds of the statement that is to run; 0 for none
   * @throws SQLException when the connection has been closed, or the wait is over
   */
  void enter(int timeoutSeconds) throws SQLException {
    if (!lock.tryLock()) {
      awaitTurn(patience(timeoutSeconds));
    }
    if (ending && lock.getHoldCount() == 1) {
      leave();
      throw Refusals.connectionClosed();
    }
  }

  private Duration patience(int timeoutSeconds) {
    Duration patience = limit;
    if (networkTimeoutMillis > 0) {
      patience = shorter(patience, Duration.ofMillis(networkTimeoutMillis));
    }
    return timeoutSeconds > 0 ? shorter(patience, Duration.ofSeconds(timeoutSeconds)) : patience;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** An interrupt is for whoever waits for the server: it does not end this wait. */
  private void awaitTurn(Duration patience) throws SQLException {
    long deadline = System.nanoTime() + patience.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (lock.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw SqlErrors.of(
              "55P03",
              "Another thread has been in a request of this connection for longer than "
                  + patience.toMillis()
                  + " ms. Nothing was done. Give each thread a connection of its own.",
              null);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void leave() {
    lock.unlock();
    if (ending && !lock.isHeldByCurrentThread() && lock.tryLock()) {
      try {
        runEnd();
      } catch (SQLException e) {
        LOGGER.warn("a connection that another thread closed did not end as it should", e);
      } finally {
        lock.unlock();
      }
    }
  }

  /** True if another thread is in a request. */
  boolean isBusyElsewhere() {
    return lock.isLocked() && !lock.isHeldByCurrentThread();
  }

  /**
   * Ends the connection, once: nobody enters any more. While another thread is in a request this
   * waits, for a while; then that thread runs {@code work} when it leaves.
   */
  void end(Work work) throws SQLException {
    synchronized (this) {
      if (ending) {
        return;
      }
      atEnd = work;
      ending = true;
    }
    if (isAlone()) {
      try {
        runEnd();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean isAlone() {
    try {
      return lock.tryLock(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return lock.tryLock();
    }
  }

  /** Under the lock. */
  private void runEnd() throws SQLException {
    if (!ended) {
      ended = true;
      atEnd.run();
    }
  }
}
