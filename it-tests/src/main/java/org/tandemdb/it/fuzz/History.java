package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What all threads did, and when. Thread-safe. */
final class History {
  private record Entry(int thread, long began, long ended, String what, String answer) {}

  private final long start = System.nanoTime();
  private final Queue<Entry> entries = new ConcurrentLinkedQueue<>();

  void add(int thread, long began, String what, String answer) {
    entries.add(new Entry(thread, began, System.nanoTime(), what, answer));
  }

  /** One line each, by the time at which they began. */
  List<String> lines() {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::began));
    return sorted.stream()
        .map(
            e ->
                String.format(
                    Locale.ROOT,
                    "%9.3f-%.3f ms  [%d] %s%n                       => %s",
                    (e.began - start) / 1e6,
                    (e.ended - start) / 1e6,
                    e.thread,
                    e.what,
                    e.answer))
        .toList();
  }
}
