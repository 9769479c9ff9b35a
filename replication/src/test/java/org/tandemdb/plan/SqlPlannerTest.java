package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;

class SqlPlannerTest {
  private static final SessionView SESSION =
      new SessionView(List.of("public"), false, false, false, Set.of());

  private static ShopDatabase server;
  private static Catalog catalog;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = new ShopDatabase();
    try (Connection connection = server.one()) {
      catalog = PgCatalogLoader.load(connection, 41);
      assertThat(connection.getAutoCommit()).isTrue();
    }
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  private record Line(String sql, String form, String reason) {}

  private static List<Line> lines() {
    List<Line> lines = new ArrayList<>(lines("plans.txt"));
    lines.addAll(lines("ddl-plans.txt"));
    lines.addAll(lines("copy-plans.txt"));
    return lines;
  }

  private static List<Line> lines(String resource) {
    List<Line> lines = new ArrayList<>();
    for (String line : ShopDatabase.resource(resource).lines().toList()) {
      if (!line.startsWith("#") && !line.isBlank()) {
        int last = line.lastIndexOf('|');
        int middle = line.lastIndexOf('|', last - 1);
        lines.add(
            new Line(
                line.substring(0, middle).strip(),
                line.substring(middle + 1, last).strip(),
                line.substring(last + 1).strip()));
      }
    }
    return lines;
  }

  private static Plan plan(SqlPlanner planner, String sql) {
    return planner.plan(new Request(sql, Request.Markers.DOLLAR, List.of()), catalog, SESSION);
  }

  private static String form(Plan plan) {
    if (plan instanceof Plan.Write write) {
      return write.form().name();
    }
    return plan instanceof Plan.PrimaryRead
        ? "LOCKING"
        : plan.getClass().getSimpleName().toUpperCase(java.util.Locale.ROOT);
  }

  private static String row(String sql) {
    return plan(new SqlPlanner(10), sql) instanceof Plan.Write write && write.row().isPresent()
        ? write.sqlForPrimary().substring(write.row().get().from(), write.row().get().to())
        : "none";
  }

  @Test
  void theOneRowOfAnInsertIsNamedWhereAllParametersAreInIt() {
    assertThat(row("INSERT INTO ticket (title) VALUES ( $1 ) -- (x)")).isEqualTo("( $1 )");
    assertThat(row("insert into pair (a, b) values (($1), ')' || ($2))"))
        .isEqualTo("(($1), ')' || ($2))");
    assertThat(row("INSERT INTO pair (a, b) VALUES ((($1)), ($2))")).isEqualTo("((($1)), ($2))");
    assertThat(row("INSERT INTO ticket VALUES (DEFAULT, 'a', now(), NULL)"))
        .isEqualTo("(DEFAULT, 'a', now(), NULL)");
    assertThat(row("INSERT INTO ticket (title) VALUES ($1), ($2)")).isEqualTo("none");
    assertThat(row("INSERT INTO ticket (title) VALUES ($1) RETURNING $2::int")).isEqualTo("none");
    assertThat(row("INSERT INTO ticket (title) SELECT $1")).isEqualTo("none");
    assertThat(row("UPDATE account SET owner = $1 WHERE id = ($2)")).isEqualTo("none");
  }

