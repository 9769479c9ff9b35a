package org.tandemdb.env;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fixed number of daemon threads. A task that throws is reported and harms nobody else. */
final class SystemScheduler implements TaskScheduler, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SystemScheduler.class);
  private static final int MAX_THREADS = 256;

  private final ScheduledThreadPoolExecutor executor;

  SystemScheduler(String name, int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads must be 1 to " + MAX_THREADS + ": " + threads);
    }
    executor = new ScheduledThreadPoolExecutor(threads, daemons(name));
    // A cancelled time-out must not keep what it refers to until its time comes.
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(reported(task));
  }

  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    ScheduledFuture<?> future =
        executor.schedule(reported(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** The executor would keep the exception in a future that nobody looks at. */
  private Runnable reported(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RejectedExecutionException e) {
        if (!executor.isShutdown()) {
          LOG.error("a task of the engine found no thread", e);
          return;
        }
        // It wanted to go on with something; nothing goes on after the end.
        LOG.debug("a task ends with the engine", e);
      } catch (RuntimeException | Error e) {
        LOG.error("a task of the engine failed", e);
      }
    };
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
