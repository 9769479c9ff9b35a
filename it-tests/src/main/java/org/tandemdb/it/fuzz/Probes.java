package org.tandemdb.it.fuzz;

import java.util.List;

/** Writes to, and reads of, the rows that only this thread writes. */
final class Probes implements Kind {
  static final String PUT = "probe-put";
  static final String READ = "probe-read";
  static final int ROWS = 3;

  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    if (dice.chance(45)) {
      return List.of(
          new Step(
              READ, "SELECT n, val FROM probe WHERE thread = " + scene.thread() + " ORDER BY n"));
    }
    return List.of(
        new Step(
            PUT,
            "UPDATE probe SET val = "
                + dice.below(100_000)
                + " WHERE thread = "
                + scene.thread()
                + " AND n = "
                + dice.below(ROWS)));
  }

  /** The rows that a thread begins with. */
  static Step fill(int thread) {
    StringBuilder sql = new StringBuilder("INSERT INTO probe VALUES ");
    for (int n = 0; n < ROWS; n++) {
      sql.append(n == 0 ? "" : ", ").append("(" + thread + ", " + n + ", 0)");
    }
    return new Step("probe-fill", sql.toString());
  }
}
