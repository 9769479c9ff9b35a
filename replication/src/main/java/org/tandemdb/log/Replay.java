package org.tandemdb.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.log.schema.EpochStart;
import org.tandemdb.log.schema.StageChunk;

/** What the frames of the log add up to, read in order. Owned by the writer. */
final class Replay {
  private final StageIndex stages;
  private Position head;
  private long epoch;
  private String primary;

  Replay(StageIndex stages, Position head, long epoch, String primary) {
    this.stages = stages;
    this.head = head;
    this.epoch = epoch;
    this.primary = primary;
  }

  Position head() {
    return head;
  }

  long epoch() {
    return epoch;
  }

  String primary() {
    return primary;
  }

  /** A segment begins: its header repeats what older segments, perhaps gone by now, have said. */
  void begin(SegmentHeader header) {
    epoch = Math.max(epoch, header.epoch());
    primary = header.primary();
  }

  /**
   * @throws IOException when the frame's content is not what a log can hold
   */
  void frame(Segment segment, Frame frame) throws IOException {
    switch (frame.kind()) {
      case Frame.ENTRY -> entry(segment, frame);
      case Frame.CHUNK -> {
        StageChunk chunk = StageChunk.parseFrom(frame.payload());
        stages.found(
            EntryCodec.fromProto(chunk.getStage()),
            chunk.getIndex(),
            new StageIndex.ChunkPlace(segment, frame.offset()));
      }
      case Frame.EPOCH -> {
        EpochStart start = EpochStart.parseFrom(frame.payload());
        epoch = start.getEpoch();
        primary = start.getPrimary();
      }
      case Frame.CLOSE -> {}
      default -> throw new IOException("frame of unknown kind " + frame.kind());
    }
  }

  private void entry(Segment segment, Frame frame) throws IOException {
    EntryCodec.Peek peek = EntryCodec.peek(frame.payload());
    if (!peek.position().isAfter(head)) {
      throw new IOException("entry " + peek.position() + " after " + head);
    }
    head = peek.position();
    segment.entryAt(head, frame.offset());
    if (peek.staged() != null) {
      if (!stages.isComplete(peek.staged())) {
        throw new IOException("entry " + head + " names chunks that are not in the log");
      }
      stages.committed(peek.staged().stage(), head);
    }
  }

  /**
   * What is kept of frames that may or may not be durable: whole batches, the chunks they name, and
   * epochs up to {@code lastEpoch}. Everything else is dropped, for good once the next segment is
   * durable.
   */
  static List<Frame> keep(List<Frame> frames, long lastEpoch) throws IOException {
    Set<Frame> whole = new HashSet<>();
    Set<StageId> named = new HashSet<>();
    List<Frame> batch = new ArrayList<>();
    Set<StageId> batchNames = new HashSet<>();
    for (Frame frame : frames) {
      if (frame.kind() == Frame.ENTRY) {
        batch.add(frame);
        EntryCodec.Peek peek = EntryCodec.peek(frame.payload());
        if (peek.staged() != null) {
          batchNames.add(peek.staged().stage());
        }
        if (frame.isBatchEnd()) {
          whole.addAll(batch);
          named.addAll(batchNames);
          batch.clear();
          batchNames.clear();
        }
      }
    }
    List<Frame> kept = new ArrayList<>();
    for (Frame frame : frames) {
      boolean keep =
          switch (frame.kind()) {
            case Frame.ENTRY -> whole.contains(frame);
            case Frame.CHUNK ->
                named.contains(
                    EntryCodec.fromProto(StageChunk.parseFrom(frame.payload()).getStage()));
            case Frame.EPOCH -> EpochStart.parseFrom(frame.payload()).getEpoch() <= lastEpoch;
            case Frame.CLOSE -> false;
            default -> throw new IOException("frame of unknown kind " + frame.kind());
          };
      if (keep) {
        kept.add(frame);
      }
    }
    return kept;
  }
}
