package org.tandemdb.sql;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.tandemdb.sql.Tokens.Kind;

/**
 * The text that the parser gets: as long as the source, so that a node's column is the offset of a
 * token, but with everything made plain that PostgreSQL and the parser write differently. Names
 * become {@code qqq} (the parser's reserved words never bite), within their quotes where they have
 * some, strings {@code ' '}, parameters {@code ?}, comments blanks, types one word, operators one
 * of like precedence. What each name was is in the tokens; the parser finds the structure only.
 */
final class ParserText {

  /** PostgreSQL's reserved words: no unquoted name can be one, except after AS or a dot. */
  private static final Set<String> RESERVED =
      Set.of(
          "all",
          "and",
          "any",
          "array",
          "as",
          "asc",
          "asymmetric",
          "both",
          "case",
          "cast",
          "collate",
          "cross",
          "default",
          "desc",
          "distinct",
          "do",
          "else",
          "end",
          "except",
          "false",
          "fetch",
          "for",
          "from",
          "full",
          "grant",
          "group",
          "having",
          "ilike",
          "in",
          "inner",
          "intersect",
          "into",
          "is",
          "join",
          "lateral",
          "leading",
          "left",
          "like",
          "limit",
          "natural",
          "not",
          "null",
          "offset",
          "on",
          "only",
          "or",
          "order",
          "outer",
          "returning",
          "right",
          "select",
          "similar",
          "some",
          "symmetric",
          "table",
          "then",
          "to",
          "trailing",
          "true",
          "union",
          "unique",
          "using",
          "when",
          "where",
          "window",
          "with",
          "analyse",
          "analyze",
          "check",
          "column",
          "constraint",
          "create",
          "deferrable",
          "foreign",
          "initially",
          "placing",
          "primary",
          "references",
          "variadic",
          "authorization",
          "binary",
          "collation",
          "concurrently",
          "freeze",
          "isnull",
          "notnull",
          "overlaps",
          "tablesample",
          "verbose");

  /** Functions with key words between their arguments. */
  private static final Set<String> KEYWORD_ARGUMENTS =
      Set.of("extract", "substring", "trim", "position", "overlay");

  private static final Set<String> INTERVAL_FIELDS =
      Set.of("year", "month", "day", "hour", "minute", "second", "to");

  private static final Set<String> FRAME_STARTS = Set.of("between", "unbounded", "current");

  private final Tokens tokens;
  private final QueryForms forms;
  private final char[] text;
  private final Role[] roles;

  /** For the first token of a type (of a cast or a typed literal): its canonical name. */
  private final Map<Integer, String> types = new HashMap<>();

  private boolean locking;
  private boolean overriding;

  private ParserText(Tokens tokens) {
    this.tokens = tokens;
    this.forms = new QueryForms(tokens, this);
    this.text = new char[tokens.sql().length()];
    this.roles = new Role[tokens.size()];
    Arrays.fill(text, ' ');
    Arrays.fill(roles, Role.NONE);
  }

  static ParserText of(Tokens tokens) throws SqlSyntaxException {
    ParserText result = new ParserText(tokens);
    WriteClauses.find(tokens, result);
    for (int i = 0; i < tokens.size(); ) {
      i = result.token(i);
    }
    return result;
  }

  String text() {
    return new String(text);
  }

  /** Roles found so far; the parse adds the rest. */
  Role[] roles() {
    return roles;
  }

  Map<Integer, String> types() {
    return types;
  }

  /** A locking clause stands somewhere in the statement. */
  boolean locking() {
    return locking;
  }

  /** OVERRIDING stands in an INSERT. */
  boolean overriding() {
    return overriding;
  }

  /** Writes token {@code i}, or several; returns the next one to write. */
  private int token(int i) throws SqlSyntaxException {
    if (roles[i] != Role.NONE) {
      return i + 1;
    }
    int form = forms.write(i);
    if (form > i) {
      return form;
    }
    return switch (tokens.kind(i)) {
      case STRING -> {
        if (tokens.isKind(i + 1, Kind.STRING)) {
          throw new SqlSyntaxException("two strings in a row", tokens.start(i + 1));
        }
        fillString(i, i);
        yield i + 1;
      }
      case NUMBER -> {
        text[tokens.start(i)] = '1';
        yield i + 1;
      }
      case PARAMETER -> {
        text[tokens.start(i)] = '?';
        yield i + 1;
      }
      case OPERATOR -> {
        operator(i);
        yield i + 1;
      }
      case PUNCTUATION -> punctuation(i);
      case QUOTED -> name(i);
      case WORD -> word(i);
    };
  }

