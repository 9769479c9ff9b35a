package org.tandemdb.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Disk.DiskFile;

/**
 * One segment file that is part of the log. Readers hold it while they read, so that truncation
 * does not close it under them. Thread-safe; the fields are changed by the writer only.
 */
final class Segment {
  private static final int INDEX_EVERY_BYTES = 64 << 10;

  private final Path path;
  private final SegmentHeader header;
  private final DiskFile file;
  private final long fileBytes;
  private final TreeMap<Position, Long> index = new TreeMap<>();
  private long lastIndexed = -INDEX_EVERY_BYTES;
  private int holders = 1;
  private volatile long durableEnd;
  private volatile Position last;

  Segment(Path path, SegmentHeader header, DiskFile file, long fileBytes) {
    this.path = path;
    this.header = header;
    this.file = file;
    this.fileBytes = fileBytes;
    this.durableEnd = header.durableEnd();
    this.last = Position.NONE;
  }

  Path path() {
    return path;
  }

  SegmentHeader header() {
    return header;
  }

  DiskFile file() {
    return file;
  }

  long fileBytes() {
    return fileBytes;
  }

  /** Everything before this offset is durable and part of the log. */
  long durableEnd() {
    return durableEnd;
  }

  void durableEnd(long offset) {
    durableEnd = offset;
  }

  boolean isEmpty() {
    return durableEnd == SegmentHeader.BYTES;
  }

  /** The last entry in it; {@link Position#NONE} when it has none. */
  Position last() {
    return last;
  }

  /** An entry stands at {@code offset}. */
  void entryAt(Position position, long offset) {
    synchronized (index) {
      if (offset - lastIndexed >= INDEX_EVERY_BYTES) {
        index.put(position, offset);
        lastIndexed = offset;
      }
    }
    last = position;
  }

  /** Where to begin reading for entries after {@code from}. */
  long offsetBefore(Position from) {
    synchronized (index) {
      Map.Entry<Position, Long> floor = index.floorEntry(from);
      return floor == null ? SegmentHeader.BYTES : floor.getValue();
    }
  }

  /** False when it is closed already. */
  synchronized boolean acquire() {
    if (holders == 0) {
      return false;
    }
    holders++;
    return true;
  }

  /** Closes the file when nobody holds it any more; the log itself is the first holder. */
  void release() throws IOException {
    synchronized (this) {
      holders--;
      if (holders > 0) {
        return;
      }
    }
    file.close();
  }
}
