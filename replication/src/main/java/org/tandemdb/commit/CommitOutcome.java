package org.tandemdb.commit;

import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Position;

/** How the pipeline ended a transaction. */
public sealed interface CommitOutcome {

  /** Durable in the log, and held by a primary. */
  record Committed(Position position) implements CommitOutcome {}

  /** Provably not in the log; its transaction is rolled back or its session is gone. */
  record RolledBack(Why why, String message, @Nullable Throwable cause) implements CommitOutcome {}

  /** Nobody can tell within the time given. */
  record Unknown(Position position, String message) implements CommitOutcome {}

  /** Why nothing is left. */
  enum Why {
    /** The session was lost before its marker was answered, or the epoch ended. */
    SESSION_LOST,
    /** The database refused marker or PREPARE (a serialization failure, for one). */
    REFUSED,
    LOG_FULL,
    /** Writes are stopped until an operator has looked. */
    HALTED,
    LOG_FAILED
  }
}
