package org.tandemdb.jdbc;

import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/**
 * Dates and times as PostgreSQL reads them, rounded to microseconds as pgjdbc does. java.sql's
 * carry the zone's offset, so that the server reads the same instant into a timestamptz and the
 * same clock into a timestamp.
 */
final class TemporalText {
  private static final int MICROS_PER_SECOND = 1_000_000;
  private static final int ROUNDING_NANOS = 500;
  private static final LocalTime ROUNDS_TO_MIDNIGHT = LocalTime.of(23, 59, 59, 999_999_500);

  private TemporalText() {}

  static String timestamp(Timestamp value, @Nullable Calendar zone) {
    String infinite = infinity(value.getTime());
    if (infinite != null) {
      return infinite;
    }
    long micros = (value.getNanos() + ROUNDING_NANOS) / 1000L;
    long seconds = Math.floorDiv(value.getTime(), 1000L);
    Calendar c = calendar(zone, (seconds + micros / MICROS_PER_SECOND) * 1000);
    return day(c)
        + " "
        + clock(c, (int) (micros % MICROS_PER_SECOND))
        + offset(c)
        + era(c.get(Calendar.ERA) == GregorianCalendar.BC);
  }

  static String date(Date value, @Nullable Calendar zone) {
    String infinite = infinity(value.getTime());
    if (infinite != null) {
      return infinite;
    }
    Calendar c = calendar(zone, value.getTime());
    return day(c) + " " + offset(c) + era(c.get(Calendar.ERA) == GregorianCalendar.BC);
  }

  static String time(Time value, @Nullable Calendar zone) {
    Calendar c = calendar(zone, value.getTime());
    return clock(c, c.get(Calendar.MILLISECOND) * 1000) + offset(c);
  }

  static String date(LocalDate value) {
    if (value.equals(LocalDate.MAX)) {
      return "infinity";
    }
    return value.equals(LocalDate.MIN) ? "-infinity" : day(value) + era(value.getYear() <= 0);
  }

  static String time(LocalTime value) {
    return value.isBefore(ROUNDS_TO_MIDNIGHT) ? clock(rounded(value)) : "24:00:00";
  }

  static String time(OffsetTime value) {
    return time(value.toLocalTime()) + offset(value.getOffset().getTotalSeconds());
  }

  static String dateTime(LocalDateTime value) {
    if (value.equals(LocalDateTime.MAX)) {
      return "infinity";
    }
    if (value.equals(LocalDateTime.MIN)) {
      return "-infinity";
    }
    LocalDateTime r = value.plusNanos(ROUNDING_NANOS).truncatedTo(ChronoUnit.MICROS);
    return day(r.toLocalDate()) + " " + clock(r.toLocalTime()) + era(r.getYear() <= 0);
  }

  static String dateTime(OffsetDateTime value) {
    if (value.equals(OffsetDateTime.MAX)) {
      return "infinity";
    }
    if (value.equals(OffsetDateTime.MIN)) {
      return "-infinity";
    }
    OffsetDateTime r = value.plusNanos(ROUNDING_NANOS).truncatedTo(ChronoUnit.MICROS);
    return day(r.toLocalDate())
        + " "
        + clock(r.toLocalTime())
        + offset(r.getOffset().getTotalSeconds())
        + era(r.getYear() <= 0);
  }

  private static LocalTime rounded(LocalTime value) {
    return value.plusNanos(ROUNDING_NANOS).truncatedTo(ChronoUnit.MICROS);
  }

  private static @Nullable String infinity(long millis) {
    if (millis == PGStatement.DATE_POSITIVE_INFINITY) {
      return "infinity";
    }
    return millis == PGStatement.DATE_NEGATIVE_INFINITY ? "-infinity" : null;
  }

  private static Calendar calendar(@Nullable Calendar zone, long millis) {
    Calendar c = zone == null ? new GregorianCalendar() : (Calendar) zone.clone();
    c.setTimeInMillis(millis);
    return c;
  }

  private static String day(Calendar c) {
    return format(
        "%04d-%02d-%02d",
        c.get(Calendar.YEAR), c.get(Calendar.MONTH) + 1, c.get(Calendar.DAY_OF_MONTH));
  }

  private static String day(LocalDate d) {
    int year = d.getYear() <= 0 ? 1 - d.getYear() : d.getYear();
    return format("%04d-%02d-%02d", year, d.getMonthValue(), d.getDayOfMonth());
  }

  private static String clock(Calendar c, int micros) {
    return format(
        "%02d:%02d:%02d.%06d",
        c.get(Calendar.HOUR_OF_DAY), c.get(Calendar.MINUTE), c.get(Calendar.SECOND), micros);
  }

  private static String clock(LocalTime t) {
    return format(
        "%02d:%02d:%02d.%06d", t.getHour(), t.getMinute(), t.getSecond(), t.getNano() / 1000);
  }

  private static String offset(Calendar c) {
    return offset((c.get(Calendar.ZONE_OFFSET) + c.get(Calendar.DST_OFFSET)) / 1000);
  }

  private static String offset(int totalSeconds) {
    int seconds = Math.abs(totalSeconds);
    String text =
        format("%s%02d:%02d", totalSeconds < 0 ? "-" : "+", seconds / 3600, seconds / 60 % 60);
    return seconds % 60 == 0 ? text : text + format(":%02d", seconds % 60);
  }

  private static String era(boolean beforeChrist) {
    return beforeChrist ? " BC" : "";
  }

  private static String format(String pattern, Object... arguments) {
    return String.format(Locale.ROOT, pattern, arguments);
  }
}
