package org.tandemdb.catalog;

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
      boolean dated = facts.strings().stream().allMatch(s -> s.isPresent() && isDated(s.get()));
      boolean deterministic =
          harmless
              && builtinTypes
              && facts.context().isEmpty()
              && !facts.zone()
              && (!clock || dated)
              && facts.functions().stream().allMatch(f -> Builtins.isImmutable(f.name()));
      return new DefaultExpression(deterministic, harmless);
    } catch (SqlSyntaxException e) {
      return new DefaultExpression(false, false);
    }
  }

  private static boolean isDated(String text) {
    return text.chars().allMatch(c -> (c >= '0' && c <= '9') || " -:.+".indexOf(c) >= 0);
  }
}
