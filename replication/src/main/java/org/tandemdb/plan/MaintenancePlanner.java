package org.tandemdb.plan;

import java.util.Locale;
import java.util.Set;
import org.tandemdb.sql.Tokens;

/**
 * VACUUM, ANALYZE, REINDEX, CLUSTER and CHECKPOINT: what each server does for itself, and what no
 * query shows. Run on every backend in service, logged nowhere: one that is away does without, as
 * it would after its own autovacuum.
 */
final class MaintenancePlanner {

  /** Those that may stand in a transaction, whose link is then all they reach. */
  private static final Set<String> IN_BLOCK = Set.of("analyze", "analyse", "checkpoint");

  private MaintenancePlanner() {}

  static Plan plan(Tokens tokens, Scope scope) throws Refusal {
    String verb = tokens.text(0);
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.isKind(i, Tokens.Kind.PARAMETER)) {
        throw new Refusal(
            verb.toUpperCase(Locale.ROOT) + " cannot have parameters",
            "Write the values out.",
            "42601");
      }
    }
    if (Tracing.usesTemporary(tokens, scope.session())) {
      if (!IN_BLOCK.contains(verb)) {
        throw new Refusal(
            verb.toUpperCase(Locale.ROOT) + " of a temporary table is not supported",
            "ANALYZE it, or make it anew.");
      }
      return new Plan.Local("concerns a temporary table", new Plan.Effect.None());
    }
    return new Plan.Local(
        "maintenance: runs on every backend in service, and is not logged",
        new Plan.Effect.Maintenance(IN_BLOCK.contains(verb)));
  }
}
