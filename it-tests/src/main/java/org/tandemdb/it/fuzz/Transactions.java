package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;

/** Puts statements into transactions, with savepoints and changes of mind. */
final class Transactions {
  private Transactions() {}

  static String level(Dice dice) {
    int roll = dice.below(100);
    return roll < 55 ? "READ COMMITTED" : roll < 80 ? "REPEATABLE READ" : "SERIALIZABLE";
  }

  static List<Step> around(Dice dice, List<Step> statements) {
    boolean api = dice.chance(50);
    String level = level(dice);
    List<Step> steps = new ArrayList<>();
    String plain = dice.chance(30) && level.equals("READ COMMITTED") ? "" : " ISOLATION LEVEL ";
    steps.add(
        new Step(
            "begin", api ? "\\begin " + level : "BEGIN" + (plain.isEmpty() ? "" : plain + level)));
    int savepoint = dice.chance(30) ? dice.below(statements.size()) : -1;
    for (int i = 0; i < statements.size(); i++) {
      if (i == savepoint) {
        steps.add(new Step("savepoint", "SAVEPOINT s"));
      }
      steps.add(statements.get(i));
      if (i > savepoint && savepoint >= 0 && dice.chance(50)) {
        boolean release = dice.chance(30);
        steps.add(
            new Step("savepoint", release ? "RELEASE SAVEPOINT s" : "ROLLBACK TO SAVEPOINT s"));
        savepoint = release ? -1 : savepoint;
      }
    }
    String end = dice.chance(82) ? "commit" : "rollback";
    steps.add(new Step(end, api ? "\\" + end : end.toUpperCase(java.util.Locale.ROOT)));
    return steps;
  }
}
