package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Turns JDBC's escapes into PostgreSQL's words, before a text is planned: what the vendor's driver
 * would make of them afterwards, the planner would not have seen. Understood are those of JDBC 4.3,
 * section 13.4, but for calls ({@link CallText}): <code>{d '...'}</code>, <code>{t '...'}</code>,
 * <code>{ts '...'}</code>, <code>{fn f(...)}</code>, <code>{oj ...}</code> and <code>
 * {escape '...'}</code>. A brace that begins none of them stays.
 */
final class JdbcEscapes {
  private final String sql;
  private int at;

  private JdbcEscapes(String sql) {
    this.sql = sql;
  }

  /**
   * @throws SQLException 42601 for a function with the wrong number of arguments, or an escape that
   *     is not closed
   */
  static String translate(String sql) throws SQLException {
    if (sql.indexOf('{') < 0) {
      return sql;
    }
    StringBuilder out = new StringBuilder(sql.length() + 16);
    JdbcEscapes escapes = new JdbcEscapes(sql);
    escapes.copy(out, Until.END);
    return out.toString();
  }

  /** What ends a piece of text, outside of strings, comments and parentheses. */
  private enum Until {
    END,
    BRACE,
    /** A comma or the closing parenthesis. */
    ARGUMENT
  }

  /** Stops before what ends the piece. */
  private void copy(StringBuilder out, Until until) throws SQLException {
    int depth = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (isEnd(c, depth, until)) {
        return;
      }
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      int from = at;
      if (c == '{') {
        escape(out);
      } else {
        at = pieceEnd(c);
        out.append(sql, from, at);
      }
    }
  }

  private static boolean isEnd(char c, int depth, Until until) {
    return switch (until) {
      case END -> false;
      case BRACE -> c == '}';
      case ARGUMENT -> depth == 0 && (c == ',' || c == ')');
    };
  }

  private int pieceEnd(char c) {
    if (c != '$' && Character.isJavaIdentifierStart(c)) {
      return wordEnd(at);
    }
    return Math.max(OpaqueText.end(sql, at), at + 1);
  }

  private int wordEnd(int from) {
    int end = from;
    while (end < sql.length() && Character.isJavaIdentifierPart(sql.charAt(end))) {
      end++;
    }
    return end;
  }

  private int skipBlank(int from) {
    int end = from;
    while (end < sql.length() && Character.isWhitespace(sql.charAt(end))) {
      end++;
    }
    return end;
  }

  private void escape(StringBuilder out) throws SQLException {
    int from = at;
    int word = skipBlank(at + 1);
    int end = wordEnd(word);
    int content = skipBlank(end);
    char first = content < sql.length() ? sql.charAt(content) : '}';
    boolean text = first == '\'';
    boolean name = first == '"' || Character.isLetter(first);
    String keyword = sql.substring(word, end).toLowerCase(Locale.ROOT);
    at = content;
    if (keyword.equals("d") && text) {
      rest(out.append("DATE "), from);
    } else if (keyword.equals("t") && text) {
      rest(out.append("TIME "), from);
    } else if (keyword.equals("ts") && text) {
      rest(out.append("TIMESTAMP "), from);
    } else if (keyword.equals("escape") && text) {
      rest(out.append("ESCAPE "), from);
    } else if (keyword.equals("oj") && (name || first == '(' || first == '{')) {
      rest(out, from);
    } else if (keyword.equals("fn") && name && content > end) {
      function(out, from);
    } else {
      out.append('{');
      at = from + 1;
    }
  }

  private void rest(StringBuilder out, int from) throws SQLException {
    copy(out, Until.BRACE);
    close(from);
  }

  private void close(int from) throws SQLException {
    if (at >= sql.length()) {
      throw SqlErrors.of(
          "42601", "The JDBC escape at offset " + from + " is not closed by '}'.", null);
    }
    at++;
  }

  private void function(StringBuilder out, int from) throws SQLException {
    int start = at;
    while (at < sql.length() && sql.charAt(at) != '(' && sql.charAt(at) != '}') {
      at = pieceEnd(sql.charAt(at));
    }
    String name = sql.substring(start, at).strip();
    if (at >= sql.length() || sql.charAt(at) == '}') {
      out.append(name); // a word of SQL's that stands for a function: current_date
    } else {
      at++;
      EscapedFunctions.append(out, name, arguments());
    }
    rest(out, from);
  }

  /** Up to behind the closing parenthesis. */
  private List<String> arguments() throws SQLException {
    List<String> arguments = new ArrayList<>();
    while (at < sql.length()) {
      StringBuilder argument = new StringBuilder();
      copy(argument, Until.ARGUMENT);
      boolean last = at >= sql.length() || sql.charAt(at) == ')';
      if (!last || !argument.toString().isBlank() || !arguments.isEmpty()) {
        arguments.add(argument.toString());
      }
      at = Math.min(at + 1, sql.length());
      if (last) {
        break;
      }
    }
    return arguments;
  }
}
