package org.tandemdb.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.log.schema.StageChunk;

/**
 * Reads what is durable from the segment files. Remembers where it stopped; owned by one reader.
 */
final class EntryReader {
  private final LogStore store;
  private @Nullable Segment lastSegment;
  private long lastOffset;
  private Position lastPosition = Position.NONE;

  EntryReader(LogStore store) {
    this.store = store;
  }

  /** Entries after {@code from} at or below {@code limit}: at least one if there is one. */
  List<Entry> read(Position from, Position limit, long maxBytes) throws IOException {
    List<Entry> found = new ArrayList<>();
    long taken = 0;
    for (Segment segment : store.segments()) {
      if (!segment.last().isAfter(from)) {
        continue;
      }
      if (!segment.acquire()) {
        throw new TruncatedException(from, store.state().first());
      }
      try {
        // Once: while this reads, more may become durable, which is not damage.
        long end = segment.durableEnd();
        FrameReader reader = reader(segment, from, end);
        for (Frame frame = reader.next(); frame != null; frame = reader.next()) {
          if (frame.kind() != Frame.ENTRY || !isWanted(frame, from)) {
            continue;
          }
          taken += frame.payload().length;
          Position position = EntryCodec.peek(frame.payload()).position();
          if (position.isAfter(limit) || (!found.isEmpty() && taken > maxBytes)) {
            return found;
          }
          found.add(EntryCodec.decode(ByteBuffer.wrap(frame.payload())));
          lastSegment = segment;
          lastOffset = frame.end();
          lastPosition = position;
        }
        if (reader.offset() < end) {
          throw LogDirectory.unreadable(segment.path(), reader.offset(), "a record is damaged");
        }
      } finally {
        segment.release();
      }
    }
    return found;
  }

  private FrameReader reader(Segment segment, Position from, long end) {
    boolean goesOn = segment == lastSegment && from.equals(lastPosition);
    long start = goesOn ? lastOffset : segment.offsetBefore(from);
    return new FrameReader(
        segment.file(), segment.header().salt(), start, end, FrameReader.ANY_SYNC);
  }

  private static boolean isWanted(Frame frame, Position from) throws IOException {
    return EntryCodec.peek(frame.payload()).position().isAfter(from);
  }

  static List<Change> readChunk(LogStore store, StageId id, int index) throws IOException {
    StageIndex.ChunkPlace place =
        store
            .stages()
            .place(id, index)
            .orElseThrow(
                () -> new IllegalArgumentException("no chunk " + index + " of stage " + id));
    Segment segment = place.segment();
    if (!segment.acquire()) {
      throw new TruncatedException(store.state().first(), store.state().first());
    }
    try {
      FrameReader reader =
          new FrameReader(
              segment.file(),
              segment.header().salt(),
              place.offset(),
              segment.fileBytes(),
              FrameReader.ANY_SYNC);
      Frame frame = reader.next();
      if (frame == null || frame.kind() != Frame.CHUNK) {
        throw LogDirectory.unreadable(segment.path(), place.offset(), "a chunk is damaged");
      }
      return EntryCodec.decodeChanges(
          StageChunk.parseFrom(frame.payload()).getData().asReadOnlyByteBuffer());
    } finally {
      segment.release();
    }
  }
}
