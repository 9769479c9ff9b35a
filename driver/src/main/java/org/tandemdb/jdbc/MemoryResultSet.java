package org.tandemdb.jdbc;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Date;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A read-only result in memory: reports, keys gathered from a batch, elements of an array, and
 * descriptions of the schema from which something is left out.
 */
final class MemoryResultSet extends RefusingResultSet {

  /** A column: label, constant of {@link Types}, the database's name of the type. */
  record Column(String label, int type, String typeName) {}

  private final List<Column> columns;
  private final List<List<@Nullable Object>> rows;
  private @Nullable TandemStatement statement;
  private int row;
  private boolean wasNull;
  private boolean closed;

  MemoryResultSet(List<Column> columns, List<List<@Nullable Object>> rows) {
    this.columns = columns;
    this.rows = rows;
  }

  MemoryResultSet(SessionSource.Table table) {
    this(
        table.columns().stream().map(name -> new Column(name, Types.VARCHAR, "text")).toList(),
        new ArrayList<>());
    for (List<@Nullable String> texts : table.rows()) {
      rows.add(new ArrayList<>(texts));
    }
  }

  /** Which rows of a source are copied; asked when it stands on one. */
  interface Choice {
    boolean takes(ResultSet row) throws SQLException;
  }

  /** Reads {@code source} to its end and closes it. */
  static MemoryResultSet copyOf(ResultSet source) throws SQLException {
    return copyOf(source, row -> true);
  }

  static MemoryResultSet copyOf(ResultSet source, Choice choice) throws SQLException {
    try (source) {
      ResultSetMetaData description = source.getMetaData();
      List<Column> columns = new ArrayList<>();
      for (int i = 1; i <= description.getColumnCount(); i++) {
        columns.add(
            new Column(
                description.getColumnLabel(i),
                description.getColumnType(i),
                description.getColumnTypeName(i)));
      }
      List<List<@Nullable Object>> rows = new ArrayList<>();
      while (source.next()) {
        if (!choice.takes(source)) {
          continue;
        }
        List<@Nullable Object> copy = new ArrayList<>(columns.size());
        for (int i = 1; i <= columns.size(); i++) {
          Object value = source.getObject(i);
          copy.add(value instanceof SQLXML xml ? xml.getString() : value);
        }
        rows.add(copy);
      }
      return new MemoryResultSet(columns, rows);
    }
  }

  /** All rows of {@code parts}, which have the same columns. */
  static MemoryResultSet concat(List<ResultSet> parts) {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    List<Column> columns = List.of();
    for (ResultSet part : parts) {
      MemoryResultSet memory = (MemoryResultSet) part;
      columns = memory.columns;
      rows.addAll(memory.rows);
    }
    return new MemoryResultSet(columns, rows);
  }

  void owner(TandemStatement owner) {
    statement = owner;
  }

  private void checkOpen() throws SQLException {
    if (closed) {
      throw Refusals.closed("ResultSet");
    }
  }

  @Override
  public boolean next() throws SQLException {
    checkOpen();
    row = Math.min(row + 1, rows.size() + 1);
    return row <= rows.size();
  }

  @Override
  public boolean absolute(int wanted) throws SQLException {
    checkOpen();
    int target = wanted < 0 ? rows.size() + 1 + wanted : wanted;
    row = Math.max(0, Math.min(target, rows.size() + 1));
    return row >= 1 && row <= rows.size();
  }

  @Override
  public boolean relative(int count) throws SQLException {
    return absolute(Math.max(0, row + count));
  }

  @Override
  public boolean previous() throws SQLException {
    return absolute(Math.max(0, row - 1));
  }

  @Override
  public boolean first() throws SQLException {
    return absolute(1);
  }

  @Override
  public boolean last() throws SQLException {
    return absolute(rows.size());
  }

  @Override
  public void beforeFirst() throws SQLException {
    absolute(0);
  }

  @Override
  public void afterLast() throws SQLException {
    absolute(rows.size() + 1);
  }

  @Override
  public boolean isBeforeFirst() {
    return row == 0 && !rows.isEmpty();
  }

  @Override
  public boolean isAfterLast() {
    return row > rows.size() && !rows.isEmpty();
  }

  @Override
  public boolean isFirst() {
    return row == 1 && !rows.isEmpty();
  }

  @Override
  public boolean isLast() {
    return row == rows.size() && !rows.isEmpty();
  }

  @Override
  public int getRow() {
    return row > rows.size() ? 0 : row;
  }

  private @Nullable Object value(int columnIndex) throws SQLException {
    checkOpen();
    if (row < 1 || row > rows.size()) {
      throw new SQLException(
          "ResultSet not positioned properly, perhaps you need to call next.", "24000");
    }
    Object value = rows.get(row - 1).get(column(columnIndex) - 1);
    wasNull = value == null;
    return value;
  }

