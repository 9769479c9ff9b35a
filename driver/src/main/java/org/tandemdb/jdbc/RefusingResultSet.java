package org.tandemdb.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.ResultSet;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;

/** What {@link MemoryResultSet} does not do: changing rows, and types that a report has not. */
@SuppressWarnings("deprecation")
abstract class RefusingResultSet implements ResultSet {
  @Override
  public void cancelRowUpdates() throws SQLException {
    throw Refusals.unsupported("cancelRowUpdates");
  }

  @Override
  public void deleteRow() throws SQLException {
    throw Refusals.unsupported("deleteRow");
  }

  @Override
  public InputStream getAsciiStream(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getAsciiStream");
  }

  @Override
  public InputStream getAsciiStream(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getAsciiStream");
  }

  @Override
  public InputStream getBinaryStream(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getBinaryStream");
  }

  @Override
  public InputStream getBinaryStream(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getBinaryStream");
  }

  @Override
  public Blob getBlob(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getBlob");
  }

  @Override
  public Blob getBlob(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getBlob");
  }

  @Override
  public Reader getCharacterStream(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getCharacterStream");
  }

  @Override
  public Reader getCharacterStream(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getCharacterStream");
  }

  @Override
  public Clob getClob(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getClob");
  }

  @Override
  public Clob getClob(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getClob");
  }

  @Override
  public Date getDate(String columnLabel, Calendar calendar) throws SQLException {
    throw Refusals.unsupported("getDate");
  }

  @Override
  public Date getDate(int columnIndex, Calendar calendar) throws SQLException {
    throw Refusals.unsupported("getDate");
  }

  @Override
  public Reader getNCharacterStream(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getNCharacterStream");
  }

  @Override
  public Reader getNCharacterStream(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getNCharacterStream");
  }

  @Override
  public NClob getNClob(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getNClob");
  }

  @Override
  public NClob getNClob(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getNClob");
  }

  @Override
  public Ref getRef(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getRef");
  }

  @Override
  public Ref getRef(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getRef");
  }

  @Override
  public RowId getRowId(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getRowId");
  }

  @Override
  public RowId getRowId(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getRowId");
  }

  @Override
  public SQLXML getSQLXML(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getSQLXML");
  }

  @Override
  public SQLXML getSQLXML(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getSQLXML");
  }

  @Override
  public Time getTime(String columnLabel, Calendar calendar) throws SQLException {
    throw Refusals.unsupported("getTime");
  }

  @Override
  public Time getTime(int columnIndex, Calendar calendar) throws SQLException {
    throw Refusals.unsupported("getTime");
  }

  @Override
  public Timestamp getTimestamp(String columnLabel, Calendar calendar) throws SQLException {
    throw Refusals.unsupported("getTimestamp");
  }

  @Override
  public Timestamp getTimestamp(int columnIndex, Calendar calendar) throws SQLException {
    throw Refusals.unsupported("getTimestamp");
  }

  @Override
  public URL getURL(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getURL");
  }

  @Override
  public URL getURL(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getURL");
  }

  @Deprecated
  @Override
  public InputStream getUnicodeStream(String columnLabel) throws SQLException {
    throw Refusals.unsupported("getUnicodeStream");
  }

  @Deprecated
  @Override
  public InputStream getUnicodeStream(int columnIndex) throws SQLException {
    throw Refusals.unsupported("getUnicodeStream");
  }

  @Override
  public void insertRow() throws SQLException {
    throw Refusals.unsupported("insertRow");
  }

  @Override
  public void moveToCurrentRow() throws SQLException {
    throw Refusals.unsupported("moveToCurrentRow");
  }

  @Override
  public void moveToInsertRow() throws SQLException {
    throw Refusals.unsupported("moveToInsertRow");
  }

  @Override
  public void refreshRow() throws SQLException {
    throw Refusals.unsupported("refreshRow");
  }

  @Override
  public boolean rowDeleted() throws SQLException {
    return false;
  }

