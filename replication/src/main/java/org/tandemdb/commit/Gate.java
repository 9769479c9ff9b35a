package org.tandemdb.commit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler.Cancellable;

/**
 * The shared/exclusive counter before every read-write transaction: each shares it from before
 * BEGIN until it is confirmed or rolled back; an exclusive statement holds it alone.
 *
 * <p>It lives in the engine, not in the database: a database lock would need privileges with which
 * any client can freeze the cluster, would die with ROLLBACK TO SAVEPOINT, or would fix the
 * snapshot too early. Waiters are served in order, so a waiting exclusive stops later shares;
 * therefore it waits only for a short time and then leaves, so that DDL behind a long transaction
 * never stops everyone. Thread-safe; stages complete on the thread that makes room.
 */
public final class Gate {
  private final Environment environment;
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private int shares;
  private boolean exclusive;

  public Gate(Environment environment) {
    this.environment = environment;
  }

  /** A share at once, or null when the caller would have to wait. The hot path. */
  public synchronized @Nullable Permit tryShare() {
    if (exclusive || !waiters.isEmpty()) {
      return null;
    }
    shares++;
    return new Permit(false);
  }

  /**
   * A permit that counts for nothing: its holder keeps nobody out, is kept out by nobody, and may
   * commit nothing with it.
   */
  public Permit outside() {
    return new Permit(false, true);
  }

  /** A share within {@code timeout}, else the stage fails with {@link TimeoutException}. */
  public CompletionStage<Permit> share(Duration timeout) {
    return enqueue(false, timeout);
  }

  /** The gate alone within {@code timeout}, else the stage fails with {@link TimeoutException}. */
  public CompletionStage<Permit> exclusive(Duration timeout) {
    return enqueue(true, timeout);
  }

  private CompletionStage<Permit> enqueue(boolean wantsAll, Duration timeout) {
    Waiter waiter = new Waiter(wantsAll);
    List<Waiter> granted;
    synchronized (this) {
      waiters.add(waiter);
      granted = grant();
    }
    completeAll(granted);
    if (!waiter.stage.isDone()) {
      Cancellable timer = environment.scheduler().schedule(timeout, () -> abandon(waiter, timeout));
      waiter.stage.whenComplete((permit, failure) -> timer.cancel());
    }
    return waiter.stage;
  }

  private void abandon(Waiter waiter, Duration timeout) {
    List<Waiter> granted;
    synchronized (this) {
      if (!waiters.remove(waiter)) {
        return;
      }
      granted = grant();
    }
    waiter.stage.completeExceptionally(
        new TimeoutException("the gate was not free within " + timeout));
    completeAll(granted);
  }

  private void letGo(boolean wasExclusive) {
    List<Waiter> granted;
    synchronized (this) {
      if (wasExclusive) {
        exclusive = false;
      } else {
        shares--;
      }
      if (waiters.isEmpty()) {
        return;
      }
      granted = grant();
    }
    completeAll(granted);
  }

  /** Takes from the queue whoever may enter now. */
  private List<Waiter> grant() {
    List<Waiter> granted = new ArrayList<>();
    for (Waiter next = waiters.peek(); next != null && admits(next); next = waiters.peek()) {
      waiters.remove();
      if (next.wantsAll) {
        exclusive = true;
      } else {
        shares++;
      }
      granted.add(next);
    }
    return granted;
  }

  private boolean admits(Waiter waiter) {
    return !exclusive && (!waiter.wantsAll || shares == 0);
  }

  /** Outside the monitor: what hangs on these stages is not ours. */
  private void completeAll(List<Waiter> granted) {
    for (Waiter waiter : granted) {
      waiter.stage.complete(new Permit(waiter.wantsAll));
    }
  }

  /** The right to be inside. {@link #release} counts once, however often it is called. */
  public final class Permit {
    private final boolean alone;
    private final boolean outside;
    private final AtomicBoolean released = new AtomicBoolean();

    private Permit(boolean alone) {
      this(alone, false);
    }

    private Permit(boolean alone, boolean outside) {
      this.alone = alone;
      this.outside = outside;
    }

    public boolean isExclusive() {
      return alone;
    }

    /** See {@link Gate#outside}. */
    public boolean isOutside() {
      return outside;
    }

    public void release() {
      if (!outside && released.compareAndSet(false, true)) {
        letGo(alone);
      }
    }
  }

  private static final class Waiter {
    final boolean wantsAll;
    final CompletableFuture<Permit> stage = new CompletableFuture<>();

    Waiter(boolean wantsAll) {
      this.wantsAll = wantsAll;
    }
  }
}
