package org.tandemdb.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.sql.Builtins;
import org.tandemdb.sql.Shape.Action;

/** What about a table keeps a write from being logged as its statement, or as its rows. */
final class Hazards {

  private Hazards() {}

  /** The first of them, or empty if there is none. */
  static Optional<String> of(Catalog.Table table, Set<Action> actions, Scope scope) {
    Catalog catalog = scope.catalog();
    if (!table.hazards().isEmpty()) {
      return first(table.hazards());
    }
    if (actions.contains(Action.UPDATE) && !table.updateHazards().isEmpty()) {
      return first(table.updateHazards());
    }
    if (actions.contains(Action.DELETE) && !table.deleteHazards().isEmpty()) {
      return first(table.deleteHazards());
    }
    for (Catalog.Column column : table.columns()) {
      String type = column.type().name();
      boolean known =
          Builtins.isCapturable(type)
              || (Builtins.type(type).isPresent() && !Builtins.isShortened(type))
              || catalog.isUserType(type);
      if (!known) {
        return Optional.of("column " + column.name() + " has the type " + type);
      }
    }
    return SideEffects.castObstacle(table, scope);
  }

  private static Optional<String> first(List<String> hazards) {
    return Optional.of(hazards.get(0));
  }

  static Refusal refusal(Catalog.Table table, String hazard) {
    return new Refusal(
        "writes to " + table.name() + " cannot be made equal on every copy yet: " + hazard,
        "See docs/limits.md for what stands in the way.");
  }
}
