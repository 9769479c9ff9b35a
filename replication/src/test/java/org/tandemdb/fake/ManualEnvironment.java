package org.tandemdb.fake;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.tandemdb.env.Disk;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler;

/** Time stands still until a test moves it; tasks run in {@link #settle}. One thread. */
public final class ManualEnvironment implements Environment, TaskScheduler {
  private static final int MAX_STEPS = 100_000;
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong((Timer t) -> t.due).thenComparing(t -> t.order));
  private final Random random = new Random(1);
  private long nanos;
  private long order;

  /** Runs what is ready, and what that makes ready. */
  public void settle() {
    int steps = 0;
    for (Runnable task = ready.poll(); task != null; task = ready.poll()) {
      task.run();
      if (++steps > MAX_STEPS) {
        throw new AssertionError("the tasks do not come to rest");
      }
    }
  }

  /** Moves the clock, with every timer on the way at its own time. */
  public void advance(Duration by) {
    long target = nanos + by.toNanos();
    settle();
    for (Timer next = timers.peek(); next != null && next.due <= target; next = timers.peek()) {
      timers.remove();
      nanos = Math.max(nanos, next.due);
      next.task.run();
      settle();
    }
    nanos = target;
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public TaskScheduler scheduler() {
    return this;
  }

  @Override
  public Disk disk() {
    throw new UnsupportedOperationException("these tests have no disk");
  }

  @Override
  public void execute(Runnable task) {
    ready.add(task);
  }

  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    Timer timer = new Timer(nanos + delay.toNanos(), order++, task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  private static final class Timer {
    final long due;
    final long order;
    final Runnable task;

    Timer(long due, long order, Runnable task) {
      this.due = due;
      this.order = order;
      this.task = task;
    }
  }
}
