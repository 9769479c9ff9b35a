package org.tandemdb.proxy.front;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.front.Deadlines.Awaited;

/**
 * Asks the engine from the event loop, and has its answers come back there. The twin of the
 * driver's {@code EngineCalls}.
 *
 * @param workers run what blocks
 * @param limit longer than anything in the engine takes: the last resort against a hang
 * @param deadlines of all questions
 */
record Engines(EventLoop loop, Executor workers, Duration limit, Deadlines deadlines) {

  /** The answer, on the loop; fails with 08007 some time after {@link #limit}. */
  <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> operation) {
    CompletionStage<T> stage = Stages.of(operation);
    CompletableFuture<T> future = stage.toCompletableFuture();
    if (future.isDone()) {
      return Stages.home(stage, loop, loop::inEventLoop);
    }
    Awaited<T> bounded = deadlines.await(limit);
    stage.whenComplete(
        (value, failure) -> {
          if (loop.inEventLoop()) {
            arrived(bounded, value, failure);
          } else {
            atHome(bounded, value, failure);
          }
        });
    return bounded;
  }

  private <T> void atHome(Awaited<T> bounded, T value, @Nullable Throwable failure) {
    try {
      loop.execute(() -> arrived(bounded, value, failure));
    } catch (RejectedExecutionException e) {
      bounded.completeExceptionally(e); // the proxy has ended, and its clients with it
    }
  }

  private static <T> void arrived(Awaited<T> bounded, T value, @Nullable Throwable failure) {
    bounded.arrived();
    if (failure != null) {
      bounded.completeExceptionally(ClientFailure.unwrap(failure));
    } else {
      bounded.complete(value);
    }
  }

  /** Something that may block, somewhere else. */
  CompletionStage<Void> elsewhere(Runnable work) {
    return ask(() -> CompletableFuture.runAsync(work, workers));
  }
}