  private void operator(int i) throws SqlSyntaxException {
    String op = tokens.text(i);
    String like =
        switch (op) {
          case "=", "<", ">", "<=", ">=", "<>", "+", "-", "*", "/" -> op;
          case "!=" -> "<>";
          case "%", "^" -> "*";
          default -> op.length() == 1 ? "+" : "||";
        };
    put(i, like);
  }

  private int punctuation(int i) throws SqlSyntaxException {
    String symbol = tokens.text(i);
    switch (symbol) {
      case "(", ")", "[", "]", ",", ".", "=>" -> put(i, symbol);
      case "::" -> {
        put(i, symbol);
        return type(i + 1);
      }
      default ->
          throw new SqlSyntaxException("'" + symbol + "' is not understood", tokens.start(i));
    }
    return i + 1;
  }

  private int name(int i) throws SqlSyntaxException {
    if (tokens.isKind(i + 1, Kind.STRING)) {
      throw new SqlSyntaxException("a type before a string is not a built-in one", tokens.start(i));
    }
    fill(i, i, 'q');
    if (tokens.isKind(i, Kind.QUOTED)) {
      // No blank need be beside a quote: SELECT "a"FROM t.
      text[tokens.start(i)] = '"';
      text[tokens.end(i) - 1] = '"';
    }
    if (tokens.isSymbol(i + 1, "(")) {
      argumentOrder(i + 1);
    }
    return i + 1;
  }

  private int word(int i) throws SqlSyntaxException {
    String word = tokens.text(i);
    boolean afterDot = tokens.isSymbol(i - 1, ".");
    if (!afterDot && !tokens.is(i - 1, "as")) {
      int next = keyword(i, word);
      if (next > i) {
        return next;
      }
    } else if (tokens.is(i - 1, "as") && tokens.isSymbol(i + 1, "(") && !afterDot) {
      // WITH x AS MATERIALIZED (...): decides nothing here.
      if (word.equals("materialized")) {
        roles[i] = Role.KEYWORD;
        return i + 1;
      }
    } else if (word.equals("not") && tokens.is(i + 1, "materialized") && !afterDot) {
      roles[i] = Role.KEYWORD;
      roles[i + 1] = Role.KEYWORD;
      return i + 2;
    }
    if (!afterDot) {
      int literal = typedLiteral(i);
      if (literal > i) {
        return literal;
      }
    }
    return name(i);
  }

  /** Writes a key word in its place; returns {@code i} if the word is a name here. */
  private int keyword(int i, String word) throws SqlSyntaxException {
    if (word.equals("for") && lockingClause(i)) {
      locking = true;
      return skipLockingClause(i);
    }
    if (Builtins.CONTEXT_WORDS.contains(word)) {
      fill(i, i, 'q');
      roles[i] = Role.CONTEXT;
      return i + 1;
    }
    switch (word) {
      case "returning" -> {
        mark(i, "@RETURN");
        return oldAndNew(i + 1);
      }
      case "collate" -> {
        return collation(i);
      }
      case "only" -> {
        roles[i] = Role.KEYWORD;
        if (tokens.is(i - 1, "row") || tokens.is(i - 1, "rows")) {
          put(i, "ONLY");
        }
        return i + 1;
      }
      case "cast" -> castType(i);
      case "distinct" -> {
        if (tokens.is(i + 1, "on")) {
          return distinctOn(i);
        }
      }
      case "at" -> {
        if (tokens.is(i + 1, "time") && tokens.is(i + 2, "zone")) {
          Arrays.fill(roles, i, i + 3, Role.KEYWORD);
          put(i, "||");
          return i + 3;
        }
      }
      case "overriding" -> {
        if ((tokens.is(i + 1, "system") || tokens.is(i + 1, "user")) && tokens.is(i + 2, "value")) {
          overriding = true;
          Arrays.fill(roles, i, i + 3, Role.KEYWORD);
          return i + 3;
        }
      }
      default -> {
        if (KEYWORD_ARGUMENTS.contains(word) && tokens.isSymbol(i + 1, "(")) {
          keywordArguments(i + 1);
          return i;
        }
      }
    }
    if (RESERVED.contains(word) || isKeywordHere(i, word)) {
      if (roles[i] == Role.KEYWORD) {
        return i + 1;
      }
      roles[i] = Role.KEYWORD;
      put(i, word);
      return i + 1;
    }
    return i;
  }

