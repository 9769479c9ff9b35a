package org.tandemdb.jdbc;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.sql.Date;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.Calendar;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGobject;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;

/**
 * Type and text of a parameter as pgjdbc sends it. Types matter as much as texts: pgjdbc leaves
 * java.sql's dates to the server's inference, and so must the log's copy.
 */
final class ParameterText {
  private static final TypeRef BOOL = new TypeRef("bool");
  private static final TypeRef INT2 = new TypeRef("int2");
  private static final TypeRef INT4 = new TypeRef("int4");
  private static final TypeRef INT8 = new TypeRef("int8");
  private static final TypeRef FLOAT4 = new TypeRef("float4");
  private static final TypeRef FLOAT8 = new TypeRef("float8");
  private static final TypeRef NUMERIC = new TypeRef("numeric");
  private static final TypeRef VARCHAR = new TypeRef("varchar");
  private static final TypeRef BYTEA = new TypeRef("bytea");
  private static final TypeRef UUID_TYPE = new TypeRef("uuid");
  private static final TypeRef DATE = new TypeRef("date");
  private static final TypeRef TIME = new TypeRef("time");
  private static final TypeRef TIMETZ = new TypeRef("timetz");
  private static final TypeRef HSTORE = new TypeRef("hstore");
  private static final TypeRef XML = new TypeRef("xml");
  private static final TypeRef TIMESTAMP = new TypeRef("timestamp");
  private static final TypeRef TIMESTAMPTZ = new TypeRef("timestamptz");

  private ParameterText() {}

  static Value of(Object value, @Nullable Calendar calendar) throws SQLException {
    if (value instanceof String || value instanceof Character) {
      return text(VARCHAR, value.toString());
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof Boolean b) {
      return text(BOOL, b ? "TRUE" : "FALSE");
    }
    if (value instanceof Map<?, ?> map) {
      return text(HSTORE, hstore(map));
    }
    if (value instanceof byte[] bytes) {
      return text(BYTEA, "\\x" + HexFormat.of().formatHex(bytes));
    }
    if (value instanceof UUID uuid) {
      return text(UUID_TYPE, uuid.toString());
    }
    if (value instanceof TandemArray array) {
      return text(new TypeRef(array.getBaseTypeName() + "[]"), array.literal());
    }
    if (value instanceof PGobject object) {
      return object.getValue() == null || object.getType() == null
          ? Value.ofText(TypeRef.UNSPECIFIED, object.getValue())
          : text(new TypeRef(object.getType()), object.getValue());
    }
    return temporal(value, calendar);
  }

  /** The vendor's own parameter class, which knows its type. */
  static boolean isVendorObject(Object value) {
    return value instanceof PGobject;
  }

  /** NULL as the vendor's own parameter class says it. */
  static Object nullOf(String type) {
    PGobject object = new PGobject();
    object.setType(type);
    return object;
  }

  /** A copy, since its owner may change it before the statement runs. */
  static Object copyOfVendorObject(Object value) throws SQLException {
    try {
      return ((PGobject) value).clone();
    } catch (CloneNotSupportedException e) {
      throw unknown(value);
    }
  }

  /**
   * @param spool bytes, or characters as UTF-8
   * @param sqlType as {@link Binding#sqlType}
   */
  static Value of(Spool spool, boolean characters, int sqlType) throws SQLException {
    if (!characters) {
      return text(BYTEA, spool.hex());
    }
    return text(
        sqlType == Types.OTHER ? TypeRef.UNSPECIFIED : sqlType == Types.SQLXML ? XML : VARCHAR,
        spool.text());
  }

  private static String hstore(Map<?, ?> map) {
    StringBuilder out = new StringBuilder();
    map.forEach(
        (key, value) -> {
          out.append(out.length() == 0 ? "" : ", ");
          quoted(out, String.valueOf(key));
          out.append("=>");
          if (value == null) {
            out.append("NULL");
          } else {
            quoted(out, value.toString());
          }
        });
    return out.toString();
  }

