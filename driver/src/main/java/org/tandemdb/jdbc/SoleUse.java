package org.tandemdb.jdbc;

import java.sql.SQLException;
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
  private Work atEnd = () -> {};
  private volatile boolean ending;
  private boolean ended;

  /**
   * Waits while another thread is in a request, as long as that takes. Whoever is in may enter
   * again.
   *
   * @throws SQLException when the connection has been closed
   */
  void enter() throws SQLException {
    lock.lock();
    if (ending && lock.getHoldCount() == 1) {
      leave();
      throw Refusals.connectionClosed();
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
