package org.tandemdb.it.fuzz;

import java.util.List;

/** What applications send now and then, and two statements in one text. */
final class Oddities implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    Dice dice = scene.dice();
    String table = scene.table().name();
    String sql =
        dice.pick(
            "LOCK TABLE %t IN SHARE ROW EXCLUSIVE MODE",
            "SELECT pg_advisory_xact_lock(7)",
            "NOTIFY news, 'x'",
            "EXPLAIN UPDATE %t SET grp = 1",
            "EXPLAIN ANALYZE INSERT INTO ticket (thread) VALUES (9)",
            "UPDATE %t SET grp = 1 WHERE grp = 2; UPDATE %t SET grp = 2 WHERE grp = 3",
            "INSERT INTO ticket (thread) VALUES (1); SELECT count(*) FROM %t",
            "BEGIN; UPDATE %t SET grp = 4 WHERE grp = 5; COMMIT",
            "SELECT grp INTO sel%n FROM %t",
            "SELECT set_config('TimeZone', 'UTC', false)",
            "DECLARE c CURSOR FOR SELECT grp FROM %t",
            "ANALYZE %t",
            "SET CONSTRAINTS ALL DEFERRED",
            "SELECT pg_advisory_lock(7), pg_advisory_unlock(7)",
            "EXPLAIN ANALYZE UPDATE %t SET grp = grp + 1 WHERE grp < 3",
            "SELECT set_config('app.tenant', '7', true)",
            "TABLE %t",
            "VALUES (1, 'a'), (2, 'b')",
            "SELECT 1 / (grp - grp) FROM %t",
            "INSERT INTO %t (grp) VALUES (1/0)",
            "UPDATE %t SET nosuch = 1",
            "SELECT lo_create(0)");
    return List.of(
        new Step(
            "odd", sql.replace("%t", table).replace("%n", Integer.toString(dice.below(1000)))));
  }
}
