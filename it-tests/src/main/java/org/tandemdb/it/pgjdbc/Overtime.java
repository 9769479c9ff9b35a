package org.tandemdb.it.pgjdbc;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends what takes too long: its connections first, then its wait. Thread-safe. */
final class Overtime implements AutoCloseable {
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "overtime");
            thread.setDaemon(true);
            return thread;
          });

  private final Duration limit;
  private final Thread runner;
  private final Runnable end;
  private boolean running;
  private long begunNanos;
  private boolean late;

  /**
   * @param runner the thread that runs the tests
   * @param end frees it from whatever it waits for
   */
  Overtime(Duration limit, Thread runner, Runnable end) {
    this.limit = limit;
    this.runner = runner;
    this.end = end;
    clock.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  synchronized void begins() {
    running = true;
    late = false;
    begunNanos = System.nanoTime();
  }

  /** True if it was ended, and did not end by itself. */
  synchronized boolean ends() {
    running = false;
    return late;
  }

  private void look() {
    synchronized (this) {
      if (!running || System.nanoTime() - begunNanos < limit.toNanos()) {
        return;
      }
      late = true;
      begunNanos = System.nanoTime(); // and again, if that does not help
    }
    end.run();
    runner.interrupt();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
