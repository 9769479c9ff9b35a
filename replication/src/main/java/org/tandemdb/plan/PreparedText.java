package org.tandemdb.plan;

import java.util.List;
import java.util.Set;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.Tokens.Kind;

/**
 * A statement that a session has prepared by name (PREPARE). It belongs to the session and to no
 * link: EXECUTE becomes the statement itself, with its arguments in their places, and is planned as
 * that. So it replicates like any other, and outlives each of the servers.
 *
 * @param types of its parameters, as SQL writes them; as many as were declared, or, once a server
 *     has looked at it, as many as there are
 * @param sql with {@code $1..$n}
 */
public record PreparedText(String name, List<String> types, String sql) {

  /** The column that a parameter alone is in a list of results has this name. */
  private static final String UNNAMED = " AS \"?column?\"";

  private static final Set<String> LIST_BEGINS = Set.of("select", "returning");

  private static final Set<String> LIST_ENDS =
      Set.of(
          "from",
          "where",
          "group",
          "having",
          "window",
          "union",
          "intersect",
          "except",
          "order",
          "limit",
          "offset",
          "fetch",
          "for",
          "into");

  /**
   * The statement with {@code values} in the places of its parameters, each as often as it is used:
   * they must be constants.
   */
  public String with(List<String> values) {
    Tokens tokens;
    try {
      tokens = PgLexer.lex(sql, false);
    } catch (SqlSyntaxException e) {
      throw new IllegalStateException("was prepared, and cannot be read: " + sql, e);
    }
    StringBuilder out = new StringBuilder(sql.length() + 32 * values.size());
    int copied = 0;
    int depth = 0;
    boolean inList = false;
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[")) {
        depth++;
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]")) {
        depth--;
      } else if (tokens.isKind(i, Kind.PARAMETER)) {
        int number = Integer.parseInt(tokens.text(i)) - 1;
        String cast = "CAST(" + values.get(number) + " AS " + types.get(number) + ")";
        out.append(sql, copied, tokens.start(i)).append(" (").append(cast).append(") ");
        copied = tokens.end(i);
        if (inList && depth == 0 && isWholeItem(tokens, i)) {
          out.append(UNNAMED);
        }
      } else if (depth == 0 && tokens.isKind(i, Kind.WORD)) {
        inList =
            LIST_BEGINS.contains(tokens.text(i)) || (inList && !LIST_ENDS.contains(tokens.text(i)));
      }
    }
    return out.append(sql, copied, sql.length()).toString();
  }

  private static boolean isWholeItem(Tokens tokens, int at) {
    boolean begins =
        tokens.isSymbol(at - 1, ",")
            || tokens.is(at - 1, "all")
            || tokens.is(at - 1, "distinct")
            || tokens.is(at - 1, "select")
            || tokens.is(at - 1, "returning");
    boolean ends =
        at + 1 == tokens.size()
            || tokens.isSymbol(at + 1, ",")
            || tokens.isSymbol(at + 1, ";")
            || (tokens.isKind(at + 1, Kind.WORD) && LIST_ENDS.contains(tokens.text(at + 1)));
    return begins && ends;
  }
}
