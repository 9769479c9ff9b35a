package org.tandemdb.log;

/** How an append ended. */
public sealed interface AppendOutcome {

  /** Every entry of the batch is durable. */
  record Durable() implements AppendOutcome {}

  /** Provably nothing of the batch was written: roll back, answer with the error. */
  record Rejected(Reason reason, String message) implements AppendOutcome {}

  /**
   * Nobody knows: nothing may be rolled back or answered; the epoch ends, and the reopened log
   * decides.
   */
  record Unknown(String message) implements AppendOutcome {}

  /** Why a batch was rejected. */
  enum Reason {
    /** The volume or the configured size limit is full. */
    FULL,
    /** Another epoch has begun. */
    FENCED,
    /** The log is closed, or was closed by a disk failure and not reopened by a new epoch yet. */
    CLOSED
  }
}
