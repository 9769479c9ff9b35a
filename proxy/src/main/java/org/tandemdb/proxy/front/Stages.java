package org.tandemdb.proxy.front;

import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** Composing work that is done in pieces on one event loop. */
final class Stages {
  static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

  private Stages() {}

  static <T> CompletionStage<T> failed(Throwable failure) {
    return CompletableFuture.failedFuture(failure);
  }

  /** True of a stage that is complete already, and has not failed. */
  static boolean isDone(CompletionStage<?> stage) {
    CompletableFuture<?> future = stage.toCompletableFuture();
    return future.isDone() && !future.isCompletedExceptionally();
  }

  /**
   * As {@code thenCompose}, without an object for what is here already: on the way of each
   * statement most is.
   */
  static <T, R> CompletionStage<R> then(
      CompletionStage<T> stage, Function<T, CompletionStage<R>> next) {
    if (!isDone(stage)) {
      return stage.thenCompose(next);
    }
    T value = stage.toCompletableFuture().join();
    return of(() -> next.apply(value));
  }

  /** What {@code operation} gives; a stage also where it throws. */
  static <T> CompletionStage<T> of(Supplier<CompletionStage<T>> operation) {
    try {
      return operation.get();
    } catch (RuntimeException e) {
      return failed(e);
    }
  }

  /**
   * The same stage, seen from the loop: what hangs on it runs there.
   *
   * @param isHome whether the calling thread is the loop's
   */
  static <T> CompletionStage<T> home(
      CompletionStage<T> stage, Executor loop, BooleanSupplier isHome) {
    if (stage.toCompletableFuture().isDone() && isHome.getAsBoolean()) {
      return stage;
    }
    CompletableFuture<T> home = new CompletableFuture<>();
    stage.whenComplete(
        (value, failure) -> {
          if (isHome.getAsBoolean()) {
            complete(home, value, failure);
            return;
          }
          try {
            loop.execute(() -> complete(home, value, failure));
          } catch (RejectedExecutionException e) {
            home.completeExceptionally(e); // the proxy has ended, and its clients with it
          }
        });
    return home;
  }

  private static <T> void complete(
      CompletableFuture<T> stage, T value, @org.jspecify.annotations.Nullable Throwable failure) {
    if (failure != null) {
      stage.completeExceptionally(ClientFailure.unwrap(failure));
    } else {
      stage.complete(value);
    }
  }

  /** One after the other, until one fails; however many, the stack stays as it is. */
  static <T> CompletionStage<Void> each(
      Iterator<T> items, Function<T, CompletionStage<Void>> step) {
    while (items.hasNext()) {
      T item = items.next();
      CompletionStage<Void> stage = of(() -> step.apply(item));
      CompletableFuture<Void> future = stage.toCompletableFuture();
      if (!future.isDone()) {
        return stage.thenCompose(ok -> each(items, step));
      }
      if (future.isCompletedExceptionally()) {
        return stage;
      }
    }
    return DONE;
  }

  /** Runs {@code after} whether {@code stage} fails or not; its failure is the second one then. */
  static CompletionStage<Void> ensure(
      CompletionStage<Void> stage, Supplier<CompletionStage<Void>> after) {
    return stage
        .handle((ok, failure) -> java.util.Optional.ofNullable(failure))
        .thenCompose(
            failure -> {
              CompletionStage<Void> last = of(after);
              if (failure.isEmpty()) {
                return last;
              }
              Throwable first = ClientFailure.unwrap(failure.get());
              return last.handle((ok, second) -> Stages.<Void>failed(first))
                  .thenCompose(Function.identity());
            });
  }
}
