package org.tandemdb.proxy.front;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;

/**
 * What is awaited, each for so long. Hardly any of it is ever late, so all of it is looked at now
 * and then, which costs a question less than a timer of its own. On the event loop.
 */
final class Deadlines {
  /** Behind the youngest and before the oldest. */
  private final Awaited<Void> ends = new Awaited<>(Duration.ZERO);

  Deadlines() {
    ends.older = ends;
    ends.younger = ends;
  }

  /**
   * An answer that fails with 08007 when {@code limit} has passed since the look that comes next.
   * Whoever completes it calls {@link Awaited#arrived} before.
   */
  <T> Awaited<T> await(Duration limit) {
    Awaited<T> awaited = new Awaited<>(limit);
    Awaited<?> youngest = ends.older;
    if (youngest != null) {
      awaited.older = youngest;
      awaited.younger = ends;
      youngest.younger = awaited;
      ends.older = awaited;
    }
    return awaited;
  }

  /** Ends what is late; to be called at least as often as somebody should learn of it. */
  void look(long nowNanos) {
    for (Awaited<?> next = ends.older;
        next != null && next != ends && !next.seen;
        next = next.older) {
      next.seen = true;
      next.sinceNanos = nowNanos;
    }
    for (Awaited<?> next = ends.younger;
        next != null && next != ends && nowNanos - next.sinceNanos >= next.limit.toNanos();
        next = ends.younger) {
      next.arrived();
      next.completeExceptionally(
          ClientFailure.of(ErrorCode.OUTCOME_UNKNOWN, "no answer within " + next.limit, null));
    }
  }

  /** One answer, in the list of all. */
  static final class Awaited<T> extends CompletableFuture<T> {
    private final Duration limit;
    private boolean seen;
    private long sinceNanos;
    private @Nullable Awaited<?> older;
    private @Nullable Awaited<?> younger;

    private Awaited(Duration limit) {
      this.limit = limit;
    }

    /** It is not late any more. */
    void arrived() {
      Awaited<?> previous = older;
      Awaited<?> next = younger;
      if (previous != null && next != null) {
        previous.younger = next;
        next.older = previous;
        older = null;
        younger = null;
      }
    }
  }
}
