package org.tandemdb.it.workload;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the clients were told. A write is acknowledged, or unknown (its outcome could not be told);
 * what is neither must not be in the database. Thread-safe.
 */
final class Ledger {
  /** A counter per row: what was acknowledged, and what may have happened besides. */
  static final class Counters {
    private final AtomicLongArray acknowledged;
    private final AtomicLongArray unknown;

    Counters(int size) {
      acknowledged = new AtomicLongArray(size);
      unknown = new AtomicLongArray(size);
    }

    void add(Outcome outcome, int index, long amount) {
      (outcome == Outcome.ACKNOWLEDGED ? acknowledged : unknown).addAndGet(index, amount);
    }

    /** Acknowledged and not there, given what the row holds. */
    long lost(int index, long found) {
      return Math.max(0, acknowledged.get(index) - found);
    }

    /** There and never promised. */
    long doubled(int index, long found) {
      return Math.max(0, found - acknowledged.get(index) - unknown.get(index));
    }

    long acknowledged(int index) {
      return acknowledged.get(index);
    }
  }

  enum Outcome {
    ACKNOWLEDGED,
    UNKNOWN
  }

  /** What a token's rows must be: how many, if the write happened. */
  record Promise(Outcome outcome, int rows) {}

  final Map<String, Promise> visits = new ConcurrentHashMap<>();
  final Map<String, Promise> cart = new ConcurrentHashMap<>();
  final Map<String, Promise> orders = new ConcurrentHashMap<>();
  final Map<String, Promise> orderLines = new ConcurrentHashMap<>();

  /** By product. */
  final Counters restocks = new Counters(Shop.PRODUCTS + 1);

  final Counters sold = new Counters(Shop.PRODUCTS + 1);

  /** By customer. */
  final Counters customerOrders = new Counters(Shop.CUSTOMERS + 1);

  /** By city; each of its customers shows the same. */
  final Counters points = new Counters(Shop.CITIES);

  private final AtomicLong acknowledgedWrites = new AtomicLong();
  private final AtomicLong unknownWrites = new AtomicLong();

  /** Counts one write, or one transaction's writes. */
  void count(Outcome outcome, int writes) {
    (outcome == Outcome.ACKNOWLEDGED ? acknowledgedWrites : unknownWrites).addAndGet(writes);
  }

  long acknowledgedWrites() {
    return acknowledgedWrites.get();
  }

  long unknownWrites() {
    return unknownWrites.get();
  }
}
