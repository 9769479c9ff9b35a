package org.tandemdb.jdbc;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;

/** The client's columns; hidden ones do not exist here. */
final class TandemResultSetMetaData extends ForwardingResultSetMetaData {
  private final ResultSetMetaData columns;
  private final int visible;

  TandemResultSetMetaData(ResultSetMetaData columns, int visible) {
    this.columns = columns;
    this.visible = visible;
  }

  @Override
  ResultSetMetaData columns() {
    return columns;
  }

  @Override
  int visible(int column) throws SQLException {
    if (column > visible) {
      throw Refusals.invalid(
          "The column index is out of range: " + column + ", number of columns: " + visible);
    }
    return column;
  }

  @Override
  public int getColumnCount() throws SQLException {
    return Math.min(visible, columns.getColumnCount());
  }

  @Override
  public boolean isReadOnly(int column) {
    return true;
  }

  @Override
  public boolean isWritable(int column) {
    return false;
  }

  @Override
  public boolean isDefinitelyWritable(int column) {
    return false;
  }

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
