package org.tandemdb.sim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A transaction on a simulated server: what it would change, invisible to others so far. */
final class SimTransaction {
  private final SimBackend backend;
  private final @Nullable SimServerProcess process;
  private final boolean serializable;
  private final int snapshot;
  private final Map<String, Optional<Object>> changes = new LinkedHashMap<>();
  private @Nullable String waitsFor;
  private boolean failed;

  SimTransaction(SimBackend backend, @Nullable SimServerProcess process, boolean serializable) {
    this.backend = backend;
    this.process = process;
    this.serializable = serializable;
    this.snapshot = backend.walEnd();
  }

  /** What a row holds for this transaction, which sees its own changes. */
  @Nullable Object read(String key) {
    Optional<Object> own = changes.get(key);
    return own != null ? own.orElse(null) : backend.committed(key);
  }

  /** Keys with {@code prefix} that this transaction sees, in order. */
  List<String> keys(String prefix) {
    TreeSet<String> keys = new TreeSet<>(backend.keys(prefix));
    changes.forEach(
        (key, value) -> {
          if (key.startsWith(prefix) && value.isPresent()) {
            keys.add(key);
          }
        });
    return List.copyOf(keys);
  }

  void write(String key, @Nullable Object value) {
    changes.put(key, Optional.ofNullable(value));
  }

  /** Under SERIALIZABLE a row that was changed since the snapshot may not be written. */
  boolean conflictsOn(String key) {
    return serializable && backend.changedAt(key) > snapshot;
  }

  Map<String, Optional<Object>> changes() {
    return changes;
  }

  void fail() {
    failed = true;
  }

  boolean hasFailed() {
    return failed;
  }

  @Nullable String waitsFor() {
    return waitsFor;
  }

  void waitsFor(@Nullable String key) {
    waitsFor = key;
  }

  @Nullable SimServerProcess process() {
    return process;
  }
}
