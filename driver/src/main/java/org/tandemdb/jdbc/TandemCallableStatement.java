package org.tandemdb.jdbc;

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
import java.sql.Types;
import java.util.Calendar;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call, run as the SELECT or CALL that it stands for ({@link CallText}). What comes out is the
 * first row of its result, one column for each parameter that was registered ({@link
 * OutParameters}). One that is registered and set goes both ways.
 */
@SuppressWarnings({"deprecation", "NullAway"})
final class TandemCallableStatement extends UnnamedParameters {
  private final @Nullable CallText call;
  private final OutParameters out;

  /**
   * @param call null for a text that is no call
   */
  TandemCallableStatement(
      TandemConnection connection, ResultKind kind, String sql, @Nullable CallText call)
      throws SQLException {
    super(connection, kind, call == null ? sql : call.prepare(index -> false).sql());
    this.call = call;
    this.out = new OutParameters(call == null ? 0 : call.parameters());
  }

  @Override
  int parameterCount() {
    return call == null ? super.parameterCount() : call.parameters();
  }

  @Override
  void run() throws SQLException {
    out.forget();
    CallText text = call;
    if (text == null) {
      super.run();
      return;
    }
    CallText.Prepared prepared =
        text.prepare(index -> out.isRegistered(index + 1) && !isSet(index));
    runAs(prepared.sql(), prepared.kept());
    if (out.any()) {
      out.take(detachRows());
    }
  }

  @Override
  public long executeLargeUpdate() throws SQLException {
    if (call == null) {
      return super.executeLargeUpdate();
    }
    run(); // as pgjdbc: rows of a call are not an error here
    return 0;
  }

  @Override
  void released() throws SQLException {
    try {
      out.forget();
    } finally {
      super.released();
    }
  }

  /** The row that came out, and the column of the parameter in it. */
  private interface Reading<T> {
    T from(ResultSet row, int column) throws SQLException;
  }

  private <T> T get(int index, String getter, Reading<T> reading, int... types)
      throws SQLException {
    checkOpen();
    ResultSet row = out.row(index, getter, types);
    return reading.from(row, out.column(index));
  }

  @Override
  public boolean wasNull() throws SQLException {
    checkOpen();
    return out.wasNull();
  }

  // --- registration -------------------------------------------------------------------------

  @Override
  public void registerOutParameter(int parameterIndex, int sqlType) throws SQLException {
    checkOpen();
    if (call == null) {
      throw new SQLException(
          "This statement does not declare an OUT parameter. Use { ?= call ... } to declare one.",
          "2F003");
    }
    out.register(parameterIndex, sqlType);
  }

  @Override
  public void registerOutParameter(int parameterIndex, int sqlType, int scale) throws SQLException {
    registerOutParameter(parameterIndex, sqlType);
  }

  @Override
  public void registerOutParameter(int parameterIndex, int sqlType, @Nullable String typeName)
      throws SQLException {
    registerOutParameter(parameterIndex, sqlType);
  }

  @Override
  public void registerOutParameter(int parameterIndex, SQLType sqlType) throws SQLException {
    registerOutParameter(parameterIndex, typeNumber(sqlType));
  }

  @Override
  public void registerOutParameter(int parameterIndex, SQLType sqlType, int scale)
      throws SQLException {
    registerOutParameter(parameterIndex, typeNumber(sqlType));
  }

  @Override
  public void registerOutParameter(int parameterIndex, SQLType sqlType, @Nullable String typeName)
      throws SQLException {
    registerOutParameter(parameterIndex, typeNumber(sqlType));
  }

  // --- what came out ------------------------------------------------------------------------

  @Override
  public String getString(int parameterIndex) throws SQLException {
    return get(parameterIndex, "String", ResultSet::getString, Types.VARCHAR, Types.CHAR);
  }

  @Override
  public String getNString(int parameterIndex) throws SQLException {
    return getString(parameterIndex);
  }

  @Override
  public boolean getBoolean(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Boolean", ResultSet::getBoolean, Types.BIT);
  }

  @Override
  public byte getByte(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Byte", ResultSet::getByte, Types.SMALLINT);
  }

  @Override
  public short getShort(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Short", ResultSet::getShort, Types.SMALLINT);
  }

