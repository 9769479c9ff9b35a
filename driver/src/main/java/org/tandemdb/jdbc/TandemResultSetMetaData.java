package org.tandemdb.jdbc;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.List;

/** The client's columns; hidden ones do not exist here. */
final class TandemResultSetMetaData extends ForwardingResultSetMetaData {
  private final ResultSetMetaData columns;
  private final int visible;
  private final List<Integer> only;
  private final boolean isWritable;

  TandemResultSetMetaData(ResultSetMetaData columns, int visible) {
    this(columns, visible, List.of(), false);
  }

  /**
   * @param only the client's columns in its order; empty for the first {@code visible}
   */
  TandemResultSetMetaData(
      ResultSetMetaData columns, int visible, List<Integer> only, boolean isWritable) {
    this.columns = columns;
    this.visible = visible;
    this.only = only;
    this.isWritable = isWritable;
  }

  @Override
  ResultSetMetaData columns() {
    return columns;
  }

  @Override
  int visible(int column) throws SQLException {
    int most = only.isEmpty() ? visible : only.size();
    if (column > most || (column < 1 && !only.isEmpty())) {
      throw Refusals.invalid(
          "The column index is out of range: " + column + ", number of columns: " + most + ".");
    }
    return only.isEmpty() ? column : only.get(column - 1);
  }

  @Override
  public int getColumnCount() throws SQLException {
    return only.isEmpty() ? Math.min(visible, columns.getColumnCount()) : only.size();
  }

  @Override
  public boolean isReadOnly(int column) {
    return !isWritable;
  }

  @Override
  public boolean isWritable(int column) {
    return isWritable;
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
