package org.tandemdb.sql;

import java.util.Set;
import org.tandemdb.sql.Tokens.Kind;

/**
 * Forms of PostgreSQL's queries that the parser does not have, written as others that hold the same
 * names and expressions in the same order: nothing that could be a function, a column or a relation
 * is hidden from the parser, only words that decide nothing.
 */
final class QueryForms {
  private static final Set<String> QUANTIFIERS = Set.of("any", "all", "some");
  private static final Set<String> JSON_KINDS = Set.of("value", "array", "object", "scalar");
  private static final Set<String> NORMAL_FORMS = Set.of("nfc", "nfd", "nfkc", "nfkd");
  private static final Set<String> SAMPLES = Set.of("system", "bernoulli");
  private static final Set<String> INFIX_BEFORE = Set.of("+", "-", "*", "/", "<", ">", "=", "%");

  private final Tokens tokens;
  private final ParserText text;
  private final DocumentForms documents;

  QueryForms(Tokens tokens, ParserText text) {
    this.tokens = tokens;
    this.text = text;
    this.documents = new DocumentForms(tokens, text);
  }

  /** Writes the form that begins at {@code i}; returns the token after it, or {@code i}. */
  int write(int i) throws SqlSyntaxException {
    return switch (tokens.kind(i)) {
      case WORD -> tokens.isSymbol(i - 1, ".") ? i : word(i);
      case OPERATOR -> operator(i);
      case PUNCTUATION -> punctuation(i);
      case QUOTED, STRING, NUMBER, PARAMETER -> i;
    };
  }

  private int word(int i) throws SqlSyntaxException {
    documents.write(i);
    switch (tokens.text(i)) {
      case "row" -> {
        // A function's call in the parser's eyes, which has rows in few places only.
        return tokens.isSymbol(i + 1, "(") ? likeCall(i) : i;
      }
      case "rows" -> {
        if (tokens.is(i + 1, "from") && tokens.isSymbol(i + 2, "(")) {
          likeCall(i);
          text.blank(i + 1);
          return i + 2;
        }
        return i;
      }
      case "lateral" -> {
        return tokens.isSymbol(i + 1, "(") ? i : blank(i, 1);
      }
      case "variadic" -> {
        return blank(i, 1);
      }
      case "with" -> {
        return with(i);
      }
      case "distinct", "all" -> {
        return tokens.is(i - 1, "by") && tokens.is(i - 2, "group") ? blank(i, 1) : i;
      }
      case "tablesample" -> {
        return sample(i);
      }
      case "fetch" -> {
        return fetch(i);
      }
      case "limit" -> {
        if (tokens.is(i + 1, "null")) {
          text.mark(i, "LIMIT");
          text.mark(i + 1, "1");
          return i + 2;
        }
        return i;
      }
      case "groups" -> {
        if (tokens.is(i + 1, "between")
            || tokens.is(i + 1, "unbounded")
            || tokens.is(i + 2, "preceding")) {
          text.mark(i, "ROWS");
          return i + 1;
        }
        return i;
      }
      case "exclude" -> {
        return exclude(i);
      }
      case "uescape" -> {
        return tokens.isKind(i - 1, Kind.STRING) && tokens.isKind(i + 1, Kind.STRING)
            ? blank(i, 2)
            : i;
      }
      case "operator" -> {
        return namedOperator(i);
      }
      case "at" -> {
        if (tokens.is(i + 1, "local")) {
          text.mark(i, "||");
          text.mark(i + 1, "' '");
          return i + 2;
        }
        return i;
      }
      case "not" -> {
        if (isQuantifiedLike(i + 1)) {
          text.mark(i, "<>");
          text.blank(i + 1);
          return i + 2;
        }
        return i;
      }
      case "like", "ilike" -> {
        if (isQuantifiedLike(i)) {
          text.mark(i, "=");
          return i + 1;
        }
        return i;
      }
      case "is" -> {
        return is(i);
      }
      case "where" -> {
        return where(i);
      }
      case "using" -> {
        return using(i);
      }
      case "as" -> {
        return definitions(i);
      }
      case "default" -> {
        return defaultInRow(i);
      }
      default -> {
        return i;
      }
    }
  }

