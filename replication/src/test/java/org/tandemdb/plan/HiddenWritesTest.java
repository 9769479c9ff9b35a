package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;

/**
 * Statements put together at random from pieces of the grammar, with a write, or a value that only
 * the primary knows, somewhere inside: at any depth, in any case and spacing, behind comments and
 * quotes. What each holds is known because it was put there. From one seed, which a failure names.
 */
class HiddenWritesTest {
  private static final long SEED = 20261123;
  private static final int STATEMENTS = 6000;

  private static final SessionView SESSION =
      new SessionView(List.of("public"), true, false, false, Set.of());

  private static ShopDatabase server;
  private static Catalog catalog;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = new ShopDatabase();
    try (Connection connection = server.one()) {
      catalog = PgCatalogLoader.load(connection, 1);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  /** Composes texts; each choice comes from {@link #random}. */
  private static final class Composer {
    private final Random random;

    Composer(long seed) {
      this.random = new Random(seed);
    }

    private String one(String... choices) {
      return choices[random.nextInt(choices.length)];
    }

    /** Calls that write, or may. */
    String call() {
      return one(
          "nextval('s')",
          "setval('s', 1)",
          "noisy()",
          "public.noisy()",
          "\"noisy\"()",
          "\"public\" . \"noisy\" ( )",
          "pg_catalog.nextval('s'::regclass)",
          "lo_create(0)",
          "pg_notify('a', 'b')",
          "set_config('role', 'x', false)",
          "pg_terminate_backend(1)",
          "unheard_of(a.id, VARIADIC ARRAY[1])",
          "noisy(VARIADIC => 1)",
          "lower(1)",
          "peek(a)",
          "a.peek",
          "U&\"n\\006fisy\"()",
          "query_to_xml('DELETE FROM account', true, true, '')",
          "pg_switch_wal()");
    }

    String plain() {
      return one(
          "1",
          "'x'",
          "a.id",
          "a.owner",
          "now()",
          "random()",
          "E'it\\'s'",
          "U&'\\0061'",
          "$$delete$$",
          "$q$ ; drop table account $q$",
          "(a.balance * 2)",
          "coalesce(a.email, 'none')",
          "ARRAY[1, 2][1]",
          "a.changed AT TIME ZONE 'UTC'",
          "interval '1 day'",
          "a.id::text",
          "count(*)",
          "B'101'",
          "NULL",
          "ROW(a.*)");
    }

    /** An expression with {@code poison} somewhere in it. */
    String expression(String poison, int depth) {
      if (depth == 0) {
        return poison;
      }
      String inner = expression(poison, depth - 1);
      return one(
          "(" + inner + ")",
          "coalesce(" + plain() + ", " + inner + ")",
          "CASE WHEN " + inner + " IS NULL THEN 1 ELSE 2 END",
          "CASE " + plain() + " WHEN " + inner + " THEN 1 END",
          "(SELECT " + inner + ")",
          "(SELECT max(b) FROM pair WHERE " + inner + " IS NOT NULL)",
          "ARRAY[" + plain() + ", " + inner + "]",
          "ARRAY(SELECT " + inner + ")",
          "ROW(" + inner + ", 1)",
          "CAST(" + inner + " AS text)",
          inner + "::text",
          "upper(" + inner + "::text)",
          "substring('abc' FROM " + inner + ")",
          "trim(both 'x' from " + inner + ")",
          "EXISTS (SELECT 1 FROM pair WHERE n = " + inner + ")",
          "(1 IN (2, " + inner + "))",
          "(" + inner + " BETWEEN SYMMETRIC 1 AND 2)",
          "(1 = ANY (ARRAY[" + inner + "]))",
          "(" + inner + " IS DISTINCT FROM 5)",
          "string_agg('x', ',' ORDER BY " + inner + ")",
          "count(*) FILTER (WHERE " + inner + " IS NULL)",
          "sum(1) OVER (PARTITION BY " + inner + ")",
          "percentile_cont(0.5) WITHIN GROUP (ORDER BY " + inner + ")",
          "(- " + inner + ")",
          "@ " + inner,
          "('x' LIKE ANY (ARRAY[" + inner + "]))",
          "(ARRAY[1,2])[" + inner + ":2]",
          "json_object('k' VALUE " + inner + " NULL ON NULL RETURNING jsonb)",
          "json_object('k': " + inner + " WITH UNIQUE KEYS)",
          "json_value('{}', '$' PASSING " + inner + " AS v DEFAULT " + inner + " ON EMPTY)",
          "json_arrayagg(" + inner + " ORDER BY 1 ABSENT ON NULL)",
          "xmlelement(name x, xmlattributes(" + inner + " AS y), " + inner + ")",
          "xmlforest(" + inner + " AS noisy)",
          "xmlexists('x' PASSING BY VALUE " + inner + ")",
          "'x' /* " + plain().replace("*/", "") + " */ || " + inner);
    }

    /** A query with {@code poison} somewhere in it. */
    String query(String poison, int depth) {
      String e = expression(poison, random.nextInt(3));
      String nested = depth == 0 ? "SELECT " + e + " FROM account a" : query(poison, depth - 1);
      return one(
          "SELECT " + e + " FROM account a",
          "SELECT 1 FROM account a WHERE " + e + " IS NULL",
          "SELECT DISTINCT ON (" + e + ") 1 FROM account a",
          "SELECT 1 FROM account a GROUP BY " + e + " HAVING count(*) > 0",
          "SELECT 1 FROM account a ORDER BY " + e + " USING <",
          "SELECT 1 FROM account a ORDER BY 1 LIMIT " + poison,
          "SELECT 1 FROM account a OFFSET " + poison,
          "SELECT 1 FROM account a FETCH FIRST (" + poison + ") ROWS ONLY",
          "SELECT 1 FROM account a JOIN history h ON " + e + " = 1",
          "SELECT 1 FROM account a, LATERAL (SELECT " + e + ") l",
          "SELECT 1 FROM account a CROSS JOIN LATERAL generate_series(1, " + poison + ") g",
          "SELECT 1 FROM account a TABLESAMPLE SYSTEM (" + poison + ")",
          "SELECT 1 FROM account a WINDOW w AS (ORDER BY " + e + ")",
          "SELECT 1 FROM ROWS FROM (generate_series(1, " + poison + ")) x, account a",
          "VALUES (1), ((SELECT " + e + " FROM account a))",
          "SELECT * FROM (" + nested + ") q",
          "(" + nested + ") UNION ALL SELECT 1",
          "WITH w AS (" + nested + ") SELECT * FROM w",
          "WITH w AS MATERIALIZED (" + nested + "), v AS (SELECT 2) SELECT 1",
          "WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL (" + nested + ")) SELECT 1",
          "SELECT 1 WHERE EXISTS (" + nested + ")",
          "SELECT (" + nested + ")");
    }

    String write() {
      return one(
          "DELETE FROM account",
          "DELETE FROM account WHERE id = 1 RETURNING *",
          "UPDATE account SET owner = 'x'",
          "UPDATE ONLY account AS a SET (owner, email) = ('x', 'y') WHERE a.id = 1 RETURNING id",
          "INSERT INTO account (id, owner) VALUES (1, 'x') RETURNING id",
          "INSERT INTO account (id, owner) VALUES (1, 'x') ON CONFLICT DO NOTHING",
          "INSERT INTO account SELECT 1, 'x'",
          "MERGE INTO account a USING pair p ON a.id = p.a WHEN MATCHED THEN DELETE",
          "DELETE FROM watched",
          "INSERT INTO watched VALUES (1, 'x')",
          "TRUNCATE account",
          "DROP TABLE account",
          "CALL noisy()",
          "DO 'begin end'",
          "COPY account FROM STDIN",
          "CREATE TABLE y AS SELECT 1",
          "SELECT 1 INTO y",
          "REFRESH MATERIALIZED VIEW stale",
          "SELECT noisy()");
    }

    /** A statement that writes. */
    String hidden() {
      String write = write();
      return switch (random.nextInt(8)) {
        case 0, 1, 2 -> query(call(), 2);
        case 3 -> "WITH w AS (" + write + ") " + one("SELECT 1", "TABLE account", "VALUES (1)");
        case 4 -> "WITH v AS (SELECT 1), w AS NOT MATERIALIZED (" + write + ") SELECT * FROM v";
        case 5 ->
            one(
                    "EXPLAIN ANALYZE ",
                    "EXPLAIN (ANALYZE) ",
                    "EXPLAIN (COSTS, ANALYZE true) ",
                    "EXPLAIN (ANALYZE off, ANALYZE) ",
                    "EXPLAIN ANALYZE VERBOSE ",
                    "EXPLAIN (analyse 1, FORMAT JSON) ")
                + one(write, query(call(), 1), "WITH w AS (" + write + ") SELECT 1");
        case 6 ->
            one("DECLARE c CURSOR FOR ", "PREPARE p AS ", "CREATE VIEW z AS ", "COPY (")
                + one(write, query(call(), 1));
        default ->
            one("SELECT * FROM (", "SELECT (", "SELECT 1 WHERE EXISTS (", "(")
                + write
                + one(") x", ")");
      };
    }

    String noise(String sql) {
      StringBuilder out = new StringBuilder(one("", " ", "/* SELECT */ ", "-- ;\n", "\n\t"));
      boolean quoted = false;
      boolean dollar = false;
      for (int i = 0; i < sql.length(); i++) {
        char c = sql.charAt(i);
        if (c == '$') {
          dollar = !dollar || sql.indexOf('$', i + 1) < 0;
        }
        quoted ^= c == '\'' || c == '"';
        if (quoted || dollar || c == '\\' || sql.indexOf("U&", Math.max(0, i - 1)) == i - 1) {
          out.append(c);
        } else if (c == ' ') {
          out.append(one(" ", "  ", "\n", "\t", " /* ; */ ", " /* a /* b */ c */ ", " -- x'\n"));
        } else {
          out.append(random.nextBoolean() ? Character.toUpperCase(c) : c);
        }
      }
      return out.append(one("", ";", " -- end", " /* end */", " ; ; ")).toString();
    }
  }

  /** † Nothing that can write is planned as a read, or as something of the session alone. */
  @Test
  void noStatementThatCanWriteIsARead() {
    SqlPlanner planner = new SqlPlanner(100);
    int writes = 0;
    for (int i = 0; i < STATEMENTS; i++) {
      Composer composer = new Composer(SEED + i);
      String statement = composer.hidden();
      String sql = composer.noise(statement);
      Plan plan = plan(planner, sql);
      assertThat(isUnlogged(planner, plan)).as("seed %d: %s%n%s", SEED + i, sql, plan).isFalse();
      writes += plan instanceof Plan.Write ? 1 : 0;
    }
    // Or else everything was refused, and nothing is shown.
    assertThat(writes).isGreaterThan(STATEMENTS / 50);
  }

  /** † Several in one text: the write decides, wherever it stands. */
  @Test
  void noBatchWithAWriteIsWithoutIt() {
    SqlPlanner planner = new SqlPlanner(100);
    for (int i = 0; i < STATEMENTS / 10; i++) {
      Composer composer = new Composer(SEED * 3 + i);
      List<String> parts = new ArrayList<>(List.of("SELECT 1", "SELECT ';'", "SET work_mem = 1"));
      parts.add(composer.random.nextInt(parts.size() + 1), composer.hidden());
      String sql = composer.noise(String.join(" ; ", parts));
      Plan plan = plan(planner, sql);
      if (plan instanceof Plan.Steps steps) {
        assertThat(steps.steps()).as(sql).anyMatch(step -> !isUnlogged(planner, step.plan()));
      } else {
        assertThat(isUnlogged(planner, plan)).as("seed %d: %s", SEED * 3 + i, sql).isFalse();
      }
    }
  }

  /**
   * Reads alone, EXPLAIN that runs nothing, and no write in any step. What PREPARE keeps is planned
   * when it runs.
   */
  private static boolean isUnlogged(SqlPlanner planner, Plan plan) {
    if (plan instanceof Plan.Local local && local.effect() instanceof Plan.Effect.Prepare prepare) {
      return isUnlogged(planner, plan(planner, prepare.statement().sql()));
    }
    return plan instanceof Plan.Read
        || plan instanceof Plan.PrimaryRead
        || plan instanceof Plan.Local;
  }

  /** † What only the primary knows is never logged as it stands. */
  @Test
  void noStatementWithAnEvaluatedPartIsVerbatim() {
    String[] evaluated = {
      "random()",
      "clock_timestamp()",
      "current_user",
      "current_date",
      "gen_random_uuid()",
      "timeofday()",
      "'now'::timestamp",
      "timestamp 'today'",
      "date 'tomorrow'",
      "(SELECT 1)",
      "(SELECT owner FROM account LIMIT 1)",
      "pg_backend_pid()",
      "inet_client_port()",
      "statement_timestamp()",
      "localtime",
      "current_setting('timezone')",
      "txid_current()",
      "now() + interval '1 day'",
      "CAST('now' AS date)",
      "extract(year from now())",
      "to_char(now(), 'YYYY')",
      "age(changed)",
      "U&'n\\006fw'::date",
      "$$now$$::timestamptz",
      "E'now'::time",
      "nothing_known",
      "account.ctid",
      "xmin",
      "tableoid::text"
    };
    String[] frames = {
      "INSERT INTO account (id, owner) VALUES (1, %s)",
      "INSERT INTO account (id, owner) VALUES (1, 'a'), (2, %s)",
      "INSERT INTO account (id, owner, balance) VALUES (1, 'x', 1) ON CONFLICT (id) DO UPDATE SET"
          + " owner = %s",
      "INSERT INTO account (id, owner) SELECT 1, %s",
      "UPDATE account SET owner = %s WHERE id = 1",
      "UPDATE account SET (owner, email) = (%s, 'x') WHERE id = 1",
      "UPDATE account SET owner = 'x' WHERE id = 1 AND email = %s",
      "UPDATE account SET owner = 'x' FROM pair WHERE id = 1 AND b = %s",
      "UPDATE account SET id = 2, owner = %s WHERE id = 1",
      "DELETE FROM account WHERE id = 1 AND owner = %s",
      "DELETE FROM account USING pair WHERE id = 1 AND b = %s",
      "DELETE FROM account WHERE id = %s",
      "WITH x AS (SELECT %s) DELETE FROM account WHERE id = 1",
      "MERGE INTO account a USING pair p ON a.id = p.a WHEN MATCHED THEN UPDATE SET owner = %s"
    };
    SqlPlanner planner = new SqlPlanner(100);
    int captured = 0;
    for (int i = 0; i < STATEMENTS / 2; i++) {
      Composer composer = new Composer(SEED * 5 + i);
      String inner = composer.one(evaluated);
      if (composer.random.nextInt(3) == 0) {
        inner = composer.expression(inner, 1 + composer.random.nextInt(2));
      }
      String sql = composer.noise(composer.one(frames).replace("%s", inner));
      Plan plan = plan(planner, sql);
      assertThat(Described.form(plan))
          .as("seed %d: %s", SEED * 5 + i, sql)
          .isIn("CAPTURED", "TRACED", "REFUSED");
      captured += plan instanceof Plan.Write ? 1 : 0;
    }
    assertThat(captured).isGreaterThan(STATEMENTS / 20);
  }

  private static Plan plan(SqlPlanner planner, String sql) {
    return planner.plan(new Request(sql, Request.Markers.DOLLAR, List.of()), catalog, SESSION);
  }
}
