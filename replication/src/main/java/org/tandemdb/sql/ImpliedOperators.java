package org.tandemdb.sql;

import java.util.List;
import java.util.Map;
import org.tandemdb.sql.Tokens.Kind;

/**
 * Operators that the server looks up by their names, along the search path, though a statement
 * spells them as words: {@code a IN (b)} and {@code NULLIF(a, b)} call whatever {@code =} is for
 * their types, a function of the database's own perhaps.
 */
public final class ImpliedOperators {
  private static final List<String> EQUAL = List.of("=", "<>");
  private static final Map<String, List<String>> BY_WORD =
      Map.of(
          "between", List.of(">=", "<=", "<", ">"),
          "distinct", EQUAL,
          "ilike", List.of("~~*", "!~~*"),
          "in", EQUAL,
          "like", List.of("~~", "!~~"),
          "natural", EQUAL,
          "nullif", EQUAL,
          "similar", List.of("~", "!~"),
          "using", EQUAL);

  private ImpliedOperators() {}

  /**
   * What the word at that place may call; a word that is a name there is taken for what it could
   * be. CASE compares only where an operand follows it.
   */
  public static List<String> of(Tokens tokens, int token) {
    if (!tokens.isKind(token, Kind.WORD)) {
      return List.of();
    }
    if (tokens.is(token, "case")) {
      return tokens.is(token + 1, "when") ? List.of() : EQUAL;
    }
    return BY_WORD.getOrDefault(tokens.text(token), List.of());
  }
}