  private int likeCall(int i) {
    text.call(i);
    return i + 1;
  }

  private int blank(int i, int count) {
    for (int k = i; k < i + count; k++) {
      text.blank(k);
    }
    return i + count;
  }

  private int with(int i) throws SqlSyntaxException {
    if (tokens.is(i + 1, "ordinality")) {
      return blank(i, 2);
    }
    if (tokens.is(i + 1, "ties")) {
      text.mark(i, "ONLY");
      text.blank(i + 1);
      return i + 2;
    }
    return i;
  }

  /** {@code TABLESAMPLE SYSTEM (10) REPEATABLE (5)}, with plain numbers. */
  private int sample(int i) {
    boolean known =
        tokens.isKind(i + 1, Kind.WORD)
            && SAMPLES.contains(tokens.text(i + 1))
            && isNumberInBrackets(i + 2);
    if (!known) {
      return i;
    }
    boolean repeatable = tokens.is(i + 5, "repeatable") && isNumberInBrackets(i + 6);
    return blank(i, repeatable ? 9 : 5);
  }

  private boolean isNumberInBrackets(int i) {
    return tokens.isSymbol(i, "(")
        && (tokens.isKind(i + 1, Kind.NUMBER) || tokens.isKind(i + 1, Kind.PARAMETER))
        && tokens.isSymbol(i + 2, ")");
  }

  /** FETCH FIRST ROW ONLY has no number for the parser. */
  private int fetch(int i) {
    boolean first = tokens.is(i + 1, "first") || tokens.is(i + 1, "next");
    boolean row = tokens.is(i + 2, "row") || tokens.is(i + 2, "rows");
    if (!first || !row) {
      return i;
    }
    return blank(i, tokens.is(i + 3, "with") ? 5 : 4);
  }

  private int exclude(int i) {
    if ((tokens.is(i + 1, "current") && tokens.is(i + 2, "row"))
        || (tokens.is(i + 1, "no") && tokens.is(i + 2, "others"))) {
      return blank(i, 3);
    }
    boolean frame =
        (tokens.is(i + 1, "ties") || tokens.is(i + 1, "group")) && tokens.isSymbol(i + 2, ")");
    return frame ? blank(i, 2) : i;
  }

  /** {@code OPERATOR(pg_catalog.+)}. */
  private int namedOperator(int i) throws SqlSyntaxException {
    boolean known =
        tokens.isSymbol(i + 1, "(")
            && tokens.is(i + 2, "pg_catalog")
            && tokens.isSymbol(i + 3, ".")
            && tokens.isKind(i + 4, Kind.OPERATOR)
            && tokens.isSymbol(i + 5, ")");
    if (!known) {
      return i;
    }
    blank(i, 6);
    text.mark(i, "||");
    return i + 6;
  }

  private boolean isQuantifiedLike(int i) {
    return (tokens.is(i, "like") || tokens.is(i, "ilike"))
        && tokens.isKind(i + 1, Kind.WORD)
        && QUANTIFIERS.contains(tokens.text(i + 1))
        && tokens.isSymbol(i + 2, "(");
  }

  /** IS JSON, IS DOCUMENT, IS NORMALIZED, and IS NOT ...: tests of a value, like IS NULL. */
  private int is(int i) throws SqlSyntaxException {
    int k = tokens.is(i + 1, "not") ? i + 2 : i + 1;
    int test = k;
    int next;
    if (tokens.is(k, "json")) {
      next = k + 1;
      if (tokens.isKind(next, Kind.WORD) && JSON_KINDS.contains(tokens.text(next))) {
        next++;
      }
      if ((tokens.is(next, "with") || tokens.is(next, "without"))
          && tokens.is(next + 1, "unique")) {
        next += tokens.is(next + 2, "keys") ? 3 : 2;
      }
    } else if (tokens.is(k, "document") || tokens.is(k, "normalized")) {
      next = k + 1;
    } else if (tokens.isKind(k, Kind.WORD)
        && NORMAL_FORMS.contains(tokens.text(k))
        && tokens.is(k + 1, "normalized")) {
      test = k + 1;
      next = k + 2;
    } else {
      return i;
    }
    blank(i, next - i);
    text.mark(i, "IS");
    if (k == i + 2) {
      text.mark(i + 1, "NOT");
    }
    text.mark(test, "NULL");
    return next;
  }

