package org.tandemdb.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import org.jspecify.annotations.Nullable;

/**
 * The updaters, each of which is the setter of a PreparedStatement with the column for an index;
 * what has behaviour is in {@link UpdatableResultSet}.
 */
abstract class UpdatingResultSet extends ForwardingResultSet {

  /** Sets a parameter. */
  interface Setter {
    void set(int index) throws SQLException;
  }

  /** Takes the row's changes, each at the index of its column. */
  abstract TandemPreparedStatement changes() throws SQLException;

  /**
   * Gives a column a new value by {@code setter}; null of any type is the column's own.
   *
   * @throws SQLException if the column, or the rows, cannot be changed
   */
  abstract void change(int columnIndex, @Nullable Object value, Setter setter) throws SQLException;

  @Override
  public final void updateArray(String columnLabel, @Nullable Array value) throws SQLException {
    updateArray(findColumn(columnLabel), value);
  }

  @Override
  public final void updateArray(int columnIndex, @Nullable Array value) throws SQLException {
    change(columnIndex, value, at -> changes().setArray(at, value));
  }

  @Override
  public final void updateAsciiStream(String columnLabel, @Nullable InputStream value, int length)
      throws SQLException {
    updateAsciiStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateAsciiStream(String columnLabel, @Nullable InputStream value, long length)
      throws SQLException {
    updateAsciiStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateAsciiStream(String columnLabel, @Nullable InputStream value)
      throws SQLException {
    updateAsciiStream(findColumn(columnLabel), value);
  }

  @Override
  public final void updateAsciiStream(int columnIndex, @Nullable InputStream value, int length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setAsciiStream(at, value, length));
  }

  @Override
  public final void updateAsciiStream(int columnIndex, @Nullable InputStream value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setAsciiStream(at, value, length));
  }

  @Override
  public final void updateAsciiStream(int columnIndex, @Nullable InputStream value)
      throws SQLException {
    change(columnIndex, value, at -> changes().setAsciiStream(at, value));
  }

  @Override
  public final void updateBigDecimal(String columnLabel, @Nullable BigDecimal value)
      throws SQLException {
    updateBigDecimal(findColumn(columnLabel), value);
  }

  @Override
  public final void updateBigDecimal(int columnIndex, @Nullable BigDecimal value)
      throws SQLException {
    change(columnIndex, value, at -> changes().setBigDecimal(at, value));
  }

  @Override
  public final void updateBinaryStream(String columnLabel, @Nullable InputStream value, int length)
      throws SQLException {
    updateBinaryStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateBinaryStream(String columnLabel, @Nullable InputStream value, long length)
      throws SQLException {
    updateBinaryStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateBinaryStream(String columnLabel, @Nullable InputStream value)
      throws SQLException {
    updateBinaryStream(findColumn(columnLabel), value);
  }

  @Override
  public final void updateBinaryStream(int columnIndex, @Nullable InputStream value, int length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setBinaryStream(at, value, length));
  }

  @Override
  public final void updateBinaryStream(int columnIndex, @Nullable InputStream value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setBinaryStream(at, value, length));
  }

  @Override
  public final void updateBinaryStream(int columnIndex, @Nullable InputStream value)
      throws SQLException {
    change(columnIndex, value, at -> changes().setBinaryStream(at, value));
  }

