package org.tandemdb.plan;

import java.util.Optional;
import java.util.Set;
import org.tandemdb.sql.Tokens;

/**
 * DDL for the triggers that Tandem gives to tables, as a dump has it: {@code pg_dump} cannot leave
 * triggers out. Tandem makes and removes them by itself, so that nothing is run.
 */
final class OwnTriggers {
  private static final Set<String> NAMES = Set.of("tandem_trace", "tandem_truncate");

  private OwnTriggers() {}

  /** The plan of such a statement; empty for any other. */
  static Optional<Plan> plan(Tokens tokens) {
    String tag = tag(tokens);
    return tag.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Plan.Local(
                "Tandem keeps its own triggers: nothing is run", new Plan.Effect.Absorbed(tag)));
  }

  private static String tag(Tokens tokens) {
    if (tokens.is(0, "create")) {
      return isOwn(tokens, 2) && tokens.is(1, "trigger") && callsOwn(tokens)
          ? "CREATE TRIGGER"
          : "";
    }
    if (tokens.is(0, "alter")) {
      int last = tokens.size() - 1;
      return tokens.is(1, "table")
              && isOwn(tokens, last)
              && tokens.is(last - 1, "trigger")
              && tokens.is(last - 2, "always")
              && tokens.is(last - 3, "enable")
              && isName(tokens, last - 4)
          ? "ALTER TABLE"
          : "";
    }
    int name = tokens.is(2, "if") && tokens.is(3, "exists") ? 4 : 2;
    return tokens.is(0, "drop") && tokens.is(1, "trigger") && isOwn(tokens, name)
        ? "DROP TRIGGER"
        : "";
  }

  private static boolean isOwn(Tokens tokens, int token) {
    return tokens.isName(token) && NAMES.contains(tokens.text(token));
  }

  /** {@code EXECUTE FUNCTION tandem.name()} at the end: another trigger of the name is not ours. */
  private static boolean callsOwn(Tokens tokens) {
    int open = tokens.size() - 2;
    return tokens.isSymbol(open, "(")
        && tokens.isSymbol(open + 1, ")")
        && tokens.isSymbol(open - 2, ".")
        && tokens.is(open - 3, Scope.TANDEM)
        && (tokens.is(open - 4, "function") || tokens.is(open - 4, "procedure"))
        && tokens.is(open - 5, "execute");
  }

  /** True if the table's name, and nothing else, stands up to {@code last}. */
  private static boolean isName(Tokens tokens, int last) {
    int first = tokens.is(2, "if") ? 4 : 2;
    first = tokens.is(first, "only") ? first + 1 : first;
    return tokens.isName(first)
        && (last == first
            || (last == first + 2 && tokens.isSymbol(first + 1, ".") && tokens.isName(last)));
  }
}
