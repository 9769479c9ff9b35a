package org.tandemdb.it.fuzz;

import java.util.List;

/** nextval, currval, lastval, setval, RESTART. */
final class SequenceUse implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    if (scene.schema().sequences().isEmpty()) {
      return List.of();
    }
    String sequence = dice.pick(scene.schema().sequences());
    String sql =
        switch (dice.below(6)) {
          case 0 -> "SELECT currval('" + sequence + "')";
          case 1 -> "SELECT setval('" + sequence + "', " + dice.between(50, 60) + ")";
          case 2 -> "ALTER SEQUENCE " + sequence + " RESTART WITH 40";
          case 3 -> "SELECT lastval()";
          default -> "SELECT nextval('" + sequence + "')";
        };
    return List.of(new Step("sequence", sql));
  }
}
