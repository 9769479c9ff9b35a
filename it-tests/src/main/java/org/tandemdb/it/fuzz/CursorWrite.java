package org.tandemdb.it.fuzz;

import java.util.List;

/** Rows that are written where a cursor stands. */
final class CursorWrite implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    String table = scene.table().name();
    boolean api = dice.chance(50);
    String lock = dice.pick("", " FOR UPDATE");
    return List.of(
        new Step("begin", api ? "\\begin " + Transactions.level(dice) : "BEGIN"),
        new Step(
            "cursor", "DECLARE cur CURSOR FOR SELECT * FROM " + table + " WHERE grp < 9" + lock),
        new Step("cursor", dice.pick("MOVE cur", "MOVE 2 FROM cur", "MOVE FORWARD ALL IN cur")),
        new Step(
            "where-current-of",
            dice.pick("UPDATE %t SET grp = grp + 1", "DELETE FROM %t").replace("%t", table)
                + " WHERE CURRENT OF cur"),
        new Step("cursor", "CLOSE cur"),
        new Step("commit", api ? "\\commit" : "COMMIT"));
  }
}
