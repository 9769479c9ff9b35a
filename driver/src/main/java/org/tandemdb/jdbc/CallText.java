package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * The text of a CallableStatement: <code>{call f(?)}</code>, <code>{? = call f(?)}</code> or
 * PostgreSQL's own CALL. The return value is the first parameter, whichever way it is written.
 *
 * <p>pgjdbc sends parameters that only come out as values of type void, which the server takes out
 * of the call; here they are left out of the text before it is planned. In CALL, whose OUT
 * arguments PostgreSQL wants to see, they are NULL.
 */
final class CallText {
  private final boolean select;
  private final String head;
  private final List<Argument> arguments;
  private final String tail;

  private record Argument(String text, int markers) {
    static Argument of(String text) {
      return new Argument(text, StatementText.scan(text).markers());
    }

    boolean isMarker() {
      return text.strip().equals("?");
    }
  }

  /**
   * A call with its parameters shared out.
   *
   * @param sql without the parameters that only come out
   * @param kept indexes, from 0, of those that are in it
   */
  record Prepared(String sql, List<Integer> kept) {}

  private CallText(boolean select, String head, List<Argument> arguments, String tail) {
    this.select = select;
    this.head = head;
    this.arguments = arguments;
    this.tail = tail;
  }

  /**
   * Empty for a text that is no call, which is run as it is.
   *
   * @throws SQLException 2F003 for an escape that is not well formed
   */
  static Optional<CallText> parse(String sql, CallMode mode) throws SQLException {
    String text = sql.strip();
    if (text.startsWith("{")) {
      return Optional.of(escaped(text, mode));
    }
    if (text.length() > 5
        && text.regionMatches(true, 0, "call", 0, 4)
        && Character.isWhitespace(text.charAt(4))) {
      return Optional.of(of(false, false, "", text));
    }
    return Optional.empty();
  }

  private static CallText escaped(String text, CallMode mode) throws SQLException {
    String body = text.substring(1).stripLeading();
    boolean returns = body.startsWith("?");
    if (returns) {
      body = body.substring(1).stripLeading();
      if (!body.startsWith("=")) {
        throw malformed();
      }
      body = body.substring(1).stripLeading();
    }
    if (!body.regionMatches(true, 0, "call", 0, 4)
        || body.length() < 5
        || !Character.isWhitespace(body.charAt(4))) {
      throw malformed();
    }
    String call = body.substring(5);
    int close = closingBrace(call);
    if (close < 0 || !call.substring(close + 1).isBlank()) {
      throw malformed();
    }
    boolean select = mode.isSelect(returns);
    return of(select, returns, select ? "select * from " : "call ", call.substring(0, close));
  }

  private static int closingBrace(String call) throws SQLException {
    int depth = 0;
    for (int at = 0; at < call.length(); at = next(call, at)) {
      char c = call.charAt(at);
      if (c == ';') {
        throw malformed();
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && depth-- == 0) {
        return at;
      }
    }
    return -1;
  }

  private static CallText of(boolean select, boolean returns, String prefix, String call) {
    List<Argument> arguments = new ArrayList<>();
    if (returns) {
      arguments.add(Argument.of("?"));
    }
    String suffix = select ? " as result" : "";
    int open = find(call, 0, '(');
    if (open < 0) {
      return new CallText(select, prefix + call + "(", List.copyOf(arguments), ")" + suffix);
    }
    int from = open + 1;
    int depth = 0;
    int at = from;
    while (at < call.length()) {
      char c = call.charAt(at);
      boolean last = depth == 0 && c == ')';
      if (last || (depth == 0 && c == ',')) {
        String argument = call.substring(from, at);
        if (!last || !argument.isBlank() || from > open + 1) {
          arguments.add(Argument.of(argument));
        }
        from = at + 1;
      }
      if (last) {
        break;
      }
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      at = next(call, at);
    }
    String tail = call.substring(Math.min(at, call.length()));
    return new CallText(
        select, prefix + call.substring(0, open + 1), List.copyOf(arguments), tail + suffix);
  }

  private static int find(String text, int from, char wanted) {
    for (int at = from; at < text.length(); at = next(text, at)) {
      if (text.charAt(at) == wanted) {
        return at;
      }
    }
    return -1;
  }

  /** Behind the character at {@code at}, or what begins there and means nothing here. */
  private static int next(String text, int at) {
    int end = at + 1;
    char c = text.charAt(at);
    if (c != '$' && Character.isJavaIdentifierStart(c)) {
      while (end < text.length() && Character.isJavaIdentifierPart(text.charAt(end))) {
        end++;
      }
      return end;
    }
    return Math.max(OpaqueText.end(text, at), end);
  }

  private static SQLException malformed() {
    return new SQLException("Malformed function or procedure escape syntax.", "2F003");
  }

  /** All of its parameters, whichever way they go. */
  int parameters() {
    return arguments.stream().mapToInt(Argument::markers).sum();
  }

  /**
   * @param onlyOut by index, from 0, of a parameter
   */
  Prepared prepare(IntPredicate onlyOut) throws SQLException {
    List<String> texts = new ArrayList<>();
    List<Integer> kept = new ArrayList<>();
    int index = 0;
    for (Argument argument : arguments) {
      boolean isOut = argument.isMarker() && onlyOut.test(index);
      if (!isOut) {
        texts.add(argument.text());
        for (int i = 0; i < argument.markers(); i++) {
          kept.add(index + i);
        }
      } else if (!select) {
        texts.add("NULL");
      }
      index += argument.markers();
    }
    return new Prepared(JdbcEscapes.translate(head + String.join(",", texts) + tail), kept);
  }
}
