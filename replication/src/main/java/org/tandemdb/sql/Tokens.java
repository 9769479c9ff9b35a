package org.tandemdb.sql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text cut into tokens, in parallel arrays because it is made for each text that is not in the
 * cache. Whitespace and comments are no tokens. Immutable once the lexer has handed it out.
 */
public final class Tokens {

  /** What a token is. */
  public enum Kind {
    /** An unquoted identifier or key word; its text is lower case (ASCII letters only). */
    WORD,
    /** A quoted identifier; its text is without quotes. */
    QUOTED,
    /** A string constant of any kind; its text is the value where {@link #plain} says so. */
    STRING,
    NUMBER,
    /** A parameter; its text is its number, from 1. */
    PARAMETER,
    OPERATOR,
    /** One of {@code ( ) [ ] , ; . :} and {@code :=}, {@code ::}, {@code =>}, {@code ..}. */
    PUNCTUATION
  }

  private final String sql;
  private Kind[] kinds = new Kind[32];
  private int[] starts = new int[32];
  private int[] ends = new int[32];
  private String[] texts = new String[32];
  private int count;

  Tokens(String sql) {
    this.sql = sql;
  }

  void add(Kind kind, int start, int end, String text) {
    if (count == kinds.length) {
      kinds = Arrays.copyOf(kinds, count * 2);
      starts = Arrays.copyOf(starts, count * 2);
      ends = Arrays.copyOf(ends, count * 2);
      texts = Arrays.copyOf(texts, count * 2);
    }
    kinds[count] = kind;
    starts[count] = start;
    ends[count] = end;
    texts[count] = text;
    count++;
  }

  public String sql() {
    return sql;
  }

  public int size() {
    return count;
  }

  public Kind kind(int i) {
    return kinds[i];
  }

  /** Offset of the first character. */
  public int start(int i) {
    return starts[i];
  }

  /** Offset after the last character. */
  public int end(int i) {
    return ends[i];
  }

  public String text(int i) {
    return texts[i];
  }

  /** True if token {@code i} exists and is the unquoted word {@code word} (lower case). */
  public boolean is(int i, String word) {
    return i >= 0 && i < count && kinds[i] == Kind.WORD && texts[i].equals(word);
  }

  /** True if token {@code i} exists and is this operator or punctuation. */
  public boolean isSymbol(int i, String symbol) {
    return i >= 0
        && i < count
        && (kinds[i] == Kind.PUNCTUATION || kinds[i] == Kind.OPERATOR)
        && texts[i].equals(symbol);
  }

  public boolean isName(int i) {
    return i >= 0 && i < count && (kinds[i] == Kind.WORD || kinds[i] == Kind.QUOTED);
  }

  public boolean isKind(int i, Kind kind) {
    return i >= 0 && i < count && kinds[i] == kind;
  }

  /**
   * The statements between semicolons outside of parentheses and of the bodies of functions (BEGIN
   * ATOMIC ... END), empty ones left out. Each has the text from its first to its last token.
   */
  public List<Tokens> statements() {
    List<Tokens> statements = new ArrayList<>();
    int depth = 0;
    int body = 0;
    int from = 0;
    for (int i = 0; i < count; i++) {
      if (kinds[i] == Kind.WORD) {
        body += body(from, i, body);
        continue;
      }
      if (kinds[i] != Kind.PUNCTUATION) {
        continue;
      }
      switch (texts[i]) {
        case "(", "[" -> depth++;
        case ")", "]" -> depth--;
        case ";" -> {
          if (depth == 0 && body == 0) {
            addStatement(statements, from, i);
            from = i + 1;
          }
        }
        default -> {}
      }
    }
    addStatement(statements, from, count);
    return statements;
  }

  /** How much deeper in a function's body the word leads; only there CASE has an END, too. */
  private int body(int from, int i, int body) {
    if (body == 0) {
      boolean opens = is(from, "create") && is(i, "atomic") && is(i - 1, "begin");
      return opens ? 1 : 0;
    }
    if (is(i, "case")) {
      return 1;
    }
    return is(i, "end") ? -1 : 0;
  }

  private void addStatement(List<Tokens> statements, int from, int to) {
    if (from == to) {
      return;
    }
    if (from == 0 && to == count) {
      statements.add(this);
      return;
    }
    int offset = starts[from];
    Tokens part = new Tokens(sql.substring(offset, ends[to - 1]));
    for (int i = from; i < to; i++) {
      part.add(kinds[i], starts[i] - offset, ends[i] - offset, texts[i]);
    }
    statements.add(part);
  }

  /**
   * The statement without its first {@code from} tokens and without a semicolon at its end; empty
   * if nothing is left.
   */
  public Tokens from(int from) {
    List<Tokens> rest = new ArrayList<>();
    addStatement(rest, from, isSymbol(count - 1, ";") ? count - 1 : count);
    return rest.isEmpty() ? new Tokens("") : rest.get(0);
  }

  /** The index of the bracket that closes the one at {@code open}, or -1. */
  public int closing(int open) {
    int depth = 0;
    for (int i = open; i < count; i++) {
      if (kinds[i] == Kind.PUNCTUATION) {
        switch (texts[i]) {
          case "(", "[" -> depth++;
          case ")", "]" -> {
            depth--;
            if (depth == 0) {
              return i;
            }
          }
          default -> {}
        }
      }
    }
    return -1;
  }

  /**
   * The token stream without the values of literals. Two statements with one fingerprint differ in
   * nothing but the values of strings and numbers, comments and white space.
   */
  public String fingerprint() {
    StringBuilder out = new StringBuilder(sql.length() + count);
    for (int i = 0; i < count; i++) {
      switch (kinds[i]) {
        case STRING -> out.append('\'');
        case NUMBER -> out.append('0');
        case PARAMETER -> out.append('$').append(texts[i]);
        case QUOTED -> out.append('"').append(texts[i].replace("\"", "\"\"")).append('"');
        case WORD, OPERATOR, PUNCTUATION -> out.append(texts[i]);
      }
      out.append(' ');
    }
    return out.toString();
  }
}
