package org.tandemdb.it.fuzz;

import java.util.List;

/** UPDATE that changes keys: positions that move up, rows that are numbered anew. */
final class UpdateOfKey implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    Text text = scene.text().add("UPDATE " + table.name() + " SET ");
    if (table.has("pos") && dice.chance(60)) {
      text.add("pos = pos " + dice.pick("- 1", "+ 1", "+ 100") + " WHERE ");
      text.add(dice.pick("pos > ", "pos >= ")).value(Type.INT4, Type.INT4.keyValue(dice));
    } else {
      List<Column> key = table.key();
      if (key.isEmpty()) {
        return List.of();
      }
      Column column = dice.pick(key);
      text.add(column.name() + " = ");
      if (column.type().isNumber() && dice.chance(60)) {
        text.add(column.name() + dice.pick(" + 1", " - 1", " + 1000")).add(" WHERE ");
        scene.range(text, table, table.name() + ".");
      } else {
        text.value(column.type(), column.type().keyValue(dice)).add(" WHERE ");
        scene.byKey(text, table, "");
      }
    }
    scene.returning(text, table, 20);
    return List.of(text.step("update-of-key"));
  }
}
