package org.tandemdb.it.fuzz;

import java.util.List;

/** INSERT whose rows come from a query. */
final class InsertSelect implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    Table from = scene.table();
    List<Column> columns = InsertValues.columns(scene, table);
    Text text = scene.text().add("INSERT INTO " + table.name());
    text.add(" (" + SchemaMaker.names(columns) + ") SELECT ");
    for (int i = 0; i < columns.size(); i++) {
      text.add(i == 0 ? "" : ", ");
      expression(scene, text, columns.get(i), from);
    }
    text.add(" FROM " + from.name() + " s WHERE ");
    scene.range(text, from, "s.");
    if (scene.mix().volatiles() && dice.chance(20)) {
      text.add(" LIMIT 2");
    }
    scene.returning(text, table, 20);
    return List.of(text.step("insert-select"));
  }

  private static void expression(Scene scene, Text text, Column column, Table from) {
    Dice dice = scene.dice();
    Type type = column.type();
    if (column.name().equals("id") && type == Type.INT4) {
      text.add("s.grp + " + dice.between(1, 200));
      return;
    }
    String unstable = scene.mix().volatiles() && dice.chance(20) ? type.unstable(dice) : "";
    List<Column> alike =
        from.columns().stream().filter(c -> c.type() == type && dice.chance(60)).toList();
    if (!unstable.isEmpty() && !unstable.startsWith("'")) {
      text.add(unstable);
    } else if (!alike.isEmpty()) {
      text.add("s." + dice.pick(alike).name());
    } else {
      // Not as a parameter: in a SELECT's list it would be a text.
      String cast = "CAST(" + type.literal(type.keyValue(dice)) + " AS " + type.sql() + ")";
      text.add(cast);
    }
  }
}
