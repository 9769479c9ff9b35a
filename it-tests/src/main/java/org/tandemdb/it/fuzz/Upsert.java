package org.tandemdb.it.fuzz;

import java.util.List;

/** INSERT ... ON CONFLICT. */
final class Upsert implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    List<Column> columns = table.writable();
    if (columns.isEmpty()) {
      return List.of();
    }
    Text text = scene.text().add("INSERT INTO " + table.name() + " AS t");
    text.add(" (" + SchemaMaker.names(columns) + ") VALUES ");
    for (int row = dice.chance(70) ? 1 : 2; row > 0; row--) {
      InsertValues.row(scene, text, columns);
      text.add(row > 1 ? ", " : "");
    }
    text.add(" ON CONFLICT");
    if (table.key().isEmpty() || dice.chance(30)) {
      text.add(" DO NOTHING");
    } else {
      text.add(" (" + SchemaMaker.names(table.key()) + ") DO UPDATE SET ");
      if (dice.chance(50) || table.plain().isEmpty()) {
        text.add("grp = excluded.grp");
      } else {
        scene.assignments(text, table, "t.");
      }
      if (dice.chance(20)) {
        text.add(" WHERE t.grp < 20");
      }
    }
    scene.returning(text, table, 30);
    return List.of(text.step("upsert"));
  }
}
