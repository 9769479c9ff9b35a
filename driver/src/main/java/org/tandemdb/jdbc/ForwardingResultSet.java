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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Mechanical delegation of the getters; what has behaviour is in {@link TandemResultSet}. */
@SuppressWarnings({"deprecation", "NullAway"})
abstract class ForwardingResultSet implements ResultSet {

  /** The vendor's rows; throws when this one is closed. */
  abstract ResultSet rows() throws SQLException;

  /** The rows that have the current value of the client's column. */
  ResultSet rows(int columnIndex) throws SQLException {
    return rows();
  }

  ResultSet rows(String columnLabel) throws SQLException {
    return rows();
  }

  /** {@code columnIndex}, unless it is hidden from the client. */
  abstract int visible(int columnIndex) throws SQLException;

  /** Index of the client's column with this label. */
  abstract int visible(String columnLabel) throws SQLException;

  /** What the client may have instead of a vendor's object that reaches the connection. */
  abstract <T> T safe(T value) throws SQLException;

  /** A large object of the driver's own, from the vendor's column {@code column}. */
  abstract @Nullable Blob blob(int column) throws SQLException;

  abstract @Nullable NClob clob(int column) throws SQLException;

  abstract @Nullable SQLXML xml(int column) throws SQLException;

  private <T> T typed(int column, Class<T> type) throws SQLException {
    if (type == Blob.class) {
      return type.cast(blob(column));
    }
    if (type == Clob.class || type == NClob.class) {
      return type.cast(clob(column));
    }
    if (type == SQLXML.class) {
      return type.cast(xml(column));
    }
    return safe(rows(column).getObject(column, type));
  }

  /** The error for anything that changes rows in place. */
  abstract SQLException readOnly();

  @Override
  public void cancelRowUpdates() throws SQLException {
    throw readOnly();
  }

  @Override
  public void deleteRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public Array getArray(String columnLabel) throws SQLException {
    return safe(rows(columnLabel).getArray(visible(columnLabel)));
  }

  @Override
  public Array getArray(int columnIndex) throws SQLException {
    return safe(rows(columnIndex).getArray(visible(columnIndex)));
  }

  @Override
  public InputStream getAsciiStream(String columnLabel) throws SQLException {
    return rows(columnLabel).getAsciiStream(visible(columnLabel));
  }

  @Override
  public InputStream getAsciiStream(int columnIndex) throws SQLException {
    return rows(columnIndex).getAsciiStream(visible(columnIndex));
  }

  @Deprecated
  @Override
  public BigDecimal getBigDecimal(String columnLabel, int scale) throws SQLException {
    return rows(columnLabel).getBigDecimal(visible(columnLabel), scale);
  }

  @Override
  public BigDecimal getBigDecimal(String columnLabel) throws SQLException {
    return rows(columnLabel).getBigDecimal(visible(columnLabel));
  }

  @Deprecated
  @Override
  public BigDecimal getBigDecimal(int columnIndex, int scale) throws SQLException {
    return rows(columnIndex).getBigDecimal(visible(columnIndex), scale);
  }

  @Override
  public BigDecimal getBigDecimal(int columnIndex) throws SQLException {
    return rows(columnIndex).getBigDecimal(visible(columnIndex));
  }

  @Override
  public InputStream getBinaryStream(String columnLabel) throws SQLException {
    return rows(columnLabel).getBinaryStream(visible(columnLabel));
  }

  @Override
  public InputStream getBinaryStream(int columnIndex) throws SQLException {
    return rows(columnIndex).getBinaryStream(visible(columnIndex));
  }

  @Override
  public Blob getBlob(String columnLabel) throws SQLException {
    return blob(visible(columnLabel));
  }

  @Override
  public Blob getBlob(int columnIndex) throws SQLException {
    return blob(visible(columnIndex));
  }

  @Override
  public boolean getBoolean(String columnLabel) throws SQLException {
    return rows(columnLabel).getBoolean(visible(columnLabel));
  }

  @Override
  public boolean getBoolean(int columnIndex) throws SQLException {
    return rows(columnIndex).getBoolean(visible(columnIndex));
  }

  @Override
  public byte getByte(String columnLabel) throws SQLException {
    return rows(columnLabel).getByte(visible(columnLabel));
  }

  @Override
  public byte getByte(int columnIndex) throws SQLException {
    return rows(columnIndex).getByte(visible(columnIndex));
  }

