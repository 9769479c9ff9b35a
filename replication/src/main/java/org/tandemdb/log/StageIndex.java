package org.tandemdb.log;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;

/** Where the chunks of stages stand, and which entry each stage belongs to. Thread-safe. */
final class StageIndex {
  private final Map<StageId, Stage> stages = new HashMap<>();

  /** A place in the log. */
  record ChunkPlace(Segment segment, long offset) {}

  private static final class Stage {
    private int assigned;
    private final TreeMap<Integer, ChunkPlace> places = new TreeMap<>();
    private @Nullable Position entry;
  }

  /** The number of the next chunk of {@code id}; opens the stage with the first one. */
  synchronized int assign(StageId id) {
    return stages.computeIfAbsent(id, unused -> new Stage()).assigned++;
  }

  /** Records where a chunk was written. A stage discarded meanwhile stays forgotten. */
  synchronized void written(StageId id, int chunk, ChunkPlace place) {
    Stage stage = stages.get(id);
    if (stage != null) {
      stage.places.put(chunk, place);
    }
  }

  /** Records a chunk that recovery found. */
  synchronized void found(StageId id, int chunk, ChunkPlace place) {
    Stage stage = stages.computeIfAbsent(id, unused -> new Stage());
    stage.assigned = Math.max(stage.assigned, chunk + 1);
    stage.places.put(chunk, place);
  }

  synchronized boolean isOpen(StageId id) {
    Stage stage = stages.get(id);
    return stage != null && stage.entry == null;
  }

  /** True if exactly the chunks that {@code body} names have been written. */
  synchronized boolean isComplete(Entry.Staged body) {
    Stage stage = stages.get(body.stage());
    return stage != null && stage.assigned == body.chunks() && stage.places.size() == body.chunks();
  }

  synchronized int assigned(StageId id) {
    Stage stage = stages.get(id);
    return stage == null ? 0 : stage.assigned;
  }

  synchronized void committed(StageId id, Position entry) {
    Stage stage = stages.get(id);
    if (stage != null) {
      stage.entry = entry;
    }
  }

  synchronized void discard(StageId id) {
    if (isOpen(id)) {
      stages.remove(id);
    }
  }

  synchronized void forgetOpen() {
    stages.values().removeIf(stage -> stage.entry == null);
  }

  synchronized void forgetThrough(Position position) {
    stages.values().removeIf(stage -> stage.entry != null && !stage.entry.isAfter(position));
  }

  synchronized Optional<ChunkPlace> place(StageId id, int chunk) {
    Stage stage = stages.get(id);
    return stage == null ? Optional.empty() : Optional.ofNullable(stage.places.get(chunk));
  }

  /** The lowest segment number that holds a chunk somebody may need beyond {@code position}. */
  synchronized long firstNeededSegment(Position position) {
    long first = Long.MAX_VALUE;
    for (Stage stage : stages.values()) {
      if (stage.entry == null || stage.entry.isAfter(position)) {
        for (ChunkPlace place : stage.places.values()) {
          first = Math.min(first, place.segment().header().number());
        }
      }
    }
    return first;
  }
}
