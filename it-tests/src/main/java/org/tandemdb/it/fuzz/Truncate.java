package org.tandemdb.it.fuzz;

import java.util.List;

/** Tables that are emptied. */
final class Truncate implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    if (!scene.mix().schemaChanges()) {
      return List.of();
    }
    Dice dice = scene.dice();
    String table = scene.table().name();
    return List.of(
        new Step(
            "truncate",
            dice.pick(
                "TRUNCATE " + table,
                "TRUNCATE TABLE " + table + " RESTART IDENTITY",
                "TRUNCATE " + table + " CASCADE",
                "TRUNCATE ONLY " + table + ", " + scene.table().name())));
  }
}