  @Override
  public boolean rowInserted() throws SQLException {
    return false;
  }

  @Override
  public boolean rowUpdated() throws SQLException {
    return false;
  }

  @Override
  public void updateArray(String columnLabel, Array value) throws SQLException {
    throw Refusals.unsupported("updateArray");
  }

  @Override
  public void updateArray(int columnIndex, Array value) throws SQLException {
    throw Refusals.unsupported("updateArray");
  }

  @Override
  public void updateAsciiStream(String columnLabel, InputStream value, int length)
      throws SQLException {
    throw Refusals.unsupported("updateAsciiStream");
  }

  @Override
  public void updateAsciiStream(String columnLabel, InputStream value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateAsciiStream");
  }

  @Override
  public void updateAsciiStream(String columnLabel, InputStream value) throws SQLException {
    throw Refusals.unsupported("updateAsciiStream");
  }

  @Override
  public void updateAsciiStream(int columnIndex, InputStream value, int length)
      throws SQLException {
    throw Refusals.unsupported("updateAsciiStream");
  }

  @Override
  public void updateAsciiStream(int columnIndex, InputStream value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateAsciiStream");
  }

  @Override
  public void updateAsciiStream(int columnIndex, InputStream value) throws SQLException {
    throw Refusals.unsupported("updateAsciiStream");
  }

  @Override
  public void updateBigDecimal(String columnLabel, BigDecimal value) throws SQLException {
    throw Refusals.unsupported("updateBigDecimal");
  }

  @Override
  public void updateBigDecimal(int columnIndex, BigDecimal value) throws SQLException {
    throw Refusals.unsupported("updateBigDecimal");
  }

  @Override
  public void updateBinaryStream(String columnLabel, InputStream value, int length)
      throws SQLException {
    throw Refusals.unsupported("updateBinaryStream");
  }

  @Override
  public void updateBinaryStream(String columnLabel, InputStream value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateBinaryStream");
  }

  @Override
  public void updateBinaryStream(String columnLabel, InputStream value) throws SQLException {
    throw Refusals.unsupported("updateBinaryStream");
  }

  @Override
  public void updateBinaryStream(int columnIndex, InputStream value, int length)
      throws SQLException {
    throw Refusals.unsupported("updateBinaryStream");
  }

  @Override
  public void updateBinaryStream(int columnIndex, InputStream value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateBinaryStream");
  }

  @Override
  public void updateBinaryStream(int columnIndex, InputStream value) throws SQLException {
    throw Refusals.unsupported("updateBinaryStream");
  }

  @Override
  public void updateBlob(String columnLabel, InputStream value, long length) throws SQLException {
    throw Refusals.unsupported("updateBlob");
  }

  @Override
  public void updateBlob(String columnLabel, InputStream value) throws SQLException {
    throw Refusals.unsupported("updateBlob");
  }

  @Override
  public void updateBlob(String columnLabel, Blob value) throws SQLException {
    throw Refusals.unsupported("updateBlob");
  }

  @Override
  public void updateBlob(int columnIndex, InputStream value, long length) throws SQLException {
    throw Refusals.unsupported("updateBlob");
  }

  @Override
  public void updateBlob(int columnIndex, InputStream value) throws SQLException {
    throw Refusals.unsupported("updateBlob");
  }

  @Override
  public void updateBlob(int columnIndex, Blob value) throws SQLException {
    throw Refusals.unsupported("updateBlob");
  }

  @Override
  public void updateBoolean(String columnLabel, boolean value) throws SQLException {
    throw Refusals.unsupported("updateBoolean");
  }

  @Override
  public void updateBoolean(int columnIndex, boolean value) throws SQLException {
    throw Refusals.unsupported("updateBoolean");
  }

  @Override
  public void updateByte(String columnLabel, byte value) throws SQLException {
    throw Refusals.unsupported("updateByte");
  }

  @Override
  public void updateByte(int columnIndex, byte value) throws SQLException {
    throw Refusals.unsupported("updateByte");
  }

