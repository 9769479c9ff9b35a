package org.tandemdb.it.fuzz;

import java.util.List;

/** DDL, grants and comments. */
final class SchemaChange implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    if (!scene.mix().schemaChanges()) {
      return List.of();
    }
    Dice dice = scene.dice();
    String table = scene.table().name();
    String name = "x" + dice.below(6);
    String on = " ON " + table;
    String alter = "ALTER TABLE " + table + " ";
    String unstable =
        scene.mix().volatiles() ? dice.pick("now()", "random()", "clock_timestamp()") : "now()";
    String sql =
        switch (dice.below(25)) {
          case 0 -> alter + "ADD COLUMN " + name + " int DEFAULT 7";
          case 1 -> alter + "ADD COLUMN " + name + " text DEFAULT 'a' || 'b' NOT NULL";
          case 2 ->
              scene.mix().volatiles()
                  ? alter + "ADD COLUMN " + name + " text DEFAULT (" + unstable + ")::text"
                  : alter + "ADD COLUMN " + name + " text";
          case 3 -> alter + "DROP COLUMN IF EXISTS " + name;
          case 4 -> "CREATE INDEX " + table + "_" + name + on + " (grp, " + name + ")";
          case 5 -> "CREATE INDEX IF NOT EXISTS " + table + "_i" + name + on + " (grp)";
          case 6 -> "DROP INDEX IF EXISTS " + table + "_i" + name;
          case 7 ->
              alter
                  + "ALTER COLUMN grp SET DEFAULT "
                  + (scene.mix().volatiles() && dice.chance(50)
                      ? "(random() * 5)::int"
                      : Integer.toString(dice.below(9)));
          case 8 -> alter + "ADD CONSTRAINT c_" + name + " CHECK (grp < 100000)";
          case 9 -> alter + "DROP CONSTRAINT IF EXISTS c_" + name;
          case 10 -> "CREATE TABLE IF NOT EXISTS n" + name + " (id serial PRIMARY KEY, grp int)";
          case 11 -> "DROP TABLE IF EXISTS n" + name;
          case 12 -> "TRUNCATE " + table + dice.pick("", " RESTART IDENTITY", " CASCADE");
          case 13 -> "GRANT SELECT, INSERT" + on + " TO PUBLIC";
          case 14 -> "REVOKE INSERT" + on + " FROM PUBLIC";
          case 15 -> "COMMENT" + on.replace(" ON ", " ON TABLE ") + " IS 'it''s " + name + "'";
          case 16 -> "CREATE OR REPLACE VIEW v" + name + " AS SELECT grp FROM " + table;
          case 17 -> "DROP VIEW IF EXISTS v" + name;
          case 18 -> alter + "ALTER COLUMN grp TYPE bigint";
          case 19 ->
              "CREATE TABLE c"
                  + name
                  + " AS SELECT grp, count(*) AS n FROM "
                  + table
                  + " GROUP BY grp";
          case 21 -> "REFRESH MATERIALIZED VIEW mat0";
          case 22 -> alter + dice.pick("DISABLE", "ENABLE") + " TRIGGER USER";
          case 23 -> "DROP FUNCTION IF EXISTS f_dynamic";
          case 20 -> "CREATE SEQUENCE IF NOT EXISTS s" + name;
          default -> alter + "ADD COLUMN " + name + " serial";
        };
    return List.of(new Step("ddl", sql));
  }
}
