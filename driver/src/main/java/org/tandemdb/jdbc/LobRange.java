package org.tandemdb.jdbc;

import java.sql.SQLException;

/** Places in large objects, which JDBC counts from 1. */
final class LobRange {
  private LobRange() {}

  /**
   * The place from 0.
   *
   * @throws SQLException 22023 for a place that is not in it, or just behind its end
   */
  static int from(long position, long length, int size) throws SQLException {
    if (position < 1 || position > size + 1L || length < 0) {
      throw Refusals.invalid(
          "Position " + position + " and length " + length + " are not within " + size + ".");
    }
    return (int) (position - 1);
  }

  static int small(long length) throws SQLException {
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw Refusals.invalid("Length " + length + " is out of range.");
    }
    return (int) length;
  }

  /** One that could not be sent is not made. */
  static void checkSize(long size) throws SQLException {
    if (size > Spool.MOST_BYTES) {
      throw Spool.tooLarge();
    }
  }
}
