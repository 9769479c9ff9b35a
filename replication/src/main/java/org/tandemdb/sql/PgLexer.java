package org.tandemdb.sql;

import java.nio.charset.StandardCharsets;
import org.tandemdb.sql.Tokens.Kind;

/**
 * Cuts PostgreSQL's SQL into tokens by the rules of the server's own scanner (with {@code
 * standard_conforming_strings} on, which sessions cannot change). What the server would reject as
 * malformed is rejected here too, so that no two readings of one text exist.
 *
 * <p>Source of the rules: PostgreSQL's documentation, "Lexical Structure".
 */
public final class PgLexer {

  /** Longest text that is looked at, in characters. */
  public static final int MAX_LENGTH = 4 << 20;

  /** Longest identifier in bytes: the server cuts longer ones, and would mean another name. */
  private static final int MAX_IDENTIFIER_BYTES = 63;

  private static final String OPERATOR_CHARS = "+-*/<>=~!@#%^&|`?";
  private static final String KEEPS_TRAILING_SIGN = "~!@#%^&|`?";

  private final String sql;
  private final boolean questionMarkers;
  private final Tokens tokens;
  private int at;
  private int markers;

  /** The first token of the statement that is being read. */
  private int statementStart;

  private PgLexer(String sql, boolean questionMarkers) {
    this.sql = sql;
    this.questionMarkers = questionMarkers;
    this.tokens = new Tokens(sql);
  }

  /**
   * @param questionMarkers {@code ?} is a parameter, and {@code ??} the operator character, as JDBC
   *     has it
   * @throws SqlSyntaxException when the text is malformed or too long
   */
  public static Tokens lex(String sql, boolean questionMarkers) throws SqlSyntaxException {
    if (sql.length() > MAX_LENGTH) {
      throw new SqlSyntaxException("the text is longer than " + MAX_LENGTH + " characters", 0);
    }
    PgLexer lexer = new PgLexer(sql, questionMarkers);
    lexer.run();
    return lexer.tokens;
  }

  private void run() throws SqlSyntaxException {
    while (skipSpace()) {
      int start = at;
      char c = sql.charAt(at);
      if (c == '\'') {
        string(start, start, false, true);
      } else if (c == '"') {
        quotedIdentifier(start);
      } else if (isIdentifierStart(c)) {
        word(start, c);
      } else if (isDigit(c) || (c == '.' && isDigit(peek(1)))) {
        number(start);
      } else if (c == '$') {
        dollar(start);
      } else if (c == '?' && questionMarkers && peek(1) != '?' && !isPreparing()) {
        at++;
        markers++;
        tokens.add(Kind.PARAMETER, start, at, Integer.toString(markers));
      } else if (OPERATOR_CHARS.indexOf(c) >= 0) {
        operator(start);
      } else {
        punctuation(start, c);
      }
    }
  }

