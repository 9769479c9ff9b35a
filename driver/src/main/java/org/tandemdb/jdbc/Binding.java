package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Calendar;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;

/**
 * One parameter as the client set it: replayed on the vendor's statement, and turned into the value
 * that the log holds. Immutable as far as its value is.
 *
 * @param value for {@link Kind#NULL} the type's name, or null
 * @param calendar the time zone for dates, null for the JVM's
 * @param sqlType a constant of {@link java.sql.Types} for {@link Kind#TYPED}, {@link Kind#SCALED},
 *     {@link Kind#CHARACTERS} and {@link Kind#NULL}
 */
record Binding(
    Kind kind, @Nullable Object value, @Nullable Calendar calendar, int sqlType, int scale) {

  /** Which setter the client called. */
  enum Kind {
    INT,
    LONG,
    SHORT,
    BYTE,
    BOOLEAN,
    FLOAT,
    DOUBLE,
    OBJECT,
    TYPED,
    SCALED,
    NULL,
    DATE,
    TIME,
    TIMESTAMP,
    ARRAY,
    /** A {@link Spool} of bytes. */
    BYTES,
    /** A {@link Spool} of characters as UTF-8. */
    CHARACTERS
  }

  static Binding of(Kind kind, @Nullable Object value) {
    return new Binding(kind, value, null, 0, 0);
  }

  static Binding typed(Kind kind, @Nullable Object value, int sqlType, int scale) {
    return new Binding(kind, value, null, sqlType, scale);
  }

  void bind(PreparedStatement to, int index, Connection link) throws SQLException {
    if (value == null) {
      to.setNull(index, sqlType);
      return;
    }
    switch (kind) {
      case INT -> to.setInt(index, (Integer) value);
      case LONG -> to.setLong(index, (Long) value);
      case SHORT -> to.setShort(index, (Short) value);
      case BYTE -> to.setByte(index, (Byte) value);
      case BOOLEAN -> to.setBoolean(index, (Boolean) value);
      case FLOAT -> to.setFloat(index, (Float) value);
      case DOUBLE -> to.setDouble(index, (Double) value);
      case OBJECT -> to.setObject(index, value);
      case TYPED -> to.setObject(index, value, sqlType);
      case SCALED -> to.setObject(index, value, sqlType, scale);
      case NULL -> to.setNull(index, sqlType, (String) value);
      case DATE -> to.setDate(index, (java.sql.Date) value, calendar);
      case TIME -> to.setTime(index, (java.sql.Time) value, calendar);
      case TIMESTAMP -> to.setTimestamp(index, (java.sql.Timestamp) value, calendar);
      case ARRAY -> to.setArray(index, ((TandemArray) value).on(link));
      case BYTES -> to.setBinaryStream(index, ((Spool) value).open(), ((Spool) value).length());
      case CHARACTERS -> to.setObject(index, ((Spool) value).text(), sqlType);
    }
  }

  /**
   * The type and text that the server receives.
   *
   * @throws java.sql.SQLFeatureNotSupportedException for a value whose text is not known here
   */
  Value toValue() throws SQLException {
    if (value == null) {
      return Value.ofText(ParameterText.typeOf(sqlType), null);
    }
    return switch (kind) {
      case NULL -> Value.ofText(new TypeRef((String) value), null);
      case BYTES -> ParameterText.of((Spool) value, false, sqlType);
      case CHARACTERS -> ParameterText.of((Spool) value, true, sqlType);
      case TYPED, SCALED -> ParameterText.typed(value, sqlType, kind == Kind.SCALED ? scale : -1);
      case INT, LONG, SHORT, BYTE, BOOLEAN, FLOAT, DOUBLE, OBJECT, DATE, TIME, TIMESTAMP, ARRAY ->
          ParameterText.of(value, calendar);
    };
  }
}