  @Override
  public int getInt(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Int", ResultSet::getInt, Types.INTEGER);
  }

  @Override
  public long getLong(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Long", ResultSet::getLong, Types.BIGINT);
  }

  @Override
  public float getFloat(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Float", ResultSet::getFloat, Types.REAL);
  }

  @Override
  public double getDouble(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Double", ResultSet::getDouble, Types.DOUBLE);
  }

  @Override
  public BigDecimal getBigDecimal(int parameterIndex) throws SQLException {
    return get(parameterIndex, "BigDecimal", ResultSet::getBigDecimal, Types.NUMERIC);
  }

  @Deprecated
  @Override
  public BigDecimal getBigDecimal(int parameterIndex, int scale) throws SQLException {
    return get(
        parameterIndex,
        "BigDecimal",
        (row, column) -> row.getBigDecimal(column, scale),
        Types.NUMERIC);
  }

  @Override
  public byte[] getBytes(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Bytes", ResultSet::getBytes, Types.BINARY);
  }

  @Override
  public Date getDate(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Date", ResultSet::getDate, Types.DATE);
  }

  @Override
  public Date getDate(int parameterIndex, @Nullable Calendar calendar) throws SQLException {
    return get(parameterIndex, "Date", (row, column) -> row.getDate(column, calendar), Types.DATE);
  }

  @Override
  public Time getTime(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Time", ResultSet::getTime, Types.TIME);
  }

  @Override
  public Time getTime(int parameterIndex, @Nullable Calendar calendar) throws SQLException {
    return get(parameterIndex, "Time", (row, column) -> row.getTime(column, calendar), Types.TIME);
  }

  @Override
  public Timestamp getTimestamp(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Timestamp", ResultSet::getTimestamp, Types.TIMESTAMP);
  }

  @Override
  public Timestamp getTimestamp(int parameterIndex, @Nullable Calendar calendar)
      throws SQLException {
    return get(
        parameterIndex,
        "Timestamp",
        (row, column) -> row.getTimestamp(column, calendar),
        Types.TIMESTAMP);
  }

  @Override
  public Array getArray(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Array", ResultSet::getArray, Types.ARRAY);
  }

  @Override
  public SQLXML getSQLXML(int parameterIndex) throws SQLException {
    return get(parameterIndex, "SQLXML", ResultSet::getSQLXML, Types.SQLXML);
  }

  @Override
  public Object getObject(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Object", this::object);
  }

  private Object object(ResultSet row, int column) throws SQLException {
    Object cursor = out.cursor(column).orElse(null);
    if (cursor == null) {
      return row.getObject(column);
    }
    row.getString(column); // for wasNull
    return cursor;
  }

  @Override
  public Object getObject(int parameterIndex, @Nullable Map<String, Class<?>> map)
      throws SQLException {
    return get(parameterIndex, "Object", (row, column) -> row.getObject(column, map));
  }

  @Override
  public <T> T getObject(int parameterIndex, Class<T> type) throws SQLException {
    if (type == ResultSet.class) {
      return type.cast(getObject(parameterIndex)); // a cursor's rows; a column's types lack it
    }
    return get(parameterIndex, "Object", (row, column) -> row.getObject(column, type));
  }

  @Override
  public Reader getCharacterStream(int parameterIndex) throws SQLException {
    return get(parameterIndex, "CharacterStream", ResultSet::getCharacterStream);
  }

  @Override
  public Reader getNCharacterStream(int parameterIndex) throws SQLException {
    return getCharacterStream(parameterIndex);
  }

  @Override
  public Blob getBlob(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Blob", ResultSet::getBlob);
  }

  @Override
  public Clob getClob(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Clob", ResultSet::getClob);
  }

  @Override
  public NClob getNClob(int parameterIndex) throws SQLException {
    return get(parameterIndex, "NClob", ResultSet::getNClob);
  }

  @Override
  public Ref getRef(int parameterIndex) throws SQLException {
    return get(parameterIndex, "Ref", ResultSet::getRef);
  }

  @Override
  public RowId getRowId(int parameterIndex) throws SQLException {
    return get(parameterIndex, "RowId", ResultSet::getRowId);
  }

  @Override
  public URL getURL(int parameterIndex) throws SQLException {
    return get(parameterIndex, "URL", ResultSet::getURL);
  }
}
