package org.tandemdb.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.tandemdb.jdbc.Binding.Kind;

/**
 * What {@code setObject} makes of a value: conversions take place here, once, so that what the
 * vendor's statement sends and what the log holds cannot come to differ. Mutable values are copied.
 *
 * @param unspecifiedStrings texts are sent without a type: pgjdbc's {@code stringtype=unspecified}
 */
record ParameterValues(boolean unspecifiedStrings) {
  private static final Map<Class<?>, String> ELEMENT_TYPES =
      Map.ofEntries(
          Map.entry(int.class, "int4"),
          Map.entry(long.class, "int8"),
          Map.entry(short.class, "int2"),
          Map.entry(float.class, "float4"),
          Map.entry(double.class, "float8"),
          Map.entry(boolean.class, "bool"),
          Map.entry(Integer.class, "int4"),
          Map.entry(Long.class, "int8"),
          Map.entry(Short.class, "int2"),
          Map.entry(Float.class, "float4"),
          Map.entry(Double.class, "float8"),
          Map.entry(Boolean.class, "bool"),
          Map.entry(String.class, "varchar"),
          Map.entry(BigDecimal.class, "numeric"),
          Map.entry(UUID.class, "uuid"),
          Map.entry(byte[].class, "bytea"));

  Binding string(@Nullable String text) {
    return unspecifiedStrings
        ? Binding.typed(Kind.TYPED, text, Types.OTHER, 0)
        : Binding.typed(Kind.OBJECT, text, Types.VARCHAR, 0);
  }

  Binding characters(@Nullable Spool text) throws SQLException {
    if (text == null || text.isInMemory()) {
      return string(text == null ? null : text.text());
    }
    return Binding.typed(
        Kind.CHARACTERS, text, unspecifiedStrings ? Types.OTHER : Types.VARCHAR, 0);
  }

  static Binding bytes(@Nullable Spool bytes) throws SQLException {
    return bytes == null || bytes.isInMemory()
        ? Binding.typed(Kind.OBJECT, bytes == null ? null : bytes.bytes(), Types.VARBINARY, 0)
        : Binding.of(Kind.BYTES, bytes);
  }

  static Binding xml(@Nullable String text) {
    return Binding.typed(Kind.TYPED, text, Types.SQLXML, 0);
  }

  /** {@code setObject} without a type. */
  Binding of(@Nullable Object value) throws SQLException {
    if (value == null) {
      return Binding.typed(Kind.OBJECT, null, Types.NULL, 0);
    }
    if (value instanceof String || value instanceof Character) {
      return string(value.toString());
    }
    if (value instanceof java.sql.Array array) {
      return array(array);
    }
    if (value instanceof SQLXML xml) {
      return xml(xml.getString());
    }
    if (value instanceof Clob || value instanceof Reader) {
      return characters(text(value));
    }
    if (value instanceof Blob || value instanceof InputStream) {
      return bytes(octets(value));
    }
    return plain(value);
  }

  private Binding plain(Object value) throws SQLException {
    if (value instanceof byte[] bytes) {
      return Binding.of(Kind.OBJECT, bytes.clone());
    }
    if (value instanceof java.util.Date date) {
      boolean known = value instanceof Date || value instanceof Time || value instanceof Timestamp;
      return Binding.of(Kind.OBJECT, known ? date.clone() : new Timestamp(date.getTime()));
    }
    if (value instanceof Map<?, ?> map) {
      return Binding.of(Kind.OBJECT, new LinkedHashMap<>(map));
    }
    if (ParameterText.isVendorObject(value)) {
      return Binding.of(Kind.OBJECT, ParameterText.copyOfVendorObject(value));
    }
    if (value.getClass().isArray()) {
      return array(value);
    }
    boolean isKnown =
        value instanceof Boolean
            || isNumber(value)
            || value instanceof UUID
            || value instanceof LocalDate
            || value instanceof LocalTime
            || value instanceof OffsetTime
            || value instanceof LocalDateTime
            || value instanceof OffsetDateTime;
    if (!isKnown && value instanceof Number number) {
      return Binding.of(Kind.OBJECT, new BigDecimal(number.toString())); // AtomicLong and others
    }
    if (!isKnown) {
      throw new SQLException(
          "Can't infer the SQL type to use for an instance of "
              + value.getClass().getName()
              + ". Use setObject() with an explicit Types value to specify the type to use.",
          "07006");
    }
    return Binding.of(Kind.OBJECT, value);
  }

  private static boolean isNumber(Object value) {
    return value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Byte
        || value instanceof Float
        || value instanceof Double
        || value instanceof BigDecimal
        || value instanceof BigInteger;
  }

