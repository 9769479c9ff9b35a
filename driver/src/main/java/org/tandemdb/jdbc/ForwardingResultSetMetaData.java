package org.tandemdb.jdbc;

import java.sql.ResultSetMetaData;
import java.sql.SQLException;

/** Mechanical delegation; what has behaviour is in {@link TandemResultSetMetaData}. */
abstract class ForwardingResultSetMetaData implements ResultSetMetaData {

  abstract ResultSetMetaData columns();

  abstract int visible(int column) throws SQLException;

  @Override
  public String getCatalogName(int column) throws SQLException {
    return columns().getCatalogName(visible(column));
  }

  @Override
  public String getColumnClassName(int column) throws SQLException {
    return columns().getColumnClassName(visible(column));
  }

  @Override
  public int getColumnDisplaySize(int column) throws SQLException {
    return columns().getColumnDisplaySize(visible(column));
  }

  @Override
  public String getColumnLabel(int column) throws SQLException {
    return columns().getColumnLabel(visible(column));
  }

  @Override
  public String getColumnName(int column) throws SQLException {
    return columns().getColumnName(visible(column));
  }

  @Override
  public int getColumnType(int column) throws SQLException {
    return columns().getColumnType(visible(column));
  }

  @Override
  public String getColumnTypeName(int column) throws SQLException {
    return columns().getColumnTypeName(visible(column));
  }

  @Override
  public int getPrecision(int column) throws SQLException {
    return columns().getPrecision(visible(column));
  }

  @Override
  public int getScale(int column) throws SQLException {
    return columns().getScale(visible(column));
  }

  @Override
  public String getSchemaName(int column) throws SQLException {
    return columns().getSchemaName(visible(column));
  }

  @Override
  public String getTableName(int column) throws SQLException {
    return columns().getTableName(visible(column));
  }

  @Override
  public boolean isAutoIncrement(int column) throws SQLException {
    return columns().isAutoIncrement(visible(column));
  }

  @Override
  public boolean isCaseSensitive(int column) throws SQLException {
    return columns().isCaseSensitive(visible(column));
  }

  @Override
  public boolean isCurrency(int column) throws SQLException {
    return columns().isCurrency(visible(column));
  }

  @Override
  public int isNullable(int column) throws SQLException {
    return columns().isNullable(visible(column));
  }

  @Override
  public boolean isSearchable(int column) throws SQLException {
    return columns().isSearchable(visible(column));
  }

  @Override
  public boolean isSigned(int column) throws SQLException {
    return columns().isSigned(visible(column));
  }
}
