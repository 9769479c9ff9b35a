package org.tandemdb.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;

/**
 * A log for whoever may not wait for a disk: a thread of its own encodes, writes and syncs what is
 * appended, and what becomes of it is answered where the caller wants it. Thread-safe.
 *
 * <p>{@link #stage} is as in the log behind it, and may block.
 */
public final class BackgroundLog implements ReplicationLog {
  private final ReplicationLog log;
  private final Executor answers;
  private final ExecutorService writer;

  /**
   * @param log closed with this
   * @param answers runs what depends on an append; when it takes nothing more, the writer does
   */
  public BackgroundLog(ReplicationLog log, Executor answers) {
    this.log = log;
    this.answers = answers;
    this.writer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            // One batch at a time is appended, and questions have their askers' deadlines.
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "tandem-log");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public CompletionStage<AppendOutcome> append(long epoch, List<Entry> batch) {
    return inBackground(
        () -> log.append(epoch, batch),
        new AppendOutcome.Rejected(AppendOutcome.Reason.CLOSED, "the log is closed"));
  }

  @Override
  public CompletionStage<Boolean> contains(Position position) {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    return run(() -> log.contains(position), answer)
        ? answer
        : CompletableFuture.failedFuture(new LostOwnershipException("the log is closed"));
  }

  private <T> CompletionStage<T> inBackground(Supplier<CompletionStage<T>> work, T otherwise) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    return run(work, answer) ? answer : CompletableFuture.completedFuture(otherwise);
  }

  /** False if the writer has ended. */
  private <T> boolean run(Supplier<CompletionStage<T>> work, CompletableFuture<T> answer) {
    try {
      writer.execute(
          () -> {
            CompletionStage<T> stage;
            try {
              stage = work.get();
            } catch (RuntimeException e) {
              stage = CompletableFuture.failedFuture(e);
            }
            stage.whenComplete((value, failure) -> answerThere(answer, value, failure));
          });
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private <T> void answerThere(CompletableFuture<T> answer, T value, @Nullable Throwable failure) {
    Runnable complete =
        () -> {
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else {
            answer.complete(value);
          }
        };
    try {
      answers.execute(complete);
    } catch (RejectedExecutionException e) {
      complete.run();
    }
  }

  @Override
  public LogInfo info() {
    return log.info();
  }

  @Override
  public CompletionStage<Staged> stage(StageId id, ByteBuffer chunk) {
    return log.stage(id, chunk);
  }

  @Override
  public int maxChunkBytes() {
    return log.maxChunkBytes();
  }

  @Override
  public void discard(StageId id) {
    log.discard(id);
  }

  @Override
  public CompletionStage<Position> head() {
    return log.head();
  }

  @Override
  public Position durableHead() {
    return log.durableHead();
  }

  @Override
  public boolean isOwner() {
    return log.isOwner();
  }

  @Override
  public long epoch() {
    return log.epoch();
  }

  @Override
  public CompletionStage<Long> newEpoch(long expected, BackendId primary) {
    return log.newEpoch(expected, primary);
  }

  @Override
  public LogCursor tail(Position from, int maxBytes) {
    return log.tail(from, maxBytes);
  }

  @Override
  public CompletionStage<List<Change>> readStage(StageId id, int index) {
    return log.readStage(id, index);
  }

  @Override
  public CompletionStage<Void> truncateBelow(Position p) {
    return log.truncateBelow(p);
  }

  @Override
  public LogStatus status() {
    return log.status();
  }

  /** {@inheritDoc} What the writer has begun comes to its end. */
  @Override
  public void close() {
    try {
      log.close();
    } finally {
      writer.shutdown();
    }
  }
}
