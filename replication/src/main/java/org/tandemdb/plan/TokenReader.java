package org.tandemdb.plan;

import java.util.Optional;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.Tokens.Kind;

/**
 * Reads a statement that the parser does not know token by token, against a fixed shape. What is
 * not expected is refused.
 */
final class TokenReader {
  private final Tokens tokens;
  private int at;

  TokenReader(Tokens tokens) {
    this.tokens = tokens;
  }

  Tokens tokens() {
    return tokens;
  }

  int at() {
    return at;
  }

  void at(int token) {
    this.at = token;
  }

  boolean atEnd() {
    return at >= tokens.size();
  }

  boolean peek(String word) {
    return tokens.is(at, word);
  }

  boolean peekSymbol(String symbol) {
    return tokens.isSymbol(at, symbol);
  }

  /** Takes the words if they are all next. */
  boolean take(String... words) {
    for (int i = 0; i < words.length; i++) {
      if (!tokens.is(at + i, words[i])) {
        return false;
      }
    }
    at += words.length;
    return true;
  }

  boolean takeSymbol(String symbol) {
    if (!tokens.isSymbol(at, symbol)) {
      return false;
    }
    at++;
    return true;
  }

  /** Takes the first of the phrases that is next, if any: words that decide nothing. */
  void skip(String... phrases) {
    for (String phrase : phrases) {
      if (take(phrase.split(" ", -1))) {
        return;
      }
    }
  }

  void skipSymbol(String symbol) {
    if (tokens.isSymbol(at, symbol)) {
      at++;
    }
  }

  void expect(String... words) throws Refusal {
    if (!take(words)) {
      throw unexpected();
    }
  }

  void expectSymbol(String symbol) throws Refusal {
    if (!takeSymbol(symbol)) {
      throw unexpected();
    }
  }

  void expectEnd() throws Refusal {
    if (!atEnd()) {
      throw unexpected();
    }
  }

  String name() throws Refusal {
    if (!tokens.isName(at)) {
      throw unexpected();
    }
    return tokens.text(at++);
  }

  /** A name with an optional schema. */
  Facts.Use qualifiedName() throws Refusal {
    int token = at;
    String first = name();
    if (takeSymbol(".")) {
      return new Facts.Use(Optional.of(first), name(), token);
    }
    return new Facts.Use(Optional.empty(), first, token);
  }

  /** {@code (a, b, c)}. */
  void names() throws Refusal {
    expectSymbol("(");
    do {
      name();
    } while (takeSymbol(","));
    expectSymbol(")");
  }

  boolean takeConstant() {
    if (tokens.isKind(at, Kind.STRING) || tokens.isKind(at, Kind.NUMBER)) {
      at++;
      return true;
    }
    return false;
  }

  /** Passes over a bracketed group; returns the token of its closing bracket. */
  int group() throws Refusal {
    if (!peekSymbol("(")) {
      throw unexpected();
    }
    int depth = 0;
    for (int i = at; i < tokens.size(); i++) {
      if (tokens.isSymbol(i, "(")) {
        depth++;
      } else if (tokens.isSymbol(i, ")")) {
        depth--;
        if (depth == 0) {
          at = i + 1;
          return i;
        }
      }
    }
    throw unexpected();
  }

  Refusal unexpected() {
    String what =
        atEnd() ? "its end" : "'" + tokens.sql().substring(tokens.start(at), tokens.end(at)) + "'";
    return new Refusal(
        "the "
            + tokens.text(0).toUpperCase(java.util.Locale.ROOT)
            + " statement is not understood from "
            + what
            + " on",
        "Use a simpler form of it (see the manual's list).");
  }
}
