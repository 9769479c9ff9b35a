package org.tandemdb.backend.pg;

import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * A logged text as JDBC takes it: {@code ?} for each {@code $n}, {@code ??} for a question mark in
 * an operator.
 *
 * @param sql what is prepared
 * @param order which logged parameter (zero-based) each {@code ?} stands for
 */
record JdbcText(String sql, int[] order) {

  static JdbcText of(String logged) {
    Tokens tokens;
    try {
      tokens = PgLexer.lex(logged, false);
    } catch (SqlSyntaxException e) {
      throw new IllegalStateException("a logged statement cannot be read: " + logged, e);
    }
    StringBuilder out = new StringBuilder(logged.length());
    int[] order = new int[tokens.size()];
    int parameters = 0;
    int copied = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.kind(i) == Tokens.Kind.PARAMETER) {
        out.append(logged, copied, tokens.start(i)).append('?');
        copied = tokens.end(i);
        order[parameters++] = Integer.parseInt(tokens.text(i)) - 1;
      } else if (tokens.kind(i) == Tokens.Kind.OPERATOR && tokens.text(i).indexOf('?') >= 0) {
        out.append(logged, copied, tokens.start(i)).append(tokens.text(i).replace("?", "??"));
        copied = tokens.end(i);
      }
    }
    out.append(logged, copied, logged.length());
    return new JdbcText(out.toString(), java.util.Arrays.copyOf(order, parameters));
  }
}
