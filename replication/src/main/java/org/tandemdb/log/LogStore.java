package org.tandemdb.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.LogDirectory.NoSpaceException;
import org.tandemdb.log.schema.CleanClose;
import org.tandemdb.log.schema.EpochStart;

/**
 * The segments and what is written to them. All that changes it is called by one writer at a time
 * (see {@link WriteQueue}); what readers see is volatile, and published only when it is durable.
 *
 * <p>After a failed write or sync nobody can know what the medium holds: the current segment is
 * abandoned, and everything is refused until {@link #newEpoch} decides, in a new segment.
 */
final class LogStore {
  private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);

  /** Room left in each segment for the records of epochs and of closing. */
  private static final int RESERVE_BYTES = 4096;

  /** Chunks are synced now and then, so that the sync of their commit record stays short. */
  private static final long MAX_UNSYNCED_BYTES = 8 << 20;

  private static final int KEPT_BUFFER_BYTES = 4 << 20;
  private static final int REFUSED_STAGES_KEPT = 1024;

  private final LogDirectory directory;
  private final LogOptions options;
  private final RandomGenerator random;
  private final StageIndex stages;
  private final RecentEntries recent;

  /** Stages that there was no room for, and whose commit record may be on its way. */
  private final Set<StageId> withoutRoom =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<StageId, Boolean> eldest) {
              return size() > REFUSED_STAGES_KEPT;
            }
          });

  private volatile List<Segment> segments;
  private volatile LogDirectory.State state;
  private volatile long epoch;
  private volatile String primary;
  private volatile Position head;
  private volatile String lastError = "";
  private volatile boolean failed;
  private boolean closed;
  private long lastNumber;
  private long writeEnd;
  private long syncNumber;
  private long unsyncedBytes;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);

  private LogStore(
      LogDirectory directory,
      LogOptions options,
      RandomGenerator random,
      LogDirectory.State state,
      StageIndex stages,
      Replay replay) {
    this.directory = directory;
    this.options = options;
    this.random = random;
    this.state = state;
    this.stages = stages;
    this.segments = List.of();
    this.head = replay.head();
    this.epoch = replay.epoch();
    this.primary = replay.primary();
    this.recent = new RecentEntries(options.cacheBytes(), replay.head());
  }

  /** Reads the log back, and begins a new segment that makes what was decided durable. */
  static LogStore open(
      LogDirectory directory, LogOptions options, RandomGenerator random, LogDirectory.State state)
      throws IOException {
    directory.deleteTemporaries();
    List<Segment> chain = LogRecovery.openChain(directory, state);
    boolean opened = false;
    try {
      StageIndex stages = new StageIndex();
      Replay replay = new Replay(stages, state.first(), 0, "");
      List<Frame> kept = List.of();
      for (int i = 0; i < chain.size(); i++) {
        Segment segment = chain.get(i);
        if (i + 1 < chain.size()) {
          LogRecovery.replaySealed(segment, chain.get(i + 1).header().previousEnd(), replay);
        } else {
          kept = Replay.keep(LogRecovery.replayLast(segment, replay).frames(), Long.MAX_VALUE);
        }
      }
      LogStore store = new LogStore(directory, options, random, state, stages, replay);
      store.segments = chain;
      var files = directory.segments();
      store.lastNumber = files.isEmpty() ? 0 : files.lastKey();
      store.beginSegment(kept, replay);
      stages.forgetOpen();
      store.deleteDead();
      opened = true;
      return store;
    } finally {
      if (!opened) {
        for (Segment segment : chain) {
          segment.release();
        }
      }
    }
  }

  static TandemException refusal(AppendOutcome.Reason reason, String message) {
    return new TandemException(
        reason == AppendOutcome.Reason.FULL ? ErrorCode.LOG_FULL : ErrorCode.LOG_FAILED, message);
  }

  List<Segment> segments() {
    return segments;
  }

  LogDirectory.State state() {
    return state;
  }

  long epoch() {
    return epoch;
  }

  String primary() {
    return primary;
  }

  Position head() {
    return head;
  }

  boolean failed() {
    return failed;
  }

  String lastError() {
    return lastError;
  }

  RecentEntries recent() {
    return recent;
  }

  StageIndex stages() {
    return stages;
  }

  long fileBytes() {
    return segments.stream().mapToLong(Segment::fileBytes).sum();
  }

  /** Writes a group with at most one sync, and answers each of its requests. */
  void write(List<WriteRequest> group) {
    if (group.get(0) instanceof WriteRequest.Control control) {
      runControl(control);
      return;
    }
    List<WriteRequest> accepted = new ArrayList<>(group.size());
    for (WriteRequest request : group) {
      if (isAcceptable(request)) {
        accepted.add(request);
      }
    }
    int from = 0;
    while (from < accepted.size()) {
      int to = fitting(accepted, from);
      if (to == from) {
        if (!rollFor(accepted.get(from))) {
          from++;
        }
      } else {
        writeFitting(accepted.subList(from, to));
        from = to;
      }
    }
  }

  private void runControl(WriteRequest.Control control) {
    try {
      control.action().run();
    } catch (RuntimeException | Error e) {
      control.result().completeExceptionally(e);
      throw e;
    }
  }

  private boolean isAcceptable(WriteRequest request) {
    if (closed || failed) {
      request.reject(AppendOutcome.Reason.CLOSED, closed ? "the log is closed" : lastError);
      return false;
    }
    if (request instanceof WriteRequest.Append append) {
      if (append.epoch() != epoch) {
        request.reject(
            AppendOutcome.Reason.FENCED, "epoch " + append.epoch() + " has ended: it is " + epoch);
        return false;
      }
      for (Entry entry : append.entries()) {
        if (entry.body() instanceof Entry.Staged staged && !isStaged(staged)) {
          // Full is no reason to end the epoch: nobody else has lost anything.
          boolean full = withoutRoom.remove(staged.stage());
          request.reject(
              full ? AppendOutcome.Reason.FULL : AppendOutcome.Reason.FENCED,
              full
                  ? lastError
                  : "the stage of "
                      + entry.position()
                      + " is not whole: it did not outlive the log");
          return false;
        }
      }
    } else if (request instanceof WriteRequest.Chunk chunk && !stages.isOpen(chunk.stage())) {
      request.reject(AppendOutcome.Reason.CLOSED, "the stage is closed");
      return false;
    }
    return true;
  }

  private boolean isStaged(Entry.Staged staged) {
    return stages.isOpen(staged.stage()) && stages.assigned(staged.stage()) == staged.chunks();
  }

  /** Requests from {@code from} on that fit into the current segment: the first one after them. */
  private int fitting(List<WriteRequest> requests, int from) {
    long room = current().fileBytes() - RESERVE_BYTES - writeEnd;
    int to = from;
    while (to < requests.size() && requests.get(to).bytes() <= room) {
      room -= requests.get(to).bytes();
      to++;
    }
    return to;
  }

  /** Begins a segment that has room for {@code request}, or rejects it. */
  private boolean rollFor(WriteRequest request) {
    if (failed) {
      refuse(request, AppendOutcome.Reason.CLOSED, lastError);
      return false;
    }
    try {
      long needed = roundUp(SegmentHeader.BYTES + request.bytes() + RESERVE_BYTES);
      roll(Math.max(options.segmentBytes(), needed), true);
      return true;
    } catch (NoSpaceException e) {
      lastError = String.valueOf(e.getMessage());
      refuse(request, AppendOutcome.Reason.FULL, lastError);
    } catch (IOException | RuntimeException e) {
      fail(e);
      refuse(request, AppendOutcome.Reason.CLOSED, lastError);
    }
    return false;
  }

  /** A stage that misses a chunk can never be committed. */
  private void refuse(WriteRequest request, AppendOutcome.Reason reason, String message) {
    if (request instanceof WriteRequest.Chunk chunk) {
      stages.discard(chunk.stage());
      if (reason == AppendOutcome.Reason.FULL) {
        withoutRoom.add(chunk.stage());
      }
    }
    request.reject(reason, message);
  }

  private static long roundUp(long bytes) {
    return (bytes + 4095) & -4096;
  }

  private void writeFitting(List<WriteRequest> requests) {
    long bytes = 0;
    boolean sync = false;
    for (WriteRequest request : requests) {
      // What was accepted for a segment may have become impossible while an earlier part was
      // written.
      if (failed || (request instanceof WriteRequest.Append a && !stillWhole(a))) {
        AppendOutcome.Reason reason =
            failed ? AppendOutcome.Reason.CLOSED : AppendOutcome.Reason.FULL;
        requests.forEach(each -> each.reject(reason, lastError));
        return;
      }
      bytes += request.bytes();
      sync |= request instanceof WriteRequest.Append;
    }
    sync |= unsyncedBytes + bytes > MAX_UNSYNCED_BYTES;
    long start = writeEnd;
    try {
      encode(requests, (int) bytes, sync);
      current().file().write(buffer.flip(), start);
      if (sync) {
        current().file().sync();
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
      requests.forEach(this::unknown);
      return;
    }
    written(bytes, sync);
    publish(requests, start);
  }

  private boolean stillWhole(WriteRequest.Append append) {
    return append.entries().stream()
        .allMatch(entry -> !(entry.body() instanceof Entry.Staged staged) || isStaged(staged));
  }

  private void written(long bytes, boolean synced) {
    writeEnd += bytes;
    unsyncedBytes += bytes;
    if (synced) {
      unsyncedBytes = 0;
      syncNumber++;
      current().durableEnd(writeEnd);
    }
  }

  private void encode(List<WriteRequest> requests, int bytes, boolean sync) {
    if (buffer.capacity() < bytes || buffer.capacity() > KEPT_BUFFER_BYTES) {
      int capacity = Math.max(bytes, Math.min(2 * bytes, KEPT_BUFFER_BYTES));
      buffer = ByteBuffer.allocateDirect(capacity);
    }
    buffer.clear();
    long salt = current().header().salt();
    for (int i = 0; i < requests.size(); i++) {
      int last = sync && i + 1 == requests.size() ? Frame.SYNC : 0;
      WriteRequest request = requests.get(i);
      if (request instanceof WriteRequest.Append append) {
        List<byte[]> payloads = append.payloads();
        for (int k = 0; k < payloads.size(); k++) {
          int flags = k + 1 == payloads.size() ? Frame.BATCH_END | last : 0;
          Frame.put(buffer, salt, Frame.ENTRY, flags, syncNumber, payloads.get(k));
        }
      } else if (request instanceof WriteRequest.Chunk chunk) {
        Frame.put(buffer, salt, Frame.CHUNK, last, syncNumber, chunk.payload());
      }
    }
  }

  private void publish(List<WriteRequest> requests, long start) {
    long offset = start;
    Segment segment = current();
    for (WriteRequest request : requests) {
      if (request instanceof WriteRequest.Append append) {
        for (int k = 0; k < append.entries().size(); k++) {
          Entry entry = append.entries().get(k);
          int size = append.payloads().get(k).length;
          segment.entryAt(entry.position(), offset);
          if (entry.body() instanceof Entry.Staged staged) {
            stages.committed(staged.stage(), entry.position());
          }
          recent.add(entry, size);
          offset += Frame.sizeOf(size);
          head = entry.position();
        }
      } else if (request instanceof WriteRequest.Chunk chunk) {
        stages.written(chunk.stage(), chunk.index(), new StageIndex.ChunkPlace(segment, offset));
        offset += chunk.bytes();
      }
    }
    for (WriteRequest request : requests) {
      if (request instanceof WriteRequest.Append append) {
        append.result().complete(new AppendOutcome.Durable());
      } else if (request instanceof WriteRequest.Chunk chunk) {
        chunk.result().complete(new ReplicationLog.Staged(chunk.stage(), chunk.index()));
      }
    }
  }

  private void unknown(WriteRequest request) {
    if (request instanceof WriteRequest.Append append) {
      append.result().complete(new AppendOutcome.Unknown(lastError));
    } else {
      request.reject(AppendOutcome.Reason.CLOSED, lastError);
    }
  }

  private void fail(Throwable e) {
    failed = true;
    lastError = "the log's disk failed: " + e.getMessage();
    stages.forgetOpen();
    LOG.error("the log in {} stops until a new epoch begins", directory.path(), e);
  }

  private Segment current() {
    return segments.get(segments.size() - 1);
  }

  /** Seals the current segment, durably whole, and begins the next. */
  private void roll(long fileBytes, boolean limited) throws IOException {
    if (limited && fileBytes() + fileBytes > options.maxBytes()) {
      throw new NoSpaceException(
          "the log has reached its limit of " + options.maxBytes() + " bytes");
    }
    if (unsyncedBytes > 0) {
      current().file().sync();
      unsyncedBytes = 0;
      current().durableEnd(writeEnd);
    }
    appendSegment(fileBytes, List.of(), epoch, primary, new ArrayList<>());
  }

  /**
   * Cuts the last segment off behind what provably is durable, and makes a new one that repeats
   * what is kept of the rest. From here on the decision cannot change, whatever the medium shows
   * later.
   */
  private void beginSegment(List<Frame> kept, Replay replay) throws IOException {
    List<Frame> rewritten = new ArrayList<>();
    try {
      appendSegment(options.segmentBytes(), kept, replay.epoch(), replay.primary(), rewritten);
    } catch (NoSpaceException e) {
      // On a full disk the log must still open, to be read and truncated: the smallest one will do.
      LOG.warn("no room for a whole segment", e);
      appendSegment(roundUp(RESERVE_BYTES), kept, replay.epoch(), replay.primary(), rewritten);
    }
    for (Frame frame : rewritten) {
      replay.frame(current(), frame);
      if (frame.kind() == Frame.ENTRY) {
        recent.add(EntryCodec.decode(ByteBuffer.wrap(frame.payload())), frame.payload().length);
      }
    }
    epoch = replay.epoch();
    primary = replay.primary();
    head = replay.head();
  }

  private void appendSegment(
      long fileBytes, List<Frame> kept, long newEpoch, String newPrimary, List<Frame> rewritten)
      throws IOException {
    List<Segment> live = new ArrayList<>(segments);
    Segment empty = null;
    long previous = 0;
    long previousEnd = 0;
    if (!live.isEmpty()) {
      Segment last = current();
      if (last.isEmpty()) {
        // Else every restart of an idle log would leave a preallocated file behind.
        empty = live.remove(live.size() - 1);
        previous = last.header().previous();
        previousEnd = last.header().previousEnd();
      } else {
        previous = last.header().number();
        previousEnd = last.durableEnd();
      }
    }
    SegmentHeader draft =
        new SegmentHeader(
            state.cluster(),
            ++lastNumber,
            random.nextLong(),
            previous,
            previousEnd,
            0,
            newEpoch,
            newPrimary,
            head);
    Segment segment = directory.create(draft, fileBytes, kept, rewritten);
    live.add(segment);
    segments = List.copyOf(live);
    writeEnd = segment.header().durableEnd();
    syncNumber = 1;
    unsyncedBytes = 0;
    if (empty != null) {
      empty.release();
      directory.disk().delete(empty.path());
    }
  }

  /**
   * Removes files that no link reaches. Those left by a failure here are removed at the next open.
   */
  private void deleteDead() throws IOException {
    var files = directory.segments();
    segments.forEach(segment -> files.remove(segment.header().number()));
    for (var file : files.values()) {
      directory.disk().delete(file);
    }
  }

  /** Begins the epoch after {@code expected}; reopens the log when it has failed. */
  long newEpoch(long expected, BackendId backend) throws IOException {
    requireOpen();
    if (expected != epoch) {
      throw new LostOwnershipException("epoch " + expected + " has ended: it is " + epoch);
    }
    if (failed) {
      reopen(expected + 1, backend.name());
      return epoch;
    }
    byte[] payload =
        EpochStart.newBuilder()
            .setEpoch(expected + 1)
            .setPrimary(backend.name())
            .build()
            .toByteArray();
    try {
      writeRecord(Frame.EPOCH, payload);
    } catch (NoSpaceException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      fail(e);
      throw e;
    }
    epoch = expected + 1;
    primary = backend.name();
    return epoch;
  }

  private void writeRecord(int kind, byte[] payload) throws IOException {
    int bytes = Frame.sizeOf(payload.length);
    if (writeEnd + bytes > current().fileBytes()) {
      roll(options.segmentBytes(), false);
    }
    ByteBuffer frame = ByteBuffer.allocate(bytes);
    Frame.put(frame, current().header().salt(), kind, Frame.SYNC, syncNumber, payload);
    current().file().write(frame.flip(), writeEnd);
    current().file().sync();
    written(bytes, true);
  }

  private void reopen(long nextEpoch, String backend) throws IOException {
    directory.sync();
    Segment abandoned = current();
    List<Frame> kept;
    try (var file = directory.disk().open(abandoned.path())) {
      long end = abandoned.durableEnd();
      kept =
          Replay.keep(LogRecovery.readTail(abandoned, file, end, syncNumber, null).frames(), epoch);
    }
    Replay replay = new Replay(stages, head, nextEpoch, backend);
    beginSegment(kept, replay);
    stages.forgetOpen();
    failed = false;
    LOG.warn("the log in {} goes on at {} in epoch {}", directory.path(), head, epoch);
  }

  /** Forgets whole segments; the durable truncation point goes first. */
  void truncateBelow(Position p) throws IOException {
    requireOpen();
    if (failed) {
      throw refusal(AppendOutcome.Reason.CLOSED, lastError);
    }
    List<Segment> live = segments;
    int dead = 0;
    while (dead + 1 < live.size() && !live.get(dead).last().isAfter(p)) {
      dead++;
    }
    Position first = lastBefore(live, dead);
    // Fewer segments may go than p allows, and then entries below p stay, which need their chunks
    // too.
    long needed = stages.firstNeededSegment(first);
    while (dead > 0 && live.get(dead - 1).header().number() >= needed) {
      dead--;
      first = lastBefore(live, dead);
      needed = stages.firstNeededSegment(first);
    }
    if (dead == 0) {
      return;
    }
    LogDirectory.State next =
        new LogDirectory.State(state.cluster(), first, live.get(dead).header().number());
    directory.writeState(next);
    state = next;
    segments = List.copyOf(live.subList(dead, live.size()));
    stages.forgetThrough(first);
    for (Segment segment : live.subList(0, dead)) {
      segment.release();
      directory.disk().delete(segment.path());
    }
  }

  private Position lastBefore(List<Segment> live, int count) {
    Position last = state.first();
    for (Segment segment : live.subList(0, count)) {
      last = Position.max(last, segment.last());
    }
    return last;
  }

  private void requireOpen() {
    if (closed) {
      throw refusal(AppendOutcome.Reason.CLOSED, "the log is closed");
    }
  }

  /** A last record proves that everything before it was durable. */
  void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    @Nullable IOException failure = null;
    if (!failed && !current().isEmpty()) {
      try {
        writeRecord(Frame.CLOSE, CleanClose.getDefaultInstance().toByteArray());
      } catch (IOException e) {
        failure = e;
      }
    }
    for (Segment segment : segments) {
      segment.release();
    }
    if (failure != null) {
      throw failure;
    }
  }

  UUID cluster() {
    return state.cluster();
  }

  void discard(StageId id) {
    stages.discard(id);
  }
}
