package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of a call that come out: the types they were registered with, and the row that the
 * last execution gave. As strict as PostgreSQL's own driver about both. One thread at a time.
 */
final class OutParameters {
  private final int parameters;

  /** JDBC type by index. */
  private final SortedMap<Integer, Integer> types = new TreeMap<>();

  /** Rows of cursors in the row, by column. */
  private final Map<Integer, Object> cursors = new HashMap<>();

  private @Nullable ResultSet row;
  private boolean wasRead;

  /**
   * @param parameters of the call, whichever way they go
   */
  OutParameters(int parameters) {
    this.parameters = parameters;
  }

  boolean any() {
    return !types.isEmpty();
  }

  boolean isRegistered(int index) {
    return types.containsKey(index);
  }

  void register(int index, int sqlType) throws SQLException {
    if (index < 1 || index > parameters) {
      throw Refusals.invalid(
          "The column index is out of range: "
              + index
              + ", number of columns: "
              + parameters
              + ".");
    }
    types.put(
        index,
        switch (sqlType) {
          case Types.TINYINT -> Types.SMALLINT;
          case Types.LONGVARCHAR, Types.NVARCHAR, Types.LONGNVARCHAR -> Types.VARCHAR;
          case Types.NCHAR -> Types.CHAR;
          case Types.DECIMAL -> Types.NUMERIC;
          case Types.FLOAT -> Types.DOUBLE;
          case Types.VARBINARY, Types.LONGVARBINARY -> Types.BINARY;
          case Types.BOOLEAN -> Types.BIT;
          default -> sqlType;
        });
  }

  /** The next execution begins. */
  void forget() throws SQLException {
    ResultSet before = row;
    row = null;
    wasRead = false;
    cursors.clear();
    if (before != null) {
      before.close();
    }
  }

  /**
   * @param rows what the call gave, from now on this one's to close
   */
  void take(@Nullable ResultSet rows) throws SQLException {
    boolean taken = false;
    try {
      if (rows == null || !rows.next()) {
        throw new SQLException("A CallableStatement was executed with nothing returned.", "02000");
      }
      ResultSetMetaData columns = rows.getMetaData();
      check(columns);
      readCursors(rows, columns);
      row = rows;
      taken = true;
    } finally {
      if (!taken && rows != null) {
        rows.close();
      }
    }
  }

  /** At once, as pgjdbc does: a cursor ends with its transaction. */
  private void readCursors(ResultSet rows, ResultSetMetaData columns) throws SQLException {
    for (int column = 1; column <= columns.getColumnCount(); column++) {
      if (columns.getColumnType(column) == Types.REF_CURSOR) {
        Object cursor = rows.getObject(column);
        if (cursor != null) {
          cursors.put(column, cursor);
        }
      }
    }
  }

  /** The rows of the cursor in {@code column} of the row. */
  Optional<Object> cursor(int column) {
    return Optional.ofNullable(cursors.get(column));
  }

  private void check(ResultSetMetaData columns) throws SQLException {
    if (columns.getColumnCount() != types.size()) {
      throw new SQLException(
          "A CallableStatement was executed with an invalid number of parameters.", "42601");
    }
    int column = 0;
    for (int registered : types.values()) {
      column++;
      int actual = columns.getColumnType(column);
      if (!mayBe(actual, registered)) {
        throw new SQLException(
            "A CallableStatement function was executed and the out parameter "
                + column
                + " was of type java.sql.Types="
                + actual
                + " however type java.sql.Types="
                + registered
                + " was registered.",
            "42821");
      }
    }
  }

  private static boolean mayBe(int actual, int registered) {
    return actual == registered
        || (actual == Types.DOUBLE && registered == Types.REAL)
        || (actual == Types.REF_CURSOR && registered == Types.OTHER);
  }

  /** Which column of the row it is. */
  int column(int index) {
    return types.headMap(index).size() + 1;
  }

  /**
   * The row, on which it stands.
   *
   * @param wanted types that the getter is for; empty for any
   */
  ResultSet row(int index, String getter, int... wanted) throws SQLException {
    if (types.isEmpty()) {
      throw new SQLException("No function outputs were registered.", "55000");
    }
    ResultSet now = row;
    if (now == null) {
      throw new SQLException(
          "Results cannot be retrieved from a CallableStatement before it is executed.", "02000");
    }
    Integer registered = types.get(index);
    boolean fits = registered != null && wanted.length == 0;
    for (int type : wanted) {
      fits |= registered != null && registered == type;
    }
    if (!fits) {
      throw new SQLException(
          "Parameter of type java.sql.Types="
              + registered
              + " was registered, but call to get"
              + getter
              + " was made.",
          "2200G");
    }
    wasRead = true;
    return now;
  }

  boolean wasNull() throws SQLException {
    ResultSet now = row;
    if (!wasRead || now == null) {
      throw new SQLException("wasNull cannot be call before fetching a result.", "55000");
    }
    return now.wasNull();
  }
}
