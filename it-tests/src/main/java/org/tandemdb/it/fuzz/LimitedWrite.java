package org.tandemdb.it.fuzz;

import java.util.List;

/** Writes of some rows, of which only the primary can tell which they are. */
final class LimitedWrite implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    if (!scene.mix().volatiles()) {
      return List.of();
    }
    Dice dice = scene.dice();
    String sql =
        dice.pick(
            "UPDATE %t SET grp = grp + 1 WHERE ctid IN (SELECT ctid FROM %t LIMIT 2)",
            "DELETE FROM %t WHERE ctid = ANY (ARRAY(SELECT ctid FROM %t WHERE grp > 3 LIMIT 1))",
            "UPDATE %t SET grp = s.grp FROM (SELECT grp FROM %s LIMIT 1) s WHERE %t.grp = 4",
            "INSERT INTO %t (grp) SELECT grp FROM %s LIMIT 2",
            "WITH x AS (SELECT grp FROM %s FOR UPDATE SKIP LOCKED LIMIT 2)"
                + " UPDATE %t SET grp = x.grp + 1 FROM x WHERE %t.grp = x.grp");
    return List.of(
        new Step(
            "limited-write",
            sql.replace("%t", scene.table().name()).replace("%s", scene.table().name())));
  }
}
