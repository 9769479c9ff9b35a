package org.tandemdb.proxy.front;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.tandemdb.error.ErrorCode;

/**
 * Asks the engine from the event loop, and has its answers come back there. The twin of the
 * driver's {@code EngineCalls}.
 *
 * @param workers run what blocks
 * @param limit longer than anything in the engine takes: the last resort against a hang
 */
record Engines(EventLoop loop, Executor workers, Duration limit) {

  /** The answer, on the loop; fails with 08007 after {@link #limit}. */
  <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> operation) {
    CompletionStage<T> stage = Stages.of(operation);
    CompletableFuture<T> future = stage.toCompletableFuture();
    if (future.isDone()) {
      return Stages.home(stage, loop, loop::inEventLoop);
    }
    CompletableFuture<T> bounded = new CompletableFuture<>();
    var timer =
        loop.schedule(
            () ->
                bounded.completeExceptionally(
                    ClientFailure.of(ErrorCode.OUTCOME_UNKNOWN, "no answer within " + limit, null)),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    Stages.home(stage, loop, loop::inEventLoop)
        .whenComplete(
            (value, failure) -> {
              timer.cancel(false);
              if (failure != null) {
                bounded.completeExceptionally(failure);
              } else {
                bounded.complete(value);
              }
            });
    return bounded;
  }

  /** Something that may block, somewhere else. */
  CompletionStage<Void> elsewhere(Runnable work) {
    return ask(() -> CompletableFuture.runAsync(work, workers));
  }
}
