package org.tandemdb.log;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Combines: whoever finds nobody writing becomes the writer and drains the queue; what arrives
 * meanwhile is written together in its next round. With an executor that runs tasks at once a lone
 * caller writes on its own thread. A caller caught by a stream of others' requests hands the role
 * over after some rounds. Thread-safe.
 */
final class WriteQueue {
  private static final Logger LOG = LoggerFactory.getLogger(WriteQueue.class);
  private static final int MAX_GROUP_BYTES = 4 << 20;
  private static final int MAX_GROUP_REQUESTS = 8192;
  private static final int ROUNDS_BEFORE_HAND_OVER = 64;

  private final Consumer<List<WriteRequest>> target;
  private final Executor writer;
  private final Executor relief;
  private final long maxQueuedBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition idle = lock.newCondition();
  private final ArrayDeque<WriteRequest> queue = new ArrayDeque<>();
  private long queuedBytes;
  private boolean writing;
  private boolean closed;
  private @Nullable Thread drainer;

  WriteQueue(
      Consumer<List<WriteRequest>> target, Executor writer, Executor relief, long maxQueuedBytes) {
    this.target = target;
    this.writer = writer;
    this.relief = relief;
    this.maxQueuedBytes = maxQueuedBytes;
  }

  void submit(WriteRequest request) {
    boolean start = false;
    @Nullable String refusal = null;
    AppendOutcome.Reason reason = AppendOutcome.Reason.CLOSED;
    lock.lock();
    try {
      if (closed) {
        refusal = "the log is closed";
      } else if (!queue.isEmpty() && queuedBytes + request.bytes() > maxQueuedBytes) {
        reason = AppendOutcome.Reason.FULL;
        refusal = "too much is waiting for the log: " + queuedBytes + " bytes";
      } else {
        queue.add(request);
        queuedBytes += request.bytes();
        start = !writing;
        writing = true;
      }
    } finally {
      lock.unlock();
    }
    if (refusal != null) {
      request.reject(reason, refusal);
    } else if (start) {
      run(writer);
    }
  }

  private void run(Executor executor) {
    try {
      executor.execute(this::drain);
    } catch (RejectedExecutionException e) {
      LOG.error("the log's executor takes no more tasks", e);
      List<WriteRequest> left = rejectable();
      left.forEach(
          request ->
              request.reject(AppendOutcome.Reason.CLOSED, "the log has no thread to run on"));
    }
  }

  private List<WriteRequest> rejectable() {
    lock.lock();
    try {
      List<WriteRequest> left = new ArrayList<>(queue);
      queue.clear();
      queuedBytes = 0;
      stop();
      return left;
    } finally {
      lock.unlock();
    }
  }

  private void drain() {
    for (int round = 0; ; round++) {
      List<WriteRequest> group = take();
      if (group.isEmpty()) {
        return;
      }
      target.accept(group);
      if (round >= ROUNDS_BEFORE_HAND_OVER && moreWaits()) {
        run(relief);
        return;
      }
    }
  }

  private boolean moreWaits() {
    lock.lock();
    try {
      return !queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private List<WriteRequest> take() {
    lock.lock();
    try {
      List<WriteRequest> group = new ArrayList<>(Math.min(queue.size(), MAX_GROUP_REQUESTS));
      long bytes = 0;
      while (true) {
        WriteRequest next = queue.peek();
        if (next == null) {
          break;
        }
        boolean alone = next instanceof WriteRequest.Control;
        if (!group.isEmpty()
            && (alone
                || bytes + next.bytes() > MAX_GROUP_BYTES
                || group.size() == MAX_GROUP_REQUESTS)) {
          break;
        }
        group.add(queue.remove());
        bytes += next.bytes();
        if (alone) {
          break;
        }
      }
      queuedBytes -= bytes;
      if (group.isEmpty()) {
        stop();
      } else {
        drainer = Thread.currentThread();
      }
      return group;
    } finally {
      lock.unlock();
    }
  }

  private void stop() {
    writing = false;
    drainer = null;
    idle.signalAll();
  }

  /**
   * Refuses everything from now on, and waits until the writer has finished, unless it is the
   * caller.
   *
   * @return false when it did not finish in time, or the caller was interrupted
   */
  boolean close(Duration patience) {
    List<WriteRequest> left;
    lock.lock();
    try {
      closed = true;
      left = new ArrayList<>(queue);
      queue.clear();
      queuedBytes = 0;
    } finally {
      lock.unlock();
    }
    left.forEach(request -> request.reject(AppendOutcome.Reason.CLOSED, "the log is closed"));
    lock.lock();
    try {
      long nanos = patience.toNanos();
      while (writing && drainer != Thread.currentThread() && nanos > 0) {
        nanos = idle.awaitNanos(nanos);
      }
      return !writing || drainer == Thread.currentThread();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
