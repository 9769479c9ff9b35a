package org.tandemdb.plan;

import java.util.Set;
import org.tandemdb.sql.Tokens;

/**
 * Where in DDL a name is a role's and nothing else's. It errs on one side: what is not known to be
 * a role may be a schema.
 */
final class RoleNames {
  private static final Set<String> KINDS = Set.of("role", "user", "group");

  private RoleNames() {}

  /** True if token {@code i}, which is a name, can only be a role's. */
  static boolean isRole(Tokens tokens, int i) {
    if (tokens.isSymbol(i - 1, ".") || tokens.isSymbol(i + 1, ".")) {
      return false;
    }
    if (tokens.is(i - 1, "to") && tokens.is(i - 2, "owner")) {
      return true;
    }
    return switch (tokens.text(0)) {
      case "grant", "revoke" -> isGranted(tokens, 0, i);
      case "reassign" -> tokens.is(i - 1, "to");
      case "comment", "security" -> tokens.is(i - 1, "role") && tokens.is(i - 2, "on");
      case "create", "alter", "drop" -> isDefined(tokens, i);
      default -> false;
    };
  }

  private static boolean isDefined(Tokens tokens, int i) {
    if (tokens.is(1, "user") && tokens.is(2, "mapping")) {
      return tokens.is(i - 1, "for");
    }
    if (tokens.is(1, "default")) {
      return isInDefaultPrivileges(tokens, i);
    }
    if (tokens.is(1, "policy")) {
      return isOfPolicy(tokens, i);
    }
    if (tokens.is(1, "schema")) {
      // Without a name of its own a schema is called as the role is.
      return tokens.is(i - 1, "authorization")
          && !tokens.is(i - 2, "schema")
          && !tokens.is(i - 2, "exists");
    }
    return tokens.isKind(1, Tokens.Kind.WORD) && KINDS.contains(tokens.text(1));
  }

  /** ALTER DEFAULT PRIVILEGES [FOR ROLE ...] [IN SCHEMA ...] GRANT | REVOKE ... */
  private static boolean isInDefaultPrivileges(Tokens tokens, int i) {
    int verb = first(tokens, 3, "grant", "revoke");
    return i > verb
        ? isGranted(tokens, verb, i)
        : tokens.is(3, "for") && i > 4 && i < first(tokens, 3, "in", "grant", "revoke");
  }

  /**
   * Behind TO or FROM there are roles; before it, too, where no object is named.
   *
   * @param verb where GRANT or REVOKE is
   */
  private static boolean isGranted(Tokens tokens, int verb, int i) {
    int to = first(tokens, verb, tokens.is(verb, "grant") ? "to" : "from");
    return i > to || (i > verb && first(tokens, verb, "on") > to);
  }

  private static boolean isOfPolicy(Tokens tokens, int i) {
    int to = first(tokens, 2, "to");
    return !tokens.is(to - 1, "rename") && i > to && i < first(tokens, to, "using", "with");
  }

  /**
   * The place of the first of the words, which nothing can be called without quotes; or the end.
   */
  private static int first(Tokens tokens, int from, String... words) {
    for (int i = from; i < tokens.size(); i++) {
      for (String word : words) {
        if (tokens.is(i, word)) {
          return i;
        }
      }
    }
    return tokens.size();
  }
}
