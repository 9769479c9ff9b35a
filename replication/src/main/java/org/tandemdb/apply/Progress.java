package org.tandemdb.apply;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler.Cancellable;

/**
 * A position that only grows, and those who wait for it to get somewhere. Thread-safe; waiters are
 * completed on the thread that advances.
 */
public final class Progress {
  private final Environment environment;
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>((a, b) -> a.target.compareTo(b.target));
  private volatile Position position;
  private volatile boolean awaited;

  /** Run, once, when somebody begins to wait. */
  private @Nullable Runnable onAwaited;

  public Progress(Environment environment, Position start) {
    this.environment = environment;
    this.position = start;
  }

  public Position position() {
    return position;
  }

  /** Does nothing when {@code to} is not above the position. */
  public void advance(Position to) {
    List<Waiter> reached = List.of();
    synchronized (this) {
      if (!to.isAfter(position)) {
        return;
      }
      position = to;
      if (awaited) {
        reached = takeReached();
      }
    }
    reached.forEach(w -> w.stage.complete(null));
  }

  private List<Waiter> takeReached() {
    List<Waiter> reached = new ArrayList<>();
    for (Waiter next = waiters.peek();
        next != null && !next.target.isAfter(position);
        next = waiters.peek()) {
      reached.add(waiters.remove());
    }
    awaited = !waiters.isEmpty();
    return reached;
  }

  /** Completes when the position is at least {@code target}; never by itself otherwise. */
  public CompletionStage<Void> await(Position target) {
    Waiter waiter = new Waiter(target);
    if (!add(waiter)) {
      waiter.stage.complete(null);
    }
    return waiter.stage;
  }

  /** False if it need not wait. */
  private boolean add(Waiter waiter) {
    Runnable listener;
    synchronized (this) {
      if (!waiter.target.isAfter(position)) {
        return false;
      }
      waiters.add(waiter);
      awaited = true;
      listener = onAwaited;
      onAwaited = null;
    }
    if (listener != null) {
      listener.run();
    }
    return true;
  }

  /** Whether somebody waits. */
  boolean isAwaited() {
    return awaited;
  }

  /**
   * Runs {@code action} as soon as somebody waits, on the thread of whoever does; in place of the
   * one before.
   */
  void whenAwaited(Runnable action) {
    synchronized (this) {
      if (!awaited) {
        onAwaited = action;
        return;
      }
    }
    action.run();
  }

  /** As {@link #await(Position)}, or fails with {@link TimeoutException}. */
  public CompletionStage<Void> await(Position target, Duration timeout) {
    Waiter waiter = new Waiter(target);
    if (!add(waiter)) {
      waiter.stage.complete(null);
      return waiter.stage;
    }
    Cancellable timer = environment.scheduler().schedule(timeout, () -> giveUp(waiter, timeout));
    waiter.stage.whenComplete((ok, failure) -> timer.cancel());
    return waiter.stage;
  }

  private void giveUp(Waiter waiter, Duration timeout) {
    synchronized (this) {
      waiters.remove(waiter);
      awaited = !waiters.isEmpty();
    }
    waiter.stage.completeExceptionally(
        new TimeoutException("position " + waiter.target + " was not reached within " + timeout));
  }

  /** Wakes everybody: nothing more will come. */
  public void abandon(Throwable why) {
    List<Waiter> all;
    synchronized (this) {
      all = new ArrayList<>(waiters);
      waiters.clear();
      awaited = false;
    }
    all.forEach(w -> w.stage.completeExceptionally(why));
  }

  private static final class Waiter {
    final Position target;
    final CompletableFuture<Void> stage = new CompletableFuture<>();

    Waiter(Position target) {
      this.target = target;
    }
  }
}