  @Override
  public void updateBytes(String columnLabel, byte[] value) throws SQLException {
    throw Refusals.unsupported("updateBytes");
  }

  @Override
  public void updateBytes(int columnIndex, byte[] value) throws SQLException {
    throw Refusals.unsupported("updateBytes");
  }

  @Override
  public void updateCharacterStream(String columnLabel, Reader value, int length)
      throws SQLException {
    throw Refusals.unsupported("updateCharacterStream");
  }

  @Override
  public void updateCharacterStream(String columnLabel, Reader value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateCharacterStream");
  }

  @Override
  public void updateCharacterStream(String columnLabel, Reader value) throws SQLException {
    throw Refusals.unsupported("updateCharacterStream");
  }

  @Override
  public void updateCharacterStream(int columnIndex, Reader value, int length) throws SQLException {
    throw Refusals.unsupported("updateCharacterStream");
  }

  @Override
  public void updateCharacterStream(int columnIndex, Reader value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateCharacterStream");
  }

  @Override
  public void updateCharacterStream(int columnIndex, Reader value) throws SQLException {
    throw Refusals.unsupported("updateCharacterStream");
  }

  @Override
  public void updateClob(String columnLabel, Reader value, long length) throws SQLException {
    throw Refusals.unsupported("updateClob");
  }

  @Override
  public void updateClob(String columnLabel, Reader value) throws SQLException {
    throw Refusals.unsupported("updateClob");
  }

  @Override
  public void updateClob(String columnLabel, Clob value) throws SQLException {
    throw Refusals.unsupported("updateClob");
  }

  @Override
  public void updateClob(int columnIndex, Reader value, long length) throws SQLException {
    throw Refusals.unsupported("updateClob");
  }

  @Override
  public void updateClob(int columnIndex, Reader value) throws SQLException {
    throw Refusals.unsupported("updateClob");
  }

  @Override
  public void updateClob(int columnIndex, Clob value) throws SQLException {
    throw Refusals.unsupported("updateClob");
  }

  @Override
  public void updateDate(String columnLabel, Date value) throws SQLException {
    throw Refusals.unsupported("updateDate");
  }

  @Override
  public void updateDate(int columnIndex, Date value) throws SQLException {
    throw Refusals.unsupported("updateDate");
  }

  @Override
  public void updateDouble(String columnLabel, double value) throws SQLException {
    throw Refusals.unsupported("updateDouble");
  }

  @Override
  public void updateDouble(int columnIndex, double value) throws SQLException {
    throw Refusals.unsupported("updateDouble");
  }

  @Override
  public void updateFloat(String columnLabel, float value) throws SQLException {
    throw Refusals.unsupported("updateFloat");
  }

  @Override
  public void updateFloat(int columnIndex, float value) throws SQLException {
    throw Refusals.unsupported("updateFloat");
  }

  @Override
  public void updateInt(String columnLabel, int value) throws SQLException {
    throw Refusals.unsupported("updateInt");
  }

  @Override
  public void updateInt(int columnIndex, int value) throws SQLException {
    throw Refusals.unsupported("updateInt");
  }

  @Override
  public void updateLong(String columnLabel, long value) throws SQLException {
    throw Refusals.unsupported("updateLong");
  }

  @Override
  public void updateLong(int columnIndex, long value) throws SQLException {
    throw Refusals.unsupported("updateLong");
  }

  @Override
  public void updateNCharacterStream(String columnLabel, Reader value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateNCharacterStream");
  }

  @Override
  public void updateNCharacterStream(String columnLabel, Reader value) throws SQLException {
    throw Refusals.unsupported("updateNCharacterStream");
  }

  @Override
  public void updateNCharacterStream(int columnIndex, Reader value, long length)
      throws SQLException {
    throw Refusals.unsupported("updateNCharacterStream");
  }

  @Override
  public void updateNCharacterStream(int columnIndex, Reader value) throws SQLException {
    throw Refusals.unsupported("updateNCharacterStream");
  }

