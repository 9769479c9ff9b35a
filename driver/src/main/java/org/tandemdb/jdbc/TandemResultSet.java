package org.tandemdb.jdbc;

import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.NClob;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;

/**
 * The vendor's rows without their hidden columns, and without a way to the vendor's connection. The
 * client's maximum of rows is kept here where the vendor was told none, because capture reads to
 * the end.
 */
final class TandemResultSet extends ForwardingResultSet {
  private final @Nullable TandemStatement statement;
  private final ResultSet rows;
  private final int visible;
  private final ResultKind kind;
  private final long maxRows;
  private final @Nullable Lease<JdbcLink> lease;
  private int nullColumn;

  /** Vendor's columns that are the client's, in its order; empty for the first ones as they are. */
  private List<Integer> columns = List.of();

  private long row;
  private boolean closed;

  /**
   * @param visible columns from the left that are the client's
   * @param maxRows 0 for no maximum
   * @param lease the link that streams the rest of the rows
   */
  TandemResultSet(
      @Nullable TandemStatement statement,
      ResultSet rows,
      int visible,
      ResultKind kind,
      long maxRows,
      @Nullable Lease<JdbcLink> lease) {
    this.statement = statement;
    this.rows = rows;
    this.visible = visible;
    this.kind = kind;
    this.maxRows = maxRows;
    this.lease = lease;
  }

  /**
   * Leaves out rows with anything in the vendor's column {@code column}, which are not the
   * client's.
   *
   * @throws SQLException where the client wants to go back and forth
   */
  void onlyWhereNull(int column) throws SQLException {
    if (kind.type() != TYPE_FORWARD_ONLY) {
      throw Refusals.unsupported("scrollable rows of a WITH that writes");
    }
    nullColumn = column;
  }

  /** The client sees the vendor's columns at {@code indexes}, from 1; all where that is empty. */
  void only(List<Integer> indexes) throws SQLException {
    int most = Math.min(visible, rows.getMetaData().getColumnCount());
    for (int index : indexes) {
      if (index > most) {
        throw Refusals.invalid(
            "The column index is out of range: " + index + ", number of columns: " + most);
      }
    }
    columns = indexes;
  }

  @Override
  ResultSet rows() throws SQLException {
    if (closed) {
      throw Refusals.closed("ResultSet");
    }
    return rows;
  }

  @Override
  int visible(int columnIndex) throws SQLException {
    int most = columns.isEmpty() ? visible : columns.size();
    if (columnIndex > most || (columnIndex < 1 && !columns.isEmpty())) {
      throw Refusals.invalid(
          "The column index is out of range: " + columnIndex + ", number of columns: " + most);
    }
    return columns.isEmpty() ? columnIndex : columns.get(columnIndex - 1);
  }

