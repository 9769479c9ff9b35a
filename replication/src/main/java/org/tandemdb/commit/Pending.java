package org.tandemdb.commit;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/** One submission on its way through the pipeline. Guarded by the pipeline's lock. */
final class Pending {
  final Submission submission;
  final CompletableFuture<CommitOutcome> answer = new CompletableFuture<>();
  State state = State.FORMING;
  Position position = Position.NONE;
  volatile long batch;
  @Nullable Entry entry;

  /** When the state that waits for the link began, for the hard limit. */
  long waitingSinceNanos;

  Pending(Submission submission) {
    this.submission = submission;
  }

  /**
   *
   *
   * <pre>
   * FORMING ─close→ MARKING ─answered→ MARKED ─append→ LOGGING ─durable→ COMMITTING ─Done→ ENDED
   *    ↑               │ late                             │ unknown            │ no answer
   *    └──answered── LATE                                 └→ UNDECIDED         └→ UNDECIDED
   * </pre>
   *
   * ENDED is also reached from every state before LOGGING, rolled back. UNDECIDED waits for the end
   * of the epoch: the log decides.
   */
  enum State {
    FORMING,
    MARKING,
    LATE,
    MARKED,
    LOGGING,
    COMMITTING,
    UNDECIDED,
    ENDED
  }
}
