package org.tandemdb.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The little that the driver must know of a text itself: markers, words at the outermost level, and
 * where it ends. Strings, quoted names, comments and dollar quotes are skipped.
 *
 * @param markers number of {@code ?} that are parameters ({@code ??} is an operator's)
 * @param words unquoted words outside parentheses, in upper case
 * @param end where the last statement's text ends, before a closing semicolon and comments
 * @param statements statements that are not empty
 */
record StatementText(int markers, List<String> words, int end, int statements) {

  static StatementText scan(String sql) {
    return new Scanner(sql).scan();
  }

  /** One pass over the text. */
  private static final class Scanner {
    private final String sql;
    private final List<String> words = new ArrayList<>();
    private int at;
    private int markers;
    private int depth;
    private int end;
    private int statements;
    private boolean empty = true;

    Scanner(String sql) {
      this.sql = sql;
    }

    StatementText scan() {
      while (at < sql.length()) {
        char c = sql.charAt(at);
        if (Character.isWhitespace(c)) {
          at++;
        } else if (sql.startsWith("--", at)) {
          int line = sql.indexOf('\n', at);
          at = line < 0 ? sql.length() : line + 1;
        } else if (sql.startsWith("/*", at)) {
          comment();
        } else if (c == ';' && depth == 0) {
          at++;
          empty = true;
        } else {
          token(c);
          if (empty) {
            statements++;
            empty = false;
          }
          end = at;
        }
      }
      return new StatementText(markers, List.copyOf(words), end, statements);
    }

    private void token(char c) {
      if (c == '\'') {
        boolean escapes =
            at > 0
                && Character.toUpperCase(sql.charAt(at - 1)) == 'E'
                && (at == 1 || !Character.isJavaIdentifierPart(sql.charAt(at - 2)));
        quoted('\'', escapes);
      } else if (c == '"') {
        quoted('"', false);
      } else if (c == '$') {
        dollar();
      } else if (c == '?') {
        boolean doubled = sql.startsWith("??", at);
        markers += doubled ? 0 : 1;
        at += doubled ? 2 : 1;
      } else if (Character.isJavaIdentifierStart(c)) {
        word();
      } else {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        at++;
      }
    }

    private void word() {
      int from = at;
      while (at < sql.length() && Character.isJavaIdentifierPart(sql.charAt(at))) {
        at++;
      }
      if (depth == 0) {
        words.add(sql.substring(from, at).toUpperCase(Locale.ROOT));
      }
    }

    private void quoted(char quote, boolean escapes) {
      at++;
      while (at < sql.length()) {
        char c = sql.charAt(at++);
        if (escapes && c == '\\') {
          at++;
        } else if (c == quote) {
          if (at >= sql.length() || sql.charAt(at) != quote) {
            return;
          }
          at++;
        }
      }
      at = Math.min(at, sql.length());
    }

    private void dollar() {
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
        at++;
        return;
      }
      String tag = sql.substring(at, tagEnd + 1);
      int close = sql.indexOf(tag, tagEnd + 1);
      at = close < 0 ? sql.length() : close + tag.length();
    }

    private void comment() {
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
    }
  }
}
