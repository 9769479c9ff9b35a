package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;

/** A statement of the driver's own that is planned and run like a client's: it keeps one row. */
final class RowCommand implements Command {
  private List<@Nullable String> values = List.of();

  /** The row; empty if there was none. */
  List<@Nullable String> values() {
    return values;
  }

  @Override
  public boolean isPrepared() {
    return false;
  }

  @Override
  public Optional<Repeatable> repeatable() {
    return Optional.of(Repeatable.text(true));
  }

  @Override
  public int timeoutSeconds() {
    return 0;
  }

  @Override
  public boolean isCombinable() {
    return false;
  }

  @Override
  public void bindAt(PreparedStatement to, int offset, Connection link) {}

  @Override
  public Statement vendor(JdbcLink link, String sql, Shape shape) throws SQLException {
    int type =
        shape == Shape.COUNTED ? ResultSet.TYPE_SCROLL_INSENSITIVE : ResultSet.TYPE_FORWARD_ONLY;
    Statement statement = link.connection().createStatement(type, ResultSet.CONCUR_READ_ONLY);
    statement.closeOnCompletion();
    return statement;
  }

  @Override
  public boolean run(Statement vendorStatement, String sql) throws SQLException {
    return vendorStatement.execute(sql);
  }

  @Override
  public List<Value> parameters() {
    return List.of();
  }

  @Override
  public void rows(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException {
    List<@Nullable String> row = new ArrayList<>();
    try (vendorRows) {
      if (vendorRows.next()) {
        for (int i = 1; i <= Math.min(visible, vendorRows.getMetaData().getColumnCount()); i++) {
          row.add(vendorRows.getString(i));
        }
      }
    }
    values = row;
  }

  @Override
  public void rowsApart(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException {
    rows(vendorRows, visible, count, lease);
  }

  @Override
  public void rows(MemoryResultSet rows) {}

  @Override
  public void count(long rows) {}

  @Override
  public void discard() {
    values = List.of();
  }

  @Override
  public void step(String sql) {}
}
