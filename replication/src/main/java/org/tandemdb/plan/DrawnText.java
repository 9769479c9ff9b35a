package org.tandemdb.plan;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tandemdb.entry.TableName;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * Calls of {@code currval} and {@code lastval} for a server's session that does not know all the
 * numbers that its client has drawn: the client's text with what is known of them spliced in. Which
 * sequence is meant the server finds out, by its own rules for names.
 */
public final class DrawnText {
  private DrawnText() {}

  /** True if {@code sql} may call one of them: quick, and never wrong the other way. */
  public static boolean mayCall(String sql) {
    String text = sql.toLowerCase(Locale.ROOT);
    return text.contains("currval") || text.contains("lastval");
  }

  /**
   * @param question see {@link PgLexer#lex}
   * @param drawn numbers that the server's session does not know of
   * @param last what {@code lastval} is to give, where that session does not know it
   */
  public static String of(
      String sql, boolean question, Map<TableName, Long> drawn, Optional<Long> last) {
    Tokens tokens;
    try {
      tokens = PgLexer.lex(sql, question);
    } catch (SqlSyntaxException e) {
      return sql;
    }
    StringBuilder out = new StringBuilder(sql.length() + 256);
    int copied = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if (!tokens.isSymbol(i + 1, "(") || !isSystems(tokens, i)) {
        continue;
      }
      int close = tokens.closing(i + 1);
      int first = tokens.isSymbol(i - 1, ".") ? i - 2 : i;
      if (close < 0) {
        continue;
      }
      if (tokens.is(i, "lastval") && close == i + 2 && last.isPresent()) {
        out.append(sql, copied, tokens.start(first))
            .append("(SELECT ")
            .append(last.get().longValue())
            .append("::bigint AS lastval)");
        copied = tokens.end(close);
      } else if (tokens.is(i, "currval") && !drawn.isEmpty() && close > i + 2) {
        String argument = sql.substring(tokens.end(i + 1), tokens.start(close));
        out.append(sql, copied, tokens.start(first)).append(known(argument, drawn));
        copied = tokens.end(close);
        i = close;
      }
    }
    return out.append(sql, copied, sql.length()).toString();
  }

  private static boolean isSystems(Tokens tokens, int name) {
    return !tokens.isSymbol(name - 1, ".") || tokens.is(name - 2, "pg_catalog");
  }

  /** The argument stands there once, so that a parameter in it stays one parameter. */
  private static String known(String argument, Map<TableName, Long> drawn) {
    StringBuilder out = new StringBuilder("(SELECT CASE q.s");
    drawn.forEach(
        (sequence, value) -> {
          String name =
              LoggedText.quote(sequence.schema()) + "." + LoggedText.quote(sequence.name());
          out.append(" WHEN pg_catalog.to_regclass('")
              .append(name.replace("'", "''"))
              .append("') THEN ")
              .append(value.longValue())
              .append("::bigint");
        });
    return out.append(" ELSE pg_catalog.currval(q.s) END AS currval FROM (SELECT CAST((")
        .append(argument)
        .append(") AS pg_catalog.regclass) AS s OFFSET 0) q)")
        .toString();
  }
}
