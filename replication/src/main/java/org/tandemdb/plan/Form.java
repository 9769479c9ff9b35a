package org.tandemdb.plan;

/** How a statement replicates. */
public enum Form {
  /** As it was written, with what the primary decided written in. */
  VERBATIM,
  /** As the rows that it changed. */
  CAPTURED,
  /**
   * As it was written, and while nobody else writes: which rows it changes follows from what is
   * there.
   */
  EXCLUSIVE
}
