package org.tandemdb.jdbc;

import java.sql.Date;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.text.ParsePosition;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.chrono.IsoChronology;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.postgresql.PGStatement;
import org.tandemdb.jdbc.Binding.Kind;

/** Conversions of {@code setObject} to the JDBC types of truth values, dates and times. */
final class TypedValues {
  private static final List<String> TRUE = List.of("1", "true", "t", "yes", "y", "on");
  private static final List<String> FALSE = List.of("0", "false", "f", "no", "n", "off");

  /** ISO's forms, in which a leading zero may be missing, as in pgjdbc. */
  private static final DateTimeFormatter DAY =
      new DateTimeFormatterBuilder()
          .appendValue(ChronoField.YEAR, 4, 10, SignStyle.EXCEEDS_PAD)
          .appendLiteral('-')
          .appendValue(ChronoField.MONTH_OF_YEAR, 1, 2, SignStyle.NOT_NEGATIVE)
          .appendLiteral('-')
          .appendValue(ChronoField.DAY_OF_MONTH, 1, 2, SignStyle.NOT_NEGATIVE)
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT)
          .withChronology(IsoChronology.INSTANCE);

  private static final DateTimeFormatter CLOCK =
      new DateTimeFormatterBuilder()
          .appendValue(ChronoField.HOUR_OF_DAY, 1, 2, SignStyle.NOT_NEGATIVE)
          .appendLiteral(':')
          .appendValue(ChronoField.MINUTE_OF_HOUR, 1, 2, SignStyle.NOT_NEGATIVE)
          .optionalStart()
          .appendLiteral(':')
          .appendValue(ChronoField.SECOND_OF_MINUTE, 1, 2, SignStyle.NOT_NEGATIVE)
          .optionalStart()
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private static final DateTimeFormatter MOMENT =
      new DateTimeFormatterBuilder()
          .append(DAY)
          .appendLiteral('T')
          .append(CLOCK)
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT)
          .withChronology(IsoChronology.INSTANCE);

  private static final DateTimeFormatter ZONED_CLOCK = withOffset(CLOCK);
  private static final DateTimeFormatter ZONED_MOMENT = withOffset(MOMENT);

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

  private static DateTimeFormatter withOffset(DateTimeFormatter form) {
    return new DateTimeFormatterBuilder()
        .append(form)
        .appendOffsetId()
        .toFormatter(Locale.ROOT)
        .withResolverStyle(ResolverStyle.STRICT)
        .withChronology(IsoChronology.INSTANCE);
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
    OptionalLong endless = endless(text);
    if (endless.isPresent()) {
      return Binding.of(Kind.DATE, new Date(endless.getAsLong()));
    }
    try {
      return Binding.of(Kind.OBJECT, LocalDate.from(DAY.parse(text, new ParsePosition(0))));
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
      if (!hasZone) {
        return Binding.of(Kind.OBJECT, LocalTime.parse(text, CLOCK));
      }
      // As pgjdbc: that moment by the clock of the JVM's zone, where there is no zone to store.
      OffsetTime moment = OffsetTime.parse(zoned(text), ZONED_CLOCK);
      return Binding.of(
          Kind.TIME, new Time(moment.atDate(LocalDate.EPOCH).toInstant().toEpochMilli()));
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
    String text = value.toString().strip();
    OptionalLong endless = endless(text);
    return endless.isPresent()
        ? Binding.of(Kind.TIMESTAMP, new Timestamp(endless.getAsLong()))
        : Binding.of(Kind.OBJECT, dateTime(text, value));
  }

  /** The milliseconds that stand for no end. */
  private static OptionalLong endless(String text) {
    return switch (text) {
      case "infinity" -> OptionalLong.of(PGStatement.DATE_POSITIVE_INFINITY);
      case "-infinity" -> OptionalLong.of(PGStatement.DATE_NEGATIVE_INFINITY);
      default -> OptionalLong.empty();
    };
  }

  private static Object dateTime(String text, Object value) throws SQLException {
    String iso = text.replaceFirst("^(\\d+-\\d+-\\d+) +", "$1T");
    int clock = iso.indexOf('T');
    try {
      if (clock < 0) {
        return LocalDate.parse(iso, DAY).atStartOfDay();
      }
      boolean hasZone =
          iso.indexOf('+', clock) > 0 || iso.indexOf('-', clock) > 0 || iso.endsWith("Z");
      return hasZone
          ? OffsetDateTime.parse(zoned(iso), ZONED_MOMENT)
          : LocalDateTime.parse(iso, MOMENT);
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