  @Override
  int visible(String columnLabel) throws SQLException {
    if (!columns.isEmpty()) {
      return columns.get(findColumn(columnLabel) - 1);
    }
    int column = rows().findColumn(columnLabel);
    if (column > visible) {
      throw Refusals.invalid(
          "The column name " + columnLabel + " was not found in this ResultSet.");
    }
    return column;
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"})
  <T> T safe(T value) throws SQLException {
    if (value instanceof Array array) {
      return (T) new TandemArray(array);
    }
    if (value instanceof ResultSet cursor) {
      return (T) new TandemResultSet(statement, cursor, Integer.MAX_VALUE, kind, 0, lease);
    }
    if (value instanceof SQLXML xml) {
      return (T) new TandemSqlXml(xml.getString());
    }
    if (value instanceof Blob || value instanceof Clob) {
      throw largeObject();
    }
    return value;
  }

  private static SQLException largeObject() {
    return Refusals.unsupported("large objects (columns of type oid); use bytea or text");
  }

  private void refuseLargeObject(int column) throws SQLException {
    if (rows().getMetaData().getColumnTypeName(column).equals("oid")) {
      throw largeObject();
    }
  }

  @Override
  @Nullable Blob blob(int column) throws SQLException {
    refuseLargeObject(column);
    byte[] bytes = rows().getBytes(column);
    return bytes == null ? null : new TandemBlob(bytes);
  }

  @Override
  @Nullable NClob clob(int column) throws SQLException {
    refuseLargeObject(column);
    String text = rows().getString(column);
    return text == null ? null : new TandemClob(text);
  }

  @Override
  @Nullable SQLXML xml(int column) throws SQLException {
    String text = rows().getString(column);
    return text == null ? null : new TandemSqlXml(text);
  }

  @Override
  SQLException readOnly() {
    return new SQLException(
        "This ResultSet is read-only (CONCUR_READ_ONLY): its rows cannot be changed.", "24000");
  }

  @Override
  public boolean next() throws SQLException {
    rows();
    if (statement == null || lease == null) {
      return advance();
    }
    // More rows may have to come from the link.
    SoleUse use = statement.getConnection().session().use();
    use.enter();
    try {
      return advance();
    } finally {
      use.leave();
    }
  }

  private boolean advance() throws SQLException {
    ResultSet r = rows();
    try {
      if (nullColumn != 0) {
        return advanceToNull(r);
      }
      if (maxRows != 0 && !r.isBeforeFirst() && r.getRow() >= maxRows) {
        return false;
      }
      return r.next();
    } catch (SQLException e) {
      throw seen(e);
    }
  }

  @Override
  public int getRow() throws SQLException {
    return nullColumn == 0 ? rows().getRow() : (int) Math.min(Integer.MAX_VALUE, row);
  }

  private boolean advanceToNull(ResultSet r) throws SQLException {
    if (maxRows != 0 && row >= maxRows) {
      return false;
    }
    while (r.next()) {
      if (r.getObject(nullColumn) == null) {
        row++;
        return true;
      }
    }
    return false;
  }

  /** A link that fails while it streams rows ends the transaction. */
  private SQLException seen(SQLException e) throws SQLException {
    return statement == null || lease == null
        ? e
        : statement.getConnection().session().inTransaction(lease, e);
  }

  private ResultSet scrolling() throws SQLException {
    if (kind.type() == TYPE_FORWARD_ONLY) {
      throw new SQLException(
          "Operation requires a scrollable ResultSet, but this ResultSet is FORWARD_ONLY.",
          "24000");
    }
    return rows();
  }

  @Override
  public boolean absolute(int row) throws SQLException {
    return scrolling().absolute(row);
  }

  @Override
  public boolean relative(int count) throws SQLException {
    return scrolling().relative(count);
  }

  @Override
  public boolean previous() throws SQLException {
    return scrolling().previous();
  }

  @Override
  public boolean first() throws SQLException {
    return scrolling().first();
  }

  @Override
  public boolean last() throws SQLException {
    return scrolling().last();
  }

  @Override
  public void beforeFirst() throws SQLException {
    scrolling().beforeFirst();
  }

  @Override
  public void afterLast() throws SQLException {
    scrolling().afterLast();
  }

  @Override
  public boolean isLast() throws SQLException {
    return rows().isLast();
  }

  @Override
  public int findColumn(String columnLabel) throws SQLException {
    if (columns.isEmpty()) {
      return visible(columnLabel);
    }
    ResultSetMetaData described = rows().getMetaData();
    for (int i = 0; i < columns.size(); i++) {
      if (described.getColumnLabel(columns.get(i)).equalsIgnoreCase(columnLabel)) {
        return i + 1;
      }
    }
    throw Refusals.invalid("The column name " + columnLabel + " was not found in this ResultSet.");
  }

  @Override
  public ResultSetMetaData getMetaData() throws SQLException {
    return new TandemResultSetMetaData(rows().getMetaData(), visible, columns, false);
  }

  /** As {@link #getMetaData()}, of rows that are changed through another ResultSet. */
  ResultSetMetaData writableMetaData() throws SQLException {
    return new TandemResultSetMetaData(rows().getMetaData(), visible, columns, true);
  }

  @Override
  public @Nullable TandemStatement getStatement() throws SQLException {
    rows();
    return statement;
  }

  @Override
  public int getType() {
    return kind.type();
  }

  @Override
  public int getConcurrency() {
    return CONCUR_READ_ONLY;
  }

  @Override
  public int getHoldability() {
    return kind.holdability();
  }

  @Override
  public @Nullable SQLWarning getWarnings() throws SQLException {
    return rows().getWarnings();
  }

  @Override
  public void clearWarnings() throws SQLException {
    rows().clearWarnings();
  }

  @Override
  public void close() throws SQLException {
    if (!closed) {
      closed = true;
      rows.close();
      if (statement != null) {
        statement.resultClosed();
      }
    }
  }

  @Override
  public boolean isClosed() throws SQLException {
    return closed || rows.isClosed();
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
