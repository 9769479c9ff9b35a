package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;

/** Functions, procedures and triggers of a wild schema, which write inside the database. */
final class Routines {
  private static final String PLPGSQL = "\nLANGUAGE plpgsql AS $body$\n";

  private final Dice dice;
  private final Mix mix;
  private final List<Table> tables;
  private final List<String> statements = new ArrayList<>();
  private final List<String> functions = new ArrayList<>();
  private final List<String> procedures = new ArrayList<>();
  private int triggers;

  Routines(Dice dice, Mix mix, List<Table> tables) {
    this.dice = dice;
    this.mix = mix;
    this.tables = tables;
  }

  List<String> statements() {
    return statements;
  }

  List<String> functions() {
    return functions;
  }

  List<String> procedures() {
    return procedures;
  }

  void make() {
    statements.add(
        "CREATE TABLE audit (id bigserial PRIMARY KEY, who text, at timestamptz, what text)");
    statements.add("CREATE TABLE totals (name text PRIMARY KEY, n bigint NOT NULL)");
    statements.add("CREATE TABLE trail (what text, n int)");
    define();
    for (Table table : List.copyOf(tables)) {
      if (table.name().startsWith("t") && dice.chance(55)) {
        triggers(table.name());
      }
    }
  }

  private void define() {
    String at = mix.volatiles() ? "clock_timestamp()" : "'2024-01-01Z'";
    add(
        functions,
        "f_note(%d)",
        "CREATE FUNCTION f_note(p int) RETURNS int"
            + PLPGSQL
            + "BEGIN\n  INSERT INTO audit (who, at, what) VALUES ('f', "
            + at
            + ", p::text);\n  RETURN p + 1;\nEND $body$");
    add(
        functions,
        "f_move(%d)",
        "CREATE FUNCTION f_move(p int) RETURNS bigint"
            + PLPGSQL
            + "DECLARE m bigint;\nBEGIN\n  UPDATE totals SET n = n + p WHERE name <> '';\n"
            + "  GET DIAGNOSTICS m = ROW_COUNT;\n  INSERT INTO totals VALUES ('f' || p, m)"
            + " ON CONFLICT (name) DO UPDATE SET n = totals.n + 1;\n  RETURN m;\nEND $body$");
    add(
        functions,
        "f_read(%d)",
        "CREATE FUNCTION f_read(p int) RETURNS bigint LANGUAGE sql STABLE AS"
            + " 'SELECT count(*) + p FROM totals'");
    add(
        functions,
        "f_dynamic(%d)",
        "CREATE FUNCTION f_dynamic(p int) RETURNS int"
            + PLPGSQL
            + "DECLARE m int;\nBEGIN\n  EXECUTE format('UPDATE %I SET grp = grp + 1 WHERE grp = $1',"
            + " 't' || p % 3) USING p;\n"
            + "  GET DIAGNOSTICS m = ROW_COUNT;\n  RETURN m;\nEND $body$");
    add(
        functions,
        "f_count(%d)",
        "CREATE FUNCTION f_count(p int) RETURNS bigint STABLE"
            + PLPGSQL
            + "DECLARE m bigint;\nBEGIN\n  SELECT count(*) INTO m FROM t0 WHERE grp < p;\n"
            + "  RETURN m + coalesce((SELECT n FROM totals LIMIT 1), 0);\nEND $body$");
    add(
        functions,
        "f_pure(%d)",
        "CREATE FUNCTION f_pure(p int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT p * 3'");
    add(
        procedures,
        "p_touch(%d)",
        "CREATE PROCEDURE p_touch(p int)"
            + PLPGSQL
            + "BEGIN\n  INSERT INTO trail VALUES ('p', p);\n"
            + "  DELETE FROM trail WHERE n < p - 5;\nEND $body$");
    add(
        procedures,
        "p_commits(%d)",
        "CREATE PROCEDURE p_commits(p int)"
            + PLPGSQL
            + "BEGIN\n  INSERT INTO trail VALUES ('c', p);\n  COMMIT;\n"
            + "  INSERT INTO trail VALUES ('d', p);\nEND $body$");
  }

  private void add(List<String> calls, String call, String definition) {
    if (dice.chance(55)) {
      statements.add(definition);
      calls.add(call);
    }
  }

  private void triggers(String table) {
    switch (dice.below(6)) {
      case 0 ->
          trigger(
              table,
              "BEFORE INSERT OR UPDATE",
              "ROW",
              "NEW.grp := coalesce(NEW.grp, 0) + 1;\n  RETURN NEW;");
      case 1 ->
          trigger(
              table,
              "AFTER INSERT OR UPDATE OR DELETE",
              "ROW",
              "INSERT INTO audit (who, at, what) VALUES (TG_OP, "
                  + (mix.volatiles() ? "now()" : "'2024-01-01Z'")
                  + ", TG_TABLE_NAME);\n  RETURN NULL;");
      case 2 ->
          trigger(
              table,
              "AFTER INSERT OR DELETE",
              "ROW",
              "INSERT INTO totals VALUES (TG_TABLE_NAME, 1) ON CONFLICT (name) DO UPDATE\n"
                  + "    SET n = (SELECT count(*) FROM "
                  + table
                  + ");\n  RETURN NULL;");
      case 3 ->
          trigger(
              table,
              "AFTER UPDATE",
              "STATEMENT",
              "INSERT INTO trail SELECT 'st', count(*) FROM " + table + ";\n  RETURN NULL;");
      case 4 ->
          trigger(
              table,
              "BEFORE DELETE",
              "ROW",
              "IF OLD.grp = 3 THEN RETURN NULL; END IF;\n  RETURN OLD;");
      default ->
          trigger(
              table,
              "BEFORE INSERT",
              "ROW",
              "IF NEW.grp = 5 THEN\n    INSERT INTO trail VALUES ('moved', NEW.grp);\n"
                  + "    RETURN NULL;\n  END IF;\n  RETURN NEW;");
    }
  }

  private void trigger(String table, String when, String level, String body) {
    String name = "trg" + ++triggers;
    statements.add(
        "CREATE FUNCTION "
            + name
            + "() RETURNS trigger"
            + PLPGSQL
            + "BEGIN\n  "
            + body
            + "\nEND $body$");
    statements.add(
        "CREATE TRIGGER "
            + name
            + " "
            + when
            + " ON "
            + table
            + " FOR EACH "
            + level
            + " EXECUTE FUNCTION "
            + name
            + "()");
  }
}
