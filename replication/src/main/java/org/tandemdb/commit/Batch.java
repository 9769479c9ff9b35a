package org.tandemdb.commit;

import java.util.ArrayList;
import java.util.List;

/** Entries that all held their locks at one moment. Guarded by the pipeline's lock. */
final class Batch {
  final List<Pending> members;
  final long closedAtNanos;

  /** Markers not answered yet. */
  int unanswered;

  /** COMMITs not confirmed yet. */
  int unconfirmed;

  Batch(List<Pending> members, long closedAtNanos) {
    this.members = new ArrayList<>(members);
    this.closedAtNanos = closedAtNanos;
    this.unanswered = members.size();
  }
}
