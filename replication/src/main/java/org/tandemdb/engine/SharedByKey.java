package org.tandemdb.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Values that all users of one key share: made for the first of them, and kept for a while after
 * the last, so that whoever comes again finds it. Bounded by what is in use and a number of idle
 * ones; of these the longest unused are closed. One in use never is. Thread-safe.
 *
 * @param <K> must not change
 */
public final class SharedByKey<K, V> {
  private final int maxIdle;
  private final Consumer<V> closer;
  private final Map<K, Slot<V>> slots = new LinkedHashMap<>();

  /** The longest unused first. */
  private final Map<K, Slot<V>> idle = new LinkedHashMap<>();

  /**
   * @param maxIdle most values kept that nobody uses; 0 closes each with its last user
   * @param closer is called without a lock, once for each value that is given up
   */
  public SharedByKey(int maxIdle, Consumer<V> closer) {
    this.maxIdle = maxIdle;
    this.closer = closer;
  }

  /** The value for {@code key}, made if need be; {@link #release} it once. */
  public synchronized V acquire(K key, Supplier<V> maker) {
    Slot<V> slot = slots.get(key);
    if (slot == null) {
      slot = new Slot<>(maker.get());
      slots.put(key, slot);
    }
    slot.users++;
    idle.remove(key);
    return slot.value;
  }

  /** A user of {@code key} needs it no more. */
  public void release(K key) {
    List<V> givenUp = new ArrayList<>(1);
    synchronized (this) {
      Slot<V> slot = slots.get(key);
      if (slot == null || slot.users == 0) {
        throw new IllegalStateException("released more often than acquired");
      }
      slot.users--;
      if (slot.users == 0) {
        idle.put(key, slot);
      }
      var longestUnused = idle.entrySet().iterator();
      while (idle.size() > maxIdle) {
        Map.Entry<K, Slot<V>> next = longestUnused.next();
        slots.remove(next.getKey());
        givenUp.add(next.getValue().value);
        longestUnused.remove();
      }
    }
    givenUp.forEach(closer);
  }

  /** All that are there, used or not. */
  public synchronized List<V> values() {
    return slots.values().stream().map(slot -> slot.value).toList();
  }

  private static final class Slot<V> {
    final V value;
    int users;

    Slot(V value) {
      this.value = value;
    }
  }
}
