package org.tandemdb.sim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/**
 * A small transactional database: rows by key, row locks, a write-ahead log of which a crash loses
 * a random tail of what was not flushed, and Tandem's own tables as its schema script makes them.
 */
final class SimBackend {
  static final String FENCE = "tandem/fence";
  static final String WATERMARK = "tandem/watermark";
  static final String FLOOR = "tandem/floor";
  private static final String MARKER = "tandem/marker/";

  /** The row of tandem.fence. */
  record Fence(long epoch, long recovery) {}

  /** A row of tandem.link. */
  record Registered(String started, long epoch, long recovery) {}

  /** One record of the write-ahead log. */
  private record Wal(
      Map<String, Optional<Object>> changes, @Nullable Position prepared, Kind kind) {
    enum Kind {
      COMMIT,
      PREPARE,
      COMMIT_PREPARED,
      ROLLBACK_PREPARED
    }
  }

  private final Simulation sim;
  private final BackendId id;
  private final UUID clusterId;
  private final List<Wal> wal = new ArrayList<>();
  private final Map<Integer, SimServerProcess> processes = new LinkedHashMap<>();
  private final Map<Integer, Registered> links = new LinkedHashMap<>();
  private final Map<Position, SimTransaction> prepared = new LinkedHashMap<>();
  private TreeMap<String, Object> rows = new TreeMap<>();
  private TreeMap<String, Integer> changedAt = new TreeMap<>();
  private RowLocks locks;
  private @Nullable UUID incarnation;
  private int flushed;
  private int lastPid;
  private long life = 1;
  private boolean up = true;

  SimBackend(Simulation sim, BackendId id, UUID clusterId, Map<String, Object> initial) {
    this.sim = sim;
    this.id = id;
    this.clusterId = clusterId;
    this.locks = new RowLocks(sim);
    Map<String, Optional<Object>> first = new LinkedHashMap<>();
    initial.forEach((key, value) -> first.put(key, Optional.of(value)));
    first.put(FENCE, Optional.of(new Fence(0, 0)));
    first.put(WATERMARK, Optional.of(Position.NONE));
    first.put(FLOOR, Optional.of(0L));
    append(new Wal(first, null, Wal.Kind.COMMIT), true);
  }

  Simulation sim() {
    return sim;
  }

  BackendId id() {
    return id;
  }

  UUID clusterId() {
    return clusterId;
  }

  RowLocks locks() {
    return locks;
  }

  boolean isUp() {
    return up;
  }

  // ---- data

  @Nullable Object committed(String key) {
    return rows.get(key);
  }

  int changedAt(String key) {
    return changedAt.getOrDefault(key, 0);
  }

  int walEnd() {
    return wal.size();
  }

  /** User rows, for comparing. */
  Map<String, Object> userRows() {
    TreeMap<String, Object> user = new TreeMap<>(rows);
    user.keySet().removeIf(key -> key.startsWith("tandem/"));
    return user;
  }

  List<String> keys(String prefix) {
    return List.copyOf(rows.subMap(prefix, prefix + Character.MAX_VALUE).keySet());
  }

  Fence fence() {
    return (Fence) row(FENCE);
  }

  Position watermark() {
    return (Position) row(WATERMARK);
  }

  long floor() {
    return (Long) row(FLOOR);
  }

  private Object row(String key) {
    Object value = rows.get(key);
    if (value == null) {
      throw new IllegalStateException("no row " + key + " on " + id);
    }
    return value;
  }

  static String marker(Position position) {
    return MARKER + position;
  }

  List<Position> markers() {
    return keys(MARKER).stream().map(key -> (Position) row(key)).toList();
  }

  private void append(Wal record, boolean flush) {
    wal.add(record);
    if (sim.isTracing()) {
      sim.note(id + " wal " + wal.size() + " " + record.kind() + " " + record.changes());
    }
    replay(record, wal.size());
    if (flush || sim.oneIn(30)) {
      flushed = wal.size();
    }
  }

