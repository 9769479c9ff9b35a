package org.tandemdb.jdbc;

import java.sql.Array;
import java.sql.Date;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Conversions between the classes that the vendor's driver gives for values and others. */
final class MemoryValues {
  private MemoryValues() {}

  static String text(Object value) {
    return value instanceof byte[] bytes
        ? "\\x" + HexFormat.of().formatHex(bytes)
        : value instanceof Boolean truth ? (truth ? "t" : "f") : value.toString();
  }

  /** {@code value} as a {@code type}; null where that is not known here. Never of numbers. */
  static @Nullable Object convert(Object value, Class<?> type) throws SQLException {
    if (type.isInstance(value)) {
      return value;
    }
    if (type == String.class) {
      return text(value);
    }
    if (type == UUID.class || type == Date.class || type == byte[].class || type == Array.class) {
      return fromOther(value, type);
    }
    return value instanceof java.util.Date date ? fromDate(date, type) : null;
  }

  private static @Nullable Object fromOther(Object value, Class<?> type) throws SQLException {
    try {
      if (type == UUID.class && value instanceof String text) {
        return UUID.fromString(text);
      }
      if (type == Date.class && value instanceof java.util.Date date) {
        return new Date(date.getTime());
      }
      return type == Date.class && value instanceof String text ? Date.valueOf(text) : null;
    } catch (IllegalArgumentException e) {
      throw new SQLException("Bad value for type " + type.getName() + ": " + value, "22018", e);
    }
  }

  private static @Nullable Object fromDate(java.util.Date date, Class<?> type) {
    Timestamp moment = date instanceof Timestamp t ? t : new Timestamp(date.getTime());
    if (type == Timestamp.class) {
      return moment;
    }
    if (type == Time.class) {
      return new Time(date.getTime());
    }
    if (type == java.util.Date.class) {
      return new java.util.Date(date.getTime());
    }
    if (type == LocalDateTime.class) {
      return moment.toLocalDateTime();
    }
    if (type == LocalDate.class) {
      return moment.toLocalDateTime().toLocalDate();
    }
    if (type == LocalTime.class) {
      return moment.toLocalDateTime().toLocalTime();
    }
    if (type == OffsetDateTime.class) {
      return moment.toInstant().atOffset(ZoneOffset.UTC);
    }
    return type == Instant.class ? moment.toInstant() : null;
  }
}
