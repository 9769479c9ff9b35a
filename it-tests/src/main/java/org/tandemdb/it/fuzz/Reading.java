package org.tandemdb.it.fuzz;

import java.util.List;

/** Queries, with and without locks. */
final class Reading implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    Text text = scene.text();
    switch (dice.below(6)) {
      case 0 -> text.add("SELECT grp, count(*) FROM " + table.name() + " GROUP BY grp");
      case 1 -> {
        text.add("SELECT * FROM " + table.name() + " WHERE ");
        scene.byKey(text, table, "");
      }
      case 2 -> {
        text.add("SELECT * FROM " + table.name() + " WHERE ");
        scene.byKey(text, table, "");
        text.add(dice.pick(" FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE SKIP LOCKED"));
      }
      case 3 -> {
        text.add("SELECT * FROM " + table.name() + " WHERE ");
        scene.range(text, table, table.name() + ".");
      }
      case 4 -> {
        if (scene.schema().views().isEmpty()) {
          return List.of();
        }
        text.add("SELECT * FROM " + dice.pick(scene.schema().views()));
      }
      default ->
          text.add(
              "WITH q AS (SELECT grp FROM "
                  + table.name()
                  + ") SELECT a.grp, (SELECT count(*) FROM q) FROM q a ORDER BY 1");
    }
    return List.of(text.step("select"));
  }
}
