package org.tandemdb.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tandemdb.env.Disk.DiskFile;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * Reads a log back. Of the last segment only what provably is durable is taken as it stands: frames
 * below the header's durable end, and frames followed by one of a higher sync number. What comes
 * after, the <em>tail</em>, may sit in the page cache only, whatever a sync would answer now, so
 * the caller writes what is kept of it into a new segment, whose header cuts this one off.
 */
final class LogRecovery {

  private LogRecovery() {}

  /**
   * @param end where the provable part ends
   * @param frames what can be read behind it
   */
  record Tail(long end, List<Frame> frames) {}

  /**
   * The live segments, oldest first: from the last one back along the links in the headers. Other
   * files are remains of attempts that nobody was told of.
   */
  static List<Segment> openChain(LogDirectory directory, LogDirectory.State state)
      throws IOException {
    TreeMap<Long, Path> files = directory.segments();
    Deque<Segment> chain = new ArrayDeque<>();
    try {
      long number = files.isEmpty() ? 0 : files.lastKey();
      while (number > 0 && number >= state.firstSegment()) {
        Path path = files.get(number);
        if (path == null) {
          throw LogDirectory.unreadable(directory.segmentPath(number), 0, "the file is missing");
        }
        Segment segment = open(directory, path, number, state);
        chain.addFirst(segment);
        number = segment.header().previous();
      }
      if (chain.isEmpty() && state.firstSegment() > 1) {
        throw LogDirectory.unreadable(directory.path(), 0, "the segment files are missing");
      }
      return new ArrayList<>(chain);
    } catch (IOException | RuntimeException e) {
      for (Segment segment : chain) {
        segment.release();
      }
      throw e;
    }
  }

  private static Segment open(
      LogDirectory directory, Path path, long number, LogDirectory.State state) throws IOException {
    DiskFile file = directory.disk().open(path);
    boolean opened = false;
    try {
      SegmentHeader header;
      try {
        header = SegmentHeader.read(file);
      } catch (IOException e) {
        throw new TandemException(
            ErrorCode.LOG_UNREADABLE, path + " at offset 0: " + e.getMessage(), e);
      }
      if (!header.cluster().equals(state.cluster())) {
        throw new TandemException(
            ErrorCode.WRONG_CLUSTER,
            path + " belongs to cluster " + header.cluster() + ", not " + state.cluster());
      }
      if (header.number() != number) {
        throw LogDirectory.unreadable(path, 0, "it is segment " + header.number());
      }
      Segment segment = new Segment(path, header, file, file.size());
      opened = true;
      return segment;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  /** Reads all of a segment that has a successor, which says where it ends. */
  static void replaySealed(Segment segment, long end, Replay replay) throws IOException {
    replay.begin(segment.header());
    // The part that was written before the segment got its name has a sync number of its own.
    long begin =
        replayExactly(segment, SegmentHeader.BYTES, segment.header().durableEnd(), 0, replay);
    replayExactly(segment, begin, end, 1, replay);
    segment.durableEnd(end);
  }

  private static long replayExactly(Segment segment, long from, long end, long sync, Replay replay)
      throws IOException {
    FrameReader reader = new FrameReader(segment.file(), segment.header().salt(), from, end, sync);
    for (Frame frame = reader.next(); frame != null; frame = reader.next()) {
      apply(segment, frame, replay);
    }
    if (reader.offset() != end) {
      throw LogDirectory.unreadable(
          segment.path(), reader.offset(), "a record that was durable is damaged");
    }
    return end;
  }

  /** Reads the last segment: applies what provably is durable, and returns the rest. */
  static Tail replayLast(Segment segment, Replay replay) throws IOException {
    replay.begin(segment.header());
    long from =
        replayExactly(segment, SegmentHeader.BYTES, segment.header().durableEnd(), 0, replay);
    return readTail(segment, segment.file(), from, 1, replay);
  }

  /**
   * @param from where everything before is durable
   * @param sync the sync number of what was written there
   * @param replay receives what proves durable on reading; null when nothing can
   */
  static Tail readTail(
      Segment segment, DiskFile file, long from, long sync, @Nullable Replay replay)
      throws IOException {
    FrameReader reader = new FrameReader(file, segment.header().salt(), from, file.size(), sync);
    List<Frame> unproven = new ArrayList<>();
    long end = from;
    for (Frame frame = reader.next(); frame != null; frame = reader.next()) {
      if (replay != null
          && !unproven.isEmpty()
          && frame.syncNumber() > unproven.get(0).syncNumber()) {
        for (Frame proven : unproven) {
          apply(segment, proven, replay);
        }
        unproven.clear();
        end = frame.offset();
      }
      unproven.add(frame);
    }
    long proof = reader.laterProof();
    if (proof >= 0) {
      throw LogDirectory.unreadable(
          segment.path(),
          reader.offset(),
          "a record that was durable is damaged: a later one stands at offset " + proof);
    }
    segment.durableEnd(end);
    return new Tail(end, unproven);
  }

  private static void apply(Segment segment, Frame frame, Replay replay) {
    try {
      replay.frame(segment, frame);
    } catch (IOException e) {
      throw LogDirectory.unreadable(segment.path(), frame.offset(), String.valueOf(e.getMessage()));
    }
  }
}
