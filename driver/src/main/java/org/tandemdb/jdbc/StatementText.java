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

  /** The statements between semicolons outside of parentheses, empty ones left out. */
  static List<String> split(String sql) {
    Scanner scanner = new Scanner(sql);
    scanner.scan();
    return scanner.parts();
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

    /** Where the statements begin and end. */
    private final List<Integer> bounds = new ArrayList<>();

    Scanner(String sql) {
      this.sql = sql;
    }

    StatementText scan() {
      while (at < sql.length()) {
        char c = sql.charAt(at);
        if (Character.isWhitespace(c)) {
          at++;
        } else if (sql.startsWith("--", at) || sql.startsWith("/*", at)) {
          at = OpaqueText.end(sql, at);
        } else if (c == ';' && depth == 0) {
          close();
          at++;
          empty = true;
        } else {
          if (empty) {
            statements++;
            empty = false;
            bounds.add(at);
          }
          token(c);
          end = at;
        }
      }
      close();
      return new StatementText(markers, List.copyOf(words), end, statements);
    }

    private void close() {
      if (bounds.size() % 2 == 1) {
        bounds.add(end);
      }
    }

    List<String> parts() {
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < bounds.size(); i += 2) {
        parts.add(sql.substring(bounds.get(i), bounds.get(i + 1)));
      }
      return parts;
    }

    private void token(char c) {
      int opaque = OpaqueText.end(sql, at);
      if (opaque > at) {
        at = opaque;
      } else if (c == '?') {
        boolean doubled = sql.startsWith("??", at);
        markers += doubled ? 0 : 1;
        at += doubled ? 2 : 1;
      } else if (c != '$' && Character.isJavaIdentifierStart(c)) {
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
  }
}
