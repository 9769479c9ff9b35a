package org.tandemdb.plan;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Whose word counts for a text that is refused: where it is wrong anyway, the server's, which knows
 * the SQLState, the place in the text, and what was perhaps meant. Front ends ask it to look at the
 * text, as for a prepared statement, and to run nothing of it.
 */
public final class ObjectionRules {
  private static final Set<String> ASKED = Set.of("0A000", "42P01", "42703", "42601", "42P02");

  /**
   * Not what it says for want of the parameters' types, and not what the text would not meet before
   * it runs.
   */
  private static final Set<String> NOT_OF_THE_TEXT = Set.of("42P18", "42P08", "42501");

  /** Behind SET, what is no setting's name. */
  private static final Set<String> NO_SETTINGS =
      Set.of(
          "TRANSACTION",
          "CONSTRAINTS",
          "TIME",
          "NAMES",
          "ROLE",
          "AUTHORIZATION",
          "CHARACTERISTICS");

  private ObjectionRules() {}

  /**
   * True if the server may know better than the refusal.
   *
   * @param sqlState the refusal's
   * @param words the text's words outside of parentheses, in upper case
   */
  public static boolean isAsked(String sqlState, List<String> words) {
    // It knows no setting of Tandem's: the refusal names them.
    return ASKED.contains(sqlState) && setting(words).filter("tandem"::equals).isEmpty();
  }

  /**
   * The setting that the text sets or resets. A server looks at its name only when it runs that, so
   * it is to be asked for the name itself, too.
   *
   * @param words as above
   */
  public static Optional<String> setting(List<String> words) {
    if (words.size() < 2 || !(words.get(0).equals("SET") || words.get(0).equals("RESET"))) {
      return Optional.empty();
    }
    boolean scoped = words.get(1).equals("SESSION") || words.get(1).equals("LOCAL");
    int name = scoped ? 2 : 1;
    return words.size() > name && !NO_SETTINGS.contains(words.get(name))
        ? Optional.of(words.get(name).toLowerCase(Locale.ROOT))
        : Optional.empty();
  }

  /**
   * True if what the server says is about the text, and is what the client is to hear.
   *
   * @param sqlState the server's
   */
  public static boolean isOfTheText(String sqlState) {
    return (sqlState.startsWith("42") || sqlState.startsWith("22") || sqlState.startsWith("3F"))
        && !NOT_OF_THE_TEXT.contains(sqlState);
  }

  /**
   * The same of one statement of several, before any of them has run.
   *
   * @param alone false if those before it may make what it names: only its grammar can be judged
   */
  public static boolean isOfTheText(String sqlState, boolean alone) {
    return alone ? isOfTheText(sqlState) : sqlState.equals("42601");
  }
}
