package org.tandemdb.it.fuzz;

import java.util.List;

/** A temporary table, which may shadow a table of the schema. */
final class Temporary implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    String name = dice.chance(20) ? table.name() : "tmp" + dice.below(2);
    return List.of(
        new Step(
            "temporary",
            "CREATE TEMPORARY TABLE " + name + " AS SELECT grp FROM " + table.name() + " LIMIT 0"),
        new Step("temporary", "INSERT INTO " + name + " (grp) VALUES (1), (2)"),
        new Step(
            "temporary",
            "INSERT INTO ticket (thread) SELECT " + scene.thread() + " FROM pg_temp." + name),
        new Step("temporary", "DROP TABLE pg_temp." + name));
  }
}
