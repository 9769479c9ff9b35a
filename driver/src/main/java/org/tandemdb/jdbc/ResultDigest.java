package org.tandemdb.jdbc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;

/** What a client sees of a statement's results, as a SHA-256: counts, and rows as texts. */
final class ResultDigest {
  private final MessageDigest digest;

  ResultDigest() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }

  void count(long rows) {
    digest.update((byte) 'C');
    number(rows);
  }

  /** Rows that are the driver's own, and depend on nothing that a transaction does. */
  void own() {
    digest.update((byte) 'M');
  }

  /**
   * Reads all rows, and goes back to before the first.
   *
   * @param rows scrollable
   * @param columns how many of the first ones count
   */
  void rows(ResultSet rows, int columns) throws SQLException {
    int width = Math.min(columns, rows.getMetaData().getColumnCount());
    digest.update((byte) 'R');
    number(width);
    rows.beforeFirst();
    while (rows.next()) {
      for (int i = 1; i <= width; i++) {
        String text = rows.getString(i);
        number(text == null ? -1 : text.length());
        if (text != null) {
          digest.update(text.getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    rows.beforeFirst();
  }

  private void number(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** What has been seen since this was last asked. */
  String take() {
    return HexFormat.of().formatHex(digest.digest());
  }

  void reset() {
    digest.reset();
  }
}
