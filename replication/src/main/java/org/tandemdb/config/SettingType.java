package org.tandemdb.config;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a setting's text is read. Numbers carry their unit; a bare number of bytes is allowed. */
public enum SettingType {
  COUNT("number"),
  BYTES("bytes"),
  DURATION("duration"),
  CHOICE("choice"),
  PATH("path"),
  TEXT("text"),
  SECRET("secret"),
  MAP("map");

  private static final Pattern QUANTITY = Pattern.compile("(\\d{1,18})\\s*([A-Za-z]*)");

  private final String word;

  SettingType(String word) {
    this.word = word;
  }

  /** For the reference page. */
  String word() {
    return word;
  }

  static int count(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number", notANumber);
    }
  }

  static long bytes(String text) {
    Matcher m = quantity(text);
    long unit =
        switch (m.group(2)) {
          case "", "B" -> 1L;
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          case "TiB" -> 1L << 40;
          default ->
              throw new IllegalArgumentException(
                  "'" + text + "' has no known unit: B, KiB, MiB, GiB or TiB");
        };
    return times(text, Long.parseLong(m.group(1)), unit);
  }

  static Duration duration(String text) {
    Matcher m = quantity(text);
    long unitMicros =
        switch (m.group(2).toLowerCase(Locale.ROOT)) {
          case "us" -> 1L;
          case "ms" -> 1_000L;
          case "s" -> 1_000_000L;
          case "m", "min" -> 60_000_000L;
          case "h" -> 3_600_000_000L;
          default ->
              throw new IllegalArgumentException(
                  "'" + text + "' needs a unit: us, ms, s, m or h (as in 500ms)");
        };
    return Duration.ofNanos(times(text, times(text, Long.parseLong(m.group(1)), unitMicros), 1000));
  }

  private static Matcher quantity(String text) {
    Matcher m = QUANTITY.matcher(text.strip());
    if (!m.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a number with a unit");
    }
    return m;
  }

  private static long times(String text, long number, long unit) {
    try {
      return Math.multiplyExact(number, unit);
    } catch (ArithmeticException tooLarge) {
      throw new IllegalArgumentException("'" + text + "' is too large", tooLarge);
    }
  }
}
