package org.tandemdb.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;

/**
 * The truth: a transaction is committed if and only if its entry is durable here. Thread-safe; no
 * method blocks its caller for I/O unless the implementation was given a direct executor.
 */
public interface ReplicationLog extends AutoCloseable {

  /** What identifies the log and its state when it was opened. */
  LogInfo info();

  /**
   * Stages one chunk of a large transaction's body: an encoded list of changes (see {@link
   * EntryCodec}). Chunks of one stage are numbered from 0 in the order of the calls. Durable when
   * the entry that names the stage is.
   */
  CompletionStage<Staged> stage(StageId id, ByteBuffer chunk);

  /** The largest chunk that {@link #stage} takes. */
  int maxChunkBytes();

  /** Forgets a stage whose transaction was rolled back, so that truncation may pass it. */
  void discard(StageId id);

  /**
   * Appends a batch, all or nothing, in the order given; positions must grow. Only the current
   * epoch may append. The stage completes normally with one of three outcomes, never exceptionally.
   */
  CompletionStage<AppendOutcome> append(long epoch, List<Entry> batch);

  /**
   * The last durable position, proven to be the newest: linearisable. Completes exceptionally with
   * {@code LostOwnershipException} when this process no longer owns the log.
   */
  CompletionStage<Position> head();

  /** The last durable position as this process knows it; no proof. Cheap. */
  Position durableHead();

  /** True while this process certainly owns the log. For a local log: the directory lock. */
  boolean isOwner();

  /** The epoch that may append now; 0 before the first. */
  long epoch();

  /**
   * Ends epoch {@code expected} and starts the next one under {@code primary}; durable when
   * complete, and every append of an older epoch is refused from then on. After an append that
   * ended unknown this reopens the log, which decides what became of it: {@link #durableHead} tells
   * afterwards. Completes exceptionally when the epoch is not {@code expected}.
   */
  CompletionStage<Long> newEpoch(long expected, BackendId primary);

  /**
   * Reads entries after {@code from}. Completes exceptionally with {@link TruncatedException} from
   * {@link LogCursor#next} when they are gone.
   *
   * @param maxBytes bound of one {@link LogCursor#next}, at least one entry is always given
   */
  LogCursor tail(Position from, int maxBytes);

  /** Reads chunk {@code index} of a stage, decoded. */
  CompletionStage<List<Change>> readStage(StageId id, int index);

  /**
   * True if an entry with exactly this position is durable; false if it provably is not. Completes
   * exceptionally with {@link TruncatedException} below the truncation point.
   */
  CompletionStage<Boolean> contains(Position position);

  /**
   * Allows everything at or below {@code p} to be forgotten. Never passes the first chunk of a
   * stage that is open or belongs to an entry after {@code p}.
   */
  CompletionStage<Void> truncateBelow(Position p);

  /** Metrics and limits, for status pages. */
  LogStatus status();

  @Override
  void close();

  /**
   * @param clusterId random, made with the log; a backend of another cluster is refused
   * @param epoch the last epoch found, 0 when new
   * @param lastPrimary name of the backend that was primary in it, empty when new
   * @param first everything at or below this has been truncated
   * @param head the last durable position
   */
  record LogInfo(
      java.util.UUID clusterId, long epoch, String lastPrimary, Position first, Position head) {}

  /**
   * @param openAfterFailure false once the disk has refused (full, failed fsync): writes stop
   */
  record LogStatus(
      Position first,
      Position head,
      long epoch,
      long bytes,
      long maxBytes,
      boolean openAfterFailure,
      String lastError) {}

  /** One chunk accepted. */
  record Staged(StageId id, int chunk) {}
}