  /** Words that PostgreSQL reserves in some places only. */
  private boolean isKeywordHere(int i, String word) {
    return switch (word) {
      case "by" ->
          tokens.is(i - 1, "group") || tokens.is(i - 1, "order") || tokens.is(i - 1, "partition");
      case "between", "escape" -> i > 0;
      case "exists" -> tokens.isSymbol(i + 1, "(");
      case "row" ->
          tokens.isSymbol(i + 1, "(")
              || tokens.is(i + 1, "only")
              || tokens.is(i - 1, "current")
              || tokens.is(i - 2, "offset");
      case "values" -> tokens.isSymbol(i + 1, "(") || tokens.is(i - 1, "default");
      case "first", "next" -> tokens.is(i - 1, "fetch") || tokens.is(i - 1, "nulls");
      case "last" -> tokens.is(i - 1, "nulls");
      case "nulls" -> tokens.is(i + 1, "first") || tokens.is(i + 1, "last");
      case "rows" ->
          frame(i)
              || tokens.is(i + 1, "only")
              || tokens.is(i - 2, "offset")
              || tokens.is(i + 2, "ties");
      case "range" -> frame(i);
      case "preceding", "following" ->
          tokens.is(i - 1, "unbounded")
              || tokens.isKind(i - 1, Kind.NUMBER)
              || tokens.isKind(i - 1, Kind.PARAMETER)
              || tokens.isKind(i - 1, Kind.STRING);
      case "unbounded" -> tokens.is(i + 1, "preceding") || tokens.is(i + 1, "following");
      case "current" -> tokens.is(i + 1, "row");
      case "filter", "over" -> tokens.isSymbol(i - 1, ")");
      case "partition" -> tokens.is(i + 1, "by");
      case "within" -> tokens.is(i + 1, "group");
      case "rollup", "cube" -> tokens.isSymbol(i + 1, "(");
      case "grouping" -> tokens.is(i + 1, "sets");
      case "sets" -> tokens.is(i - 1, "grouping");
      case "unknown" -> tokens.is(i - 1, "is") || tokens.is(i - 1, "not");
      case "recursive" -> tokens.is(i - 1, "with");
      default -> false;
    };
  }

  private boolean frame(int i) {
    return (tokens.isKind(i + 1, Kind.WORD) && FRAME_STARTS.contains(tokens.text(i + 1)))
        || ((tokens.isKind(i + 1, Kind.NUMBER) || tokens.isKind(i + 1, Kind.PARAMETER))
            && tokens.is(i + 2, "preceding"));
  }

  private boolean lockingClause(int i) {
    return tokens.is(i + 1, "update")
        || tokens.is(i + 1, "share")
        || (tokens.is(i + 1, "no") && tokens.is(i + 2, "key") && tokens.is(i + 3, "update"))
        || (tokens.is(i + 1, "key") && tokens.is(i + 2, "share"));
  }

  private int skipLockingClause(int i) {
    int k = i + 1;
    while (!tokens.is(k, "update") && !tokens.is(k, "share")) {
      roles[k++] = Role.KEYWORD;
    }
    roles[i] = Role.KEYWORD;
    roles[k++] = Role.KEYWORD;
    if (tokens.is(k, "of")) {
      roles[k++] = Role.KEYWORD;
      while (tokens.isName(k) || tokens.isSymbol(k, ",") || tokens.isSymbol(k, ".")) {
        if (tokens.is(k, "nowait")
            || tokens.is(k, "skip")
            || tokens.is(k, "for")
            || tokens.is(k, "limit")
            || tokens.is(k, "offset")
            || tokens.is(k, "fetch")) {
          break;
        }
        roles[k] = tokens.isName(k) ? Role.ALIAS : Role.NONE;
        k++;
      }
    }
    if (tokens.is(k, "nowait")) {
      roles[k++] = Role.KEYWORD;
    } else if (tokens.is(k, "skip") && tokens.is(k + 1, "locked")) {
      roles[k++] = Role.KEYWORD;
      roles[k++] = Role.KEYWORD;
    }
    return k;
  }