  @Override
  public void updateNClob(String columnLabel, Reader value, long length) throws SQLException {
    throw Refusals.unsupported("updateNClob");
  }

  @Override
  public void updateNClob(String columnLabel, Reader value) throws SQLException {
    throw Refusals.unsupported("updateNClob");
  }

  @Override
  public void updateNClob(String columnLabel, NClob value) throws SQLException {
    throw Refusals.unsupported("updateNClob");
  }

  @Override
  public void updateNClob(int columnIndex, Reader value, long length) throws SQLException {
    throw Refusals.unsupported("updateNClob");
  }

  @Override
  public void updateNClob(int columnIndex, Reader value) throws SQLException {
    throw Refusals.unsupported("updateNClob");
  }

  @Override
  public void updateNClob(int columnIndex, NClob value) throws SQLException {
    throw Refusals.unsupported("updateNClob");
  }

  @Override
  public void updateNString(String columnLabel, String value) throws SQLException {
    throw Refusals.unsupported("updateNString");
  }

  @Override
  public void updateNString(int columnIndex, String value) throws SQLException {
    throw Refusals.unsupported("updateNString");
  }

  @Override
  public void updateNull(String columnLabel) throws SQLException {
    throw Refusals.unsupported("updateNull");
  }

  @Override
  public void updateNull(int columnIndex) throws SQLException {
    throw Refusals.unsupported("updateNull");
  }

  @Override
  public void updateObject(String columnLabel, Object value, int length) throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(
      String columnLabel, Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(String columnLabel, Object value, SQLType targetSqlType)
      throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(String columnLabel, Object value) throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(int columnIndex, Object value, int length) throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(int columnIndex, Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(int columnIndex, Object value, SQLType targetSqlType)
      throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateObject(int columnIndex, Object value) throws SQLException {
    throw Refusals.unsupported("updateObject");
  }

  @Override
  public void updateRef(String columnLabel, Ref value) throws SQLException {
    throw Refusals.unsupported("updateRef");
  }

  @Override
  public void updateRef(int columnIndex, Ref value) throws SQLException {
    throw Refusals.unsupported("updateRef");
  }

  @Override
  public void updateRow() throws SQLException {
    throw Refusals.unsupported("updateRow");
  }

  @Override
  public void updateRowId(String columnLabel, RowId value) throws SQLException {
    throw Refusals.unsupported("updateRowId");
  }

  @Override
  public void updateRowId(int columnIndex, RowId value) throws SQLException {
    throw Refusals.unsupported("updateRowId");
  }

  @Override
  public void updateSQLXML(String columnLabel, SQLXML value) throws SQLException {
    throw Refusals.unsupported("updateSQLXML");
  }

  @Override
  public void updateSQLXML(int columnIndex, SQLXML value) throws SQLException {
    throw Refusals.unsupported("updateSQLXML");
  }

  @Override
  public void updateShort(String columnLabel, short value) throws SQLException {
    throw Refusals.unsupported("updateShort");
  }

  @Override
  public void updateShort(int columnIndex, short value) throws SQLException {
    throw Refusals.unsupported("updateShort");
  }

  @Override
  public void updateString(String columnLabel, String value) throws SQLException {
    throw Refusals.unsupported("updateString");
  }

  @Override
  public void updateString(int columnIndex, String value) throws SQLException {
    throw Refusals.unsupported("updateString");
  }

  @Override
  public void updateTime(String columnLabel, Time value) throws SQLException {
    throw Refusals.unsupported("updateTime");
  }

  @Override
  public void updateTime(int columnIndex, Time value) throws SQLException {
    throw Refusals.unsupported("updateTime");
  }

  @Override
  public void updateTimestamp(String columnLabel, Timestamp value) throws SQLException {
    throw Refusals.unsupported("updateTimestamp");
  }

  @Override
  public void updateTimestamp(int columnIndex, Timestamp value) throws SQLException {
    throw Refusals.unsupported("updateTimestamp");
  }
}
