package org.tandemdb.it.fuzz;

import java.util.List;

/** DELETE by key, by condition, with USING, with a limited subquery. */
final class Delete implements Kind {
  private final boolean keyed;

  Delete(boolean keyed) {
    this.keyed = keyed;
  }

  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    String name = table.name();
    Text text = scene.text().add("DELETE FROM " + name);
    if (keyed) {
      text.add(" WHERE ");
      scene.byKey(text, table, "");
    } else if (dice.chance(15)) {
      text.add(" AS t USING " + scene.table().name() + " s WHERE s.grp = t.grp AND t.grp > 6");
      if (dice.chance(20)) {
        text.add(" RETURNING t.grp");
      }
      return List.of(text.step("delete-using"));
    } else if (dice.chance(20) && scene.mix().volatiles() && table.key().size() == 1) {
      String key = table.key().get(0).name();
      text.add(" WHERE " + key + " IN (SELECT " + key + " FROM " + name + " LIMIT 2)");
    } else {
      text.add(" WHERE ");
      scene.range(text, table, name + ".");
      // So that tables do not run empty.
      text.add(" AND " + name + ".grp > 2");
    }
    scene.returning(text, table, 25);
    return List.of(text.step(keyed ? "delete-key" : "delete-range"));
  }
}