  /** {@code WITH (OLD AS o, NEW AS n)} of RETURNING gives names. */
  private int oldAndNew(int i) {
    if (!tokens.is(i, "with") || !tokens.isSymbol(i + 1, "(")) {
      return i;
    }
    int close = i + 2;
    while (tokens.isName(close) || tokens.isSymbol(close, ",")) {
      close++;
    }
    if (!tokens.isSymbol(close, ")")) {
      return i;
    }
    for (int k = i; k <= close; k++) {
      roles[k] = tokens.isName(k) ? Role.ALIAS : Role.KEYWORD;
    }
    return close + 1;
  }

  private int collation(int i) throws SqlSyntaxException {
    roles[i] = Role.KEYWORD;
    int k = i + 1;
    while (tokens.isName(k) && tokens.isSymbol(k + 1, ".")) {
      roles[k] = Role.QUALIFIER;
      k += 2;
    }
    if (!tokens.isName(k)) {
      throw new SqlSyntaxException("COLLATE without a collation", tokens.start(i));
    }
    roles[k] = Role.TYPE;
    return k + 1;
  }

  /** {@code DISTINCT ON (a, b) c}: the list becomes a first item of the select list. */
  private int distinctOn(int i) throws SqlSyntaxException {
    int close = tokens.closing(i + 2);
    if (!tokens.isSymbol(i + 2, "(")
        || close < 0
        || close + 1 >= tokens.size()
        || tokens.end(close) == tokens.start(close + 1)) {
      throw new SqlSyntaxException("this form of DISTINCT ON is not understood", tokens.start(i));
    }
    roles[i] = Role.KEYWORD;
    roles[i + 1] = Role.KEYWORD;
    text[tokens.end(close)] = ',';
    return i + 2;
  }

  /** Commas for the key words of {@code substring(a FROM b FOR c)} and its like. */
  private void keywordArguments(int open) throws SqlSyntaxException {
    int close = tokens.closing(open);
    int depth = 0;
    for (int k = open; k < close; k++) {
      if (tokens.isSymbol(k, "(") || tokens.isSymbol(k, "[")) {
        depth++;
      } else if (tokens.isSymbol(k, ")") || tokens.isSymbol(k, "]")) {
        depth--;
      } else if (depth == 1 && tokens.isKind(k, Kind.WORD)) {
        switch (tokens.text(k)) {
          case "from", "for", "in", "placing", "similar", "escape" -> {
            roles[k] = Role.KEYWORD;
            if (k > open + 1 && !(k == open + 2 && roles[open + 1] == Role.KEYWORD)) {
              text[tokens.start(k)] = ',';
            }
          }
          case "both", "leading", "trailing" -> roles[k] = Role.KEYWORD;
          default -> {}
        }
      }
    }
  }

  /** {@code array_agg(a ORDER BY b DESC)}: what it sorts by becomes another argument. */
  private void argumentOrder(int open) {
    int close = tokens.closing(open);
    int depth = 0;
    boolean ordered = false;
    if (tokens.is(open + 1, "select")
        || tokens.is(open + 1, "with")
        || tokens.is(open + 1, "values")) {
      return;
    }
    for (int k = open; k < close; k++) {
      if (tokens.isSymbol(k, "(") || tokens.isSymbol(k, "[")) {
        depth++;
      } else if (tokens.isSymbol(k, ")") || tokens.isSymbol(k, "]")) {
        depth--;
      } else if (depth == 1 && tokens.is(k, "order") && tokens.is(k + 1, "by") && k > open + 1) {
        ordered = true;
        text[tokens.start(k)] = ',';
        roles[k] = Role.KEYWORD;
        roles[k + 1] = Role.KEYWORD;
      } else if (depth == 1 && ordered && tokens.isKind(k, Kind.WORD)) {
        switch (tokens.text(k)) {
          case "asc", "desc" -> roles[k] = Role.KEYWORD;
          case "nulls" -> {
            if (tokens.is(k + 1, "first") || tokens.is(k + 1, "last")) {
              roles[k] = Role.KEYWORD;
              roles[k + 1] = Role.KEYWORD;
            }
          }
          default -> {}
        }
      }
    }
  }

