package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The vendor's answers from whichever backend is asked; the driver's own where they differ. */
final class TandemDatabaseMetaData extends ForwardingDatabaseMetaData {
  private final TandemConnection connection;

  TandemDatabaseMetaData(TandemConnection connection) {
    this.connection = connection;
  }

  @Override
  <T> T value(Question<T> question) throws SQLException {
    return connection.session().ask(link -> question.ask(link.getMetaData()));
  }

  @Override
  ResultSet rows(Question<ResultSet> question) throws SQLException {
    ResultSet vendor = connection.session().ask(link -> question.ask(link.getMetaData()));
    ResultKind kind = new ResultKind(vendor.getType(), ResultSet.HOLD_CURSORS_OVER_COMMIT);
    return new TandemResultSet(null, vendor, Integer.MAX_VALUE, kind, 0, null);
  }

  @Override
  public Connection getConnection() {
    return connection;
  }

  @Override
  public String getURL() {
    return connection.url();
  }

  @Override
  public String getDriverName() {
    return TandemDriver.NAME;
  }

  @Override
  public String getDriverVersion() {
    return TandemDriver.MAJOR + "." + TandemDriver.MINOR;
  }

  @Override
  public int getDriverMajorVersion() {
    return TandemDriver.MAJOR;
  }

  @Override
  public int getDriverMinorVersion() {
    return TandemDriver.MINOR;
  }

  @Override
  public int getJDBCMajorVersion() {
    return 4;
  }

  @Override
  public int getJDBCMinorVersion() {
    return 2;
  }

  @Override
  public boolean supportsStoredProcedures() {
    return false;
  }

  @Override
  public boolean supportsResultSetConcurrency(int type, int concurrency) {
    return type != ResultSet.TYPE_SCROLL_SENSITIVE && concurrency == ResultSet.CONCUR_READ_ONLY;
  }

  @Override
  public boolean updatesAreDetected(int type) {
    return false;
  }

  @Override
  public boolean insertsAreDetected(int type) {
    return false;
  }

  @Override
  public boolean deletesAreDetected(int type) {
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