  /** Moves to the next token; false at the end of the text. */
  private boolean skipSpace() throws SqlSyntaxException {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (isSpace(c)) {
        at++;
      } else if (c == '-' && peek(1) == '-') {
        skipLine();
      } else if (c == '/' && peek(1) == '*') {
        skipBlockComment();
      } else {
        return true;
      }
    }
    return false;
  }

  private void skipLine() {
    while (at < sql.length() && sql.charAt(at) != '\n' && sql.charAt(at) != '\r') {
      at++;
    }
  }

  private void skipBlockComment() throws SqlSyntaxException {
    int start = at;
    int depth = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '/' && peek(1) == '*') {
        depth++;
        at += 2;
      } else if (c == '*' && peek(1) == '/') {
        depth--;
        at += 2;
        if (depth == 0) {
          return;
        }
      } else {
        at++;
      }
    }
    throw SqlSyntaxException.unclosed("a comment", start);
  }

  /**
   * A string whose opening quote is at {@code quote}. Continues over a line break to the next
   * quote, as the standard has it. The token's text is the value of a plain string; of the others
   * only a marker that says "not plain", since their values need decoding.
   */
  private void string(int start, int quote, boolean escapes, boolean plain)
      throws SqlSyntaxException {
    StringBuilder value = new StringBuilder();
    at = quote;
    do {
      at++;
      stringBody(start, escapes, value);
    } while (continues());
    tokens.add(Kind.STRING, start, at, plain ? "=" + value : "");
  }

  private void stringBody(int start, boolean escapes, StringBuilder value)
      throws SqlSyntaxException {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == 0) {
        throw new SqlSyntaxException("a NUL character is not allowed", at);
      }
      if (c == '\'') {
        if (peek(1) != '\'') {
          at++;
          return;
        }
        at++;
      } else if (c == '\\' && escapes) {
        at++;
      }
      if (at < sql.length()) {
        value.append(sql.charAt(at));
      }
      at++;
    }
    throw SqlSyntaxException.unclosed("a string", start);
  }

  /** True, standing on the quote, if white space with a line break and another quote follow. */
  private boolean continues() {
    int ahead = at;
    boolean lineBreak = false;
    while (ahead < sql.length() && isSpace(sql.charAt(ahead))) {
      lineBreak |= sql.charAt(ahead) == '\n' || sql.charAt(ahead) == '\r';
      ahead++;
    }
    if (lineBreak && ahead < sql.length() && sql.charAt(ahead) == '\'') {
      at = ahead;
      return true;
    }
    return false;
  }

  private void quotedIdentifier(int start) throws SqlSyntaxException {
    StringBuilder name = new StringBuilder();
    at++;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '"') {
        if (peek(1) != '"') {
          at++;
          if (name.isEmpty()) {
            throw new SqlSyntaxException("a quoted identifier is empty", start);
          }
          addName(Kind.QUOTED, start, name.toString());
          return;
        }
        at++;
      }
      if (c == 0) {
        throw new SqlSyntaxException("a NUL character is not allowed", at);
      }
      name.append(c);
      at++;
    }
    throw SqlSyntaxException.unclosed("a quoted identifier", start);
  }

  private void word(int start, char first) throws SqlSyntaxException {
    char next = peek(1);
    if (next == '\'') {
      switch (first) {
        case 'e', 'E' -> {
          string(start, start + 1, true, false);
          return;
        }
        case 'b', 'B', 'x', 'X' -> {
          string(start, start + 1, false, false);
          return;
        }
        case 'n', 'N' -> {
          string(start, start + 1, false, true);
          return;
        }
        default -> {}
      }
    }
    if ((first == 'u' || first == 'U') && next == '&') {
      if (peek(2) == '\'') {
        string(start, start + 2, false, false);
        return;
      }
      if (peek(2) == '"') {
        throw new SqlSyntaxException("identifiers written U&\"...\" are not supported", start);
      }
    }
    while (at < sql.length() && isIdentifierPart(sql.charAt(at))) {
      at++;
    }
    addName(Kind.WORD, start, lower(sql, start, at));
  }

  private void addName(Kind kind, int start, String name) throws SqlSyntaxException {
    if (name.length() > MAX_IDENTIFIER_BYTES / 4
        && name.getBytes(StandardCharsets.UTF_8).length > MAX_IDENTIFIER_BYTES) {
      throw new SqlSyntaxException(
          "an identifier is longer than " + MAX_IDENTIFIER_BYTES + " bytes", start);
    }
    tokens.add(kind, start, at, name);
  }

  private void number(int start) throws SqlSyntaxException {
    if (sql.charAt(at) == '0' && "xXoObB".indexOf(peek(1)) >= 0) {
      at += 2;
      while (at < sql.length() && (isIdentifierPart(sql.charAt(at)))) {
        at++;
      }
      tokens.add(Kind.NUMBER, start, at, sql.substring(start, at));
      return;
    }
    digits();
    // "1..10" is a number, two dots and a number.
    if (at < sql.length() && sql.charAt(at) == '.' && peek(1) != '.') {
      at++;
      digits();
    }
    if (at < sql.length() && (sql.charAt(at) == 'e' || sql.charAt(at) == 'E')) {
      int sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      if (isDigit(peek(sign))) {
        at += sign;
        digits();
      }
    }
    if (at < sql.length() && isIdentifierPart(sql.charAt(at))) {
      throw new SqlSyntaxException("trailing junk after a number", start);
    }
    tokens.add(Kind.NUMBER, start, at, sql.substring(start, at));
  }

  private void digits() {
    while (at < sql.length()
        && (isDigit(sql.charAt(at)) || (sql.charAt(at) == '_' && isDigit(peek(1))))) {
      at++;
    }
  }

  private void dollar(int start) throws SqlSyntaxException {
    if (isDigit(peek(1))) {
      at++;
      while (at < sql.length() && isDigit(sql.charAt(at))) {
        at++;
      }
      String number = sql.substring(start + 1, at);
      if (number.length() > 5
          || Integer.parseInt(number) == 0
          || Integer.parseInt(number) > 65535) {
        throw new SqlSyntaxException("there is no parameter $" + number, start);
      }
      if (at < sql.length() && isIdentifierPart(sql.charAt(at))) {
        throw new SqlSyntaxException("trailing junk after a parameter", start);
      }
      if (questionMarkers && !isPreparing() && !isShown()) {
        throw SqlSyntaxException.noParameter(number, start);
      }
      tokens.add(Kind.PARAMETER, start, at, Integer.toString(Integer.parseInt(number)));
      return;
    }
    int close = at + 1;
    while (close < sql.length()
        && sql.charAt(close) != '$'
        && isIdentifierPart(sql.charAt(close))) {
      close++;
    }
    if (close >= sql.length() || sql.charAt(close) != '$') {
      throw new SqlSyntaxException("a dollar sign is out of place", start);
    }
    String tag = sql.substring(at, close + 1);
    int end = sql.indexOf(tag, close + 1);
    if (end < 0) {
      throw SqlSyntaxException.unclosed("a dollar-quoted string", start);
    }
    at = end + tag.length();
    tokens.add(Kind.STRING, start, at, "=" + sql.substring(close + 1, end));
  }

  private void operator(int start) {
    StringBuilder op = new StringBuilder();
    // With ? markers, "??" stands for one operator character.
    int[] widths = new int[64];
    int end = at;
    while (end < sql.length() && op.length() < widths.length) {
      char c = sql.charAt(end);
      char next = end + 1 < sql.length() ? sql.charAt(end + 1) : 0;
      if (OPERATOR_CHARS.indexOf(c) < 0
          || (c == '-' && next == '-')
          || (c == '/' && next == '*')
          || (c == '?' && questionMarkers && next != '?')) {
        break;
      }
      int width = c == '?' && questionMarkers ? 2 : 1;
      widths[op.length()] = width;
      op.append(c);
      end += width;
    }
    // The server's rule that lets "a*-1" be two operators.
    while (op.length() > 1
        && (op.charAt(op.length() - 1) == '+' || op.charAt(op.length() - 1) == '-')
        && !containsAny(op)) {
      end -= widths[op.length() - 1];
      op.setLength(op.length() - 1);
    }
    at = end;
    String symbol = op.toString();
    tokens.add(symbol.equals("=>") ? Kind.PUNCTUATION : Kind.OPERATOR, start, at, symbol);
  }

  private static boolean containsAny(StringBuilder op) {
    for (int i = 0; i < op.length() - 1; i++) {
      if (KEEPS_TRAILING_SIGN.indexOf(op.charAt(i)) >= 0) {
        return true;
      }
    }
    return false;
  }

  private void punctuation(int start, char c) throws SqlSyntaxException {
    String symbol =
        switch (c) {
          case '(', ')', '[', ']', ',', ';' -> String.valueOf(c);
          case '.' -> peek(1) == '.' ? ".." : ".";
          case ':' -> peek(1) == ':' ? "::" : peek(1) == '=' ? ":=" : ":";
          default ->
              throw new SqlSyntaxException(
                  "the character " + Character.getName(c) + " is out of place", start);
        };
    at += symbol.length();
    tokens.add(Kind.PUNCTUATION, start, at, symbol);
    if (c == ';') {
      statementStart = tokens.size();
    }
  }

  /** PREPARE has parameters of its own, whatever the client's are. */
  private boolean isPreparing() {
    return tokens.is(statementStart, "prepare");
  }

  /** Nothing is run of what SHOW TANDEM PLAN FOR is asked about, whoever it is written for. */
  private boolean isShown() {
    return tokens.is(statementStart, "show")
        && tokens.is(statementStart + 1, "tandem")
        && tokens.is(statementStart + 2, "plan");
  }

  private char peek(int ahead) {
    int index = at + ahead;
    return index < sql.length() ? sql.charAt(index) : 0;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isIdentifierStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
  }

  private static boolean isIdentifierPart(char c) {
    return isIdentifierStart(c) || isDigit(c) || c == '$';
  }

  /** Lower case for ASCII letters only, as the server does in multi-byte encodings. */
  private static String lower(String sql, int start, int end) {
    for (int i = start; i < end; i++) {
      char c = sql.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        char[] chars = sql.substring(start, end).toCharArray();
        for (int k = i - start; k < chars.length; k++) {
          if (chars[k] >= 'A' && chars[k] <= 'Z') {
            chars[k] = (char) (chars[k] + 32);
          }
        }
        return new String(chars);
      }
    }
    return sql.substring(start, end);
  }
}
