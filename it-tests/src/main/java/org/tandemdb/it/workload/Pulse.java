package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes over and over through one connection, to tell how long an application had to
 * wait at a failure: from the failure to the first success of a write that was sent after it. For
 * one measurement, by one thread.
 */
public final class Pulse implements AutoCloseable {
  private static final Duration END_LIMIT = Duration.ofSeconds(60);
  private static final int BEATS_KEPT = 100_000;
  private static final long POLL_MILLIS = 10;

  private final Connection connection;
  private final PreparedStatement write;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final Future<?> beating;

  /** Writes that succeeded, the oldest first. */
  private final BlockingQueue<Beat> beats = new ArrayBlockingQueue<>(BEATS_KEPT);

  /** When a write was sent and when it was answered, {@link System#nanoTime}. */
  private record Beat(long sent, long answered) {}

  private Pulse(Connection connection, PreparedStatement write) {
    this.connection = connection;
    this.write = write;
    this.beating = thread.submit(this::beat);
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

  private @Nullable Void beat() throws SQLException {
    while (!Thread.currentThread().isInterrupted()) {
      long sent = System.nanoTime();
      write.executeUpdate();
      Beat beat = new Beat(sent, System.nanoTime());
      while (!beats.offer(beat)) {
        beats.poll();
      }
    }
    return null;
  }

  /**
   * Milliseconds from the failure to the first success of a write that was sent after it.
   *
   * @param at when the failure began, {@link System#nanoTime}; not long ago
   * @throws SQLException of the write, or 57014 if it did not end in time
   */
  public double millisAfter(long at) throws SQLException, InterruptedException {
    long deadline = System.nanoTime() + END_LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      Beat beat = beats.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      if (beat != null && beat.sent - at > 0) {
        return (beat.answered - at) / 1e6;
      }
      if (beat == null && beating.isDone()) {
        throw ended();
      }
    }
    throw new SQLException("no write succeeded in " + END_LIMIT, "57014");
  }

  private SQLException ended() throws InterruptedException {
    try {
      beating.get();
      return new SQLException("the pulse was closed", "57014");
    } catch (ExecutionException e) {
      return e.getCause() instanceof SQLException known ? known : new SQLException(e.getCause());
    }
  }

  @Override
  public void close() throws SQLException {
    thread.shutdownNow();
    connection.close();
  }
}