  static Binding array(java.sql.Array array) throws SQLException {
    return Binding.of(Kind.ARRAY, array instanceof TandemArray own ? own : new TandemArray(array));
  }

  private static Binding array(Object array) throws SQLException {
    Class<?> element = array.getClass().getComponentType();
    while (element.isArray() && element != byte[].class) {
      element = element.getComponentType();
    }
    String type = ELEMENT_TYPES.get(element);
    if (type == null) {
      throw new SQLException(
          "Can't infer the SQL type of an array of " + element.getName() + ". Use createArrayOf.",
          "07006");
    }
    return Binding.of(Kind.ARRAY, new TandemArray(type, TandemArray.boxed(array)));
  }

  /**
   * {@code setObject} with a type.
   *
   * @param scale -1 for none
   */
  Binding of(@Nullable Object value, int sqlType, int scale) throws SQLException {
    if (value == null) {
      return nothing(sqlType);
    }
    return switch (sqlType) {
      case Types.INTEGER,
          Types.BIGINT,
          Types.SMALLINT,
          Types.TINYINT,
          Types.REAL,
          Types.FLOAT,
          Types.DOUBLE ->
          Binding.typed(Kind.TYPED, number(value), sqlType, 0);
      case Types.NUMERIC, Types.DECIMAL ->
          Binding.typed(scale < 0 ? Kind.TYPED : Kind.SCALED, number(value), sqlType, scale);
      case Types.CHAR,
          Types.VARCHAR,
          Types.LONGVARCHAR,
          Types.NCHAR,
          Types.NVARCHAR,
          Types.LONGNVARCHAR,
          Types.CLOB,
          Types.NCLOB ->
          value instanceof Clob || value instanceof Reader
              ? characters(text(value))
              : string(value.toString());
      case Types.BIT, Types.BOOLEAN -> Binding.of(Kind.BOOLEAN, TypedValues.bool(value));
      case Types.DATE -> TypedValues.date(value);
      case Types.TIME, Types.TIME_WITH_TIMEZONE -> TypedValues.time(value);
      case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> TypedValues.timestamp(value);
      case Types.SQLXML -> xml(value instanceof SQLXML x ? x.getString() : value.toString());
      case Types.OTHER, Types.DISTINCT -> other(value);
      case Types.BLOB -> {
        boolean isOctets =
            value instanceof Blob || value instanceof byte[] || value instanceof InputStream;
        yield isOctets ? of(value) : unfit(value, "Types.BLOB");
      }
      case Types.ARRAY -> {
        boolean isArray = value instanceof java.sql.Array || value.getClass().isArray();
        yield isArray ? of(value) : unfit(value, "Types.ARRAY");
      }
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.JAVA_OBJECT -> of(value);
      default -> throw new SQLException("Unsupported Types value: " + sqlType, "07006");
    };
  }

  /** NULL. */
  Binding nothing(int sqlType) {
    boolean isText =
        sqlType == Types.CHAR || sqlType == Types.VARCHAR || sqlType == Types.LONGVARCHAR;
    return isText && unspecifiedStrings ? string(null) : Binding.typed(Kind.NULL, null, sqlType, 0);
  }

  private static Binding unfit(Object value, String type) throws SQLException {
    throw new SQLException(
        "Cannot cast an instance of " + value.getClass().getName() + " to type " + type, "07006");
  }

  /** A Boolean is a number here, and a date; and a text may be one. */
  private static Object number(Object value) throws SQLException {
    boolean fits =
        value instanceof Number
            || value instanceof Boolean
            || value instanceof String
            || value instanceof Character
            || value instanceof java.util.Date
            || value instanceof Clob;
    if (!fits) {
      throw new SQLException(
          "Cannot convert an instance of " + value.getClass().getName() + " to a number", "07006");
    }
    return value instanceof Character ? value.toString() : value;
  }

  private Binding other(Object value) throws SQLException {
    boolean hasType =
        value instanceof Map || value instanceof UUID || ParameterText.isVendorObject(value);
    return hasType ? plain(value) : Binding.typed(Kind.TYPED, value.toString(), Types.OTHER, 0);
  }

  private static Spool text(Object value) throws SQLException {
    if (value instanceof Clob clob) {
      try (Reader reader = clob.getCharacterStream()) {
        return CharacterSpool.of(reader, -1);
      } catch (java.io.IOException e) {
        throw Spool.unreadable(e);
      }
    }
    return CharacterSpool.of((Reader) value, -1);
  }

  private static Spool octets(Object value) throws SQLException {
    if (value instanceof Blob blob) {
      try (InputStream stream = blob.getBinaryStream()) {
        return Spool.of(stream, -1);
      } catch (java.io.IOException e) {
        throw Spool.unreadable(e);
      }
    }
    return Spool.of((InputStream) value, -1);
  }
}