  /** † Each line of the table, and each again from the cache (architecture, sections 4, 5, 9). */
  @Test
  void eachStatementOfTheTableGetsItsForm() {
    SqlPlanner planner = new SqlPlanner(1000);
    List<String> wrong = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      for (Line line : lines()) {
        Plan plan = plan(planner, line.sql());
        if (!form(plan).equals(line.form()) || !plan.reason().contains(line.reason())) {
          wrong.add(line + " but was " + form(plan) + ": " + plan.reason());
        }
      }
    }
    assertThat(lines()).hasSizeGreaterThan(750);
    assertThat(wrong).isEmpty();
  }

  /** † Nothing that can write is a read, however it is wrapped, cased, spaced or commented. */
  @Test
  void aWriteIsNeverPlannedAsARead() {
    String[] poison = {
      "nextval('s')",
      "noisy()",
      "public.noisy()",
      "pg_notify('a','b')",
      "a.peek",
      "setval('s', 1)",
      "pg_catalog.lo_create(0)",
      "\"noisy\" ( )",
      "lower(1)",
      "unheard_of(id)"
    };
    String[] frames = {
      "SELECT %s FROM account a", "SELECT 1 FROM account a WHERE %s IS NULL",
      "SELECT 1 FROM account a ORDER BY %s", "SELECT (SELECT %s) FROM account a",
      "WITH w AS (SELECT %s FROM account a) SELECT 1",
          "SELECT CASE WHEN true THEN %s END FROM account a",
      "SELECT ARRAY[%s] FROM account a", "SELECT upper(CAST(%s AS text)) FROM account a",
      "SELECT 1 FROM account a JOIN history h ON %s = 1", "SELECT 1 FROM account a LIMIT %s",
      "SELECT max(id) OVER (PARTITION BY %s) FROM account a",
          "SELECT id FROM account a GROUP BY id, %s",
      "SELECT count(*) FROM account a HAVING %s = 1", "EXPLAIN SELECT %s FROM account a",
      "SELECT substring('x' FROM %s) FROM account a", "SELECT 1 FROM account a WHERE id IN (%s)",
      "SELECT (%s)::text FROM account a", "VALUES ((SELECT %s FROM account a))",
      "SELECT id FROM account a WHERE id BETWEEN 1 AND %s",
          "SELECT DISTINCT ON (%s) 1 FROM account a",
      "SELECT string_agg(a.owner, ',' ORDER BY %s) FROM account a", "SELECT ROW(%s) FROM account a"
    };
    long seed = 20261122;
    Random random = new Random(seed);
    SqlPlanner planner = new SqlPlanner(100);
    for (int i = 0; i < 1500; i++) {
      String inner = poison[random.nextInt(poison.length)];
      String sql = noise(frames[random.nextInt(frames.length)].replace("%s", inner), random);
      Plan plan = plan(planner, sql);
      assertThat(plan)
          .as("seed " + seed + ": " + sql)
          .isInstanceOfAny(Plan.Refused.class, Plan.Traced.class);
    }
  }

  /** † What only the primary can tell is never written out as it stands. */
  @Test
  void aStatementWithAnEvaluatedPartIsNeverVerbatim() {
    String[] evaluated = {
      "random()",
      "now()::text::integer",
      "(SELECT 1)",
      "extract(epoch FROM now())",
      "'now'::date - day",
      "clock_timestamp() - changed",
      "length(current_user)",
      "date 'today' - day",
      "pg_backend_pid()",
      "to_number($1, '9')",
      "count(*)",
      "current_setting('x')::int",
      "timestamp 'now' - at",
      "nothing"
    };
    String[] frames = {
      "INSERT INTO account (id, owner, balance) VALUES (1, 'x', %s)",
      "INSERT INTO account (id, owner, balance) VALUES (1, 'x', 1), (2, 'y', 1 + %s)",
      "INSERT INTO account (id, owner, balance) VALUES (1, 'x', coalesce(1, %s))",
      "UPDATE account SET balance = %s WHERE id = 1",
      "UPDATE account SET balance = 1 WHERE id = %s",
      "UPDATE account SET balance = 1 WHERE id = 1 AND balance > %s",
      "DELETE FROM account WHERE id = %s",
      "DELETE FROM account WHERE id = 1 AND abs(%s) > 1",
      "UPDATE account SET balance = CASE WHEN %s > 1 THEN 1 ELSE 2 END WHERE id = 1"
    };
    long seed = 20261123;
    Random random = new Random(seed);
    SqlPlanner planner = new SqlPlanner(100);
    for (int i = 0; i < 1500; i++) {
      String inner = evaluated[random.nextInt(evaluated.length)];
      String sql = noise(frames[random.nextInt(frames.length)].replace("%s", inner), random);
      assertThat(form(plan(planner, sql)))
          .as("seed " + seed + ": " + sql)
          .isIn("CAPTURED", "TRACED", "REFUSED");
    }
  }

  private static String noise(String sql, Random random) {
    StringBuilder out = new StringBuilder();
    boolean quoted = false;
    for (char c : sql.toCharArray()) {
      quoted ^= c == '\'' || c == '"';
      if (quoted) {
        out.append(c);
      } else if (c == ' ') {
        out.append(
            new String[] {" ", "\n", "\t ", " /* ' */ ", " -- '\n", "  "}[random.nextInt(6)]);
      } else {
        out.append(random.nextBoolean() ? Character.toUpperCase(c) : c);
      }
    }
    return out.toString();
  }

  @Test
  void jdbcMarkersBecomeNumberedParametersInTheLog() {
    Plan.Write write =
        (Plan.Write)
            new SqlPlanner(10)
                .plan(
                    new Request(
                        "UPDATE account SET owner=?,changed=now() WHERE id=?AND owner<>? RETURNING"
                            + " id",
                        Request.Markers.QUESTION,
                        List.of()),
                    catalog,
                    SESSION);

    assertThat(write.template())
        .isEqualTo(
            new Plan.Template.Verbatim(
                "UPDATE \"public\".\"account\" SET owner=$1,changed=$2::timestamptz"
                    + " WHERE id=$3 AND owner<>$4",
                List.of(
                    new Plan.Slot.Parameter(0),
                    new Plan.Slot.Clock(new TypeRef("timestamptz")),
                    new Plan.Slot.Parameter(1),
                    new Plan.Slot.Parameter(2))));
  }

  @Test
  void sequencesThatAWriteAdvancesAreNamed() {
    SqlPlanner planner = new SqlPlanner(10);
    Plan.Write ticket = (Plan.Write) plan(planner, "INSERT INTO ticket (title) VALUES ('x')");
    Plan.Write falling = (Plan.Write) plan(planner, "INSERT INTO falling (v) VALUES ('x')");
    Plan.Write given = (Plan.Write) plan(planner, "INSERT INTO ticket (id, title) VALUES (1, 'x')");

    assertThat(ticket.sequences())
        .containsExactly(
            new Plan.SequenceUse(new TableName("public", "ticket_id_seq"), 0, true, true));
    assertThat(falling.sequences())
        .containsExactly(new Plan.SequenceUse(new TableName("public", "downward"), 0, false, true));
    assertThat(given.sequences()).isEmpty();
  }

  @Test
  void aFloatParameterDoesNotNameOneRowOfAnIntegerKey() {
    Request request =
        new Request(
            "DELETE FROM account WHERE id = $1",
            Request.Markers.DOLLAR,
            List.of(new TypeRef("float8")));

    assertThat(form(new SqlPlanner(10).plan(request, catalog, SESSION))).isEqualTo("CAPTURED");
  }

  @Test
  void aStatementOnATemporaryTableThatShadowsANameIsTraced() {
    SessionView shadowed =
        new SessionView(List.of("public"), false, false, false, Set.of("account"));
    SqlPlanner planner = new SqlPlanner(10);
    Request request =
        new Request("DELETE FROM account WHERE id = 1", Request.Markers.DOLLAR, List.of());

    assertThat(form(planner.plan(request, catalog, SESSION))).isEqualTo("VERBATIM");
    Plan plan = planner.plan(request, catalog, shadowed);
    assertThat(plan).isInstanceOf(Plan.Traced.class);
    assertThat(plan.reason()).contains("temporary");
  }

  /** Other copies would look for it in vain, or find another table of that name. */
  @Test
  void ddlThatNamesATemporaryRelationIsRefusedUnlessItConcernsNothingElse() {
    SessionView session =
        new SessionView(List.of("public"), false, false, false, Set.of("work", "work_id_seq"));
    SqlPlanner planner = new SqlPlanner(100);
    for (String sql :
        List.of(
            "CREATE TABLE made (LIKE work)",
            "CREATE TABLE made (w work, n int)",
            "CREATE TABLE made OF work",
            "CREATE TABLE made (id int DEFAULT nextval('work_id_seq'))",
            "CREATE TABLE made AS SELECT * FROM work",
            "CREATE MATERIALIZED VIEW made AS SELECT * FROM work",
            "CREATE VIEW made AS SELECT * FROM work",
            "ALTER TABLE account ADD COLUMN w work",
            "CREATE TYPE made AS (w work[])",
            "CREATE FUNCTION made(work) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION made() RETURNS SETOF work LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION made() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM work; END",
            "CREATE TRIGGER made BEFORE INSERT ON work EXECUTE FUNCTION noisy()",
            "CREATE STATISTICS made ON id, n FROM work",
            "CREATE POLICY made ON work",
            "GRANT SELECT ON work TO PUBLIC",
            "COMMENT ON TABLE work IS 'mine'",
            "COMMENT ON COLUMN work.id IS 'mine'",
            "CREATE DOMAIN made AS work")) {
      Request request = new Request(sql, Request.Markers.DOLLAR, List.of());
      Plan plan = planner.plan(request, catalog, session);
      assertThat(plan).as(sql).isInstanceOf(Plan.Refused.class);
      assertThat(plan.reason()).as(sql).containsAnyOf("\"work", "temporary");
    }
    for (String sql :
        List.of(
            "ALTER SEQUENCE work_id_seq RESTART",
            "ALTER TABLE work ADD COLUMN more int",
            "CREATE INDEX ON work (id)",
            "DROP TABLE work")) {
      Request request = new Request(sql, Request.Markers.DOLLAR, List.of());
      assertThat(form(planner.plan(request, catalog, session))).as(sql).isEqualTo("LOCAL");
    }
    for (String sql :
        List.of(
            "ALTER TABLE account ADD COLUMN work int",
            "COMMENT ON TABLE public.work IS 'work'",
            "CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT count(*) FROM work'")) {
      Request request = new Request(sql, Request.Markers.DOLLAR, List.of());
      assertThat(form(planner.plan(request, catalog, session))).as(sql).isEqualTo("EXCLUSIVE");
    }
  }

  @Test
  void deepNestingAndHugeTextsAreNotReads() {
    SqlPlanner planner = new SqlPlanner(10);
    String deep = "SELECT " + "(".repeat(50_000) + "1" + ")".repeat(50_000);
    String nots = "SELECT " + "NOT ".repeat(100_000) + "true";
    String huge = "SELECT '" + "x".repeat(5_000_000) + "'";

    assertThat(plan(planner, deep)).isInstanceOf(Plan.Traced.class);
    assertThat(form(plan(planner, nots))).isIn("TRACED", "READ");
    assertThat(plan(planner, huge)).isInstanceOf(Plan.Refused.class);
  }

  @Test
  void theLoaderKnowsKeysDefaultsHazardsAndViews() {
    Catalog.Table pair = catalog.resolve(Optional.of("public"), "pair", List.of()).orElseThrow();
    Catalog.Table ticket =
        catalog.resolve(Optional.of("public"), "ticket", List.of()).orElseThrow();
    Catalog.Table account =
        catalog.resolve(Optional.of("public"), "account", List.of()).orElseThrow();

    assertThat(catalog.version()).isEqualTo(42);
    assertThat(pair.primaryKey()).containsExactly("a", "b");
    assertThat(account.uniqueKeys()).containsExactlyInAnyOrder(List.of("id"), List.of("email"));
    assertThat(ticket.columns().stream().map(Catalog.Column::defaultKind))
        .containsExactly(
            Catalog.DefaultKind.NEXTVAL,
            Catalog.DefaultKind.DETERMINISTIC,
            Catalog.DefaultKind.EVALUATED,
            Catalog.DefaultKind.EVALUATED);
    assertThat(catalog.tables()).doesNotContainKey(new TableName("tandem", "marker"));
    assertThat(catalog.rowFunctions()).containsExactly("peek");
  }
}
