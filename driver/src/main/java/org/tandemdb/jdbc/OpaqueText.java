package org.tandemdb.jdbc;

/**
 * The parts of a text that mean nothing to the driver: strings, quoted names, dollar quotes and
 * comments. What looks like a parameter or an escape inside of them is none.
 */
final class OpaqueText {
  private OpaqueText() {}

  /**
   * Where the part that begins at {@code at} ends; {@code at} if none begins there. The text's end
   * for one that is not closed.
   *
   * @param at not within a word: a dollar inside of a name begins nothing
   */
  static int end(String sql, int at) {
    return switch (sql.charAt(at)) {
      case '\'' -> quoted(sql, at, '\'', hasBackslashes(sql, at));
      case '"' -> quoted(sql, at, '"', false);
      case '$' -> dollar(sql, at);
      case '-' -> sql.startsWith("--", at) ? line(sql, at) : at;
      case '/' -> sql.startsWith("/*", at) ? comment(sql, at) : at;
      default -> at;
    };
  }

  /**
   * The text as PostgreSQL's driver can have it described: it fails in the midst of the answer
   * where a parameter by number has no value, so that is a question mark; and a brace is for the
   * server to find, not the beginning of an escape. What is an error in the text stays one.
   */
  static String describable(String sql) {
    if (sql.indexOf('{') < 0 && sql.indexOf('$') < 0) {
      return sql;
    }
    StringBuilder text = new StringBuilder(sql.length() + 8);
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      int to = Math.max(at + 1, end(sql, at));
      if (c != '$' && Character.isJavaIdentifierStart(c)) {
        while (to < sql.length() && Character.isJavaIdentifierPart(sql.charAt(to))) {
          to++;
        }
        text.append(sql, at, to);
      } else if (c == '{') {
        text.append("{/**/");
      } else if (c == '$' && to == at + 1 && to < sql.length() && isDigit(sql.charAt(to))) {
        while (to < sql.length() && isDigit(sql.charAt(to))) {
          to++;
        }
        text.append('?');
      } else {
        text.append(sql, at, to);
      }
      at = to;
    }
    return text.toString();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean hasBackslashes(String sql, int quote) {
    return quote > 0
        && Character.toUpperCase(sql.charAt(quote - 1)) == 'E'
        && (quote == 1 || !Character.isJavaIdentifierPart(sql.charAt(quote - 2)));
  }

  private static int quoted(String sql, int from, char quote, boolean backslashes) {
    int at = from + 1;
    while (at < sql.length()) {
      char c = sql.charAt(at++);
      if (backslashes && c == '\\') {
        at++;
      } else if (c == quote) {
        if (at >= sql.length() || sql.charAt(at) != quote) {
          return at;
        }
        at++;
      }
    }
    return sql.length();
  }

  private static int dollar(String sql, int at) {
    int tagEnd = at + 1;
    while (tagEnd < sql.length()
        && Character.isJavaIdentifierPart(sql.charAt(tagEnd))
        && sql.charAt(tagEnd) != '$') {
      tagEnd++;
    }
    boolean isQuote =
        tagEnd < sql.length()
            && sql.charAt(tagEnd) == '$'
            && !Character.isDigit(sql.charAt(at + 1));
    if (!isQuote) {
      return at;
    }
    String tag = sql.substring(at, tagEnd + 1);
    int close = sql.indexOf(tag, tagEnd + 1);
    return close < 0 ? sql.length() : close + tag.length();
  }

  private static int line(String sql, int at) {
    int line = sql.indexOf('\n', at);
    return line < 0 ? sql.length() : line + 1;
  }

  private static int comment(String sql, int from) {
    int at = from;
    int nested = 0;
    do {
      if (sql.startsWith("/*", at)) {
        nested++;
        at += 2;
      } else if (sql.startsWith("*/", at)) {
        nested--;
        at += 2;
      } else {
        at++;
      }
    } while (nested > 0 && at < sql.length());
    return at;
  }
}
