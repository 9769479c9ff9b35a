package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;

/** PREPARE and EXECUTE as statements. */
final class PreparedInSql implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    String table = scene.table().name();
    String statement =
        dice.pick(
            "UPDATE %t SET grp = $1 WHERE grp = $2",
            "DELETE FROM %t WHERE grp = $1 AND grp > $2 - 2",
            "INSERT INTO %t (grp) VALUES ($1), ($2), ($1 + 1)",
            "SELECT grp FROM %t WHERE grp BETWEEN $1 AND $2");
    List<Step> steps = new ArrayList<>();
    steps.add(new Step("prepare", "PREPARE q (int, int) AS " + statement.replace("%t", table)));
    for (int n = dice.between(1, 3); n > 0; n--) {
      String first =
          scene.mix().volatiles() && dice.chance(30)
              ? "floor(random() * 9)::int"
              : Integer.toString(dice.below(9));
      steps.add(new Step("execute", "EXECUTE q (" + first + ", " + dice.below(9) + ")"));
    }
    steps.add(new Step("prepare", "DEALLOCATE q"));
    return steps;
  }
}