  /** Marks the type of {@code CAST(x AS type)}, so that it is written when it is reached. */
  private void castType(int i) throws SqlSyntaxException {
    int close = tokens.isSymbol(i + 1, "(") ? tokens.closing(i + 1) : -1;
    int depth = 0;
    int as = -1;
    for (int k = i + 1; k < close; k++) {
      if (tokens.isSymbol(k, "(") || tokens.isSymbol(k, "[")) {
        depth++;
      } else if (tokens.isSymbol(k, ")") || tokens.isSymbol(k, "]")) {
        depth--;
      } else if (depth == 1 && tokens.is(k, "as")) {
        as = k;
      }
    }
    if (as < 0 || type(as + 1) != close) {
      throw new SqlSyntaxException("this CAST is not understood", tokens.start(i));
    }
  }

  /** Writes the type at {@code i} as one word; returns the token after it. */
  private int type(int i) throws SqlSyntaxException {
    TypeSyntax.Parsed parsed = TypeSyntax.parse(tokens, i);
    if (parsed == null) {
      throw new SqlSyntaxException(
          "a type is expected", tokens.start(Math.min(i, tokens.size() - 1)));
    }
    types.put(i, parsed.name());
    Arrays.fill(roles, i, parsed.next(), Role.TYPE);
    fill(i, parsed.next() - 1, 'q');
    int last = tokens.end(parsed.next() - 1) - 1;
    if ("\")]".indexOf(tokens.sql().charAt(last)) >= 0) {
      text[last] = ' '; // nor beside the end of a type: a::int[]FROM t
    }
    return parsed.next();
  }

  /** {@code date '2020-01-01'}, {@code interval '1' day}: one string for the parser. */
  private int typedLiteral(int i) throws SqlSyntaxException {
    TypeSyntax.Parsed parsed = TypeSyntax.parse(tokens, i);
    if (parsed == null || !tokens.isKind(parsed.next(), Kind.STRING)) {
      return i;
    }
    int string = parsed.next();
    if (Builtins.type(parsed.name()).isEmpty() || tokens.isKind(string + 1, Kind.STRING)) {
      throw new SqlSyntaxException("a type before a string is not a built-in one", tokens.start(i));
    }
    types.put(i, parsed.name());
    Arrays.fill(roles, i, string, Role.TYPE);
    int next = string + 1;
    if (parsed.name().equals("interval")) {
      while (tokens.isKind(next, Kind.WORD) && INTERVAL_FIELDS.contains(tokens.text(next))) {
        roles[next] = Role.TYPE;
        next++;
      }
    }
    fillString(i, next - 1);
    return next;
  }

  /** Token {@code i} is a key word, which the parser knows as {@code word}, or not at all. */
  void mark(int i, String word) throws SqlSyntaxException {
    roles[i] = Role.KEYWORD;
    put(i, word);
  }

  /** Token {@code i} is a name that decides nothing, and that the parser does not see. */
  void alias(int i) {
    roles[i] = Role.ALIAS;
  }

  /** Token {@code i} decides nothing, and the parser does not see it. */
  void blank(int i) {
    roles[i] = Role.KEYWORD;
  }

  boolean isKeyword(int i) {
    return roles[i] == Role.KEYWORD;
  }

  /** Token {@code i} is a key word that the parser takes for a function's name. */
  void call(int i) {
    roles[i] = Role.KEYWORD;
    fill(i, i, 'q');
  }

  /** Token {@code i} is a star that the parser takes for a column. */
  void column(int i) {
    text[tokens.start(i)] = 'q';
  }

  /** A type that the parser does not see. */
  void blankType(int i, TypeSyntax.Parsed type) {
    types.put(i, type.name());
    Arrays.fill(roles, i, type.next(), Role.TYPE);
  }

  private void put(int i, String word) throws SqlSyntaxException {
    int start = tokens.start(i);
    if (word.length() > tokens.sql().length() - start) {
      throw new SqlSyntaxException("the statement ends too early", start);
    }
    word.getChars(0, word.length(), text, start);
  }

  private void fill(int first, int last, char c) {
    Arrays.fill(text, tokens.start(first), tokens.end(last), c);
  }

  private void fillString(int first, int last) {
    int start = tokens.start(first);
    int end = tokens.end(last);
    Arrays.fill(text, start, end, ' ');
    text[start] = '\'';
    text[end - 1] = '\'';
  }
}