  @Override
  public final void updateBlob(String columnLabel, @Nullable InputStream value, long length)
      throws SQLException {
    updateBlob(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateBlob(String columnLabel, @Nullable InputStream value)
      throws SQLException {
    updateBlob(findColumn(columnLabel), value);
  }

  @Override
  public final void updateBlob(String columnLabel, @Nullable Blob value) throws SQLException {
    updateBlob(findColumn(columnLabel), value);
  }

  @Override
  public final void updateBlob(int columnIndex, @Nullable InputStream value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setBlob(at, value, length));
  }

  @Override
  public final void updateBlob(int columnIndex, @Nullable InputStream value) throws SQLException {
    change(columnIndex, value, at -> changes().setBlob(at, value));
  }

  @Override
  public final void updateBlob(int columnIndex, @Nullable Blob value) throws SQLException {
    change(columnIndex, value, at -> changes().setBlob(at, value));
  }

  @Override
  public final void updateBoolean(String columnLabel, boolean value) throws SQLException {
    updateBoolean(findColumn(columnLabel), value);
  }

  @Override
  public final void updateBoolean(int columnIndex, boolean value) throws SQLException {
    change(columnIndex, value, at -> changes().setBoolean(at, value));
  }

  @Override
  public final void updateByte(String columnLabel, byte value) throws SQLException {
    updateByte(findColumn(columnLabel), value);
  }

  @Override
  public final void updateByte(int columnIndex, byte value) throws SQLException {
    change(columnIndex, value, at -> changes().setByte(at, value));
  }

  @Override
  public final void updateBytes(String columnLabel, byte @Nullable [] value) throws SQLException {
    updateBytes(findColumn(columnLabel), value);
  }

  @Override
  public final void updateBytes(int columnIndex, byte @Nullable [] value) throws SQLException {
    change(columnIndex, value, at -> changes().setBytes(at, value));
  }

  @Override
  public final void updateCharacterStream(String columnLabel, @Nullable Reader value, int length)
      throws SQLException {
    updateCharacterStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateCharacterStream(String columnLabel, @Nullable Reader value, long length)
      throws SQLException {
    updateCharacterStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateCharacterStream(String columnLabel, @Nullable Reader value)
      throws SQLException {
    updateCharacterStream(findColumn(columnLabel), value);
  }

  @Override
  public final void updateCharacterStream(int columnIndex, @Nullable Reader value, int length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setCharacterStream(at, value, length));
  }

  @Override
  public final void updateCharacterStream(int columnIndex, @Nullable Reader value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setCharacterStream(at, value, length));
  }

  @Override
  public final void updateCharacterStream(int columnIndex, @Nullable Reader value)
      throws SQLException {
    change(columnIndex, value, at -> changes().setCharacterStream(at, value));
  }

  @Override
  public final void updateClob(String columnLabel, @Nullable Reader value, long length)
      throws SQLException {
    updateClob(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateClob(String columnLabel, @Nullable Reader value) throws SQLException {
    updateClob(findColumn(columnLabel), value);
  }

  @Override
  public final void updateClob(String columnLabel, @Nullable Clob value) throws SQLException {
    updateClob(findColumn(columnLabel), value);
  }

  @Override
  public final void updateClob(int columnIndex, @Nullable Reader value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setClob(at, value, length));
  }

  @Override
  public final void updateClob(int columnIndex, @Nullable Reader value) throws SQLException {
    change(columnIndex, value, at -> changes().setClob(at, value));
  }

  @Override
  public final void updateClob(int columnIndex, @Nullable Clob value) throws SQLException {
    change(columnIndex, value, at -> changes().setClob(at, value));
  }

  @Override
  public final void updateDate(String columnLabel, @Nullable Date value) throws SQLException {
    updateDate(findColumn(columnLabel), value);
  }

  @Override
  public final void updateDate(int columnIndex, @Nullable Date value) throws SQLException {
    change(columnIndex, value, at -> changes().setDate(at, value));
  }

  @Override
  public final void updateDouble(String columnLabel, double value) throws SQLException {
    updateDouble(findColumn(columnLabel), value);
  }

  @Override
  public final void updateDouble(int columnIndex, double value) throws SQLException {
    change(columnIndex, value, at -> changes().setDouble(at, value));
  }

  @Override
  public final void updateFloat(String columnLabel, float value) throws SQLException {
    updateFloat(findColumn(columnLabel), value);
  }

  @Override
  public final void updateFloat(int columnIndex, float value) throws SQLException {
    change(columnIndex, value, at -> changes().setFloat(at, value));
  }

  @Override
  public final void updateInt(String columnLabel, int value) throws SQLException {
    updateInt(findColumn(columnLabel), value);
  }

  @Override
  public final void updateInt(int columnIndex, int value) throws SQLException {
    change(columnIndex, value, at -> changes().setInt(at, value));
  }

  @Override
  public final void updateLong(String columnLabel, long value) throws SQLException {
    updateLong(findColumn(columnLabel), value);
  }

  @Override
  public final void updateLong(int columnIndex, long value) throws SQLException {
    change(columnIndex, value, at -> changes().setLong(at, value));
  }

  @Override
  public final void updateNCharacterStream(String columnLabel, @Nullable Reader value, long length)
      throws SQLException {
    updateNCharacterStream(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateNCharacterStream(String columnLabel, @Nullable Reader value)
      throws SQLException {
    updateNCharacterStream(findColumn(columnLabel), value);
  }

  @Override
  public final void updateNCharacterStream(int columnIndex, @Nullable Reader value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setNCharacterStream(at, value, length));
  }

  @Override
  public final void updateNCharacterStream(int columnIndex, @Nullable Reader value)
      throws SQLException {
    change(columnIndex, value, at -> changes().setNCharacterStream(at, value));
  }

  @Override
  public final void updateNClob(String columnLabel, @Nullable Reader value, long length)
      throws SQLException {
    updateNClob(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateNClob(String columnLabel, @Nullable Reader value) throws SQLException {
    updateNClob(findColumn(columnLabel), value);
  }

  @Override
  public final void updateNClob(String columnLabel, @Nullable NClob value) throws SQLException {
    updateNClob(findColumn(columnLabel), value);
  }

  @Override
  public final void updateNClob(int columnIndex, @Nullable Reader value, long length)
      throws SQLException {
    change(columnIndex, value, at -> changes().setNClob(at, value, length));
  }

  @Override
  public final void updateNClob(int columnIndex, @Nullable Reader value) throws SQLException {
    change(columnIndex, value, at -> changes().setNClob(at, value));
  }

  @Override
  public final void updateNClob(int columnIndex, @Nullable NClob value) throws SQLException {
    change(columnIndex, value, at -> changes().setNClob(at, value));
  }

  @Override
  public final void updateNString(String columnLabel, @Nullable String value) throws SQLException {
    updateNString(findColumn(columnLabel), value);
  }

  @Override
  public final void updateNString(int columnIndex, @Nullable String value) throws SQLException {
    change(columnIndex, value, at -> changes().setNString(at, value));
  }

  @Override
  public final void updateNull(String columnLabel) throws SQLException {
    updateNull(findColumn(columnLabel));
  }

  @Override
  public final void updateNull(int columnIndex) throws SQLException {
    change(columnIndex, null, at -> {});
  }

  @Override
  public final void updateObject(String columnLabel, @Nullable Object value, int length)
      throws SQLException {
    updateObject(findColumn(columnLabel), value, length);
  }

  @Override
  public final void updateObject(
      String columnLabel, @Nullable Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    updateObject(findColumn(columnLabel), value, targetSqlType, scaleOrLength);
  }

  @Override
  public final void updateObject(String columnLabel, @Nullable Object value, SQLType targetSqlType)
      throws SQLException {
    updateObject(findColumn(columnLabel), value, targetSqlType);
  }

  @Override
  public final void updateObject(String columnLabel, @Nullable Object value) throws SQLException {
    updateObject(findColumn(columnLabel), value);
  }

  @Override
  public final void updateObject(int columnIndex, @Nullable Object value, int length)
      throws SQLException {
    updateObject(columnIndex, value); // as PostgreSQL's own driver: the column has its scale
  }

  @Override
  public final void updateObject(
      int columnIndex, @Nullable Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    change(columnIndex, value, at -> changes().setObject(at, value, targetSqlType, scaleOrLength));
  }

  @Override
  public final void updateObject(int columnIndex, @Nullable Object value, SQLType targetSqlType)
      throws SQLException {
    change(columnIndex, value, at -> changes().setObject(at, value, targetSqlType));
  }

  @Override
  public final void updateObject(int columnIndex, @Nullable Object value) throws SQLException {
    change(columnIndex, value, at -> changes().setObject(at, value));
  }

  @Override
  public final void updateSQLXML(String columnLabel, @Nullable SQLXML value) throws SQLException {
    updateSQLXML(findColumn(columnLabel), value);
  }

  @Override
  public final void updateSQLXML(int columnIndex, @Nullable SQLXML value) throws SQLException {
    change(columnIndex, value, at -> changes().setSQLXML(at, value));
  }

  @Override
  public final void updateShort(String columnLabel, short value) throws SQLException {
    updateShort(findColumn(columnLabel), value);
  }

  @Override
  public final void updateShort(int columnIndex, short value) throws SQLException {
    change(columnIndex, value, at -> changes().setShort(at, value));
  }

  @Override
  public final void updateString(String columnLabel, @Nullable String value) throws SQLException {
    updateString(findColumn(columnLabel), value);
  }

  @Override
  public final void updateString(int columnIndex, @Nullable String value) throws SQLException {
    change(columnIndex, value, at -> changes().setString(at, value));
  }

  @Override
  public final void updateTime(String columnLabel, @Nullable Time value) throws SQLException {
    updateTime(findColumn(columnLabel), value);
  }

  @Override
  public final void updateTime(int columnIndex, @Nullable Time value) throws SQLException {
    change(columnIndex, value, at -> changes().setTime(at, value));
  }

  @Override
  public final void updateTimestamp(String columnLabel, @Nullable Timestamp value)
      throws SQLException {
    updateTimestamp(findColumn(columnLabel), value);
  }

  @Override
  public final void updateTimestamp(int columnIndex, @Nullable Timestamp value)
      throws SQLException {
    change(columnIndex, value, at -> changes().setTimestamp(at, value));
  }
}
