package org.tandemdb.it.fuzz;

import java.util.List;

/** Definitions that fill rows with what only the primary can tell. */
final class FillingDdl implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    if (!scene.mix().volatiles()) {
      return List.of();
    }
    Dice dice = scene.dice();
    String sql =
        dice.pick(
            "ALTER TABLE %t ADD COLUMN c%n float8 DEFAULT random()",
            "ALTER TABLE %t ADD COLUMN c%n timestamptz NOT NULL DEFAULT now()",
            "ALTER TABLE %t ADD COLUMN c%n serial",
            "ALTER TABLE %t ADD COLUMN c%n bigint GENERATED ALWAYS AS IDENTITY",
            "CREATE TABLE made%n AS SELECT grp, random() AS r, now() AS t FROM %t",
            "SELECT grp, clock_timestamp() AS t INTO made%n FROM %t");
    return List.of(
        new Step(
            "filling-ddl",
            sql.replace("%t", scene.table().name())
                .replace("%n", Integer.toString(dice.below(1000)))));
  }
}
