package org.tandemdb.session;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.StageId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.EntryCodec;
import org.tandemdb.log.ReplicationLog;

/**
 * The part of a large transaction that already lies in the log, ahead of its commit record. Owned
 * by its transaction; waits for the log to take each chunk, which is what slows a writer down that
 * is faster than the disk.
 */
public final class Staging {
  private static final long PATIENCE_SECONDS = 60;

  private final ReplicationLog log;
  private final Supplier<CompletionStage<String>> clock;
  private final StageId id;
  private int chunks;
  private long bytes;

  /**
   * @param id fresh
   * @param clock asks the primary for the transaction's clock, for changes that need it
   */
  public Staging(ReplicationLog log, UUID id, Supplier<CompletionStage<String>> clock) {
    this.log = log;
    this.id = new StageId(id);
    this.clock = clock;
  }

  /** The transaction's clock, now: what is staged cannot wait for the marker's answer. */
  String clock() {
    return await(clock.get());
  }

  /**
   * Stages one more chunk and waits until the log has taken it.
   *
   * @throws TandemException LOG_FULL or LOG_FAILED; TRANSACTION_TOO_LARGE for a change that fits
   *     into no chunk
   */
  void write(List<Change> changes) {
    await(send(changes));
  }

  /** Stages the last chunks; the entry that follows them in the log's queue covers them. */
  Entry.Staged finish(List<List<Change>> rest) {
    for (List<Change> chunk : rest) {
      CompletableFuture<?> sent = send(chunk).toCompletableFuture();
      if (sent.isCompletedExceptionally()) {
        await(sent);
      }
    }
    return new Entry.Staged(id, chunks, bytes);
  }

  /** What was staged, as it stands in the log. */
  long bytes() {
    return bytes;
  }

  private CompletionStage<?> send(List<Change> changes) {
    ByteBuffer encoded = EntryCodec.encodeChanges(changes);
    if (encoded.remaining() > log.maxChunkBytes()) {
      throw new TandemException(
          ErrorCode.TRANSACTION_TOO_LARGE,
          "one row or statement of "
              + encoded.remaining()
              + " bytes, where at most "
              + log.maxChunkBytes()
              + " fit");
    }
    bytes += encoded.remaining();
    chunks++;
    return log.stage(id, encoded);
  }

  void discard() {
    log.discard(id);
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage
          .toCompletableFuture()
          .copy()
          .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cause instanceof TandemException known) {
        throw known;
      }
      throw new TandemException(
          ErrorCode.LOG_FAILED,
          cause instanceof TimeoutException
              ? "the log did not take a chunk within " + PATIENCE_SECONDS + " s"
              : "staging failed: " + cause.getMessage(),
          cause);
    }
  }
}
