package org.tandemdb.log;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.env.Disk;
import org.tandemdb.env.Disk.DirectoryLock;
import org.tandemdb.env.Environment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.schema.StageChunk;

/**
 * A {@link ReplicationLog} in segment files of one directory, owned by one process through a lock.
 *
 * <p>Results complete on the writer's thread, inside its loop: what depends on them should be
 * short. Reads of what is no longer in memory run on the environment's scheduler.
 */
public final class LocalReplicationLog implements ReplicationLog {
  private static final Logger LOG = LoggerFactory.getLogger(LocalReplicationLog.class);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

  private final LogOptions options;
  private final Environment environment;
  private final DirectoryLock lock;
  private final LogStore store;
  private final WriteQueue queue;
  private final LogInfo info;
  private final Object ordering = new Object();
  private Position lastGiven;
  private volatile boolean closed;

  private LocalReplicationLog(
      LogOptions options,
      Environment environment,
      Executor writer,
      DirectoryLock lock,
      LogStore store) {
    this.options = options;
    this.environment = environment;
    this.lock = lock;
    this.store = store;
    this.queue =
        new WriteQueue(store::write, writer, environment.scheduler(), options.maxQueuedBytes());
    this.lastGiven = store.head();
    this.info =
        new LogInfo(
            store.cluster(), store.epoch(), store.primary(), store.state().first(), store.head());
  }

