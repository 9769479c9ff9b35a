package org.tandemdb.sql;

import java.util.Set;
import org.tandemdb.sql.Tokens.Kind;

/**
 * The functions of SQL/JSON and SQL/XML, which have key words among their arguments: these become
 * commas, or nothing. Names that are hidden are those that the call itself gives.
 */
final class DocumentForms {
  private static final Set<String> CALLS =
      Set.of(
          "json",
          "json_array",
          "json_arrayagg",
          "json_exists",
          "json_object",
          "json_objectagg",
          "json_query",
          "json_scalar",
          "json_serialize",
          "json_value",
          "xmlattributes",
          "xmlelement",
          "xmlexists",
          "xmlforest",
          "xmlparse",
          "xmlpi",
          "xmlroot",
          "xmlserialize");

  /** Phrases without expressions in them, longest first. */
  private static final String[] PHRASES = {
    "with unique keys",
    "without unique keys",
    "with unique",
    "without unique",
    "null on null",
    "absent on null",
    "with conditional array wrapper",
    "with unconditional array wrapper",
    "with conditional wrapper",
    "with unconditional wrapper",
    "with array wrapper",
    "without array wrapper",
    "with wrapper",
    "without wrapper",
    "keep quotes on scalar string",
    "omit quotes on scalar string",
    "keep quotes",
    "omit quotes",
    "empty array on empty",
    "empty array on error",
    "empty object on empty",
    "empty object on error",
    "null on empty",
    "null on error",
    "error on empty",
    "error on error",
    "true on error",
    "false on error",
    "unknown on error",
    "on empty",
    "on error",
    "format json encoding utf8",
    "format json",
    "by value",
    "by ref",
    "preserve whitespace",
    "strip whitespace"
  };

  private final Tokens tokens;
  private final ParserText text;

  DocumentForms(Tokens tokens, ParserText text) {
    this.tokens = tokens;
    this.text = text;
  }

  /** Writes what stands between the arguments of the call at {@code i}, if it is one of these. */
  void write(int i) throws SqlSyntaxException {
    if (!CALLS.contains(tokens.text(i)) || !tokens.isSymbol(i + 1, "(")) {
      return;
    }
    int close = tokens.closing(i + 1);
    int depth = 0;
    for (int k = i + 2; k < close; k++) {
      if (tokens.isSymbol(k, "(") || tokens.isSymbol(k, "[")) {
        depth++;
      } else if (tokens.isSymbol(k, ")") || tokens.isSymbol(k, "]")) {
        depth--;
      } else if (depth == 0 && !text.isKeyword(k)) {
        k = argument(i, k) - 1;
      }
    }
  }

  /** Returns the token to go on with, above {@code k}. */
  private int argument(int call, int k) throws SqlSyntaxException {
    boolean first = k == call + 2;
    if (tokens.isSymbol(k, ":")) {
      text.mark(k, ",");
      return k + 1;
    }
    if (!tokens.isKind(k, Kind.WORD) || tokens.isSymbol(k - 1, ".")) {
      return k + 1;
    }
    int phrase = first ? k : phrase(k);
    if (phrase > k) {
      return phrase;
    }
    boolean begins = first || tokens.isSymbol(k - 1, ",");
    switch (tokens.text(k)) {
      case "value", "passing", "default" -> {
        if (!begins && !tokens.isSymbol(k - 1, ":")) {
          text.mark(k, ",");
        }
      }
      case "returning" -> {
        return begins ? k + 1 : type(k);
      }
      case "as" -> {
        if (tokens.is(call, "xmlserialize")) {
          return type(k);
        }
        if (tokens.isName(k + 1)) {
          text.blank(k);
          text.alias(k + 1);
          return k + 2;
        }
      }
      case "name" -> {
        if (first && tokens.isName(k + 1)) {
          text.blank(k);
          // An argument must stand there.
          text.mark(k, "1");
          text.alias(k + 1);
          return k + 2;
        }
      }
      case "document", "content" -> {
        if (first && !tokens.isSymbol(k + 1, ",") && !tokens.isSymbol(k + 1, ")")) {
          text.blank(k);
        }
      }
      case "version", "standalone" -> {
        return root(call, k);
      }
      default -> {}
    }
    return k + 1;
  }

  private int phrase(int k) {
    for (String phrase : PHRASES) {
      String[] words = phrase.split(" ", -1);
      int n = 0;
      while (n < words.length && tokens.is(k + n, words[n])) {
        n++;
      }
      if (n == words.length) {
        for (int word = k; word < k + n; word++) {
          text.blank(word);
        }
        return k + n;
      }
    }
    return k;
  }

  private int type(int k) throws SqlSyntaxException {
    TypeSyntax.Parsed type = TypeSyntax.parse(tokens, k + 1);
    if (type == null) {
      return k + 1;
    }
    text.blank(k);
    text.blankType(k + 1, type);
    return type.next();
  }

  /** {@code version '1.0'}, {@code version no value}, {@code standalone yes}, and so on. */
  private int root(int call, int k) throws SqlSyntaxException {
    if (!tokens.is(call, "xmlroot")) {
      return k + 1;
    }
    if (tokens.is(k, "version") && !tokens.is(k + 1, "no")) {
      text.blank(k);
      return k + 1;
    }
    text.mark(k, "1");
    int next = k + 1;
    while (tokens.is(next, "yes") || tokens.is(next, "no") || tokens.is(next, "value")) {
      text.blank(next);
      next++;
    }
    return next;
  }
}
