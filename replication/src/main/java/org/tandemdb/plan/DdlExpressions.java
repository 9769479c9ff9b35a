package org.tandemdb.plan;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;
import org.tandemdb.sql.TypeSyntax;

/**
 * Types and expressions inside DDL. An expression that is evaluated over rows must have the same
 * value on every copy, because DDL is never spliced.
 */
final class DdlExpressions {
  private static final Set<String> SERIALS =
      Set.of("serial", "bigserial", "smallserial", "serial2", "serial4", "serial8");

  private static final Pattern CLOCK_WORD =
      Pattern.compile("\\b(now|today|tomorrow|yesterday)\\b", Pattern.CASE_INSENSITIVE);

  /** What an expression in DDL may be. */
  enum Allowed {
    /** Evaluated over rows now, on each copy: must be the same everywhere. */
    DETERMINISTIC,
    /** Evaluated later, by statements whose plan sees it in the catalog. */
    DEFAULT
  }

  private final TokenReader in;
  private final Scope scope;

  DdlExpressions(TokenReader in, Scope scope) {
    this.in = in;
    this.scope = scope;
  }

  /** Reads a type; {@code serial}: where a sequence may come with it. */
  void type(boolean serial) throws Refusal {
    if (serial && in.tokens().isName(in.at()) && SERIALS.contains(in.tokens().text(in.at()))) {
      in.name();
      return;
    }
    TypeSyntax.Parsed type = TypeSyntax.parse(in.tokens(), in.at());
    if (type == null
        || (Builtins.type(type.name()).isEmpty() && !scope.catalog().isUserType(type.name()))) {
      String shown = type == null ? "" : type.name();
      throw new Refusal(
          "the type " + shown + " is not a type that is understood",
          SERIALS.contains(shown)
              ? "Add an integer column first, then its default."
              : "Use a built-in type, or one of this database.");
    }
    in.at(type.next());
    if (in.take("collate")) {
      in.qualifiedName();
    }
  }

  /** True if any text becomes a value of the type in the same way on every copy. */
  boolean isPlain(int start) {
    TypeSyntax.Parsed type = TypeSyntax.parse(in.tokens(), start);
    return type != null
        && (Builtins.isPlain(type.name())
            || scope.catalog().userType(type.name()) == Catalog.UserType.ENUM);
  }

  /** The keys of an index or a partitioned table. */
  void keys() throws Refusal, SqlSyntaxException {
    in.expectSymbol("(");
    do {
      key();
    } while (in.takeSymbol(","));
    in.expectSymbol(")");
  }

  /** One column or expression, with its collation, operator class and order. */
  void key() throws Refusal, SqlSyntaxException {
    if (in.peekSymbol("(")) {
      bracketed(Allowed.DETERMINISTIC);
    } else {
      int start = in.at();
      in.name();
      if (in.peekSymbol("(")) {
        in.group();
        check(start, in.at() - 1, Allowed.DETERMINISTIC);
      }
    }
    if (in.take("collate")) {
      in.qualifiedName();
    }
    if (in.tokens().isName(in.at())
        && !in.peek("asc")
        && !in.peek("desc")
        && !in.peek("nulls")
        && !in.peek("with")) {
      // An operator class.
      in.qualifiedName();
    }
    in.skip("asc", "desc");
    in.skip("nulls first", "nulls last");
  }

  void bracketed(Allowed allowed) throws Refusal, SqlSyntaxException {
    int open = in.at();
    int close = in.group();
    check(open, close, allowed);
  }

  /** An expression that ends at a comma, a closing bracket or a constraint's first word. */
  void expression(Allowed allowed) throws Refusal, SqlSyntaxException {
    int start = in.at();
    while (!in.atEnd() && !in.peekSymbol(",") && !in.peekSymbol(")") && !endsDefault(start)) {
      if (in.peekSymbol("(")) {
        in.group();
      } else {
        in.at(in.at() + 1);
      }
    }
    if (in.at() == start) {
      throw in.unexpected();
    }
    check(start, in.at() - 1, allowed);
  }

  private boolean endsDefault(int start) {
    return in.at() > start
        && (in.peek("not")
            || in.peek("null")
            || in.peek("constraint")
            || in.peek("primary")
            || in.peek("unique")
            || in.peek("check")
            || in.peek("references")
            || in.peek("deferrable")
            || in.peek("initially")
            || in.peek("generated"))
        && !in.tokens().is(in.at() - 1, "is")
        && !in.tokens().is(in.at() - 1, "and");
  }

  void check(int first, int last, Allowed allowed) throws Refusal, SqlSyntaxException {
    String text = in.tokens().sql().substring(in.tokens().start(first), in.tokens().end(last));
    Tokens tokens = PgLexer.lex("SELECT " + text, false);
    Shape shape = StatementParser.parse(tokens).shape();
    Facts facts = Facts.of(tokens, shape, new Shape.Range(1, tokens.size() - 1));
    boolean sequence = allowed == Allowed.DEFAULT && isNextval(tokens);
    if (!sequence) {
      SideEffects.none(facts, scope);
    }
    if (facts.query()) {
      throw new Refusal("a query in DDL is not supported", "Leave it out.");
    }
    if (allowed == Allowed.DEFAULT && facts.strings().stream().anyMatch(DdlExpressions::isNow)) {
      throw now("the default " + text);
    }
    boolean deterministic =
        facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()))
            && facts.context().isEmpty()
            && !facts.zone()
            && facts.strings().stream().noneMatch(DdlExpressions::isClockWord)
            && facts.types().stream().noneMatch(t -> t.startsWith("reg"));
    if (allowed == Allowed.DETERMINISTIC && !deterministic) {
      throw new Refusal(
          "the expression '" + text + "' may differ from copy to copy",
          "Use constants and IMMUTABLE built-in functions; fill rows with UPDATE.");
    }
  }

  private static boolean isNextval(Tokens tokens) {
    boolean start =
        tokens.is(1, "nextval") && tokens.isSymbol(2, "(") && tokens.isKind(3, Tokens.Kind.STRING);
    int close = tokens.isSymbol(4, "::") && tokens.is(5, "regclass") ? 6 : 4;
    return start && tokens.isSymbol(close, ")") && tokens.size() == close + 1;
  }

  /**
   * Refuses words that the server turns, when an expression is stored, into the time at which that
   * is done: each copy would have its own.
   */
  static void refuseNow(Tokens tokens, int from, int to) throws Refusal {
    for (int i = from; i < to; i++) {
      if (tokens.isKind(i, Tokens.Kind.STRING) && isNow(Facts.literal(tokens, i))) {
        throw now("the definition");
      }
    }
  }

  private static Refusal now(String what) {
    return new Refusal(
        what + " may hold a word that stands for the time of the DDL itself",
        "Use now() or current_date, or another text.");
  }

  /** Such a word alone, not as a part of others. */
  private static boolean isNow(Optional<String> text) {
    return text.isEmpty() || CLOCK_WORD.matcher(text.get()).find();
  }

  /** A word that the server would evaluate if the column is a date or time. */
  static boolean isClockWord(Optional<String> text) {
    if (text.isEmpty()) {
      return true;
    }
    String lower = text.get().toLowerCase(Locale.ROOT);
    return lower.contains("now")
        || lower.contains("today")
        || lower.contains("tomorrow")
        || lower.contains("yesterday");
  }
}
