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

  /**
   * Refuses DDL that would take such a trigger away under its name, or give the name to another:
   * each row would be noted twice, or by nobody, and nothing could be written any more.
   */
  static void keep(Tokens tokens) throws Refusal {
    int kind = 1;
    if (tokens.is(0, "create")) {
      kind = tokens.is(1, "or") ? 3 : 1;
      kind = tokens.is(kind, "constraint") ? kind + 1 : kind;
    }
    boolean defines = tokens.is(0, "create") || tokens.is(0, "alter") || tokens.is(0, "drop");
    if (!defines || !tokens.is(kind, "trigger")) {
      return;
    }
    int name = tokens.is(kind + 1, "if") ? kind + 3 : kind + 1;
    keep(tokens, name);
    if (tokens.is(0, "alter") && tokens.is(tokens.size() - 2, "to")) {
      keep(tokens, tokens.size() - 1);
    }
  }

  /** As above, of one name. */
  static void keep(Tokens tokens, int name) throws Refusal {
    if (isOwn(tokens, name)) {
      throw new Refusal(
          "the trigger " + tokens.text(name) + " is Tandem's own, which makes and removes it",
          "Leave it alone, or give your own another name.");
    }
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
