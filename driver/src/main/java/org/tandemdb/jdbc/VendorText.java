package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGStatement;

/** What is set on pgjdbc's own statement for capture. */
final class VendorText {
  /** Captured rows that are in memory at a time. */
  static final int PORTION_ROWS = 1000;

  private VendorText() {}

  /** Keeps pgjdbc from preparing at the server, after which it asks for binary results. */
  static void force(Statement vendor) throws SQLException {
    vendor.unwrap(PGStatement.class).setPrepareThreshold(0);
  }
}
