package org.tandemdb.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The one table that a query's rows are rows of, as far as its text tells. What is not understood
 * is no such query: two columns of the same table may belong to different rows of it (a join with
 * itself), which the server's description does not show.
 *
 * @param only without the tables that inherit from it
 */
record SelectedTable(boolean only) {
  private static final Set<String> AFTER_TABLE =
      Set.of("WHERE", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR");

  /** With one of these, at the outermost level, a row of the result is none of the table's. */
  private static final Set<String> OTHER_ROWS =
      Set.of("GROUP", "HAVING", "UNION", "INTERSECT", "EXCEPT", "INTO", "WINDOW");

  /** Before FROM: it is an operator's, or a name. */
  private static final Set<String> NOT_A_CLAUSE = Set.of("DISTINCT", "AS", ".");

  private static final String QUOTED = "\"";
  private static final String GROUPED = "(";

  static Optional<SelectedTable> of(String sql) {
    List<String> tokens = tokens(sql);
    while (!tokens.isEmpty() && tokens.get(tokens.size() - 1).equals(";")) {
      tokens.remove(tokens.size() - 1);
    }
    if (tokens.isEmpty()
        || !tokens.get(0).equals("SELECT")
        || tokens.contains(";")
        || tokens.stream().anyMatch(OTHER_ROWS::contains)) {
      return Optional.empty();
    }
    int at = from(tokens) + 1;
    boolean only = is(tokens, at, "ONLY");
    at += only ? 1 : 0;
    if (at == 0 || !isName(tokens, at)) {
      return Optional.empty();
    }
    at++;
    while (is(tokens, at, ".") && isName(tokens, at + 1)) {
      at += 2;
    }
    at += is(tokens, at, "*") ? 1 : 0;
    if (is(tokens, at, "AS")) {
      at += 2;
    } else if (isName(tokens, at) && !AFTER_TABLE.contains(tokens.get(at))) {
      at++;
    }
    return at >= tokens.size() || AFTER_TABLE.contains(tokens.get(at))
        ? Optional.of(new SelectedTable(only))
        : Optional.empty();
  }

  private static int from(List<String> tokens) {
    for (int i = 1; i < tokens.size(); i++) {
      if (tokens.get(i).equals("FROM") && !NOT_A_CLAUSE.contains(tokens.get(i - 1))) {
        return i;
      }
    }
    return -1;
  }

  private static boolean is(List<String> tokens, int at, String token) {
    return at < tokens.size() && tokens.get(at).equals(token);
  }

  private static boolean isName(List<String> tokens, int at) {
    return at < tokens.size()
        && (tokens.get(at).equals(QUOTED)
            || Character.isJavaIdentifierStart(tokens.get(at).charAt(0)));
  }

  /** Outside of parentheses, each of which is one token; words in upper case. */
  private static List<String> tokens(String sql) {
    List<String> tokens = new ArrayList<>();
    int depth = 0;
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      int from = at;
      int opaque = OpaqueText.end(sql, at);
      String token;
      if (opaque > at) {
        at = opaque;
        token = c == '-' || c == '/' ? "" : c == '"' ? QUOTED : "'";
      } else if (c != '$' && Character.isJavaIdentifierStart(c)) {
        while (at < sql.length() && Character.isJavaIdentifierPart(sql.charAt(at))) {
          at++;
        }
        token = sql.substring(from, at).toUpperCase(Locale.ROOT);
      } else {
        at++;
        token = Character.isWhitespace(c) ? "" : String.valueOf(c);
      }
      depth -= token.equals(")") ? 1 : 0;
      if (depth == 0 && !token.isEmpty() && !token.equals(")")) {
        tokens.add(token);
      }
      depth += token.equals(GROUPED) ? 1 : 0;
    }
    return tokens;
  }
}
