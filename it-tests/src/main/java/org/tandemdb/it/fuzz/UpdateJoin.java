package org.tandemdb.it.fuzz;

import java.util.List;

/** UPDATE with values or rows from other tables. */
final class UpdateJoin implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table table = scene.table();
    Table other = scene.table();
    Text text = scene.text().add("UPDATE " + table.name() + " AS t SET ");
    switch (dice.below(4)) {
      case 0 -> {
        // Several rows may match: which one is used is the server's choice.
        String from = scene.mix().volatiles() ? other.name() : "(SELECT 3 AS grp)";
        text.add("grp = s.grp + 1 FROM " + from + " s WHERE s.grp = t.grp");
      }
      case 1 ->
          text.add("grp = (SELECT max(s.grp) FROM " + other.name() + " s) WHERE t.grp IS NOT NULL");
      case 2 -> {
        text.add("grp = v.b FROM (VALUES (1, 2), (2, 3), (3, 1)) v(a, b) WHERE t.grp = v.a");
      }
      default -> {
        if (table.plain().isEmpty()) {
          return List.of();
        }
        Column column = dice.pick(table.plain());
        text.add("(grp, " + column.name() + ") = (SELECT count(*)::int, NULL FROM ");
        text.add(other.name() + " s WHERE s.grp = t.grp) WHERE ");
        scene.byKey(text, table, "t.");
      }
    }
    if (dice.chance(20)) {
      text.add(" RETURNING t.grp");
    }
    return List.of(text.step("update-join"));
  }
}
