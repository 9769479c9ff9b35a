package org.tandemdb.it.fuzz;

import java.util.List;

/** UPDATE of one row by its key, or of whatever a condition finds. */
final class Update implements Kind {
  private final boolean keyed;

  Update(boolean keyed) {
    this.keyed = keyed;
  }

  @Override
  public List<Step> make(Scene scene) {
    Table table = scene.table();
    if (table.plain().isEmpty()) {
      return List.of();
    }
    Text text = scene.text().add("UPDATE " + table.name() + " SET ");
    scene.assignments(text, table, "");
    text.add(" WHERE ");
    if (keyed) {
      scene.byKey(text, table, "");
      if (scene.dice().chance(15)) {
        text.add(" AND grp < 20");
      }
    } else {
      scene.range(text, table, table.name() + ".");
    }
    scene.returning(text, table, 25);
    return List.of(text.step(keyed ? "update-key" : "update-range"));
  }
}