  /** {@code SELECT 1 WHERE x}: without FROM the condition stands like one more column. */
  private int where(int i) throws SqlSyntaxException {
    int depth = 0;
    for (int k = i - 1; k >= 0; k--) {
      if (tokens.isSymbol(k, ")") || tokens.isSymbol(k, "]")) {
        depth++;
      } else if (tokens.isSymbol(k, "(") || tokens.isSymbol(k, "[")) {
        depth--;
        if (depth < 0) {
          return i;
        }
      } else if (depth == 0 && tokens.isKind(k, Kind.WORD) && !tokens.isSymbol(k - 1, ".")) {
        switch (tokens.text(k)) {
          case "select" -> {
            if (k == i - 1) {
              return i;
            }
            text.mark(i, ",");
            return i + 1;
          }
          case "from" -> {
            if (!tokens.is(k - 1, "distinct")) {
              return i;
            }
          }
          case "set", "conflict", "using", "delete", "values" -> {
            return i;
          }
          default -> {}
        }
      }
    }
    return i;
  }

  /** {@code USING (a, b) AS j}, and ORDER BY ... USING operator. */
  private int using(int i) throws SqlSyntaxException {
    if (tokens.isKind(i + 1, Kind.OPERATOR)) {
      return blank(i, 2);
    }
    boolean columns = tokens.isSymbol(i + 1, "(") && !Facts.isQueryWord(tokens, i + 2);
    int close = columns ? tokens.closing(i + 1) : -1;
    if (close > 0 && tokens.is(close + 1, "as") && tokens.isName(close + 2)) {
      text.blank(close + 1);
      text.alias(close + 2);
    }
    return i;
  }

  /** {@code AS t(a int, b text)} gives types, which the parser does not expect. */
  private int definitions(int i) throws SqlSyntaxException {
    boolean defined =
        tokens.isSymbol(i - 1, ")")
            && tokens.isName(i + 1)
            && tokens.isSymbol(i + 2, "(")
            && tokens.isName(i + 3)
            && tokens.isName(i + 4);
    if (!defined) {
      return i;
    }
    int close = tokens.closing(i + 2);
    int k = i + 3;
    while (k < close) {
      TypeSyntax.Parsed type = TypeSyntax.parse(tokens, k + 1);
      if (type == null || !tokens.isName(k)) {
        return i;
      }
      text.blankType(k + 1, type);
      k = type.next() + (tokens.isSymbol(type.next(), ",") ? 1 : 0);
    }
    return i;
  }

  /** DEFAULT in a row that is SET. */
  private int defaultInRow(int i) throws SqlSyntaxException {
    if (!tokens.isSymbol(i - 1, "(") && !tokens.isSymbol(i - 1, ",")) {
      return i;
    }
    int open = i;
    int depth = 0;
    while (open >= 0 && depth >= 0) {
      open--;
      if (tokens.isSymbol(open, ")")) {
        depth++;
      } else if (tokens.isSymbol(open, "(")) {
        depth--;
      }
    }
    if (tokens.isSymbol(open - 1, "=")
        || (tokens.is(open - 1, "row") && tokens.isSymbol(open - 2, "="))) {
      text.mark(i, "NULL");
      return i + 1;
    }
    return i;
  }

  /** Operators that stand before their only operand. */
  private int operator(int i) throws SqlSyntaxException {
    String op = tokens.text(i);
    if (op.equals("*") && tokens.isSymbol(i - 1, ".") && isArgument(i)) {
      // The row's columns as arguments: like one column.
      text.column(i);
      return i + 1;
    }
    if (op.equals("*") && isDescendants(i)) {
      return blank(i, 1);
    }
    boolean sign = op.equals("+") || op.equals("-") || op.equals("*");
    if (!sign && isPrefixPlace(i)) {
      return blank(i, 1);
    }
    return i;
  }

