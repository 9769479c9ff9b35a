package org.tandemdb.session;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the client's own thread do its link's blocking work while it waits for the engine: marker
 * and COMMIT then cost no hand-over to another thread. Tasks come from any thread; they run on the
 * one that is in {@link #join}, or, when none is, on the fallback executor.
 */
public final class SessionExecutor implements Executor {
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Executor fallback;
  private volatile @Nullable Thread joining;

  public SessionExecutor(Executor fallback) {
    this.fallback = fallback;
  }

  @Override
  public void execute(Runnable task) {
    Thread owner = joining;
    tasks.add(task);
    if (owner != null && owner != Thread.currentThread()) {
      LockSupport.unpark(owner);
    }
    if (joining == null) {
      fallback.execute(this::drain);
    }
  }

  private void leave() {
    joining = null;
    // A task that came between the last drain and now has seen a joining thread that is leaving.
    if (!tasks.isEmpty()) {
      fallback.execute(this::drain);
    }
  }

  private void drain() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /**
   * Starts {@code operation} and joins it. Unlike {@link #join} on a stage begun before, the tasks
   * that the operation posts at once already run on this thread.
   */
  public <T> T call(Supplier<CompletionStage<T>> operation, Duration limit)
      throws TimeoutException {
    joining = Thread.currentThread();
    CompletionStage<T> stage;
    try {
      stage = operation.get();
    } catch (RuntimeException | Error e) {
      leave();
      throw e;
    }
    return join(stage, limit);
  }

  /**
   * Runs tasks until {@code stage} is complete. An interrupt does not end the wait (the outcome of
   * a commit must be learnt); it is set again before returning.
   *
   * @throws TimeoutException when {@code limit} has passed
   * @throws java.util.concurrent.CompletionException when the stage failed
   */
  public <T> T join(CompletionStage<T> stage, Duration limit) throws TimeoutException {
    var future = stage.toCompletableFuture();
    if (future.isDone() && tasks.isEmpty()) {
      leave();
      return future.join();
    }
    Thread self = Thread.currentThread();
    joining = self;
    boolean interrupted = false;
    try {
      future.whenComplete((value, failure) -> LockSupport.unpark(self));
      long deadline = System.nanoTime() + limit.toNanos();
      while (true) {
        drain();
        if (future.isDone()) {
          return future.join();
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new TimeoutException("no answer within " + limit);
        }
        LockSupport.parkNanos(this, left);
        interrupted |= Thread.interrupted();
      }
    } finally {
      leave();
      if (interrupted) {
        self.interrupt();
      }
    }
  }
}
