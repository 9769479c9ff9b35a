package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time and the one queue of everything that is going to happen. The seed decides every
 * delay, and with it the order of what is due; nothing else does, so that a run is a function of
 * its seed. Single-threaded.
 */
final class Simulation {
  private static final int TRACE_LINES = 4000;

  private final SplittableRandom random;
  private final Set<BrokenRule> broken;
  private final boolean tracing;
  private final PriorityQueue<Task> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.number, b.number));
  private final ArrayDeque<String> trace = new ArrayDeque<>();
  private final List<String> violations = new ArrayList<>();
  private long now;
  private long tasks;
  private long hash = 17;
  private @Nullable Hazards hazards;

  Simulation(long seed, Set<BrokenRule> broken, boolean tracing) {
    this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 1);
    this.broken = broken.isEmpty() ? EnumSet.noneOf(BrokenRule.class) : EnumSet.copyOf(broken);
    this.tracing = tracing;
  }

  /** Something that will happen, unless it is called off or its process dies before. */
  static final class Task {
    private final long at;
    private final long number;
    private final @Nullable SimProcess owner;
    private final Runnable action;
    private boolean cancelled;

    Task(long at, long number, @Nullable SimProcess owner, Runnable action) {
      this.at = at;
      this.number = number;
      this.owner = owner;
      this.action = action;
    }

    void cancel() {
      cancelled = true;
    }
  }

  void hazards(Hazards installed) {
    hazards = installed;
  }

  Hazards hazards() {
    return Objects.requireNonNull(hazards);
  }

  SplittableRandom random() {
    return random;
  }

  boolean isBroken(BrokenRule rule) {
    return broken.contains(rule);
  }

  long nanos() {
    return now;
  }

  /** True once in {@code n} times. */
  boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  Duration between(Duration from, Duration to) {
    return Duration.ofNanos(random.nextLong(from.toNanos(), to.toNanos() + 1));
  }

  /** A delay as machines have it: mostly short, now and then long. */
  Duration delay() {
    int kind = random.nextInt(100);
    long micros =
        kind < 90
            ? random.nextLong(20, 400)
            : kind < 99 ? random.nextLong(400, 5_000) : random.nextLong(5_000, 60_000);
    return Duration.ofNanos(micros * 1000);
  }

  /**
   * Runs {@code action} for {@code owner} after {@code delay}, in an order that the seed decides.
   */
  Task after(Duration delay, @Nullable SimProcess owner, Runnable action) {
    return at(now + delay.toNanos() + random.nextInt(1000), owner, action);
  }

  Task at(long nanos, @Nullable SimProcess owner, Runnable action) {
    Task task = new Task(Math.max(now, nanos), tasks++, owner, action);
    queue.add(task);
    return task;
  }

  /** Runs the next task; false when nothing will ever happen again. */
  boolean step() {
    Task task = queue.poll();
    if (task == null) {
      return false;
    }
    now = task.at;
    if (task.cancelled) {
      return true;
    }
    SimProcess owner = task.owner;
    if (owner != null && !owner.mayRun(task.action)) {
      return true;
    }
    hash = (hash ^ task.at) * 0x100000001B3L ^ task.number;
    try {
      task.action.run();
    } catch (SimDisk.CrashedException e) {
      if (owner == null || owner.isAlive()) {
        note("the disk went away under a task");
      }
    } catch (RuntimeException e) {
      if (owner == null || owner.isAlive()) {
        violation("a task threw " + e + " at " + where(e));
      }
    }
    return true;
  }

  static String where(Throwable e) {
    StackTraceElement[] stack = e.getStackTrace();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(6, stack.length); i++) {
      text.append(i == 0 ? "" : " < ").append(stack[i]);
    }
    return text.toString();
  }

  void note(String what) {
    hash = hash * 31 + what.hashCode();
    if (tracing) {
      trace.addLast(String.format("%12.6f %s", now / 1e9, what));
      while (trace.size() > TRACE_LINES) {
        trace.removeFirst();
      }
    }
  }

  boolean isTracing() {
    return tracing;
  }

  void violation(String what) {
    violations.add(what);
    note("VIOLATION " + what);
  }

  List<String> violations() {
    return violations;
  }

  /** Equal for two runs that did the same things at the same times. */
  long hash() {
    return hash;
  }

  long tasks() {
    return tasks;
  }

  List<String> trace() {
    return List.copyOf(trace);
  }
}