  /**
   * Opens the log in {@code dir}, creating it when there is none, and repairs a torn tail. Blocks.
   *
   * @param writer runs the writing loop; {@code Runnable::run} lets a caller that finds nobody
   *     writing write and sync on its own thread
   * @throws TandemException NOT_OWNER when another process has it open, WRONG_CLUSTER,
   *     LOG_UNREADABLE with file and offset, or with what the operating system says of a path, or
   *     LOG_FULL when there is no room at all
   */
  public static LocalReplicationLog open(
      Path dir, LogOptions options, Environment environment, Executor writer) {
    LogDirectory directory = new LogDirectory(dir, environment.disk());
    try {
      environment.disk().createDirectories(dir);
    } catch (IOException e) {
      throw DiskReason.unusable(dir, "created", e);
    }
    DirectoryLock lock = lock(directory, environment);
    boolean opened = false;
    try {
      writeOwner(directory, options.owner() + " since " + environment.now());
      LogStore store =
          LogStore.open(
              directory, options, environment.random(), state(directory, options, environment));
      opened = true;
      return new LocalReplicationLog(options, environment, writer, lock, store);
    } catch (LogDirectory.NoSpaceException e) {
      throw new TandemException(ErrorCode.LOG_FULL, dir + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new TandemException(ErrorCode.LOG_UNREADABLE, dir + ": " + DiskReason.of(e), e);
    } finally {
      if (!opened) {
        release(lock);
      }
    }
  }

  /**
   * True if {@code dir} holds a log, or what is left of one. Looks only.
   *
   * @throws TandemException LOG_UNREADABLE when there is something that cannot be looked at
   */
  public static boolean exists(Path dir) {
    String[] names = dir.toFile().list();
    if (names == null) {
      refuseWhatIsNoDirectory(dir);
    }
    return names != null
        && Arrays.stream(names).anyMatch(name -> name.equals("state") || name.endsWith(".log"));
  }

  private static void refuseWhatIsNoDirectory(Path dir) {
    try {
      Files.newDirectoryStream(dir).close();
    } catch (NoSuchFileException nothing) {
      return;
    } catch (IOException e) {
      throw DiskReason.unusable(dir, "read", e);
    }
  }

  private static DirectoryLock lock(LogDirectory directory, Environment environment) {
    try {
      return environment.disk().lock(directory.path().resolve("lock"));
    } catch (Disk.LockedException e) {
      String owner;
      try {
        owner = directory.readOwner();
      } catch (IOException unreadable) {
        owner = "";
        e.addSuppressed(unreadable);
      }
      throw new TandemException(
          ErrorCode.NOT_OWNER,
          directory.path()
              + " is in use by "
              + (owner.isEmpty() ? "somebody else" : owner)
              + ": "
              + e.getMessage(),
          e);
    } catch (IOException e) {
      throw DiskReason.unusable(directory.path(), "written", e);
    }
  }

  /** On a full disk the log must open all the same. */
  private static void writeOwner(LogDirectory directory, String text) {
    try {
      directory.writeOwner(text);
    } catch (IOException e) {
      LOG.warn("cannot write the name of the owner of {}", directory.path(), e);
    }
  }

  private static LogDirectory.State state(
      LogDirectory directory, LogOptions options, Environment environment) throws IOException {
    Optional<LogDirectory.State> found = directory.readState();
    if (found.isEmpty()) {
      if (!directory.segments().isEmpty()) {
        throw LogDirectory.unreadable(directory.path(), 0, "the file 'state' is missing");
      }
      UUID cluster =
          options
              .cluster()
              .orElseGet(
                  () -> new UUID(environment.random().nextLong(), environment.random().nextLong()));
      LogDirectory.State fresh = new LogDirectory.State(cluster, Position.NONE, 1);
      directory.writeState(fresh);
      return fresh;
    }
    UUID cluster = found.get().cluster();
    if (options.cluster().isPresent() && !options.cluster().get().equals(cluster)) {
      throw new TandemException(
          ErrorCode.WRONG_CLUSTER,
          directory.path()
              + " is the log of cluster "
              + cluster
              + ", not "
              + options.cluster().get());
    }
    return found.get();
  }

  @Override
  public LogInfo info() {
    return info;
  }

  @Override
  public CompletionStage<Staged> stage(StageId id, ByteBuffer chunk) {
    CompletableFuture<Staged> result = new CompletableFuture<>();
    if (chunk.remaining() > options.maxBatchBytes()) {
      result.completeExceptionally(
          new IllegalArgumentException(
              "chunk of " + chunk.remaining() + " bytes: at most " + options.maxBatchBytes()));
      return result;
    }
    int index = store.stages().assign(id);
    byte[] payload =
        StageChunk.newBuilder()
            .setStage(EntryCodec.toProto(id))
            .setIndex(index)
            .setData(ByteString.copyFrom(chunk.duplicate()))
            .build()
            .toByteArray();
    queue.submit(new WriteRequest.Chunk(id, index, payload, result));
    return result;
  }

  @Override
  public int maxChunkBytes() {
    return options.maxBatchBytes();
  }

  @Override
  public void discard(StageId id) {
    store.discard(id);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException when the batch is empty, or its positions are not of this
   *     epoch or do not grow, over earlier calls too
   */
  @Override
  public CompletionStage<AppendOutcome> append(long epoch, List<Entry> batch) {
    if (batch.isEmpty()) {
      throw new IllegalArgumentException("empty batch");
    }
    List<Entry> entries = List.copyOf(batch);
    List<byte[]> payloads = new ArrayList<>(entries.size());
    long bytes = 0;
    for (Entry entry : entries) {
      byte[] payload = EntryCodec.encode(entry);
      payloads.add(payload);
      bytes += Frame.sizeOf(payload.length);
    }
    CompletableFuture<AppendOutcome> result = new CompletableFuture<>();
    if (bytes > options.maxBatchBytes()) {
      result.complete(
          new AppendOutcome.Rejected(
              AppendOutcome.Reason.FULL,
              "batch of " + bytes + " bytes: at most " + options.maxBatchBytes()));
      return result;
    }
    checkOrder(epoch, entries);
    queue.submit(new WriteRequest.Append(epoch, entries, payloads, bytes, result));
    return result;
  }

  private void checkOrder(long epoch, List<Entry> entries) {
    synchronized (ordering) {
      Position last = lastGiven;
      for (Entry entry : entries) {
        Position position = entry.position();
        if (position.epoch() != epoch || position.number() <= last.number()) {
          throw new IllegalArgumentException(
              "position " + position + " in epoch " + epoch + " after " + last);
        }
        last = position;
      }
      lastGiven = last;
    }
  }

  @Override
  public CompletionStage<Position> head() {
    return isOwner()
        ? CompletableFuture.completedFuture(store.head())
        : CompletableFuture.failedFuture(
            new LostOwnershipException("the lock on the log's directory is not held"));
  }

  @Override
  public Position durableHead() {
    return store.head();
  }

  @Override
  public boolean isOwner() {
    return !closed && lock.isHeld();
  }

  @Override
  public long epoch() {
    return store.epoch();
  }

  /**
   * {@inheritDoc} With {@link LostOwnershipException} when the epoch is not {@code expected}, with
   * LOG_FULL or LOG_FAILED when it cannot be made durable; it can be tried again then. Stages that
   * were open when the log failed are forgotten.
   */
  @Override
  public CompletionStage<Long> newEpoch(long expected, BackendId primary) {
    return control(() -> store.newEpoch(expected, primary));
  }

  @Override
  public LogCursor tail(Position from, int maxBytes) {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes must be positive: " + maxBytes);
    }
    return new LocalLogCursor(store, environment.scheduler(), from, maxBytes);
  }

  @Override
  public CompletionStage<List<Change>> readStage(StageId id, int index) {
    return read(() -> EntryReader.readChunk(store, id, index));
  }

  @Override
  public CompletionStage<Boolean> contains(Position position) {
    Position first = store.state().first();
    if (!position.isAfter(first)) {
      return CompletableFuture.failedFuture(new TruncatedException(position, first));
    }
    if (position.isAfter(store.head())) {
      // It may be on its way: the answer has to wait for what is being written.
      return control(() -> containsAfterWrites(position));
    }
    Optional<Boolean> known = store.recent().contains(position);
    return known.isPresent()
        ? CompletableFuture.completedFuture(known.get())
        : read(() -> isStored(position));
  }

  private boolean containsAfterWrites(Position position) throws IOException {
    if (!position.isAfter(store.head())) {
      return isStored(position);
    }
    if (store.failed()) {
      throw LogStore.refusal(AppendOutcome.Reason.CLOSED, store.lastError());
    }
    return false;
  }

  private boolean isStored(Position position) throws IOException {
    Position before = new Position(position.epoch(), Math.max(0, position.number() - 1));
    List<Entry> found = new EntryReader(store).read(before, position, 1);
    Position first = store.state().first();
    if (!position.isAfter(first)) {
      throw new TruncatedException(position, first);
    }
    return !found.isEmpty() && found.get(0).position().equals(position);
  }

  @Override
  public CompletionStage<Void> truncateBelow(Position p) {
    return control(
            () -> {
              store.truncateBelow(p);
              return true;
            })
        .thenAccept(done -> {});
  }

  @Override
  public LogStatus status() {
    return new LogStatus(
        store.state().first(),
        store.head(),
        store.epoch(),
        store.fileBytes(),
        options.maxBytes(),
        !store.failed(),
        store.lastError());
  }

  /**
   * Refuses what still waits, and ends.
   *
   * @throws TandemException LOG_FAILED when the writer does not finish, in which case the lock is
   *     kept until the process ends, or the last write fails
   */
  @Override
  public void close() {
    synchronized (ordering) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (!queue.close(CLOSE_PATIENCE)) {
      throw new TandemException(ErrorCode.LOG_FAILED, "the log's writer does not come to an end");
    }
    try {
      store.close();
    } catch (IOException e) {
      throw new TandemException(ErrorCode.LOG_FAILED, String.valueOf(e.getMessage()), e);
    } finally {
      release(lock);
    }
  }

  private static void release(DirectoryLock lock) {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  /** Runs alone, in the order of the queue. */
  private <T> CompletableFuture<T> control(Action<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    queue.submit(new WriteRequest.Control(() -> answer(result, action), result));
    return result;
  }

  private <T> CompletableFuture<T> read(Action<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    environment.scheduler().execute(() -> answer(result, action));
    return result;
  }

  private static <T> void answer(CompletableFuture<T> result, Action<T> action) {
    T value;
    try {
      value = action.run();
    } catch (LogDirectory.NoSpaceException e) {
      result.completeExceptionally(
          new TandemException(ErrorCode.LOG_FULL, String.valueOf(e.getMessage()), e));
      return;
    } catch (IOException e) {
      result.completeExceptionally(
          new TandemException(ErrorCode.LOG_FAILED, String.valueOf(e.getMessage()), e));
      return;
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
      return;
    }
    result.complete(value);
  }
}
