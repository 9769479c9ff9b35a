package org.tandemdb.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.Map;

/** JDBC's parameters by name: refused, as PostgreSQL's own driver does. */
@SuppressWarnings("deprecation")
abstract class UnnamedParameters extends TandemPreparedStatement implements CallableStatement {

  UnnamedParameters(TandemConnection connection, ResultKind kind, String sql) throws SQLException {
    super(connection, kind, sql, GeneratedKeys.NONE);
  }

  @Override
  public void registerOutParameter(String parameterName, int sqlType) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void registerOutParameter(String parameterName, int sqlType, int scale)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void registerOutParameter(String parameterName, int sqlType, String typeName)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setURL(String parameterName, URL value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNull(String parameterName, int sqlType) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBoolean(String parameterName, boolean value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setByte(String parameterName, byte value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setShort(String parameterName, short value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setInt(String parameterName, int value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setLong(String parameterName, long value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setFloat(String parameterName, float value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setDouble(String parameterName, double value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBigDecimal(String parameterName, BigDecimal value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setString(String parameterName, String value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBytes(String parameterName, byte[] value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setDate(String parameterName, Date value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setTime(String parameterName, Time value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setTimestamp(String parameterName, Timestamp value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setAsciiStream(String parameterName, InputStream value, int length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBinaryStream(String parameterName, InputStream value, int length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setObject(String parameterName, Object value, int sqlType, int scale)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setObject(String parameterName, Object value, int sqlType) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setObject(String parameterName, Object value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setCharacterStream(String parameterName, Reader value, int length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setDate(String parameterName, Date value, Calendar calendar) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setTime(String parameterName, Time value, Calendar calendar) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setTimestamp(String parameterName, Timestamp value, Calendar calendar)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNull(String parameterName, int sqlType, String typeName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public String getString(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public boolean getBoolean(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public byte getByte(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public short getShort(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public int getInt(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public long getLong(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public float getFloat(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public double getDouble(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public byte[] getBytes(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Date getDate(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Time getTime(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Timestamp getTimestamp(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Object getObject(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public BigDecimal getBigDecimal(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Object getObject(String parameterName, Map<String, Class<?>> map) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Ref getRef(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Blob getBlob(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Clob getClob(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Array getArray(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Date getDate(String parameterName, Calendar calendar) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Time getTime(String parameterName, Calendar calendar) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Timestamp getTimestamp(String parameterName, Calendar calendar) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public URL getURL(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public RowId getRowId(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setRowId(String parameterName, RowId value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNString(String parameterName, String value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNCharacterStream(String parameterName, Reader value, long length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNClob(String parameterName, NClob value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setClob(String parameterName, Reader value, long length) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBlob(String parameterName, InputStream value, long length) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNClob(String parameterName, Reader value, long length) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public NClob getNClob(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setSQLXML(String parameterName, SQLXML value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public SQLXML getSQLXML(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public String getNString(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Reader getNCharacterStream(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public Reader getCharacterStream(String parameterName) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBlob(String parameterName, Blob value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setClob(String parameterName, Clob value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setAsciiStream(String parameterName, InputStream value, long length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBinaryStream(String parameterName, InputStream value, long length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setCharacterStream(String parameterName, Reader value, long length)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setAsciiStream(String parameterName, InputStream value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBinaryStream(String parameterName, InputStream value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setCharacterStream(String parameterName, Reader value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNCharacterStream(String parameterName, Reader value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setClob(String parameterName, Reader value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setBlob(String parameterName, InputStream value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setNClob(String parameterName, Reader value) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public <T> T getObject(String parameterName, Class<T> type) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setObject(String parameterName, Object value, SQLType sqlType, int scale)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void setObject(String parameterName, Object value, SQLType sqlType) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void registerOutParameter(String parameterName, SQLType sqlType) throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void registerOutParameter(String parameterName, SQLType sqlType, int scale)
      throws SQLException {
    throw Refusals.named();
  }

  @Override
  public void registerOutParameter(String parameterName, SQLType sqlType, String typeName)
      throws SQLException {
    throw Refusals.named();
  }
}
