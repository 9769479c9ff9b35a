package org.tandemdb.plan;

import java.util.Locale;
import java.util.Optional;

/**
 * What a text itself asks of the place where it is read, in a comment ahead of its first word:
 *
 * <pre>
 *   /&#42; tandem: primary &#42;/ SELECT ...
 *   /&#42; tandem: consistency=bounded:5s &#42;/ SELECT ...
 * </pre>
 *
 * <p>It is found only there, so that no string of the application's can be taken for one, and a
 * text without a comment costs one look at its first character. One that is not understood is an
 * error: whoever asks for fresh rows and misspells it must not get old ones.
 */
public sealed interface ReadHint {

  /** Read on the primary, whatever the session's level. */
  record Primary() implements ReadHint {
    @Override
    public String toString() {
      return "primary";
    }
  }

  /**
   * Read at a level of its own.
   *
   * @param level as it is written, in lower case; not checked here
   */
  record Consistency(String level) implements ReadHint {
    @Override
    public String toString() {
      return CONSISTENCY + level;
    }
  }

  /** How a comment that is a hint begins, blanks left aside. */
  String MARK = "tandem:";

  /** How the hint of a level begins. */
  String CONSISTENCY = "consistency=";

  /**
   * The first hint among the comments at the beginning of {@code sql}.
   *
   * @throws Refusal if it is not understood
   */
  static Optional<ReadHint> of(String sql) throws Refusal {
    int at = 0;
    while (at < sql.length()) {
      if (Character.isWhitespace(sql.charAt(at))) {
        at++;
      } else if (sql.startsWith("--", at)) {
        int line = sql.indexOf('\n', at);
        at = line < 0 ? sql.length() : line + 1;
      } else if (sql.startsWith("/*", at)) {
        int end = endOfComment(sql, at);
        String text = sql.substring(at + 2, Math.max(at + 2, end - 2)).strip();
        if (text.regionMatches(true, 0, MARK, 0, MARK.length())) {
          return Optional.of(parse(text.substring(MARK.length()).strip()));
        }
        at = end;
      } else {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** PostgreSQL's comments nest. */
  private static int endOfComment(String sql, int from) {
    int at = from;
    int depth = 0;
    do {
      if (sql.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (sql.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else {
        at++;
      }
    } while (depth > 0 && at < sql.length());
    return Math.min(at, sql.length());
  }

  private static ReadHint parse(String written) throws Refusal {
    String text = written.toLowerCase(Locale.ROOT).replaceAll("\\s*=\\s*", "=");
    if (text.equals("primary")) {
      return new Primary();
    }
    if (text.startsWith(CONSISTENCY)) {
      return new Consistency(text.substring(CONSISTENCY.length()).strip());
    }
    throw new Refusal(
        "the hint '" + written + "' is not known",
        "Known are 'primary' and 'consistency=<level>', one in a text.",
        "42601");
  }
}
