package org.tandemdb.log;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.StageId;

/** What waits for the writer. */
sealed interface WriteRequest {

  /** Bytes that it takes in a segment. */
  long bytes();

  /** Answers without having written anything. */
  void reject(AppendOutcome.Reason reason, String message);

  /** A batch, encoded. */
  record Append(
      long epoch,
      List<Entry> entries,
      List<byte[]> payloads,
      long bytes,
      CompletableFuture<AppendOutcome> result)
      implements WriteRequest {
    @Override
    public void reject(AppendOutcome.Reason reason, String message) {
      result.complete(new AppendOutcome.Rejected(reason, message));
    }
  }

  /** A chunk of a stage, encoded. */
  record Chunk(
      StageId stage, int index, byte[] payload, CompletableFuture<ReplicationLog.Staged> result)
      implements WriteRequest {
    @Override
    public long bytes() {
      return Frame.sizeOf(payload.length);
    }

    @Override
    public void reject(AppendOutcome.Reason reason, String message) {
      result.completeExceptionally(LogStore.refusal(reason, message));
    }
  }

  /** Anything else that must have the log to itself. */
  record Control(Runnable action, CompletableFuture<?> result) implements WriteRequest {
    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public void reject(AppendOutcome.Reason reason, String message) {
      result.completeExceptionally(LogStore.refusal(reason, message));
    }
  }
}