  @Override
  public byte[] getBytes(String columnLabel) throws SQLException {
    return rows(columnLabel).getBytes(visible(columnLabel));
  }

  @Override
  public byte[] getBytes(int columnIndex) throws SQLException {
    return rows(columnIndex).getBytes(visible(columnIndex));
  }

  @Override
  public Reader getCharacterStream(String columnLabel) throws SQLException {
    return rows(columnLabel).getCharacterStream(visible(columnLabel));
  }

  @Override
  public Reader getCharacterStream(int columnIndex) throws SQLException {
    return rows(columnIndex).getCharacterStream(visible(columnIndex));
  }

  @Override
  public Clob getClob(String columnLabel) throws SQLException {
    return clob(visible(columnLabel));
  }

  @Override
  public Clob getClob(int columnIndex) throws SQLException {
    return clob(visible(columnIndex));
  }

  @Override
  public String getCursorName() throws SQLException {
    return rows().getCursorName();
  }

  @Override
  public Date getDate(String columnLabel, Calendar calendar) throws SQLException {
    return rows(columnLabel).getDate(visible(columnLabel), calendar);
  }

  @Override
  public Date getDate(String columnLabel) throws SQLException {
    return rows(columnLabel).getDate(visible(columnLabel));
  }

  @Override
  public Date getDate(int columnIndex, Calendar calendar) throws SQLException {
    return rows(columnIndex).getDate(visible(columnIndex), calendar);
  }

  @Override
  public Date getDate(int columnIndex) throws SQLException {
    return rows(columnIndex).getDate(visible(columnIndex));
  }

  @Override
  public double getDouble(String columnLabel) throws SQLException {
    return rows(columnLabel).getDouble(visible(columnLabel));
  }

  @Override
  public double getDouble(int columnIndex) throws SQLException {
    return rows(columnIndex).getDouble(visible(columnIndex));
  }

  @Override
  public int getFetchDirection() throws SQLException {
    return rows().getFetchDirection();
  }

  @Override
  public int getFetchSize() throws SQLException {
    return rows().getFetchSize();
  }

  @Override
  public float getFloat(String columnLabel) throws SQLException {
    return rows(columnLabel).getFloat(visible(columnLabel));
  }

  @Override
  public float getFloat(int columnIndex) throws SQLException {
    return rows(columnIndex).getFloat(visible(columnIndex));
  }

  @Override
  public int getInt(String columnLabel) throws SQLException {
    return rows(columnLabel).getInt(visible(columnLabel));
  }

  @Override
  public int getInt(int columnIndex) throws SQLException {
    return rows(columnIndex).getInt(visible(columnIndex));
  }

  @Override
  public long getLong(String columnLabel) throws SQLException {
    return rows(columnLabel).getLong(visible(columnLabel));
  }

  @Override
  public long getLong(int columnIndex) throws SQLException {
    return rows(columnIndex).getLong(visible(columnIndex));
  }

  @Override
  public Reader getNCharacterStream(String columnLabel) throws SQLException {
    return rows(columnLabel).getNCharacterStream(visible(columnLabel));
  }

  @Override
  public Reader getNCharacterStream(int columnIndex) throws SQLException {
    return rows(columnIndex).getNCharacterStream(visible(columnIndex));
  }

  @Override
  public NClob getNClob(String columnLabel) throws SQLException {
    return clob(visible(columnLabel));
  }

  @Override
  public NClob getNClob(int columnIndex) throws SQLException {
    return clob(visible(columnIndex));
  }

  @Override
  public String getNString(String columnLabel) throws SQLException {
    return rows(columnLabel).getNString(visible(columnLabel));
  }

  @Override
  public String getNString(int columnIndex) throws SQLException {
    return rows(columnIndex).getNString(visible(columnIndex));
  }

  @Override
  public <T> T getObject(String columnLabel, Class<T> type) throws SQLException {
    return typed(visible(columnLabel), type);
  }

  @Override
  public Object getObject(String columnLabel, Map<String, Class<?>> map) throws SQLException {
    return safe(rows(columnLabel).getObject(visible(columnLabel), map));
  }

  @Override
  public Object getObject(String columnLabel) throws SQLException {
    return safe(rows(columnLabel).getObject(visible(columnLabel)));
  }

