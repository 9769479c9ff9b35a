package org.tandemdb.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * How much of the heap is reachable, looked at every few seconds: right after a full collection,
 * since what lies there between two collections says nothing.
 */
final class HeapWatch {
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
  private volatile long peakBytes;

  HeapWatch() {
    Thread watch = new Thread(this::watch, "heap-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private void watch() {
    while (true) {
      look();
      LockSupport.parkNanos(INTERVAL.toNanos());
    }
  }

  private synchronized long look() {
    System.gc();
    long used = memory.getHeapMemoryUsage().getUsed();
    peakBytes = Math.max(peakBytes, used);
    return used;
  }

  /** The most that was reachable when it was looked at. */
  long peakMib() {
    return peakBytes >> 20;
  }

  /** What is reachable now. */
  long nowMib() {
    return look() >> 20;
  }
}
