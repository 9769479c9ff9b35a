package org.tandemdb.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Disk;
import org.tandemdb.env.Disk.DiskFile;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.schema.LogState;

/**
 * The files of a log and how they come and go. A file gets its real name only when its content is
 * durable, so whatever has a real name after a crash is whole.
 */
final class LogDirectory {
  private static final String SEGMENT_SUFFIX = ".log";
  private static final String TEMPORARY_SUFFIX = ".tmp";
  private static final String STATE = "state";
  private static final int STATE_BYTES = 512;

  private final Path path;
  private final Disk disk;

  LogDirectory(Path path, Disk disk) {
    this.path = path;
    this.disk = disk;
  }

  /**
   * What must survive beside the segments.
   *
   * @param first everything at or below this has been truncated
   * @param firstSegment segments with a lower number are dead
   */
  record State(UUID cluster, Position first, long firstSegment) {}

  Path path() {
    return path;
  }

  Disk disk() {
    return disk;
  }

  Path segmentPath(long number) {
    return path.resolve(String.format(Locale.ROOT, "%016d", number) + SEGMENT_SUFFIX);
  }

  Path temporary(String name) {
    return path.resolve(name + TEMPORARY_SUFFIX);
  }

  void sync() throws IOException {
    disk.syncDirectory(path);
  }

  /** Segment files by number, after everything listed has been made durable. */
  TreeMap<Long, Path> segments() throws IOException {
    sync();
    TreeMap<Long, Path> found = new TreeMap<>();
    for (String name : disk.list(path)) {
      if (name.matches("\\d{16}\\.log")) {
        found.put(
            Long.parseLong(name.substring(0, name.length() - SEGMENT_SUFFIX.length())),
            path.resolve(name));
      }
    }
    return found;
  }

  /** Removes what a crash left half made. */
  void deleteTemporaries() throws IOException {
    for (String name : disk.list(path)) {
      if (name.endsWith(TEMPORARY_SUFFIX)) {
        disk.delete(path.resolve(name));
      }
    }
  }

  Optional<State> readState() throws IOException {
    if (!disk.list(path).contains(STATE)) {
      return Optional.empty();
    }
    try (DiskFile file = disk.open(path.resolve(STATE))) {
      ByteBuffer block = ByteBuffer.allocate(STATE_BYTES);
      file.read(block, 0);
      block.flip();
      int length = block.remaining() < 8 ? -1 : block.getInt();
      int crc = length < 0 ? 0 : block.getInt();
      if (length < 0 || length > block.remaining()) {
        throw unreadable(path.resolve(STATE), 0, "damaged");
      }
      byte[] proto = new byte[length];
      block.get(proto);
      if (SegmentHeader.checksum(proto) != crc) {
        throw unreadable(path.resolve(STATE), 0, "wrong checksum");
      }
      LogState state = LogState.parseFrom(proto);
      return Optional.of(
          new State(
              SegmentHeader.decodeCluster(state.getClusterId()),
              EntryCodec.fromProto(state.getFirst()),
              state.getFirstSegment()));
    }
  }

  /** Durable, and all or nothing, when it returns. */
  void writeState(State state) throws IOException {
    byte[] proto =
        LogState.newBuilder()
            .setClusterId(SegmentHeader.encode(state.cluster()))
            .setFirst(EntryCodec.toProto(state.first()))
            .setFirstSegment(state.firstSegment())
            .build()
            .toByteArray();
    ByteBuffer block = ByteBuffer.allocate(STATE_BYTES);
    block.putInt(proto.length).putInt(SegmentHeader.checksum(proto)).put(proto).flip();
    Path temporary = temporary(STATE);
    try (DiskFile file = disk.open(temporary)) {
      file.allocate(0);
      file.write(block, 0);
      file.sync();
    }
    disk.rename(temporary, path.resolve(STATE));
    sync();
  }

  /** What a second process is told; nothing depends on it, so it need not be durable. */
  void writeOwner(String text) throws IOException {
    try (DiskFile file = disk.open(path.resolve("owner"))) {
      file.allocate(0);
      file.write(StandardCharsets.UTF_8.encode(text), 0);
    }
  }

  String readOwner() throws IOException {
    if (!disk.list(path).contains("owner")) {
      return "";
    }
    try (DiskFile file = disk.open(path.resolve("owner"))) {
      ByteBuffer text = ByteBuffer.allocate(1024);
      file.read(text, 0);
      return StandardCharsets.UTF_8.decode(text.flip()).toString();
    }
  }

  /**
   * Makes a segment that begins with {@code frames}; all of it is durable before it gets its name,
   * and the name is durable when this returns.
   *
   * @param frames to be written again; their offsets are those of the segment they come from
   * @param rewritten receives the frames as they stand in the new segment
   * @throws NoSpaceException when there is no room; nothing was changed then
   */
  Segment create(SegmentHeader draft, long fileBytes, List<Frame> frames, List<Frame> rewritten)
      throws IOException {
    int bytes = SegmentHeader.BYTES;
    for (Frame frame : frames) {
      bytes += Frame.sizeOf(frame.payload().length);
    }
    SegmentHeader header = draft.withDurableEnd(bytes);
    ByteBuffer content = ByteBuffer.allocate(bytes).put(header.encode());
    List<Frame> placed = new ArrayList<>();
    for (int i = 0; i < frames.size(); i++) {
      Frame frame = frames.get(i);
      int flags = (frame.flags() & ~Frame.SYNC) | (i == frames.size() - 1 ? Frame.SYNC : 0);
      placed.add(new Frame(content.position(), frame.kind(), flags, 0, frame.payload()));
      Frame.put(content, header.salt(), frame.kind(), flags, 0, frame.payload());
    }
    Path temporary = temporary(String.format(Locale.ROOT, "%016d", header.number()));
    DiskFile file = allocated(temporary, Math.max(fileBytes, bytes));
    try {
      file.write(content.flip(), 0);
      file.sync();
      disk.rename(temporary, segmentPath(header.number()));
      sync();
    } catch (IOException e) {
      closeAfter(file, e);
      throw e;
    }
    rewritten.addAll(placed);
    return new Segment(segmentPath(header.number()), header, file, Math.max(fileBytes, bytes));
  }

  private DiskFile allocated(Path temporary, long bytes) throws IOException {
    DiskFile file;
    try {
      file = disk.open(temporary);
    } catch (IOException e) {
      throw new NoSpaceException("cannot create " + temporary, e);
    }
    try {
      file.allocate(bytes);
      return file;
    } catch (IOException e) {
      closeAfter(file, e);
      try {
        disk.delete(temporary);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw new NoSpaceException("cannot reserve " + bytes + " bytes for " + temporary, e);
    }
  }

  private static void closeAfter(DiskFile file, IOException failure) {
    try {
      file.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  static TandemException unreadable(Path file, long offset, String what) {
    return new TandemException(
        ErrorCode.LOG_UNREADABLE, file + " at offset " + offset + ": " + what);
  }

  /** There is no room for a new segment, and nothing was written. */
  static final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    NoSpaceException(String message, IOException cause) {
      super(message + ": " + DiskReason.of(cause), cause);
    }

    NoSpaceException(String message) {
      super(message);
    }
  }
}