  /** {@code FROM films *}: with those that inherit from it, as always. */
  private boolean isDescendants(int i) {
    boolean table =
        tokens.isName(i - 1)
            && (tokens.is(i - 2, "from") || tokens.is(i - 2, "update") || tokens.is(i - 2, "join"));
    boolean ends =
        i + 1 == tokens.size()
            || tokens.is(i + 1, "where")
            || tokens.is(i + 1, "set")
            || tokens.is(i + 1, "as")
            || tokens.is(i + 1, "order");
    return table && ends;
  }

  private boolean isPrefixPlace(int i) {
    if (i == 0) {
      return true;
    }
    return switch (tokens.kind(i - 1)) {
      case PUNCTUATION ->
          tokens.isSymbol(i - 1, "(") || tokens.isSymbol(i - 1, "[") || tokens.isSymbol(i - 1, ",");
      case OPERATOR -> !(tokens.text(i - 1).equals("*") && !isInfix(i - 1));
      case WORD -> text.isKeyword(i - 1) && !tokens.is(i - 1, "null") && !tokens.is(i - 1, "end");
      case QUOTED, STRING, NUMBER, PARAMETER -> false;
    };
  }

  private boolean isInfix(int i) {
    return INFIX_BEFORE.contains(tokens.text(i)) && !tokens.isSymbol(i - 1, ".");
  }

  /** True inside of the brackets of a function's call. */
  private boolean isArgument(int i) {
    int depth = 0;
    for (int k = i - 1; k > 0; k--) {
      if (tokens.isSymbol(k, ")")) {
        depth++;
      } else if (tokens.isSymbol(k, "(") && depth-- == 0) {
        return tokens.isName(k - 1)
            && !text.isKeyword(k - 1)
            && !tokens.is(k + 1, "select")
            && !tokens.is(k + 1, "with");
      } else if (depth == 0 && tokens.is(k, "select")) {
        return false;
      }
    }
    return false;
  }

  private int punctuation(int i) throws SqlSyntaxException {
    switch (tokens.text(i)) {
      case ":=" -> {
        text.mark(i, "=>");
        return i + 1;
      }
      case ":" -> {
        return slice(i);
      }
      case "[" -> {
        if (tokens.isSymbol(i - 1, "[") || tokens.isSymbol(i - 1, ",")) {
          // ARRAY[[1, 2], [3, 4]]
          int close = tokens.closing(i);
          if (close > i + 1) {
            text.blank(i);
            text.blank(close);
            return i + 1;
          }
        }
        return i;
      }
      case "(" -> {
        return joined(i);
      }
      default -> {
        return i;
      }
    }
  }

  /** {@code a[1:2]}, {@code a[:2]}, {@code a[1:]}, {@code a[:]}. */
  private int slice(int i) throws SqlSyntaxException {
    int open = i;
    int depth = 0;
    while (open >= 0 && depth >= 0) {
      open--;
      if (tokens.isSymbol(open, "]") || tokens.isSymbol(open, ")")) {
        depth++;
      } else if (tokens.isSymbol(open, "[") || tokens.isSymbol(open, "(")) {
        depth--;
      }
    }
    if (!tokens.isSymbol(open, "[")) {
      return i;
    }
    boolean upper = !tokens.isSymbol(i + 1, "]");
    boolean lower = open != i - 1;
    text.mark(i, upper ? (lower ? "+" : "") : (lower ? "" : "1"));
    return i + 1;
  }

  /** {@code FROM (a JOIN b ...) AS x}: the name decides nothing. */
  private int joined(int i) {
    boolean place =
        tokens.is(i - 1, "from") || tokens.is(i - 1, "join") || tokens.isSymbol(i - 1, ",");
    if (!place || !tokens.isName(i + 1) || Facts.isQueryWord(tokens, i + 1)) {
      return i;
    }
    int close = tokens.closing(i);
    boolean joins = false;
    for (int k = i; k < close; k++) {
      joins |= tokens.is(k, "join");
    }
    if (joins && tokens.is(close + 1, "as") && tokens.isName(close + 2)) {
      text.blank(close + 1);
      text.alias(close + 2);
    }
    return i;
  }
}
