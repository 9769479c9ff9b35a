package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Row locks of one server, held until the transaction ends, with waiters in line. */
final class RowLocks {
  private static final Duration DEADLOCK_TIMEOUT = Duration.ofSeconds(1);

  private final Simulation sim;
  private final Map<String, Lock> locks = new LinkedHashMap<>();

  RowLocks(Simulation sim) {
    this.sim = sim;
  }

  private static final class Lock {
    final Set<SimTransaction> holders = new LinkedHashSet<>();
    final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    boolean shared;
  }

  private record Waiter(
      SimTransaction transaction, boolean shared, CompletableFuture<Boolean> granted) {}

  /**
   * Completes when the lock is held, or fails with 55P03 after {@code timeout} (zero: never), 40P01
   * in a deadlock, 57P01 when the session ends.
   */
  CompletionStage<Boolean> acquire(
      SimTransaction transaction, String key, boolean shared, Duration timeout) {
    Lock lock = locks.computeIfAbsent(key, k -> new Lock());
    CompletableFuture<Boolean> granted = new CompletableFuture<>();
    if (lock.holders.contains(transaction) && (!lock.shared || shared)) {
      granted.complete(true);
      return granted;
    }
    if (lock.waiters.isEmpty() && admits(lock, shared)) {
      hold(lock, transaction, shared);
      granted.complete(true);
      return granted;
    }
    Waiter waiter = new Waiter(transaction, shared, granted);
    lock.waiters.add(waiter);
    transaction.waitsFor(key);
    if (!timeout.isZero()) {
      sim.after(timeout, null, () -> giveUp(waiter, key, "55P03", "lock timeout on " + key));
    }
    sim.after(DEADLOCK_TIMEOUT, null, () -> checkDeadlock(waiter, key));
    return granted;
  }

  private static boolean admits(Lock lock, boolean shared) {
    return lock.holders.isEmpty() || (shared && lock.shared);
  }

  private static void hold(Lock lock, SimTransaction transaction, boolean shared) {
    lock.holders.add(transaction);
    lock.shared = shared;
  }

  private void giveUp(Waiter waiter, String key, String state, String message) {
    Lock lock = locks.get(key);
    if (lock != null && lock.waiters.remove(waiter)) {
      waiter.transaction.waitsFor(null);
      waiter.granted.completeExceptionally(new SqlFailure(state, message));
      grant(key, lock);
    }
  }

  private void checkDeadlock(Waiter waiter, String key) {
    Lock lock = locks.get(key);
    if (lock != null
        && lock.waiters.contains(waiter)
        && blockers(waiter.transaction, new HashSet<>()).contains(waiter.transaction)) {
      giveUp(waiter, key, "40P01", "deadlock detected on " + key);
    }
  }

  /** Everybody whom {@code transaction} waits for, directly or through others. */
  private Set<SimTransaction> blockers(SimTransaction transaction, Set<SimTransaction> found) {
    String key = transaction.waitsFor();
    Lock lock = key == null ? null : locks.get(key);
    if (lock != null) {
      for (SimTransaction holder : List.copyOf(lock.holders)) {
        if (found.add(holder)) {
          blockers(holder, found);
        }
      }
      for (Waiter before : lock.waiters) {
        if (before.transaction == transaction) {
          break;
        }
        if (found.add(before.transaction)) {
          blockers(before.transaction, found);
        }
      }
    }
    return found;
  }

  /** Who holds what {@code transaction} waits for. */
  Set<SimTransaction> holdersBefore(SimTransaction transaction) {
    String key = transaction.waitsFor();
    Lock lock = key == null ? null : locks.get(key);
    return lock == null ? Set.of() : new LinkedHashSet<>(lock.holders);
  }

  /** After a crash: a prepared transaction has its locks again. */
  void reacquire(SimTransaction transaction, String key) {
    hold(locks.computeIfAbsent(key, k -> new Lock()), transaction, false);
  }

  void release(SimTransaction transaction, String key) {
    Lock lock = locks.get(key);
    if (lock != null && lock.holders.remove(transaction)) {
      grant(key, lock);
    }
  }

  void releaseAll(SimTransaction transaction) {
    String waitedFor = transaction.waitsFor();
    if (waitedFor != null) {
      Lock lock = locks.get(waitedFor);
      if (lock != null) {
        for (Waiter waiter : List.copyOf(lock.waiters)) {
          if (waiter.transaction == transaction) {
            giveUp(waiter, waitedFor, "57P01", "the session ends");
          }
        }
      }
    }
    for (String key : List.copyOf(locks.keySet())) {
      release(transaction, key);
    }
  }

  private void grant(String key, Lock lock) {
    @Nullable Waiter next = lock.waiters.peek();
    while (next != null && admits(lock, next.shared)) {
      lock.waiters.remove();
      next.transaction.waitsFor(null);
      hold(lock, next.transaction, next.shared);
      Waiter granted = next;
      // The waiter wakes a moment later, as a process does.
      sim.after(sim.delay(), null, () -> granted.granted.complete(true));
      next = lock.waiters.peek();
    }
    if (lock.holders.isEmpty() && lock.waiters.isEmpty()) {
      locks.remove(key);
    }
  }
}
