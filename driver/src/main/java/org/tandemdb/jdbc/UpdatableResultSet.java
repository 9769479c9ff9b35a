package org.tandemdb.jdbc;

import java.sql.Blob;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one table that can be changed: a change is an UPDATE, INSERT or DELETE of the client's,
 * by the row's key, and goes the way of any other. What the server says of the row afterwards is
 * what is shown of it, defaults and work of triggers included. A rollback does not take that back.
 */
final class UpdatableResultSet extends PositionedResultSet {
  /** Each is a ResultSet and its statement in memory. */
  static final int MAX_CHANGED_ROWS = 10_000;

  private final TandemStatement statement;
  private final Updatability found;

  private @Nullable TandemPreparedStatement changes;
  private @Nullable ResultSet lastRead;
  private @Nullable SQLWarning warnings;
  private int changedRows;

  /**
   * @param selected rows that scroll
   * @param found where they are
   */
  UpdatableResultSet(TandemStatement statement, TandemResultSet selected, Updatability found)
      throws SQLException {
    super(selected, statement.getLargeMaxRows());
    this.statement = statement;
    this.found = found;
  }

  // --- reading ------------------------------------------------------------------------------

  /** For what is asked of the result as a whole. */
  @Override
  ResultSet rows() throws SQLException {
    selected.rows();
    return selected;
  }

  @Override
  ResultSet rows(int columnIndex) throws SQLException {
    UpdatableRow row = row();
    ResultSet current = row.current();
    // The values of expressions stay as they were selected.
    if (current != null && (row.position == 0 || isOfTable(columnIndex))) {
      current.absolute(1);
      lastRead = current;
      return current;
    }
    if (row.position == 0) {
      throw new SQLException("The new row has no values before insertRow.", INVALID_STATE);
    }
    selected.absolute(row.position);
    lastRead = selected;
    return selected;
  }

  private boolean isOfTable(int columnIndex) {
    return !(found instanceof UpdateTarget target)
        || columnIndex < 1
        || columnIndex > target.columns().size()
        || target.columns().get(columnIndex - 1) != null;
  }

  @Override
  ResultSet rows(String columnLabel) throws SQLException {
    return rows(findColumn(columnLabel));
  }

  @Override
  int visible(int columnIndex) {
    return columnIndex; // as in all of them
  }

  @Override
  int visible(String columnLabel) throws SQLException {
    return findColumn(columnLabel);
  }

  @Override
  <T> T safe(T value) {
    return value; // it comes from a ResultSet of the driver's own
  }

  @Override
  @Nullable Blob blob(int column) throws SQLException {
    return rows(column).getBlob(column);
  }

  @Override
  @Nullable NClob clob(int column) throws SQLException {
    return rows(column).getNClob(column);
  }

  @Override
  @Nullable SQLXML xml(int column) throws SQLException {
    return rows(column).getSQLXML(column);
  }

  @Override
  public boolean wasNull() throws SQLException {
    selected.rows();
    return lastRead == null ? selected.wasNull() : lastRead.wasNull();
  }

  @Override
  public int findColumn(String columnLabel) throws SQLException {
    return selected.findColumn(columnLabel);
  }

  @Override
  public ResultSetMetaData getMetaData() throws SQLException {
    return selected.writableMetaData();
  }

  // --- changing -----------------------------------------------------------------------------

  private UpdateTarget target() throws SQLException {
    selected.rows();
    return found.target();
  }

  @Override
  TandemPreparedStatement changes() throws SQLException {
    TandemPreparedStatement known = changes;
    if (known == null) {
      UpdateTarget where = target();
      known =
          new TandemPreparedStatement(
              statement.getConnection(),
              statement.kind().scrollable(),
              "? ".repeat(where.columns().size() + where.key().size()), // not run: to hold as many
              GeneratedKeys.NONE);
      known.setQueryTimeout(statement.getQueryTimeout());
      changes = known;
    }
    return known;
  }

  @Override
  void clearChanges() throws SQLException {
    if (changes != null) {
      changes.clearParameters();
    }
  }

  @Override
  void change(int columnIndex, @Nullable Object value, Setter setter) throws SQLException {
    UpdateTarget where = target();
    row();
    if (columnIndex < 1 || columnIndex > where.columns().size()) {
      throw Refusals.invalid(
          "The column index is out of range: "
              + columnIndex
              + ", number of columns: "
              + where.columns().size());
    }
    if (where.columns().get(columnIndex - 1) == null) {
      throw Updatability.None.because("its column " + columnIndex + " is no column of the table")
          .error();
    }
    if (value == null) {
      changes().setNull(columnIndex, Types.NULL);
    } else {
      setter.set(columnIndex);
    }
  }

  /** Indexes from 0 of the columns that have a new value; of two of the same name the last one. */
  private List<Integer> changed(UpdateTarget where) throws SQLException {
    List<Integer> changed = new ArrayList<>();
    for (int i = 0; i < where.columns().size(); i++) {
      if (changes().isSet(i)) {
        String name = where.columns().get(i);
        changed.removeIf(earlier -> name != null && name.equals(where.columns().get(earlier)));
        changed.add(i);
      }
    }
    return changed;
  }

  /** Sets the row's key behind the columns' new values; where it is then, from 0. */
  private List<Integer> setKey(UpdateTarget where) throws SQLException {
    int behind = where.columns().size();
    List<Integer> indexes = new ArrayList<>();
    for (int column : where.key()) {
      ResultSet key = rows(column + 1);
      int type = key.getMetaData().getColumnType(column + 1);
      int index = behind + indexes.size();
      if (type == Types.BINARY) {
        changes().setBytes(index + 1, key.getBytes(column + 1));
      } else {
        // Its text, which the server reads as the column's type: exact for every type.
        changes().setObject(index + 1, key.getString(column + 1), Types.OTHER);
      }
      indexes.add(index);
    }
    lastRead = null;
    return indexes;
  }

