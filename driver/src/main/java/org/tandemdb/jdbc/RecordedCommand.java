package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;

/**
 * A client's statement that is looked at: it gets its results, and a digest of them is taken. For
 * that all rows are fetched at once.
 */
final class RecordedCommand implements Command {
  private final Command client;
  private final ResultDigest digest = new ResultDigest();

  RecordedCommand(Command client) {
    this.client = client;
  }

  /** A digest of what the client has been given. */
  String seen() {
    return digest.take();
  }

  @Override
  public boolean isPrepared() {
    return client.isPrepared();
  }

  @Override
  public int timeoutSeconds() {
    return client.timeoutSeconds();
  }

  @Override
  public boolean isCombinable() {
    return client.isCombinable();
  }

  @Override
  public void bindAt(PreparedStatement to, int offset, Connection link) throws SQLException {
    client.bindAt(to, offset, link);
  }

  @Override
  public Statement vendor(JdbcLink link, String sql, Shape shape) throws SQLException {
    return client.vendor(link, sql, shape == Shape.CLIENT ? Shape.COUNTED : shape);
  }

  @Override
  public boolean run(Statement vendorStatement, String sql) throws SQLException {
    return client.run(vendorStatement, sql);
  }

  @Override
  public List<Value> parameters() throws SQLException {
    return client.parameters();
  }

  @Override
  public void rows(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException {
    digest.rows(vendorRows, visible);
    client.rows(vendorRows, visible, count, lease);
  }

  @Override
  public void rowsApart(ResultSet vendorRows, int visible, long count, Lease<JdbcLink> lease)
      throws SQLException {
    digest.rows(vendorRows, visible);
    client.rowsApart(vendorRows, visible, count, lease);
  }

  @Override
  public void rows(MemoryResultSet rows) {
    digest.own();
    client.rows(rows);
  }

  @Override
  public void count(long rows) {
    digest.count(rows);
    client.count(rows);
  }

  @Override
  public void warn(SQLWarning warning) {
    client.warn(warning);
  }

  @Override
  public long rows() {
    return client.rows();
  }

  @Override
  public boolean mayRunAgain() {
    return client.mayRunAgain();
  }

  @Override
  public void discard() {
    digest.reset();
    client.discard();
  }

  @Override
  public void restart() {
    digest.reset();
    client.restart();
  }

  @Override
  public void step(String sql) throws SQLException {
    client.step(sql);
  }
}
