package org.tandemdb.jdbc;

import java.sql.ResultSet;

/** What a client asked its ResultSets to be. */
record ResultKind(int type, int holdability, int concurrency) {
  static final ResultKind FORWARD =
      new ResultKind(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CLOSE_CURSORS_AT_COMMIT);

  ResultKind(int type, int holdability) {
    this(type, holdability, ResultSet.CONCUR_READ_ONLY);
  }

  boolean isUpdatable() {
    return concurrency == ResultSet.CONCUR_UPDATABLE;
  }

  /** Rows that are read to the end at once, and to and fro. */
  ResultKind scrollable() {
    return new ResultKind(ResultSet.TYPE_SCROLL_INSENSITIVE, holdability);
  }
}