  @Override
  public <T> T getObject(int columnIndex, Class<T> type) throws SQLException {
    return typed(visible(columnIndex), type);
  }

  @Override
  public Object getObject(int columnIndex, Map<String, Class<?>> map) throws SQLException {
    return safe(rows(columnIndex).getObject(visible(columnIndex), map));
  }

  @Override
  public Object getObject(int columnIndex) throws SQLException {
    return safe(rows(columnIndex).getObject(visible(columnIndex)));
  }

  @Override
  public Ref getRef(String columnLabel) throws SQLException {
    throw Refusals.unsupported("large objects");
  }

  @Override
  public Ref getRef(int columnIndex) throws SQLException {
    throw Refusals.unsupported("large objects");
  }

  @Override
  public int getRow() throws SQLException {
    return rows().getRow();
  }

  @Override
  public RowId getRowId(String columnLabel) throws SQLException {
    return rows(columnLabel).getRowId(visible(columnLabel));
  }

  @Override
  public RowId getRowId(int columnIndex) throws SQLException {
    return rows(columnIndex).getRowId(visible(columnIndex));
  }

  @Override
  public SQLXML getSQLXML(String columnLabel) throws SQLException {
    return xml(visible(columnLabel));
  }

  @Override
  public SQLXML getSQLXML(int columnIndex) throws SQLException {
    return xml(visible(columnIndex));
  }

  @Override
  public short getShort(String columnLabel) throws SQLException {
    return rows(columnLabel).getShort(visible(columnLabel));
  }

  @Override
  public short getShort(int columnIndex) throws SQLException {
    return rows(columnIndex).getShort(visible(columnIndex));
  }

  @Override
  public String getString(String columnLabel) throws SQLException {
    return rows(columnLabel).getString(visible(columnLabel));
  }

  @Override
  public String getString(int columnIndex) throws SQLException {
    return rows(columnIndex).getString(visible(columnIndex));
  }

  @Override
  public Time getTime(String columnLabel, Calendar calendar) throws SQLException {
    return rows(columnLabel).getTime(visible(columnLabel), calendar);
  }

  @Override
  public Time getTime(String columnLabel) throws SQLException {
    return rows(columnLabel).getTime(visible(columnLabel));
  }

  @Override
  public Time getTime(int columnIndex, Calendar calendar) throws SQLException {
    return rows(columnIndex).getTime(visible(columnIndex), calendar);
  }

  @Override
  public Time getTime(int columnIndex) throws SQLException {
    return rows(columnIndex).getTime(visible(columnIndex));
  }

  @Override
  public Timestamp getTimestamp(String columnLabel, Calendar calendar) throws SQLException {
    return rows(columnLabel).getTimestamp(visible(columnLabel), calendar);
  }

  @Override
  public Timestamp getTimestamp(String columnLabel) throws SQLException {
    return rows(columnLabel).getTimestamp(visible(columnLabel));
  }

  @Override
  public Timestamp getTimestamp(int columnIndex, Calendar calendar) throws SQLException {
    return rows(columnIndex).getTimestamp(visible(columnIndex), calendar);
  }

  @Override
  public Timestamp getTimestamp(int columnIndex) throws SQLException {
    return rows(columnIndex).getTimestamp(visible(columnIndex));
  }

  @Override
  public URL getURL(String columnLabel) throws SQLException {
    return rows(columnLabel).getURL(visible(columnLabel));
  }

  @Override
  public URL getURL(int columnIndex) throws SQLException {
    return rows(columnIndex).getURL(visible(columnIndex));
  }

  @Deprecated
  @Override
  public InputStream getUnicodeStream(String columnLabel) throws SQLException {
    return rows(columnLabel).getUnicodeStream(visible(columnLabel));
  }

  @Deprecated
  @Override
  public InputStream getUnicodeStream(int columnIndex) throws SQLException {
    return rows(columnIndex).getUnicodeStream(visible(columnIndex));
  }

  @Override
  public void insertRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public boolean isAfterLast() throws SQLException {
    return rows().isAfterLast();
  }

  @Override
  public boolean isBeforeFirst() throws SQLException {
    return rows().isBeforeFirst();
  }

  @Override
  public boolean isFirst() throws SQLException {
    return rows().isFirst();
  }

