package org.tandemdb.it.fuzz;

import java.util.List;

/**
 * A transaction that changes a table and then writes to it: what is planned after the change must
 * know of it.
 */
final class SchemaThenWrite implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    if (!scene.mix().schemaChanges()) {
      return List.of();
    }
    Dice dice = scene.dice();
    String table = scene.table().name();
    String name = "y" + dice.below(4);
    String value = scene.mix().volatiles() ? dice.pick("random() * 99", "now()", "7") : "7";
    boolean api = dice.chance(50);
    String change;
    String write;
    switch (dice.below(5)) {
      case 0 -> {
        change = "ALTER TABLE " + table + " ALTER COLUMN grp SET DEFAULT (random() * 9)::int";
        if (!scene.mix().volatiles()) {
          change = "ALTER TABLE " + table + " ALTER COLUMN grp SET DEFAULT 8";
        }
        write = "INSERT INTO " + table + " DEFAULT VALUES";
      }
      case 1 -> {
        change = "ALTER TABLE " + table + " ADD COLUMN " + name + " text";
        write = "UPDATE " + table + " SET " + name + " = grp::text WHERE grp < 5";
      }
      case 2 -> {
        change =
            "CREATE TABLE z"
                + name
                + " (id serial PRIMARY KEY, v text DEFAULT ("
                + value
                + ")::text)";
        write = "INSERT INTO z" + name + " DEFAULT VALUES RETURNING id";
      }
      case 3 -> {
        change = "ALTER TABLE " + table + " RENAME COLUMN grp TO grp_" + name;
        write = "UPDATE " + table + " SET grp_" + name + " = 3 WHERE grp_" + name + " = 4";
      }
      default -> {
        change = "TRUNCATE " + table;
        write = "INSERT INTO " + table + " (grp) VALUES (1), (2)";
      }
    }
    String back = "ALTER TABLE " + table + " RENAME COLUMN grp_" + name + " TO grp";
    boolean renamed = change.contains("RENAME");
    return List.of(
        new Step("begin", api ? "\\begin READ COMMITTED" : "BEGIN"),
        new Step("ddl-in-block", change),
        new Step("write-after-ddl", write),
        new Step("ddl-in-block", renamed ? back : "SELECT 1"),
        new Step("commit", api ? "\\commit" : "COMMIT"));
  }
}
