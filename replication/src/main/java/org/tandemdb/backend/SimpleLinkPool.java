package org.tandemdb.backend;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.Environment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * Links of one user to all backends, opened when asked for and kept for the next. Bounded by
 * backend; who comes when all are leased waits in line. A link of an older epoch is never handed
 * out.
 */
public final class SimpleLinkPool<L extends BackendLink> implements LinkPool<L> {

  /** Opens one link that has entered with {@code epoch}. */
  public interface Opener<L extends BackendLink> {
    CompletionStage<L> open(BackendId backend, long epoch);
  }

  /** Undoes what a session left on a link; completes exceptionally when it cannot. */
  public interface Cleaner<L extends BackendLink> {
    CompletionStage<Void> clean(L link);
  }

  private final Opener<L> opener;
  private final Cleaner<L> cleaner;
  private final Environment environment;
  private final int maxLinks;
  private final Map<BackendId, Shelf> shelves = new HashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();

  /** What this thread has to hand over when it is back from handing over; null while it is not. */
  private final ThreadLocal<@Nullable ArrayDeque<Runnable>> handing = new ThreadLocal<>();

  /** A server has let this user in. */
  private volatile boolean taken;

  private boolean closed;

  public SimpleLinkPool(
      Opener<L> opener, Cleaner<L> cleaner, Environment environment, int maxLinks) {
    this.opener = opener;
    this.cleaner = cleaner;
    this.environment = environment;
    this.maxLinks = maxLinks;
  }

  @Override
  public synchronized Optional<Lease<L>> tryLease(BackendId backend, long epoch) {
    return Optional.ofNullable(takeIdle(shelf(backend), epoch));
  }

  @Override
  public CompletionStage<Lease<L>> lease(BackendId backend, long epoch, Duration timeout) {
    Waiter waiter;
    synchronized (this) {
      if (closed) {
        return CompletableFuture.failedFuture(
            new TandemException(ErrorCode.NO_BACKEND, "the engine is closed"));
      }
      Shelf shelf = shelf(backend);
      PooledLease idle = takeIdle(shelf, epoch);
      if (idle != null) {
        return CompletableFuture.completedFuture(idle);
      }
      if (shelf.count < maxLinks) {
        shelf.count++;
        return open(shelf, epoch);
      }
      waiter = new Waiter(epoch);
      shelf.waiters.add(waiter);
      waiting.incrementAndGet();
    }
    waiter.stage.whenComplete((ok, failure) -> waiting.decrementAndGet());
    var timer =
        environment
            .scheduler()
            .schedule(
                timeout,
                () ->
                    waiter.stage.completeExceptionally(
                        new TandemException(
                            ErrorCode.LINKS_EXHAUSTED,
                            "all " + maxLinks + " links to " + backend + " are in use")));
    waiter.stage.whenComplete((ok, failure) -> timer.cancel());
    return waiter.stage;
  }

  /** True if a link was ever opened: a server has taken the user and the password. */
  public boolean isTaken() {
    return taken;
  }

  /**
   * Links to one backend at a moment.
   *
   * @param opening on their way, or on their way back
   * @param waiting who waits for one
   */
  public record Count(int leased, int idle, int opening, int waiting) {}

  /** See {@link Count}. */
  public synchronized Count count(BackendId backend) {
    Shelf shelf = shelves.get(backend);
    if (shelf == null) {
      return new Count(0, 0, 0, 0);
    }
    int leased = shelf.leased.size();
    int idle = shelf.idle.size();
    int waiting = 0;
    for (Waiter waiter : shelf.waiters) {
      waiting += waiter.stage.isDone() ? 0 : 1;
    }
    return new Count(leased, idle, Math.max(0, shelf.count - leased - idle), waiting);
  }

  private Shelf shelf(BackendId backend) {
    return shelves.computeIfAbsent(backend, Shelf::new);
  }

  private @Nullable PooledLease takeIdle(Shelf shelf, long epoch) {
    for (PooledLease lease = shelf.idle.pollFirst();
        lease != null;
        lease = shelf.idle.pollFirst()) {
      if (lease.valid && lease.epoch == epoch && lease.link.isUsable()) {
        PooledLease again = new PooledLease(shelf, lease.link, epoch);
        shelf.leased.add(again);
        return again;
      }
      lease.link.sever();
      shelf.count--;
    }
    return null;
  }

  private CompletionStage<Lease<L>> open(Shelf shelf, long epoch) {
    return opener
        .open(shelf.backend, epoch)
        .handle(
            (link, failure) -> {
              if (failure == null) {
                taken = true;
                PooledLease lease = new PooledLease(shelf, link, epoch);
                synchronized (this) {
                  if (!closed) {
                    shelf.leased.add(lease);
                    return CompletableFuture.<Lease<L>>completedFuture(lease);
                  }
                }
                link.sever();
              }
              gone(shelf);
              return CompletableFuture.<Lease<L>>failedFuture(
                  failure != null
                      ? failure
                      : new TandemException(ErrorCode.NO_BACKEND, "the engine is closed"));
            })
        .thenCompose(stage -> stage);
  }

