package org.tandemdb.jdbc;

import java.sql.ResultSet;

/** What a client asked its ResultSets to be. Concurrency is always read-only. */
record ResultKind(int type, int holdability) {
  static final ResultKind FORWARD =
      new ResultKind(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CLOSE_CURSORS_AT_COMMIT);
}