  @Override
  void passed(UpdatableRow row) throws SQLException {
    if (row.isChanged()) {
      row.forget();
      changedRows--;
    }
  }

  private void mayChangeMore(UpdatableRow row) throws SQLException {
    if (!row.isChanged() && changedRows >= MAX_CHANGED_ROWS) {
      throw new SQLException(
          "A ResultSet keeps at most "
              + MAX_CHANGED_ROWS
              + " changed rows. Nothing was done: close it, and select again.",
          "54000");
    }
  }

  /** Runs it, and shows in {@code row} what it gives; false if that is nothing. */
  private boolean run(String text, List<Integer> parameters, UpdatableRow row) throws SQLException {
    TandemPreparedStatement by = changes();
    by.runAs(text, parameters);
    ResultSet now = by.rowsOf();
    clearChanges();
    if (!now.next()) {
      now.close();
      return false;
    }
    changes = null;
    changedRows += row.isChanged() ? 0 : 1;
    row.become(by, now);
    lastRead = null;
    return true;
  }

  /** Another has deleted the row, or a trigger or rule has kept it from the change. */
  private void missed(String what) {
    SQLWarning warning = new SQLWarning("The row was not there to be " + what + ".", "01001");
    if (warnings == null) {
      warnings = warning;
    } else {
      warnings.setNextWarning(warning);
    }
  }

  @Override
  public void updateRow() throws SQLException {
    UpdateTarget where = target();
    notOnInsertRow("call updateRow");
    UpdatableRow row = row();
    List<Integer> changed = changed(where);
    if (changed.isEmpty()) {
      return;
    }
    mayChangeMore(row);
    List<Integer> parameters = Stream.concat(changed.stream(), setKey(where).stream()).toList();
    if (!run(where.update(changed), parameters, row)) {
      missed("updated");
    }
  }

  @Override
  public void insertRow() throws SQLException {
    UpdateTarget where = target();
    if (!isOnInsertRow()) {
      throw new SQLException("Not on the insert row.", INVALID_STATE);
    }
    List<Integer> given = changed(where);
    if (given.isEmpty()) {
      throw Refusals.invalid("You must specify at least one column value to insert a row.");
    }
    UpdatableRow row = new UpdatableRow(0);
    mayChangeMore(row);
    if (run(where.insert(given), given, row)) {
      inserted(row);
    } else {
      missed("inserted");
    }
  }

  @Override
  public void deleteRow() throws SQLException {
    UpdateTarget where = target();
    notOnInsertRow("call deleteRow");
    UpdatableRow row = row();
    clearChanges();
    TandemPreparedStatement by = changes();
    by.runAs(where.delete(), setKey(where));
    if (by.countOf() == 0) {
      missed("deleted");
    }
    clearChanges();
    removed(row);
    lastRead = null;
  }

  @Override
  public void refreshRow() throws SQLException {
    UpdateTarget where = target();
    notOnInsertRow("call refreshRow");
    if (!isOnRow()) {
      return;
    }
    UpdatableRow row = row();
    mayChangeMore(row);
    clearChanges();
    if (!run(where.select(), setKey(where), row)) {
      missed("refreshed");
    }
  }

  @Override
  public void cancelRowUpdates() throws SQLException {
    target();
    notOnInsertRow("call cancelRowUpdates");
    clearChanges();
  }

  @Override
  public void moveToInsertRow() throws SQLException {
    target();
    enterInsertRow();
  }

  @Override
  public void moveToCurrentRow() throws SQLException {
    target();
    leaveInsertRow();
    clearChanges();
  }

  @Override
  public void updateRef(String columnLabel, @Nullable Ref value) throws SQLException {
    throw Refusals.unsupported("updateRef");
  }

  @Override
  public void updateRef(int columnIndex, @Nullable Ref value) throws SQLException {
    throw Refusals.unsupported("updateRef");
  }

  @Override
  public void updateRowId(String columnLabel, @Nullable RowId value) throws SQLException {
    throw Refusals.unsupported("updateRowId");
  }

  @Override
  public void updateRowId(int columnIndex, @Nullable RowId value) throws SQLException {
    throw Refusals.unsupported("updateRowId");
  }

  @Override
  SQLException readOnly() {
    return Updatability.None.because("it is read-only").error();
  }

  // --- life and settings --------------------------------------------------------------------

  @Override
  public @Nullable TandemStatement getStatement() throws SQLException {
    return selected.getStatement();
  }

  @Override
  public int getType() {
    return statement.kind().type();
  }

  @Override
  public int getConcurrency() throws SQLException {
    selected.rows();
    return CONCUR_UPDATABLE;
  }

  @Override
  public int getHoldability() {
    return selected.getHoldability();
  }

  @Override
  public @Nullable SQLWarning getWarnings() throws SQLException {
    SQLWarning given = selected.getWarnings();
    return warnings == null ? given : warnings;
  }

  @Override
  public void clearWarnings() throws SQLException {
    selected.clearWarnings();
    warnings = null;
  }

  @Override
  public void close() throws SQLException {
    if (changes != null) {
      changes.close();
      changes = null;
    }
    for (UpdatableRow row : rows) {
      row.forget();
    }
    selected.close();
  }

  @Override
  public boolean isClosed() throws SQLException {
    return selected.isClosed();
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
