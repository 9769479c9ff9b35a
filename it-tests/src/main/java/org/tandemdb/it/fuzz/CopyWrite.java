package org.tandemdb.it.fuzz;

import java.util.List;

/** COPY FROM STDIN and TO STDOUT, some with rows that do not fit. */
final class CopyWrite implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    String table = scene.table().name();
    if (dice.chance(25)) {
      String what = dice.pick(table, table + " (grp)", "(SELECT grp FROM " + table + ")");
      return List.of(new Step("copy-out", Step.COPY + "COPY " + what + " TO STDOUT"));
    }
    StringBuilder data = new StringBuilder();
    for (int rows = dice.between(0, 5); rows > 0; rows--) {
      data.append(dice.below(9)).append(Step.LINE);
    }
    if (dice.chance(8)) {
      data.append("no number").append(Step.LINE);
    }
    String sql =
        dice.pick(
            "COPY %t (grp) FROM STDIN",
            "COPY %t (grp) FROM STDIN WITH (FORMAT csv)", "COPY %t (grp) FROM STDIN WHERE grp > 3");
    return List.of(
        new Step(
            "copy-in",
            Step.COPY + sql.replace("%t", table),
            List.of(new Param("text", data.toString()))));
  }
}
