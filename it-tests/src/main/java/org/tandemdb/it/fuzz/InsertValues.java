package org.tandemdb.it.fuzz;

import java.util.List;

/** INSERT ... VALUES of one or more rows, or of defaults alone. */
final class InsertValues implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    return List.of(insert(scene, scene.table()).step("insert"));
  }

  static Text insert(Scene scene, Table table) {
    Dice dice = scene.dice();
    Text text = scene.text().add("INSERT INTO " + table.name());
    if (dice.chance(5)) {
      text.add(" DEFAULT VALUES");
      scene.returning(text, table, 30);
      return text;
    }
    List<Column> columns = columns(scene, table);
    text.add(" (" + SchemaMaker.names(columns) + ")");
    if (dice.chance(5)) {
      text.add(dice.pick(" OVERRIDING SYSTEM VALUE", " OVERRIDING USER VALUE"));
    }
    text.add(" VALUES ");
    for (int row = dice.chance(75) ? 1 : dice.between(2, 4); row > 0; row--) {
      row(scene, text, columns);
      text.add(row > 1 ? ", " : "");
    }
    scene.returning(text, table, 25);
    return text;
  }

  /** The key and some others; numbered columns mostly number themselves. */
  static List<Column> columns(Scene scene, Table table) {
    Dice dice = scene.dice();
    List<Column> columns =
        table.writable().stream()
            .filter(
                c -> c.numbered() ? dice.chance(12) : table.key().contains(c) || dice.chance(80))
            .toList();
    return columns.isEmpty() ? table.columns().subList(0, 1) : columns;
  }

  static void row(Scene scene, Text text, List<Column> columns) {
    for (int i = 0; i < columns.size(); i++) {
      text.add(i == 0 ? "(" : ", ");
      scene.value(text, columns.get(i));
    }
    text.add(")");
  }
}
