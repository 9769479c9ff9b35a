package org.tandemdb.it.fuzz;

import java.util.List;

/** PREPARE and EXECUTE as statements. */
final class PreparedInSql implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Table table = scene.table();
    String at = Integer.toString(scene.dice().below(6));
    return List.of(
        new Step(
            "prepare",
            "PREPARE q (int) AS UPDATE " + table.name() + " SET grp = $1 WHERE grp = " + at),
        new Step("prepare", "EXECUTE q (" + scene.dice().below(9) + ")"),
        new Step("prepare", "DEALLOCATE q"));
  }
}
