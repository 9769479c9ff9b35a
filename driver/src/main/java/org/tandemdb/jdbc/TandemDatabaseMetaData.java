package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;

/**
 * The vendor's answers from whichever backend is asked; the driver's own where they differ. What is
 * in Tandem's own schema is left out: a tool that copies or compares schemas would take it along.
 */
final class TandemDatabaseMetaData extends ForwardingDatabaseMetaData {
  private static final String OWN_SCHEMA = "tandem";
  private static final int ALL_COLUMNS = Integer.MAX_VALUE;

  /** The first of these that a result has; of a foreign key, the referring table's is as good. */
  private static final Set<String> SCHEMA_COLUMNS =
      Set.of("TABLE_SCHEM", "PROCEDURE_SCHEM", "FUNCTION_SCHEM", "TYPE_SCHEM", "PKTABLE_SCHEM");

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
    int schema = schemaColumn(vendor);
    TandemStatement statement = new TandemStatement(connection, ResultKind.FORWARD);
    if (schema > 0 && hasOwn(vendor, schema)) {
      MemoryResultSet rest =
          MemoryResultSet.copyOf(vendor, row -> !OWN_SCHEMA.equals(row.getString(schema)));
      statement.rows(rest);
      return rest;
    }
    ResultKind kind = new ResultKind(vendor.getType(), ResultSet.HOLD_CURSORS_OVER_COMMIT);
    TandemResultSet rows = new TandemResultSet(statement, vendor, ALL_COLUMNS, kind, 0, null);
    statement.show(rows);
    return rows;
  }

  /** The column that names the schema of the object that a row is about; 0 for none. */
  private static int schemaColumn(ResultSet rows) throws SQLException {
    ResultSetMetaData columns = rows.getMetaData();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      if (SCHEMA_COLUMNS.contains(columns.getColumnLabel(i).toUpperCase(Locale.ROOT))) {
        return i;
      }
    }
    return 0;
  }

  /** Goes through the rows, and back. */
  private static boolean hasOwn(ResultSet rows, int schema) throws SQLException {
    if (rows.getType() == ResultSet.TYPE_FORWARD_ONLY) {
      return true; // it cannot go back: what is found here would be lost
    }
    boolean found = false;
    while (!found && rows.next()) {
      found = OWN_SCHEMA.equals(rows.getString(schema));
    }
    rows.beforeFirst();
    return found;
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
    return 3;
  }

  @Override
  public boolean supportsStoredProcedures() {
    return true;
  }

  @Override
  public boolean supportsResultSetConcurrency(int type, int concurrency) {
    return type != ResultSet.TYPE_SCROLL_SENSITIVE
        && (concurrency == ResultSet.CONCUR_READ_ONLY || concurrency == ResultSet.CONCUR_UPDATABLE);
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
