package org.tandemdb.sim;

/** A rule of the design that the simulated parts break, so that the simulator must notice. */
enum BrokenRule {
  /** A marker is reported as answered before the session has been asked. */
  MARKER_BEFORE_ANSWER,
  /** COMMIT is reported as done before it is sent: appliers and readers start too early. */
  CONFIRMED_BEFORE_COMMIT,
  /** Sessions of an earlier recovery are left alone. */
  NO_DRAIN,
  /** Recovery does not raise the fence, nor the recovery number. */
  NO_FENCE,
  /** Nobody looks at the incarnation. */
  INCARNATION_IGNORED,
  /** A COMMIT in doubt counts as done without a look at the marker. */
  IN_DOUBT_IS_COMMITTED,
  /** Markers are deleted in a transaction of their own, before the watermark is raised. */
  MARKERS_BEFORE_WATERMARK,
  /** The watermark is raised with synchronous_commit=off. */
  WATERMARK_NOT_DURABLE,
  /** A marker is written in the name of the position before it. */
  POSITION_REUSED,
  /** The log reports an append as durable that has not been synced. */
  ACKNOWLEDGED_BEFORE_DURABLE,
  /** Recovery applies entries whose markers are there already. */
  MARKERS_IGNORED;

  /** Schedules within which it must be found. */
  int seeds() {
    return 2000;
  }
}
