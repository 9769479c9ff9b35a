package org.tandemdb.fake;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.log.AppendOutcome;
import org.tandemdb.log.LogCursor;
import org.tandemdb.log.ReplicationLog;

/** A log in memory. Appends are durable at once, or, when {@link #held}, when the test says so. */
public final class FakeLog implements ReplicationLog {
  public final UUID clusterId = new UUID(1, 2);
  public final List<Entry> entries = new ArrayList<>();
  public final List<List<Entry>> batches = new ArrayList<>();
  public final List<ByteBuffer> chunks = new ArrayList<>();
  public final List<StageId> discarded = new ArrayList<>();
  public volatile boolean held;
  public volatile boolean owner = true;
  public volatile Position truncatedBelow = Position.NONE;
  public volatile long bytes;
  private @Nullable CompletableFuture<AppendOutcome> inFlight;
  private List<Entry> waiting = List.of();
  private volatile long epoch;

  /** Ends the append in flight; what is durable then is in the log. */
  public void answer(AppendOutcome outcome) {
    CompletableFuture<AppendOutcome> now;
    synchronized (this) {
      now = inFlight;
      if (now == null) {
        throw new AssertionError("no append is in flight");
      }
      inFlight = null;
      if (outcome instanceof AppendOutcome.Durable) {
        entries.addAll(waiting);
      }
    }
    now.complete(outcome);
  }

  /** What a reopened log finds after an append that ended unknown. */
  public synchronized void wrote(List<Entry> found) {
    entries.addAll(found);
  }

  public synchronized boolean appendInFlight() {
    return inFlight != null;
  }

  @Override
  public LogInfo info() {
    return new LogInfo(clusterId, epoch, "", truncatedBelow, durableHead());
  }

  @Override
  public CompletionStage<AppendOutcome> append(long givenEpoch, List<Entry> batch) {
    CompletableFuture<AppendOutcome> outcome = new CompletableFuture<>();
    synchronized (this) {
      if (inFlight != null) {
        throw new AssertionError("two appends in flight");
      }
      batches.add(List.copyOf(batch));
      if (givenEpoch != epoch) {
        return CompletableFuture.completedFuture(
            new AppendOutcome.Rejected(AppendOutcome.Reason.FENCED, "epoch " + epoch));
      }
      waiting = List.copyOf(batch);
      inFlight = outcome;
    }
    if (!held) {
      answer(new AppendOutcome.Durable());
    }
    return outcome;
  }

  @Override
  public CompletionStage<Position> head() {
    return CompletableFuture.completedFuture(durableHead());
  }

  @Override
  public synchronized Position durableHead() {
    return entries.isEmpty() ? Position.NONE : entries.get(entries.size() - 1).position();
  }

  @Override
  public boolean isOwner() {
    return owner;
  }

  @Override
  public long epoch() {
    return epoch;
  }

  @Override
  public synchronized CompletionStage<Long> newEpoch(long expected, BackendId primary) {
    return expected == epoch
        ? CompletableFuture.completedFuture(++epoch)
        : CompletableFuture.failedFuture(new IllegalStateException("epoch is " + epoch));
  }

  @Override
  public LogCursor tail(Position from, int maxBytes) {
    return new Cursor(from);
  }

  @Override
  public synchronized CompletionStage<Boolean> contains(Position position) {
    return CompletableFuture.completedFuture(
        entries.stream().anyMatch(e -> e.position().equals(position)));
  }

  @Override
  public CompletionStage<Void> truncateBelow(Position p) {
    truncatedBelow = p;
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public LogStatus status() {
    return new LogStatus(truncatedBelow, durableHead(), epoch, bytes, 100, true, "");
  }

  @Override
  public int maxChunkBytes() {
    return 32 << 20;
  }

  @Override
  public synchronized CompletionStage<Staged> stage(StageId id, ByteBuffer chunk) {
    chunks.add(chunk.duplicate());
    return CompletableFuture.completedFuture(new Staged(id, chunks.size() - 1));
  }

  @Override
  public void discard(StageId id) {
    discarded.add(id);
  }

  @Override
  public CompletionStage<List<Change>> readStage(StageId id, int index) {
    throw new UnsupportedOperationException("nothing is read from a stage in these tests");
  }

  @Override
  public void close() {
    owner = false;
  }

  private final class Cursor implements LogCursor {
    private Position at;

    Cursor(Position from) {
      this.at = from;
    }

    @Override
    public CompletionStage<List<Entry>> next(Position limit) {
      synchronized (FakeLog.this) {
        List<Entry> found =
            entries.stream()
                .filter(e -> e.position().isAfter(at) && !e.position().isAfter(limit))
                .toList();
        if (!found.isEmpty()) {
          at = found.get(found.size() - 1).position();
        }
        return CompletableFuture.completedFuture(found);
      }
    }

    @Override
    public Position position() {
      return at;
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }
}
