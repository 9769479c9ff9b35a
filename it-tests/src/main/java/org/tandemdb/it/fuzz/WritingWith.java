package org.tandemdb.it.fuzz;

import java.util.List;

/** WITH that writes, alone or under another statement. */
final class WritingWith implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    Table first = scene.table();
    Table second = scene.table();
    Text text = scene.text().add("WITH w AS (");
    switch (dice.below(3)) {
      case 0 -> {
        text.add("DELETE FROM " + first.name() + " WHERE ");
        scene.byKey(text, first, "");
      }
      case 1 -> {
        text.add("UPDATE " + first.name() + " SET grp = grp + 1 WHERE ");
        scene.range(text, first, first.name() + ".");
      }
      default ->
          text.add(
              "INSERT INTO ticket (thread) VALUES ("
                  + scene.thread()
                  + "), ("
                  + scene.thread()
                  + ")");
    }
    boolean ticket = !text.step("").sql().contains("grp") && text.step("").sql().contains("ticket");
    text.add(" RETURNING " + (ticket ? "thread AS grp" : "grp") + ") ");
    switch (dice.below(3)) {
      case 0 -> text.add("SELECT count(*), max(grp) FROM w");
      case 1 -> {
        text.add("UPDATE " + second.name() + " SET grp = (SELECT count(*) FROM w) WHERE ");
        scene.byKey(text, second, "");
      }
      default -> text.add("INSERT INTO ticket (thread) SELECT coalesce(grp, 0) FROM w");
    }
    return List.of(text.step("with"));
  }
}
