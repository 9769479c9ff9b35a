package org.tandemdb.it.fuzz;

import java.util.List;

/** MERGE. */
final class Merge implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    List<Column> columns = table.writable().stream().filter(c -> !c.numbered()).toList();
    if (columns.isEmpty()) {
      return List.of();
    }
    Text text = scene.text().add("MERGE INTO " + table.name() + " t USING ");
    if (dice.chance(50)) {
      text.add("(VALUES (1), (2), (50)) s(grp)");
    } else {
      text.add("(SELECT DISTINCT grp FROM " + scene.table().name() + ") s");
    }
    text.add(" ON t.grp = s.grp");
    if (dice.chance(40)) {
      text.add(" WHEN MATCHED AND t.grp > 4 THEN DELETE");
    }
    if (dice.chance(70)) {
      text.add(" WHEN MATCHED THEN UPDATE SET grp = t.grp + 1");
    }
    text.add(" WHEN NOT MATCHED THEN INSERT (" + SchemaMaker.names(columns) + ") VALUES ");
    InsertValues.row(scene, text, columns);
    return List.of(text.step("merge"));
  }
}
