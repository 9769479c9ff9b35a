package org.tandemdb.backend;

import org.tandemdb.entry.TableName;

/**
 * Values of a sequence up to {@code reserved} may have been handed out. Immutable.
 *
 * @param ascending false for a sequence that counts down
 */
public record Reservation(TableName sequence, long reserved, boolean ascending) {

  /** Where backends keep reservations; entries that carry one write to it. */
  public static final TableName TABLE = new TableName("tandem", "reservation");

  /** The one that covers both, of the same sequence. */
  public Reservation further(Reservation other) {
    return ascending == other.reserved > reserved ? other : this;
  }
}
