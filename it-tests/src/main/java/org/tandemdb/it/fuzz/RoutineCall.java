package org.tandemdb.it.fuzz;

import java.util.List;

/** Functions in SELECT, procedures, DO: writes that happen inside the database. */
final class RoutineCall implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Schema schema = scene.schema();
    String argument = Integer.toString(dice.below(12));
    if (!schema.functions().isEmpty() && dice.chance(50)) {
      String call = dice.pick(schema.functions()).replace("%d", argument);
      String sql =
          dice.chance(25) ? "SELECT " + call + " FROM generate_series(1, 2)" : "SELECT " + call;
      return List.of(new Step("select-function", sql));
    }
    if (!schema.procedures().isEmpty() && dice.chance(50)) {
      return List.of(
          new Step("call", "CALL " + dice.pick(schema.procedures()).replace("%d", argument)));
    }
    Table table = scene.table();
    String body =
        dice.pick(
            "BEGIN UPDATE %t SET grp = grp + 1 WHERE grp = 2; END",
            "DECLARE i int; BEGIN FOR i IN 1..2 LOOP"
                + " INSERT INTO ticket (thread) VALUES (i); END LOOP; END",
            "BEGIN DELETE FROM %t WHERE grp = 11;" + " EXCEPTION WHEN OTHERS THEN NULL; END");
    return List.of(new Step("do", "DO $do$ " + body.replace("%t", table.name()) + " $do$"));
  }
}