  @Override
  public void moveToCurrentRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void moveToInsertRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void refreshRow() throws SQLException {
    throw readOnly();
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
  public void setFetchDirection(int direction) throws SQLException {
    rows().setFetchDirection(direction);
  }

  @Override
  public void setFetchSize(int rows) throws SQLException {
    rows().setFetchSize(rows);
  }

  @Override
  public void updateArray(String columnLabel, Array value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateArray(int columnIndex, Array value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateAsciiStream(String columnLabel, InputStream value, int length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateAsciiStream(String columnLabel, InputStream value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateAsciiStream(String columnLabel, InputStream value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateAsciiStream(int columnIndex, InputStream value, int length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateAsciiStream(int columnIndex, InputStream value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateAsciiStream(int columnIndex, InputStream value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBigDecimal(String columnLabel, BigDecimal value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBigDecimal(int columnIndex, BigDecimal value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBinaryStream(String columnLabel, InputStream value, int length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBinaryStream(String columnLabel, InputStream value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBinaryStream(String columnLabel, InputStream value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBinaryStream(int columnIndex, InputStream value, int length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBinaryStream(int columnIndex, InputStream value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBinaryStream(int columnIndex, InputStream value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBlob(String columnLabel, InputStream value, long length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBlob(String columnLabel, InputStream value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBlob(String columnLabel, Blob value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBlob(int columnIndex, InputStream value, long length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBlob(int columnIndex, InputStream value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBlob(int columnIndex, Blob value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBoolean(String columnLabel, boolean value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBoolean(int columnIndex, boolean value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateByte(String columnLabel, byte value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateByte(int columnIndex, byte value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBytes(String columnLabel, byte[] value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateBytes(int columnIndex, byte[] value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateCharacterStream(String columnLabel, Reader value, int length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateCharacterStream(String columnLabel, Reader value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateCharacterStream(String columnLabel, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateCharacterStream(int columnIndex, Reader value, int length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateCharacterStream(int columnIndex, Reader value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateCharacterStream(int columnIndex, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateClob(String columnLabel, Reader value, long length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateClob(String columnLabel, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateClob(String columnLabel, Clob value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateClob(int columnIndex, Reader value, long length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateClob(int columnIndex, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateClob(int columnIndex, Clob value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateDate(String columnLabel, Date value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateDate(int columnIndex, Date value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateDouble(String columnLabel, double value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateDouble(int columnIndex, double value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateFloat(String columnLabel, float value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateFloat(int columnIndex, float value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateInt(String columnLabel, int value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateInt(int columnIndex, int value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateLong(String columnLabel, long value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateLong(int columnIndex, long value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNCharacterStream(String columnLabel, Reader value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNCharacterStream(String columnLabel, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNCharacterStream(int columnIndex, Reader value, long length)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNCharacterStream(int columnIndex, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNClob(String columnLabel, Reader value, long length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNClob(String columnLabel, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNClob(String columnLabel, NClob value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNClob(int columnIndex, Reader value, long length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNClob(int columnIndex, Reader value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNClob(int columnIndex, NClob value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNString(String columnLabel, String value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNString(int columnIndex, String value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNull(String columnLabel) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateNull(int columnIndex) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(String columnLabel, Object value, int length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(
      String columnLabel, Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(String columnLabel, Object value, SQLType targetSqlType)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(String columnLabel, Object value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(int columnIndex, Object value, int length) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(int columnIndex, Object value, SQLType targetSqlType, int scaleOrLength)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(int columnIndex, Object value, SQLType targetSqlType)
      throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateObject(int columnIndex, Object value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateRef(String columnLabel, Ref value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateRef(int columnIndex, Ref value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateRow() throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateRowId(String columnLabel, RowId value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateRowId(int columnIndex, RowId value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateSQLXML(String columnLabel, SQLXML value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateSQLXML(int columnIndex, SQLXML value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateShort(String columnLabel, short value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateShort(int columnIndex, short value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateString(String columnLabel, String value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateString(int columnIndex, String value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateTime(String columnLabel, Time value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateTime(int columnIndex, Time value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateTimestamp(String columnLabel, Timestamp value) throws SQLException {
    throw readOnly();
  }

  @Override
  public void updateTimestamp(int columnIndex, Timestamp value) throws SQLException {
    throw readOnly();
  }

  @Override
  public boolean wasNull() throws SQLException {
    return rows().wasNull();
  }
}