  private void replay(Wal record, int at) {
    if (record.kind() == Wal.Kind.COMMIT || record.kind() == Wal.Kind.COMMIT_PREPARED) {
      record
          .changes()
          .forEach(
              (key, value) -> {
                changedAt.put(key, at);
                if (value.isPresent()) {
                  rows.put(key, value.get());
                } else {
                  rows.remove(key);
                }
              });
    }
  }

  /**
   * Makes a transaction visible and lets its locks go.
   *
   * @param flush synchronous_commit=on: everything up to here survives from now on, also when this
   *     transaction itself only moved a sequence
   */
  void commit(SimTransaction transaction, boolean flush) {
    if (flush) {
      flushed = wal.size();
    }
    if (!transaction.changes().isEmpty()) {
      append(new Wal(new LinkedHashMap<>(transaction.changes()), null, Wal.Kind.COMMIT), flush);
    }
    locks.releaseAll(transaction);
  }

  /** Takes effect at once, whatever becomes of the transaction: setval. */
  void setFloor(long value) {
    append(new Wal(Map.of(FLOOR, Optional.of(value)), null, Wal.Kind.COMMIT), false);
  }

  void prepare(Position position, SimTransaction transaction) {
    append(new Wal(new LinkedHashMap<>(transaction.changes()), position, Wal.Kind.PREPARE), true);
    prepared.put(position, transaction);
  }

  List<Position> prepared() {
    return List.copyOf(prepared.keySet());
  }

  /** False when there is no such prepared transaction. */
  boolean finishPrepared(Position position, boolean commit) {
    SimTransaction transaction = prepared.remove(position);
    if (transaction == null) {
      return false;
    }
    append(
        new Wal(
            new LinkedHashMap<>(transaction.changes()),
            position,
            commit ? Wal.Kind.COMMIT_PREPARED : Wal.Kind.ROLLBACK_PREPARED),
        commit);
    locks.releaseAll(transaction);
    return true;
  }

  // ---- sessions

  @Nullable UUID incarnation() {
    return incarnation;
  }

  void incarnation(UUID fresh) {
    incarnation = fresh;
  }

  Map<Integer, Registered> links() {
    return links;
  }

  SimServerProcess fork(SimConnection connection) {
    SimServerProcess process = new SimServerProcess(this, ++lastPid, life, connection);
    processes.put(process.pid(), process);
    return process;
  }

  void gone(SimServerProcess process) {
    processes.remove(process.pid(), process);
  }

  List<SimServerProcess> processes() {
    return List.copyOf(processes.values());
  }

  @Nullable SimServerProcess process(int pid, String started) {
    SimServerProcess found = processes.get(pid);
    return found != null && found.started().equals(started) ? found : null;
  }

  // ---- faults

  /** The server dies; what was not flushed is lost from some point on. */
  void crash() {
    int kept = flushed + sim.random().nextInt(wal.size() - flushed + 1);
    sim.note(id + " crashes, loses " + (wal.size() - kept) + " records");
    up = false;
    life++;
    for (SimServerProcess process : processes()) {
      process.end();
    }
    wal.subList(kept, wal.size()).clear();
    flushed = kept;
    rows = new TreeMap<>();
    changedAt = new TreeMap<>();
    locks = new RowLocks(sim);
    incarnation = null;
    links.clear();
    prepared.clear();
    lastPid = 0;
    for (int i = 0; i < wal.size(); i++) {
      Wal record = wal.get(i);
      replay(record, i + 1);
      Position position = record.prepared();
      if (position != null && record.kind() == Wal.Kind.PREPARE) {
        SimTransaction again = new SimTransaction(this, null, false);
        record.changes().forEach((key, value) -> again.write(key, value.orElse(null)));
        prepared.put(position, again);
      } else if (position != null) {
        prepared.remove(position);
      }
    }
    prepared.values().forEach(t -> t.changes().keySet().forEach(k -> locks.reacquire(t, k)));
  }

  void restart() {
    sim.note(id + " is up");
    up = true;
  }
}
