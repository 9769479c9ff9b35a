package org.tandemdb.catalog;

import java.util.Optional;
import java.util.function.Function;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Facts;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.Shape;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;
import org.tandemdb.sql.Tokens;

/**
 * What an expression of the schema (a default, a check) does when a statement makes the server
 * evaluate it.
 *
 * @param deterministic constants and IMMUTABLE built-ins only
 * @param harmless changes nothing but a sequence
 */
record DefaultExpression(boolean deterministic, boolean harmless) {

  /** Reads {@code expression} as the server prints it; what is not understood is neither. */
  static DefaultExpression of(String expression) {
    return of(expression, column -> Optional.empty(), Optional.empty());
  }

  /**
   * As above, of a column's default. The server does not print what turns a value into the column's
   * type; a date becomes a moment or a text by settings.
   *
   * @param target the column's type
   */
  static DefaultExpression ofColumn(String expression, String target) {
    return of(expression, column -> Optional.empty(), Optional.of(target));
  }

  /**
   * As above, of an expression over columns.
   *
   * @param types the type of a column, if it is known
   */
  static DefaultExpression of(String expression, Function<String, Optional<String>> types) {
    return of(expression, types, Optional.empty());
  }

  private static DefaultExpression of(
      String expression, Function<String, Optional<String>> types, Optional<String> target) {
    try {
      Tokens tokens = PgLexer.lex("SELECT " + expression, false);
      Shape shape = StatementParser.parse(tokens).shape();
      Facts facts = Facts.of(tokens, shape, new Shape.Range(1, tokens.size() - 1));
      boolean harmless =
          !facts.query()
              && facts.functions().stream()
                  .allMatch(
                      f ->
                          f.qualifier().orElse("pg_catalog").equals("pg_catalog")
                              && (Builtins.isHarmless(f.name()) || f.name().equals("nextval")));
      boolean builtinTypes =
          facts.types().stream().allMatch(t -> Builtins.isPlain(t) || Builtins.isClock(t));
      boolean clock = facts.types().stream().anyMatch(Builtins::isClock);
      boolean dated = areDated(tokens, target.isEmpty());
      boolean deterministic =
          harmless
              && builtinTypes
              && facts.context().isEmpty()
              && facts.systemColumn().isEmpty()
              && (facts.isPlain()
                  || facts.columns().stream().noneMatch(use -> isNumbered(types.apply(use.name()))))
              && !readsSetting(tokens, types)
              && !facts.zone()
              && (!clock || dated)
              && (!clock
                  || target.isEmpty()
                  || facts.types().stream().allMatch(target.get()::equals))
              && facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()));
      return new DefaultExpression(deterministic, harmless);
    } catch (SqlSyntaxException e) {
      return new DefaultExpression(false, false);
    }
  }

  /**
   * @param read the server has read the constants when the expression was stored: what it prints as
   *     an interval is one
   */
  private static boolean areDated(Tokens tokens, boolean read) {
    for (int i = 0; i < tokens.size(); i++) {
      boolean interval = tokens.isSymbol(i + 1, "::") && tokens.is(i + 2, "interval");
      if (tokens.isKind(i, Tokens.Kind.STRING)
          && !(read && interval)
          && Facts.literal(tokens, i).filter(DefaultExpression::isDated).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** The server prints what is no column of the type itself with a cast behind it. */
  private static boolean readsSetting(Tokens tokens, Function<String, Optional<String>> types) {
    for (int i = 0; i < tokens.size(); i++) {
      boolean reads =
          tokens.isKind(i, Tokens.Kind.OPERATOR) && Builtins.readsSetting(tokens.text(i));
      if (reads && !isSearched(tokens, i - 1, types) && !isSearched(tokens, i + 1, types)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSearched(
      Tokens tokens, int token, Function<String, Optional<String>> types) {
    return tokens.isName(token)
        && types.apply(tokens.text(token)).filter(Builtins::isSearched).isPresent();
  }

  /** Values that name objects are numbers of each server's own. */
  private static boolean isNumbered(Optional<String> type) {
    return type.filter(t -> Builtins.isObject(t) && !t.equals("oid")).isPresent();
  }

  private static boolean isDated(String text) {
    return text.chars().allMatch(c -> (c >= '0' && c <= '9') || " -:.+".indexOf(c) >= 0);
  }
}
