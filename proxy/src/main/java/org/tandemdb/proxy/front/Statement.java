package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tandemdb.plan.Request;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.Tokens;

/**
 * One statement with its parameters, as a client wants it run: the twin of the driver's {@code
 * Command}.
 *
 * @param types oids that the client has declared
 * @param shared the client has prepared it by a name
 * @param parameters as they stand in Bind
 * @param portal empty unless the client may go on with it
 * @param maxRows 0 for all
 * @param described the client wants to know the columns
 */
@SuppressWarnings("ArrayRecordComponent")
record Statement(
    Request request,
    int[] types,
    boolean shared,
    ByteBuf parameters,
    int[] resultFormats,
    String portal,
    int maxRows,
    boolean described,
    Outlet outlet) {
  private static final int[] NONE = {};

  /** Without parameters, as the simple protocol has it. */
  static Statement simple(String sql, Outlet outlet) {
    return new Statement(
        new Request(sql, Request.Markers.DOLLAR, List.of()),
        NONE,
        false,
        Call.noParameters(),
        NONE,
        "",
        0,
        true,
        outlet);
  }

  /** Another text in its place, for the same outlet. */
  Statement as(String sql) {
    return simple(sql, outlet);
  }

  /** The same for all rows at once: nobody goes on with it. */
  Statement whole() {
    return maxRows == 0
        ? this
        : new Statement(
            request, types, shared, parameters, resultFormats, "", 0, described, outlet);
  }

  String sql() {
    return request.sql();
  }

  /** Words outside of parentheses, in upper case; none of a text that cannot be read. */
  List<String> words() {
    return words(sql());
  }

  static List<String> words(String sql) {
    Tokens tokens;
    try {
      tokens = PgLexer.lex(sql, false);
    } catch (SqlSyntaxException e) {
      return List.of();
    }
    List<String> words = new ArrayList<>();
    int depth = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(")) {
        depth++;
      } else if (tokens.isSymbol(i, ")")) {
        depth--;
      } else if (depth == 0 && tokens.isKind(i, Tokens.Kind.WORD)) {
        words.add(tokens.text(i).toUpperCase(Locale.ROOT));
      }
    }
    return words;
  }

  /** True of a text that can be read and in which no token is. */
  static boolean isEmpty(String sql) {
    try {
      Tokens tokens = PgLexer.lex(sql, false);
      for (int i = 0; i < tokens.size(); i++) {
        if (!tokens.isSymbol(i, ";")) {
          return false;
        }
      }
      return true;
    } catch (SqlSyntaxException e) {
      return false;
    }
  }

  /** The first word; empty where there is none. */
  String verb() {
    List<String> words = words();
    return words.isEmpty() ? "" : words.get(0);
  }

  /** The command tag of {@code rows}: that of the statement behind its WITH. */
  static String tag(String sql, long rows) {
    for (String word : words(sql)) {
      switch (word) {
        case "SELECT", "UPDATE", "DELETE", "MERGE" -> {
          return word + " " + rows;
        }
        case "INSERT" -> {
          return "INSERT 0 " + rows;
        }
        case "VALUES", "TABLE" -> {
          return "SELECT " + rows;
        }
        default -> {
          // Part of what stands before.
        }
      }
    }
    return "SELECT " + rows;
  }
}