  /** A link less: somebody who waits may open one. */
  private void gone(Shelf shelf) {
    Waiter next;
    synchronized (this) {
      shelf.count--;
      next = nextWaiter(shelf);
      if (next != null) {
        shelf.count++;
      }
    }
    if (next != null) {
      Waiter waiter = next;
      open(shelf, waiter.epoch)
          .whenComplete((lease, failure) -> handOver(() -> give(waiter, lease, failure)));
    }
  }

  private void give(Waiter waiter, @Nullable Lease<L> lease, @Nullable Throwable failure) {
    if (failure != null || lease == null) {
      waiter.stage.completeExceptionally(
          failure == null ? new IllegalStateException("no link") : failure);
    } else if (!waiter.stage.complete(lease)) {
      lease.release(Lease.Disposition.CLEAN);
    }
  }

  private @Nullable Waiter nextWaiter(Shelf shelf) {
    Waiter next = shelf.waiters.poll();
    while (next != null && next.stage.isDone()) {
      next = shelf.waiters.poll();
    }
    return next;
  }

  private void back(PooledLease lease) {
    Waiter next;
    synchronized (this) {
      lease.shelf.leased.remove(lease);
      if (closed || !lease.valid || lease.outdated || !lease.link.isUsable()) {
        next = null;
      } else {
        next = nextWaiter(lease.shelf);
        if (next == null) {
          lease.shelf.idle.addFirst(lease);
          return;
        }
      }
    }
    if (next == null) {
      lease.link.sever();
      gone(lease.shelf);
      return;
    }
    PooledLease again = new PooledLease(lease.shelf, lease.link, lease.epoch);
    synchronized (this) {
      lease.shelf.leased.add(again);
    }
    Waiter waiter = next;
    handOver(() -> give(waiter, again, null));
  }

  /**
   * Whoever gets a link may be done with it at once, which gives it to the next in line, and so on:
   * as many stack frames as there are in line would not do.
   */
  private void handOver(Runnable next) {
    ArrayDeque<Runnable> queue = handing.get();
    if (queue != null) {
      queue.add(next);
      return;
    }
    queue = new ArrayDeque<>();
    queue.add(next);
    handing.set(queue);
    try {
      for (Runnable one = queue.poll(); one != null; one = queue.poll()) {
        one.run();
      }
    } finally {
      handing.remove();
    }
  }

  @Override
  public boolean isWanted() {
    return waiting.get() > 0;
  }

  @Override
  public void severAll(BackendId backend) {
    List<PooledLease> all;
    synchronized (this) {
      Shelf shelf = shelf(backend);
      all = new ArrayList<>(shelf.leased);
      all.addAll(takeAllIdle(shelf));
    }
    all.forEach(SimpleLinkPool::invalidate);
  }

  @Override
  public void severIdle(BackendId backend) {
    List<PooledLease> idle;
    synchronized (this) {
      idle = takeAllIdle(shelf(backend));
    }
    idle.forEach(SimpleLinkPool::invalidate);
  }

  @Override
  public void renew(BackendId backend) {
    synchronized (this) {
      shelf(backend).leased.forEach(lease -> lease.outdated = true);
    }
    severIdle(backend);
  }

  private List<PooledLease> takeAllIdle(Shelf shelf) {
    List<PooledLease> idle = new ArrayList<>(shelf.idle);
    shelf.count -= idle.size();
    shelf.idle.clear();
    return idle;
  }

  private static void invalidate(SimpleLinkPool<?>.PooledLease lease) {
    lease.valid = false;
    lease.link.sever();
  }

  @Override
  public void close() {
    List<BackendId> backends;
    synchronized (this) {
      closed = true;
      backends = List.copyOf(shelves.keySet());
    }
    backends.forEach(this::severAll);
  }

  private final class PooledLease implements Lease<L> {
    final Shelf shelf;
    final L link;
    final long epoch;
    final AtomicBoolean released = new AtomicBoolean();
    volatile boolean valid = true;

    /** Good for whoever has it, and for nobody after. */
    volatile boolean outdated;

    PooledLease(Shelf shelf, L link, long epoch) {
      this.shelf = shelf;
      this.link = link;
      this.epoch = epoch;
    }

    @Override
    public L link() {
      return link;
    }

    @Override
    public long epoch() {
      return epoch;
    }

    @Override
    public boolean isValid() {
      return valid && !released.get();
    }

    @Override
    public void release(Disposition disposition) {
      if (!released.compareAndSet(false, true)) {
        return;
      }
      switch (disposition) {
        case CLEAN -> back(this);
        case BROKEN -> {
          link.sever();
          back(this);
        }
        case RESET ->
            cleaner
                .clean(link)
                .whenComplete(
                    (ok, failure) -> {
                      if (failure != null) {
                        link.sever();
                      }
                      back(this);
                    });
      }
    }
  }

  private final class Shelf {
    final BackendId backend;
    final ArrayDeque<PooledLease> idle = new ArrayDeque<>();

    /** In order of lease, so that a simulation is a function of its seed. */
    final Set<PooledLease> leased = new LinkedHashSet<>();

    final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    int count;

    Shelf(BackendId backend) {
      this.backend = backend;
    }
  }

  private final class Waiter {
    final long epoch;
    final CompletableFuture<Lease<L>> stage = new CompletableFuture<>();

    Waiter(long epoch) {
      this.epoch = epoch;
    }
  }
}
