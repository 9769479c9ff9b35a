package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;

/** Batches, and keys that the server has generated, as JDBC asks for them. */
final class JdbcCalls implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    if (dice.chance(50)) {
      Text text = new Text(dice, false);
      Table into = table;
      List<Column> columns = InsertValues.columns(scene, into);
      text.add(Step.KEYS + "INSERT INTO " + into.name() + " (");
      text.add(SchemaMaker.names(columns) + ") VALUES ");
      InsertValues.row(scene, text, columns);
      return List.of(text.step("generated-keys"));
    }
    List<Param> parameters = new ArrayList<>();
    for (int round = dice.between(1, 4); round > 0; round--) {
      parameters.add(Type.INT4.parameter(Integer.toString(dice.below(8))));
      parameters.add(Type.INT4.parameter(Integer.toString(dice.below(8))));
    }
    String sql =
        dice.pick(
            "UPDATE " + table.name() + " SET grp = ? WHERE grp = ?",
            "DELETE FROM " + table.name() + " WHERE grp = ? AND grp > ?",
            "INSERT INTO probe (thread, n, val) VALUES (77, ?, ?) ON CONFLICT DO NOTHING");
    return List.of(new Step("batch", Step.BATCH + sql, parameters));
  }
}
