package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where an updatable ResultSet stands: on a row, around them, or on the one to be inserted. */
abstract class PositionedResultSet extends UpdatingResultSet {
  static final String INVALID_STATE = "24000";

  /** As they were selected. */
  final TandemResultSet selected;

  final List<UpdatableRow> rows = new ArrayList<>();
  private final UpdatableRow empty = new UpdatableRow(0);

  /** From 1, as JDBC counts. */
  private int at;

  /** The row that is to be inserted, or was; null while the cursor is on another. */
  private @Nullable UpdatableRow inserting;

  /**
   * @param selected rows that scroll
   * @param most of them; 0 for no maximum
   */
  PositionedResultSet(TandemResultSet selected, long most) throws SQLException {
    this.selected = selected;
    long found = selected.last() ? selected.getRow() : 0;
    selected.beforeFirst();
    for (int i = 1; i <= (most == 0 ? found : Math.min(found, most)); i++) {
      rows.add(new UpdatableRow(i));
    }
  }

  /** Nobody comes back to {@code row}. */
  abstract void passed(UpdatableRow row) throws SQLException;

  /** Forgets values that were given to columns and have not been sent. */
  abstract void clearChanges() throws SQLException;

  final boolean isOnInsertRow() {
    return inserting != null;
  }

  final boolean isOnRow() {
    return inserting == null && at >= 1 && at <= rows.size();
  }

  final void enterInsertRow() throws SQLException {
    clearChanges();
    inserting = empty;
  }

  /** The row that was to be inserted is the last one, and is shown. */
  final void inserted(UpdatableRow row) {
    rows.add(row);
    inserting = row;
  }

  /** The row is gone; the cursor is on the one before. */
  final void removed(UpdatableRow row) throws SQLException {
    passed(row);
    rows.remove(at - 1);
    at--;
  }

  final UpdatableRow row() throws SQLException {
    selected.rows();
    if (inserting != null) {
      return inserting;
    }
    if (at < 1 || at > rows.size()) {
      throw new SQLException(
          "ResultSet not positioned properly, perhaps you need to call next.", INVALID_STATE);
    }
    return rows.get(at - 1);
  }

  private boolean moved(int to) throws SQLException {
    selected.rows();
    if (getType() == TYPE_FORWARD_ONLY && to != at && at >= 1 && at <= rows.size()) {
      passed(rows.get(at - 1));
    }
    leaveInsertRow();
    clearChanges();
    at = Math.max(0, Math.min(to, rows.size() + 1));
    return at >= 1 && at <= rows.size();
  }

  /** A row that was not inserted is gone. */
  final void leaveInsertRow() {
    inserting = null;
  }

  private void scrolling() throws SQLException {
    selected.rows();
    if (getType() == TYPE_FORWARD_ONLY) {
      throw new SQLException(
          "Operation requires a scrollable ResultSet, but this ResultSet is FORWARD_ONLY.",
          "55000");
    }
  }

  final void notOnInsertRow(String what) throws SQLException {
    selected.rows();
    if (inserting != null) {
      throw new SQLException("Cannot " + what + " on the insert row.", INVALID_STATE);
    }
  }

  @Override
  public final boolean next() throws SQLException {
    notOnInsertRow("move relatively");
    return moved(at + 1);
  }

  @Override
  public final boolean previous() throws SQLException {
    scrolling();
    notOnInsertRow("move relatively");
    return moved(at - 1);
  }

  @Override
  public final boolean relative(int count) throws SQLException {
    scrolling();
    notOnInsertRow("move relatively");
    return moved((int) Math.max(0, Math.min((long) at + count, rows.size() + 1L)));
  }

  @Override
  public final boolean absolute(int wanted) throws SQLException {
    scrolling();
    return moved(wanted < 0 ? rows.size() + 1 + wanted : wanted);
  }

  @Override
  public final boolean first() throws SQLException {
    scrolling();
    return moved(1);
  }

  @Override
  public final boolean last() throws SQLException {
    scrolling();
    return moved(rows.size());
  }

  @Override
  public final void beforeFirst() throws SQLException {
    scrolling();
    moved(0);
  }

  @Override
  public final void afterLast() throws SQLException {
    scrolling();
    moved(rows.size() + 1);
  }

  private boolean stands(boolean there) throws SQLException {
    selected.rows();
    return there && inserting == null && !rows.isEmpty();
  }

  @Override
  public final boolean isBeforeFirst() throws SQLException {
    return stands(at == 0);
  }

  @Override
  public final boolean isFirst() throws SQLException {
    return stands(at == 1);
  }

  @Override
  public final boolean isLast() throws SQLException {
    return stands(at == rows.size());
  }

  @Override
  public final boolean isAfterLast() throws SQLException {
    return stands(at > rows.size());
  }

  @Override
  public final int getRow() throws SQLException {
    selected.rows();
    return inserting != null || at > rows.size() ? 0 : at;
  }
}
