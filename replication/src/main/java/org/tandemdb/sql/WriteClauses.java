package org.tandemdb.sql;

/**
 * Finds where a statement writes, in front of it or in the parts of its WITH, and writes the words
 * of those clauses in their places. PostgreSQL reserves few of these words, so that elsewhere each
 * may be a name: they are told by where they stand. What has no place here stays a name, and the
 * parser then rejects it.
 */
final class WriteClauses {
  private final Tokens tokens;
  private final ParserText text;

  private WriteClauses(Tokens tokens, ParserText text) {
    this.tokens = tokens;
    this.text = text;
  }

  static void find(Tokens tokens, ParserText text) throws SqlSyntaxException {
    new WriteClauses(tokens, text).statement();
  }

  private void statement() throws SqlSyntaxException {
    int main = tokens.is(0, "with") ? commonTables() : 0;
    if (main >= 0 && isWrite(main)) {
      if (main > 0) {
        text.mark(0, "@WTH");
      }
      write(main, tokens.size() - 1);
    }
  }

  /** Looks through the parts of a WITH; returns the token after them, or -1. */
  private int commonTables() throws SqlSyntaxException {
    int i = tokens.is(1, "recursive") ? 2 : 1;
    while (tokens.isName(i)) {
      i++;
      if (tokens.isSymbol(i, "(")) {
        i = tokens.closing(i) + 1;
      }
      if (i == 0 || !tokens.is(i, "as")) {
        return -1;
      }
      i++;
      if (tokens.is(i, "not") && tokens.is(i + 1, "materialized")) {
        i += 2;
      } else if (tokens.is(i, "materialized")) {
        i++;
      }
      int close = tokens.isSymbol(i, "(") ? tokens.closing(i) : -1;
      if (close < 0) {
        return -1;
      }
      if (isWrite(i + 1)) {
        text.mark(0, "@WTH");
        write(i + 1, close - 1);
      }
      i = cycle(search(close + 1));
      if (!tokens.isSymbol(i, ",")) {
        return i;
      }
      i++;
    }
    return -1;
  }

  /** {@code SEARCH BREADTH FIRST BY a, b SET c} names columns only. */
  private int search(int i) throws SqlSyntaxException {
    if (!tokens.is(i, "search") || !tokens.is(i + 2, "first") || !tokens.is(i + 3, "by")) {
      return i;
    }
    return namesUpTo(i, "set", 1);
  }

  /** {@code CYCLE a, b SET c [TO v DEFAULT w] USING d}. */
  private int cycle(int i) throws SqlSyntaxException {
    return tokens.is(i, "cycle") && tokens.isName(i + 1) ? namesUpTo(i, "using", 1) : i;
  }

  private int namesUpTo(int first, String word, int more) throws SqlSyntaxException {
    int i = first;
    while (i < tokens.size() && !tokens.is(i, word)) {
      i++;
    }
    if (i + more >= tokens.size()) {
      return first;
    }
    for (int k = first; k <= i + more; k++) {
      if (tokens.isSymbol(k, "(") || tokens.isSymbol(k, ")")) {
        return first;
      }
    }
    for (int k = first; k <= i + more; k++) {
      if (tokens.isName(k)) {
        text.alias(k);
      } else {
        text.blank(k);
      }
    }
    return i + more + 1;
  }

  private boolean isWrite(int i) {
    return (tokens.is(i, "insert") && tokens.is(i + 1, "into"))
        || (tokens.is(i, "merge") && tokens.is(i + 1, "into"))
        || (tokens.is(i, "delete") && tokens.is(i + 1, "from"))
        || (tokens.is(i, "update") && tokens.isName(i + 1));
  }

  private void write(int first, int last) throws SqlSyntaxException {
    String word = tokens.text(first);
    text.mark(first, word);
    switch (word) {
      case "insert" -> conflict(first, last);
      case "update" -> {
        int set = find("set", first + 2, last);
        if (set >= 0) {
          text.mark(set, "set");
        }
        currentOf(first, last);
      }
      case "delete" -> currentOf(first, last);
      default -> merge(first, last);
    }
  }

  /** {@code WHERE CURRENT OF cursor} is a condition like any other. */
  private void currentOf(int first, int last) throws SqlSyntaxException {
    int where = find("where", first, last);
    if (where >= 0
        && tokens.is(where + 1, "current")
        && tokens.is(where + 2, "of")
        && tokens.isName(where + 3)) {
      text.mark(where + 1, "TRUE");
      text.mark(where + 2, "");
      text.alias(where + 3);
    }
  }

  private void conflict(int first, int last) throws SqlSyntaxException {
    int on = -1;
    for (int i = find("on", first, last); i >= 0; i = find("on", i + 1, last)) {
      if (tokens.is(i + 1, "conflict") && !tokens.isSymbol(i + 2, ".")) {
        on = i;
      }
    }
    int action = on < 0 ? -1 : find("do", on, last);
    if (action < 0) {
      return;
    }
    text.mark(on, "@C");
    text.mark(on + 1, "");
    if (tokens.is(on + 2, "on") && tokens.is(on + 3, "constraint") && tokens.isName(on + 4)) {
      text.mark(on + 2, "");
      text.mark(on + 3, "");
      text.alias(on + 4);
    }
    text.mark(action, "");
    action(action + 1);
  }

  private void merge(int first, int last) throws SqlSyntaxException {
    for (int i = find("when", first, last); i >= 0; i = find("when", i + 1, last)) {
      int matched = tokens.is(i + 1, "not") ? i + 2 : i + 1;
      int then = find("then", matched, last);
      if (!tokens.is(matched, "matched") || then < 0) {
        throw new SqlSyntaxException("this MERGE is not understood", tokens.start(i));
      }
      text.mark(i, "@WHN");
      int k = matched + 1;
      if (tokens.is(k, "by") && (tokens.is(k + 1, "source") || tokens.is(k + 1, "target"))) {
        k += 2;
      }
      for (int word = i + 1; word < k; word++) {
        text.mark(word, "");
      }
      if (tokens.is(then + 1, "do")) {
        text.mark(then + 1, "");
        action(then + 2);
      } else {
        action(then + 1);
      }
    }
  }

  /** What is done at a conflict or a match. */
  private void action(int i) throws SqlSyntaxException {
    if (tokens.is(i, "nothing")) {
      text.mark(i, "@NOTHIN");
    } else if (tokens.is(i, "update") && tokens.is(i + 1, "set")) {
      text.mark(i, "@DOUPD");
      text.mark(i + 1, "set");
    } else if (tokens.is(i, "delete")) {
      text.mark(i, "@DODEL");
    } else if (tokens.is(i, "insert")) {
      text.mark(i, "@DOINS");
    }
  }

  /** The first {@code word} outside of brackets and CASE, or -1. */
  private int find(String word, int first, int last) {
    int depth = 0;
    for (int i = first; i <= last; i++) {
      if (tokens.isSymbol(i, "(") || tokens.isSymbol(i, "[") || isCase(i)) {
        depth++;
      } else if (tokens.isSymbol(i, ")") || tokens.isSymbol(i, "]") || tokens.is(i, "end")) {
        depth--;
      } else if (depth == 0 && tokens.is(i, word) && !tokens.isSymbol(i - 1, ".")) {
        return i;
      }
    }
    return -1;
  }

  private boolean isCase(int i) {
    return tokens.is(i, "case") && !tokens.isSymbol(i - 1, ".");
  }
}
