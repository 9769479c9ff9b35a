package org.tandemdb.it.crash;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.it.crash.Tap.Call;
import org.tandemdb.it.crash.Tap.Hook;

/**
 * Ends this process at the n-th event of a kind, as SIGKILL would. Written {@code event:when:n},
 * where when is
 *
 * <ul>
 *   <li>{@code before}: nothing of it has happened
 *   <li>{@code during}: it has been asked for, and may or may not have happened
 *   <li>{@code after}: it has happened, and nobody in this process has heard of it
 *   <li>{@code torn}: half of what {@code file.write} was to write has been written
 *   <li>{@code among}: of the n-th batch of two or more, one COMMIT is done and no other was sent
 * </ul>
 */
final class Trap {
  /** The exit status of a process that ended in its trap. */
  static final int EXIT = 77;

  private Trap() {}

  static Hook of(String text) {
    if (text.equals("none")) {
      return (event, arguments, call) -> call.proceed();
    }
    String[] parts = text.split(":", -1);
    int nth = Integer.parseInt(parts[2]);
    return parts[1].equals("among") ? new AmongCommits(nth) : new AtEvent(parts[0], parts[1], nth);
  }

  private static <T> T halt() {
    // No hook, no finally, no flush: as if killed.
    Runtime.getRuntime().halt(EXIT);
    throw new AssertionError("still alive");
  }

  private record AtEvent(String event, String when, int nth, AtomicInteger count) implements Hook {
    AtEvent(String event, String when, int nth) {
      this(event, when, nth, new AtomicInteger());
    }

    @Override
    public @Nullable Object around(String name, @Nullable Object[] arguments, Call call)
        throws Throwable {
      if (!name.equals(event) || count.incrementAndGet() != nth) {
        return call.proceed();
      }
      switch (when) {
        case "before" -> halt();
        case "during" -> {
          call.proceed();
          halt();
        }
        case "torn" -> {
          ByteBuffer source = (ByteBuffer) arguments[0];
          if (source == null) {
            throw new IllegalStateException("nothing to write");
          }
          source.limit(source.position() + source.remaining() / 2);
          call.proceed();
          halt();
        }
        case "after" -> {
          Object result = call.proceed();
          // The engine gets the stage behind this one, so it cannot have heard.
          return result instanceof CompletionStage<?> stage
              ? stage.handle((value, failure) -> Trap.<Object>halt())
              : halt();
        }
        default -> throw new IllegalArgumentException(when);
      }
      return null;
    }
  }

  /** The pipeline has one batch at a time between append and the last COMMIT. */
  private static final class AmongCommits implements Hook {
    private final int nth;
    private final CompletableFuture<Void> firstIsCommitted = new CompletableFuture<>();
    private volatile List<Position> batch = List.of();
    private int batches;

    AmongCommits(int nth) {
      this.nth = nth;
    }

    @Override
    public @Nullable Object around(String name, @Nullable Object[] arguments, Call call)
        throws Throwable {
      if (name.equals("log.append") && arguments[1] instanceof List<?> entries) {
        if (entries.size() > 1 && ++batches == nth) {
          batch = entries.stream().map(entry -> ((Entry) entry).position()).toList();
        }
      } else if (name.equals("link.finish") && batch.contains(arguments[0])) {
        if (!batch.get(0).equals(arguments[0])) {
          firstIsCommitted.thenRun(Trap::halt);
          return new CompletableFuture<>();
        }
        return call.proceed() instanceof CompletionStage<?> stage
            ? stage.whenComplete((done, failure) -> firstIsCommitted.complete(null))
            : null;
      }
      return call.proceed();
    }
  }
}