  private static void quoted(StringBuilder out, String text) {
    out.append('"').append(text.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
  }

  private static Value number(Number number) throws SQLException {
    if (number instanceof Integer) {
      return text(INT4, number.toString());
    }
    if (number instanceof Long) {
      return text(INT8, number.toString());
    }
    if (number instanceof Short || number instanceof Byte) {
      return text(INT2, number.toString());
    }
    if (number instanceof Float) {
      return text(FLOAT4, number.toString());
    }
    if (number instanceof Double) {
      return text(FLOAT8, number.toString());
    }
    if (number instanceof BigDecimal || number instanceof BigInteger) {
      return text(NUMERIC, number.toString());
    }
    throw unknown(number);
  }

  private static Value temporal(Object value, @Nullable Calendar calendar) throws SQLException {
    if (value instanceof Timestamp timestamp) {
      return text(TypeRef.UNSPECIFIED, TemporalText.timestamp(timestamp, calendar));
    }
    if (value instanceof Date date) {
      return text(TypeRef.UNSPECIFIED, TemporalText.date(date, calendar));
    }
    if (value instanceof Time time) {
      return text(TypeRef.UNSPECIFIED, TemporalText.time(time, calendar));
    }
    if (value instanceof LocalDate date) {
      return text(DATE, TemporalText.date(date));
    }
    if (value instanceof LocalTime time) {
      return text(TIME, TemporalText.time(time));
    }
    if (value instanceof OffsetTime time) {
      return text(TIMETZ, TemporalText.time(time));
    }
    if (value instanceof LocalDateTime dateTime) {
      return text(TIMESTAMP, TemporalText.dateTime(dateTime));
    }
    if (value instanceof OffsetDateTime dateTime) {
      return text(TIMESTAMPTZ, TemporalText.dateTime(dateTime));
    }
    throw unknown(value);
  }

  /** As {@code setObject} with a target type. */
  static Value typed(Object value, int sqlType, int scale) throws SQLException {
    return switch (sqlType) {
      case Types.INTEGER -> text(INT4, Integer.toString(decimal(value).intValue()));
      case Types.BIGINT -> text(INT8, Long.toString(decimal(value).longValue()));
      case Types.SMALLINT, Types.TINYINT -> text(INT2, Short.toString(decimal(value).shortValue()));
      case Types.NUMERIC, Types.DECIMAL -> {
        BigDecimal d = decimal(value);
        yield text(NUMERIC, (scale < 0 ? d : d.setScale(scale, RoundingMode.HALF_UP)).toString());
      }
      case Types.REAL -> text(FLOAT4, Float.toString(Float.parseFloat(value.toString())));
      case Types.FLOAT, Types.DOUBLE ->
          text(FLOAT8, Double.toString(Double.parseDouble(value.toString())));
      case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR -> {
        if (value instanceof String || value instanceof Number || value instanceof UUID) {
          yield text(VARCHAR, value.toString());
        }
        throw unknown(value);
      }
      case Types.SQLXML -> text(XML, value.toString());
      case Types.OTHER ->
          value instanceof String s ? text(TypeRef.UNSPECIFIED, s) : of(value, null);
      case Types.BIT, Types.BOOLEAN -> {
        if (value instanceof Boolean) {
          yield of(value, null);
        }
        throw unknown(value);
      }
      case Types.DATE,
          Types.TIME,
          Types.TIMESTAMP,
          Types.TIMESTAMP_WITH_TIMEZONE,
          Types.BINARY,
          Types.VARBINARY,
          Types.LONGVARBINARY,
          Types.ARRAY,
          Types.JAVA_OBJECT ->
          matching(value, sqlType);
      default -> throw unknown(value);
    };
  }

  /** Only where no conversion takes place, so that there is none to get wrong. */
  private static Value matching(Object value, int sqlType) throws SQLException {
    boolean same =
        switch (sqlType) {
          case Types.DATE -> value instanceof Date || value instanceof LocalDate;
          case Types.TIME -> value instanceof Time || value instanceof LocalTime;
          case Types.TIMESTAMP -> value instanceof Timestamp || value instanceof LocalDateTime;
          case Types.TIMESTAMP_WITH_TIMEZONE -> value instanceof OffsetDateTime;
          case Types.ARRAY -> value instanceof TandemArray;
          case Types.JAVA_OBJECT -> true;
          default -> value instanceof byte[];
        };
    if (!same) {
      throw unknown(value);
    }
    return of(value, null);
  }

  private static BigDecimal decimal(Object value) throws SQLException {
    try {
      return value instanceof Boolean b
          ? (b ? BigDecimal.ONE : BigDecimal.ZERO)
          : new BigDecimal(value.toString());
    } catch (NumberFormatException e) {
      throw new SQLException("'" + value + "' is not a number.", "22018", e);
    }
  }

  static TypeRef typeOf(int sqlType) {
    return switch (sqlType) {
      case Types.INTEGER -> INT4;
      case Types.BIGINT -> INT8;
      case Types.SMALLINT, Types.TINYINT -> INT2;
      case Types.REAL -> FLOAT4;
      case Types.DOUBLE, Types.FLOAT -> FLOAT8;
      case Types.NUMERIC, Types.DECIMAL -> NUMERIC;
      case Types.CHAR -> new TypeRef("bpchar");
      case Types.VARCHAR, Types.LONGVARCHAR -> VARCHAR;
      case Types.BIT, Types.BOOLEAN -> BOOL;
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> BYTEA;
      case Types.SQLXML -> XML;
      default -> TypeRef.UNSPECIFIED;
    };
  }

  private static Value text(TypeRef type, @Nullable String text) {
    return Value.ofText(type, text);
  }

  private static SQLException unknown(Object value) {
    return Refusals.unsupported(
        "a parameter of class " + value.getClass().getName() + " in this statement");
  }
}
