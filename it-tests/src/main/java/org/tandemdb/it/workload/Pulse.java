package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A client that writes over and over through one connection, to tell how long an application had to
 * wait at a failure: from the failure to the first success of a write that was sent after it. For
 * one measurement, by one thread.
 */
public final class Pulse implements AutoCloseable {
  private static final Duration END_LIMIT = Duration.ofSeconds(60);

  private final Connection connection;
  private final PreparedStatement write;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final Future<Long> firstSuccess;

  /** {@link System#nanoTime}; in the far future until the failure. */
  private volatile long failure;

  private volatile boolean failed;

  private Pulse(Connection connection, PreparedStatement write) {
    this.connection = connection;
    this.write = write;
    this.firstSuccess = thread.submit(this::beat);
  }

  /**
   * Starts writing.
   *
   * @param connection belongs to the pulse from now on, in autocommit mode
   * @param sql a statement without parameters that writes
   */
  public static Pulse start(Connection connection, String sql) throws SQLException {
    return new Pulse(connection, connection.prepareStatement(sql));
  }

  private long beat() throws SQLException {
    while (!Thread.currentThread().isInterrupted()) {
      long sent = System.nanoTime();
      boolean after = failed && sent - failure > 0;
      write.executeUpdate();
      if (after) {
        return System.nanoTime();
      }
    }
    throw new SQLException("ended before there was a failure", "57014");
  }

  /**
   * Milliseconds from the failure to the first success of a write that was sent after it.
   *
   * @param at when the failure began, {@link System#nanoTime}
   * @throws SQLException of the write, or 57014 if it did not end in time
   */
  public double millisAfter(long at) throws SQLException, InterruptedException {
    failure = at;
    failed = true;
    try {
      return (firstSuccess.get(END_LIMIT.toSeconds(), TimeUnit.SECONDS) - at) / 1e6;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof SQLException known ? known : new SQLException(e.getCause());
    } catch (TimeoutException e) {
      throw new SQLException("no write succeeded in " + END_LIMIT, "57014", e);
    }
  }

  @Override
  public void close() throws SQLException {
    thread.shutdownNow();
    connection.close();
  }
}
