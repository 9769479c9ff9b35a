package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;

/** A statement that is executed once more for nobody: its results are only digested. */
final class RepeatedCommand implements Command, AutoCloseable {
  private final Repeatable repeatable;
  private final ResultDigest digest = new ResultDigest();
  private final List<Statement> opened = new ArrayList<>(1);

  /** Parameters of the step that runs: where they begin, and how many; -1 for all. */
  private int stepFrom;

  private int stepCount = -1;

  RepeatedCommand(Repeatable repeatable) {
    this.repeatable = repeatable;
  }

  /** A digest of what a client would have been given. */
  String seen() {
    return digest.take();
  }

  @Override
  public boolean isPrepared() {
    return repeatable.prepared();
  }

  @Override
  public int timeoutSeconds() {
    return 0;
  }

  @Override
  public boolean isCombinable() {
    return false;
  }

  private List<@Nullable Binding> bindings() {
    List<@Nullable Binding> all = repeatable.bindings();
    return stepCount < 0
        ? all
        : all.subList(Math.min(stepFrom, all.size()), Math.min(stepFrom + stepCount, all.size()));
  }

  @Override
  public void bindAt(PreparedStatement to, int offset, Connection link) throws SQLException {
    int index = offset;
    for (Binding binding : bindings()) {
      index++;
      if (binding != null) {
        binding.bind(to, index, link);
      }
    }
  }

  @Override
  public Statement vendor(JdbcLink link, String sql, Shape shape) throws SQLException {
    int type =
        shape == Shape.STREAMED ? ResultSet.TYPE_FORWARD_ONLY : ResultSet.TYPE_SCROLL_INSENSITIVE;
    Connection connection = link.connection();
    Statement statement =
        repeatable.prepared()
            ? connection.prepareStatement(sql, type, ResultSet.CONCUR_READ_ONLY)
            : connection.createStatement(type, ResultSet.CONCUR_READ_ONLY);
    opened.add(statement);
    statement.setFetchSize(shape == Shape.STREAMED ? CapturedRows.FIRST_ROWS : 0);
    statement.setEscapeProcessing(repeatable.escapes());
    if (statement instanceof PreparedStatement prepared) {
      bindAt(prepared, 0, connection);
    }
    return statement;
  }

  @Override
  public boolean run(Statement vendorStatement, String sql) throws SQLException {
    return vendorStatement instanceof PreparedStatement prepared
        ? prepared.execute()
        : vendorStatement.execute(sql);
  }

  @Override
  public List<Value> parameters() throws SQLException {
    List<Value> values = new ArrayList<>();
    for (Binding binding : bindings()) {
      if (binding == null) {
        throw Refusals.invalid("No value specified for a parameter.");
      }
      values.add(binding.toValue());
    }
    return values;
  }

  @Override
  public void rows(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException {
    digest.rows(vendorRows, visible);
  }

  @Override
  public void rowsApart(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException {
    digest.rows(vendorRows, visible);
  }

  @Override
  public void rows(MemoryResultSet rows) {
    digest.own();
  }

  @Override
  public void count(long rows) {
    digest.count(rows);
  }

  @Override
  public void discard() {
    digest.reset();
  }

  @Override
  public void step(String sql) {
    stepFrom += Math.max(0, stepCount);
    stepCount = StatementText.scan(sql).markers();
  }

  @Override
  public void close() throws SQLException {
    for (Statement statement : opened) {
      statement.close();
    }
  }
}
