package org.tandemdb.config;

import java.time.Duration;
import java.util.Locale;
import org.tandemdb.session.ReadLevel;

/** Reads and writes the choices of a database as an operator writes them. */
public final class DatabaseText {
  private static final String BOUNDED = "bounded:";

  private DatabaseText() {}

  /**
   * {@code strong}, {@code session}, {@code bounded:<duration>} or {@code eventual}.
   *
   * @throws IllegalArgumentException whose message names what is wrong
   */
  public static ReadLevel consistency(String text) {
    return switch (text) {
      case "strong" -> new ReadLevel.Strong();
      case "session" -> new ReadLevel.Session();
      case "eventual" -> new ReadLevel.Eventual();
      default -> {
        if (text.startsWith(BOUNDED)) {
          yield new ReadLevel.Bounded(SettingType.duration(text.substring(BOUNDED.length())));
        }
        throw new IllegalArgumentException(
            "consistency: '" + text + "' is not strong, session, bounded:<duration> or eventual");
      }
    };
  }

  /** As {@link #consistency(String)} reads it. */
  public static String text(ReadLevel level) {
    return level instanceof ReadLevel.Bounded bounded
        ? BOUNDED + text(bounded.staleness())
        : level.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  static String text(CommitMode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  static String text(Duration duration) {
    if (duration.toNanos() % 1_000_000 != 0) {
      return duration.toNanos() / 1000 + "us";
    }
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + "s"
        : duration.toMillis() + "ms";
  }

  static CommitMode commit(String text) {
    return switch (text) {
      case "durable" -> CommitMode.DURABLE;
      case "applied" -> CommitMode.APPLIED;
      default ->
          throw new IllegalArgumentException("commit: '" + text + "' is not durable or applied");
    };
  }
}
