package org.tandemdb.jdbc;

import java.sql.Date;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import org.tandemdb.jdbc.Binding.Kind;

/** Conversions of {@code setObject} to the JDBC types of truth values, dates and times. */
final class TypedValues {
  private static final List<String> TRUE = List.of("1", "true", "t", "yes", "y", "on");
  private static final List<String> FALSE = List.of("0", "false", "f", "no", "n", "off");

  private TypedValues() {}

  static Boolean bool(Object value) throws SQLException {
    if (value instanceof Boolean b) {
      return b;
    }
    String text = value.toString().strip().toLowerCase(Locale.ROOT);
    if (value instanceof Number number) {
      text = number.doubleValue() == 1 ? "1" : number.doubleValue() == 0 ? "0" : text;
    }
    if (TRUE.contains(text)) {
      return true;
    }
    if (FALSE.contains(text)) {
      return false;
    }
    throw cannot(value, "boolean", null);
  }

  static Binding date(Object value) throws SQLException {
    if (value instanceof Date || value instanceof java.util.Date) {
      long millis = ((java.util.Date) value).getTime();
      return Binding.of(Kind.DATE, new Date(millis));
    }
    if (value instanceof LocalDate) {
      return Binding.of(Kind.OBJECT, value);
    }
    if (value instanceof LocalDateTime dateTime) {
      return Binding.of(Kind.OBJECT, dateTime.toLocalDate());
    }
    String text = value.toString().strip();
    try {
      return Binding.of(
          Kind.OBJECT, LocalDate.parse(text.substring(0, Math.min(10, text.length()))));
    } catch (DateTimeException e) {
      throw cannot(value, "date", e);
    }
  }

  static Binding time(Object value) throws SQLException {
    if (value instanceof Time time) {
      return Binding.of(Kind.TIME, time.clone());
    }
    if (value instanceof java.util.Date date) {
      return Binding.of(Kind.TIME, new Time(date.getTime()));
    }
    if (value instanceof LocalTime || value instanceof OffsetTime) {
      return Binding.of(Kind.OBJECT, value);
    }
    if (value instanceof LocalDateTime dateTime) {
      return Binding.of(Kind.OBJECT, dateTime.toLocalTime());
    }
    String text = value.toString().strip();
    boolean hasZone = text.indexOf('+') > 0 || text.indexOf('-') > 0 || text.endsWith("Z");
    try {
      return Binding.of(
          Kind.OBJECT, hasZone ? OffsetTime.parse(zoned(text)) : LocalTime.parse(text));
    } catch (DateTimeException e) {
      throw cannot(value, "time", e);
    }
  }

  static Binding timestamp(Object value) throws SQLException {
    if (value instanceof Timestamp timestamp) {
      return Binding.of(Kind.TIMESTAMP, timestamp.clone());
    }
    if (value instanceof java.util.Date date) {
      return Binding.of(Kind.TIMESTAMP, new Timestamp(date.getTime()));
    }
    if (value instanceof LocalDateTime || value instanceof OffsetDateTime) {
      return Binding.of(Kind.OBJECT, value);
    }
    if (value instanceof ZonedDateTime zoned) {
      return Binding.of(Kind.OBJECT, zoned.toOffsetDateTime());
    }
    if (value instanceof Instant instant) {
      return Binding.of(Kind.OBJECT, instant.atOffset(ZoneOffset.UTC));
    }
    if (value instanceof LocalDate date) {
      return Binding.of(Kind.OBJECT, date.atStartOfDay());
    }
    return Binding.of(Kind.OBJECT, dateTime(value.toString().strip(), value));
  }

  private static Object dateTime(String text, Object value) throws SQLException {
    String iso = text.replaceFirst("^(\\d+-\\d+-\\d+) +", "$1T");
    int clock = iso.indexOf('T');
    try {
      if (clock < 0) {
        return LocalDate.parse(iso).atStartOfDay();
      }
      boolean hasZone =
          iso.indexOf('+', clock) > 0 || iso.indexOf('-', clock) > 0 || iso.endsWith("Z");
      return hasZone ? OffsetDateTime.parse(zoned(iso)) : LocalDateTime.parse(iso);
    } catch (DateTimeException e) {
      throw cannot(value, "timestamp", e);
    }
  }

  /** PostgreSQL leaves out minutes of an offset; ISO wants them. */
  private static String zoned(String text) {
    String compact = text.replace(" ", "");
    return compact.matches(".*[+-]\\d\\d") ? compact + ":00" : compact;
  }

  private static SQLException cannot(
      Object value, String type, @org.jspecify.annotations.Nullable Exception cause) {
    return new SQLException(
        "Cannot cast an instance of "
            + value.getClass().getName()
            + " to type "
            + type
            + ": "
            + value,
        type.equals("boolean") ? "42846" : "22007",
        cause);
  }
}