  private int column(int columnIndex) throws SQLException {
    if (columnIndex < 1 || columnIndex > columns.size()) {
      throw Refusals.invalid(
          "The column index is out of range: "
              + columnIndex
              + ", number of columns: "
              + columns.size()
              + ".");
    }
    return columnIndex;
  }

  @Override
  public int findColumn(String columnLabel) throws SQLException {
    checkOpen();
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).label().equalsIgnoreCase(columnLabel)) {
        return i + 1;
      }
    }
    throw Refusals.invalid("The column name " + columnLabel + " was not found in this ResultSet.");
  }

  @Override
  public boolean wasNull() {
    return wasNull;
  }

  @Override
  public @Nullable String getString(int columnIndex) throws SQLException {
    Object value = value(columnIndex);
    return value == null ? null : MemoryValues.text(value);
  }

  @Override
  public @Nullable String getString(String columnLabel) throws SQLException {
    return getString(findColumn(columnLabel));
  }

  @Override
  public @Nullable Object getObject(int columnIndex) throws SQLException {
    return value(columnIndex);
  }

  @Override
  public @Nullable Object getObject(String columnLabel) throws SQLException {
    return value(findColumn(columnLabel));
  }

  @Override
  public @Nullable Object getObject(int columnIndex, Map<String, Class<?>> map)
      throws SQLException {
    return value(columnIndex);
  }

  @Override
  public @Nullable Object getObject(String columnLabel, Map<String, Class<?>> map)
      throws SQLException {
    return value(findColumn(columnLabel));
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"})
  public <T> T getObject(int columnIndex, Class<T> type) throws SQLException {
    Object value = value(columnIndex);
    if (value == null || type.isInstance(value)) {
      return (T) value;
    }
    Object converted = MemoryValues.convert(value, type);
    return type.cast(converted == null ? number(columnIndex, type) : converted);
  }

  private Object number(int columnIndex, Class<?> type) throws SQLException {
    if (type == Integer.class) {
      return getInt(columnIndex);
    } else if (type == Long.class) {
      return getLong(columnIndex);
    } else if (type == Short.class) {
      return getShort(columnIndex);
    } else if (type == Double.class) {
      return getDouble(columnIndex);
    } else if (type == Float.class) {
      return getFloat(columnIndex);
    } else if (type == BigDecimal.class) {
      return number(columnIndex);
    } else if (type == Boolean.class) {
      return getBoolean(columnIndex);
    }
    throw Refusals.unsupported("conversion to " + type.getName() + " here");
  }

  @Override
  public <T> T getObject(String columnLabel, Class<T> type) throws SQLException {
    return getObject(findColumn(columnLabel), type);
  }

  private BigDecimal number(int columnIndex) throws SQLException {
    Object value = value(columnIndex);
    if (value == null) {
      return BigDecimal.ZERO;
    }
    try {
      return value instanceof Boolean truth
          ? (truth ? BigDecimal.ONE : BigDecimal.ZERO)
          : new BigDecimal(value.toString().strip());
    } catch (NumberFormatException e) {
      throw new SQLException("Bad value for a number: " + value, "22003", e);
    }
  }

  private long whole(int columnIndex, long least, long most) throws SQLException {
    BigDecimal number = number(columnIndex);
    if (number.compareTo(BigDecimal.valueOf(least)) < 0
        || number.compareTo(BigDecimal.valueOf(most)) > 0) {
      throw new SQLException("Bad value for the type: " + number, "22003");
    }
    return number.longValue();
  }

  private <T> @Nullable T converted(int columnIndex, Class<T> type) throws SQLException {
    Object value = value(columnIndex);
    if (value == null) {
      return null;
    }
    Object converted = MemoryValues.convert(value, type);
    if (converted == null) {
      throw Refusals.unsupported("conversion to " + type.getName() + " here");
    }
    return type.cast(converted);
  }

  @Override
  public byte @Nullable [] getBytes(int columnIndex) throws SQLException {
    return converted(columnIndex, byte[].class);
  }

  @Override
  public byte @Nullable [] getBytes(String columnLabel) throws SQLException {
    return getBytes(findColumn(columnLabel));
  }

  @Override
  public @Nullable Date getDate(int columnIndex) throws SQLException {
    return converted(columnIndex, Date.class);
  }

  @Override
  public @Nullable Date getDate(String columnLabel) throws SQLException {
    return getDate(findColumn(columnLabel));
  }

  @Override
  public @Nullable Time getTime(int columnIndex) throws SQLException {
    return converted(columnIndex, Time.class);
  }

  @Override
  public @Nullable Time getTime(String columnLabel) throws SQLException {
    return getTime(findColumn(columnLabel));
  }

  @Override
  public @Nullable Timestamp getTimestamp(int columnIndex) throws SQLException {
    return converted(columnIndex, Timestamp.class);
  }

  @Override
  public @Nullable Timestamp getTimestamp(String columnLabel) throws SQLException {
    return getTimestamp(findColumn(columnLabel));
  }

  @Override
  public @Nullable Array getArray(int columnIndex) throws SQLException {
    return converted(columnIndex, Array.class);
  }

  @Override
  public @Nullable Array getArray(String columnLabel) throws SQLException {
    return getArray(findColumn(columnLabel));
  }

  @Override
  public @Nullable String getNString(int columnIndex) throws SQLException {
    return getString(columnIndex);
  }

  @Override
  public @Nullable String getNString(String columnLabel) throws SQLException {
    return getString(columnLabel);
  }

  @Override
  public @Nullable BigDecimal getBigDecimal(int columnIndex) throws SQLException {
    BigDecimal number = number(columnIndex);
    return wasNull ? null : number;
  }

  @Override
  public @Nullable BigDecimal getBigDecimal(String columnLabel) throws SQLException {
    return getBigDecimal(findColumn(columnLabel));
  }

  @Override
  @Deprecated
  public @Nullable BigDecimal getBigDecimal(int columnIndex, int scale) throws SQLException {
    throw Refusals.unsupported("getBigDecimal with a scale");
  }

  @Override
  @Deprecated
  public @Nullable BigDecimal getBigDecimal(String columnLabel, int scale) throws SQLException {
    throw Refusals.unsupported("getBigDecimal with a scale");
  }

  @Override
  public int getInt(int columnIndex) throws SQLException {
    return (int) whole(columnIndex, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  @Override
  public int getInt(String columnLabel) throws SQLException {
    return getInt(findColumn(columnLabel));
  }

  @Override
  public long getLong(int columnIndex) throws SQLException {
    return whole(columnIndex, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  @Override
  public long getLong(String columnLabel) throws SQLException {
    return getLong(findColumn(columnLabel));
  }

  @Override
  public short getShort(int columnIndex) throws SQLException {
    return (short) whole(columnIndex, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  @Override
  public short getShort(String columnLabel) throws SQLException {
    return getShort(findColumn(columnLabel));
  }

  @Override
  public byte getByte(int columnIndex) throws SQLException {
    return (byte) whole(columnIndex, Byte.MIN_VALUE, Byte.MAX_VALUE);
  }

  @Override
  public byte getByte(String columnLabel) throws SQLException {
    return getByte(findColumn(columnLabel));
  }

  @Override
  public double getDouble(int columnIndex) throws SQLException {
    return number(columnIndex).doubleValue();
  }

  @Override
  public double getDouble(String columnLabel) throws SQLException {
    return getDouble(findColumn(columnLabel));
  }

  @Override
  public float getFloat(int columnIndex) throws SQLException {
    return number(columnIndex).floatValue();
  }

  @Override
  public float getFloat(String columnLabel) throws SQLException {
    return getFloat(findColumn(columnLabel));
  }

  @Override
  public boolean getBoolean(int columnIndex) throws SQLException {
    Object value = value(columnIndex);
    return value instanceof Boolean b
        ? b
        : value != null && List.of("t", "true", "1").contains(value.toString());
  }

  @Override
  public boolean getBoolean(String columnLabel) throws SQLException {
    return getBoolean(findColumn(columnLabel));
  }

  @Override
  public ResultSetMetaData getMetaData() throws SQLException {
    checkOpen();
    return new MemoryMetaData(columns);
  }

  @Override
  public @Nullable Statement getStatement() throws SQLException {
    checkOpen();
    return statement;
  }

  @Override
  public void close() throws SQLException {
    if (!closed) {
      closed = true;
      if (statement != null) {
        statement.resultClosed();
      }
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public int getType() {
    return TYPE_SCROLL_INSENSITIVE;
  }

  @Override
  public int getConcurrency() {
    return CONCUR_READ_ONLY;
  }

  @Override
  public int getHoldability() {
    return HOLD_CURSORS_OVER_COMMIT;
  }

  @Override
  public int getFetchSize() {
    return 0;
  }

  @Override
  public void setFetchSize(int rowCount) {}

  @Override
  public int getFetchDirection() {
    return FETCH_FORWARD;
  }

  @Override
  public void setFetchDirection(int direction) {}

  @Override
  public @Nullable String getCursorName() {
    return null;
  }

  @Override
  public @Nullable SQLWarning getWarnings() {
    return null;
  }

  @Override
  public void clearWarnings() {}

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (isWrapperFor(type)) {
      return type.cast(this);
    }
    throw Refusals.noUnwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this) && Wrappers.mayBeSeen(type);
  }
}
