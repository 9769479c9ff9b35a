package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** DDL of every kind leaves equal schemas, and what it fills has equal rows. */
class DefinitionsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final List<String> SCRIPT =
      List.of(
          "CREATE SCHEMA shop",
          "CREATE TYPE shop.mood AS ENUM ('sad', 'happy')",
          "ALTER TYPE shop.mood ADD VALUE 'calm' BEFORE 'happy'",
          "CREATE DOMAIN shop.percent AS int CHECK (VALUE BETWEEN 0 AND 100)",
          "CREATE TYPE shop.span AS (low int, high int)",
          "CREATE TABLE shop.person (id serial PRIMARY KEY, name text NOT NULL,"
              + " m shop.mood NOT NULL DEFAULT 'sad', p shop.percent, s shop.span,"
              + " during daterange, EXCLUDE USING gist (during WITH &&))",
          "INSERT INTO shop.person (name, m, p, s) VALUES ('ann', 'calm', 7, '(1,2)')",
          "INSERT INTO shop.person (name, p) SELECT 'p' || g, g FROM generate_series(1, 40) g",
          "UPDATE shop.person SET m = 'happy'::shop.mood WHERE p > 20",
          "CREATE FUNCTION shop.twice(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE"
              + " AS $f$ BEGIN RETURN n * 2; END $f$",
          "CREATE FUNCTION shop.norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'",
          "CREATE UNIQUE INDEX ON shop.person (shop.norm(name)) WHERE p > 100",
          "CREATE TABLE shop.copy AS SELECT name, p FROM shop.person WHERE p < 30",
          "CREATE TABLE shop.counts AS SELECT m, count(*) AS n FROM shop.person GROUP BY m"
              + " WITH NO DATA",
          "CREATE MATERIALIZED VIEW shop.stock AS"
              + " SELECT length(name) AS l, count(*) AS n FROM shop.copy GROUP BY length(name)",
          "INSERT INTO shop.copy VALUES ('late', 5)",
          "REFRESH MATERIALIZED VIEW shop.stock",
          "CREATE VIEW shop.rich AS SELECT name, shop.twice(p) AS t FROM shop.person",
          "ALTER TABLE shop.copy ALTER COLUMN p TYPE bigint USING p * 10",
          "ALTER TABLE shop.copy ADD COLUMN m shop.mood NOT NULL DEFAULT 'calm'",
          "ALTER TABLE shop.copy ALTER COLUMN name SET STATISTICS 50",
          "CREATE STATISTICS shop.st ON name, p FROM shop.copy",
          "CREATE TABLE shop.log (id int GENERATED ALWAYS AS IDENTITY, at date NOT NULL, t text)"
              + " PARTITION BY RANGE (at)",
          "CREATE TABLE shop.log_1 PARTITION OF shop.log FOR VALUES FROM ('2026-01-01') TO"
              + " ('2026-07-01')",
          "CREATE TABLE shop.log_rest PARTITION OF shop.log DEFAULT",
          "ALTER TABLE shop.log DETACH PARTITION shop.log_rest",
          "CREATE TABLE shop.likeness (LIKE shop.person INCLUDING ALL)",
          "COMMENT ON FUNCTION shop.twice(int) IS 'doubles'",
          "COMMENT ON TYPE shop.mood IS 'how one feels'",
          "GRANT USAGE ON SCHEMA shop TO PUBLIC",
          "GRANT SELECT ON ALL TABLES IN SCHEMA shop TO PUBLIC",
          "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC",
          "CREATE TABLE shop.later (id int)",
          "CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql"
              + " AS 'BEGIN RETURN NEW; END'",
          "CREATE TRIGGER stamp BEFORE INSERT ON shop.later FOR EACH ROW"
              + " EXECUTE FUNCTION shop.stamp()",
          "CREATE RULE quiet AS ON DELETE TO shop.later DO INSTEAD NOTHING",
          "ALTER TABLE shop.later ENABLE ROW LEVEL SECURITY",
          "CREATE POLICY mine ON shop.later USING (id > 0)",
          "CREATE SEQUENCE shop.ticket START 10",
          "ALTER SEQUENCE shop.ticket RESTART WITH 500 INCREMENT BY 5",
          "TRUNCATE shop.likeness RESTART IDENTITY",
          "ALTER TABLE shop.copy RENAME TO duplicate",
          "DROP TYPE shop.span CASCADE");

  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @Test
  void definitionsAndWhatTheyFillAreEqualOnEveryCopy() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      for (String sql : SCRIPT) {
        statement.execute(sql);
      }
      try (ResultSet rows = statement.executeQuery("SELECT sum(n) FROM shop.stock")) {
        rows.next();
        assertThat(rows.getInt(1)).as("30 rows and a late one").isEqualTo(31);
      }
      assertThatThrownBy(() -> statement.execute("REFRESH MATERIALIZED VIEW shop.nothing"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("does not exist");
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    try (Connection a = open("a");
        Connection b = open("b")) {
      Comparison rows = Comparison.of(a, b);
      assertThat(rows.findings()).isEmpty();
      assertThat(rows.rows()).isGreaterThan(70);
      List<String> definitions = definitions(a);
      assertThat(definitions).hasSizeGreaterThan(60).isEqualTo(definitions(b));
    }
  }

  /** Temporary objects are in the primary's catalogs only, and a block decides on each copy. */
  @Test
  void aBlockThatLooksIsRefusedWhileAnySessionHasTemporaryTables() throws Exception {
    String block =
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 'report') THEN"
            + " CREATE TABLE report (id int PRIMARY KEY); END IF; END; -- done\n $$";
    try (Connection other = DriverManager.getConnection(pair.tandemUrl());
        Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement temporary = other.createStatement();
        Statement statement = connection.createStatement()) {
      temporary.execute("CREATE TEMP TABLE report (i int)");
      assertThatThrownBy(() -> statement.execute(block))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
          .hasMessageContaining("temporary");
      temporary.execute("DROP TABLE report");
      statement.execute(block);
      statement.execute(block);
      statement.execute("INSERT INTO report VALUES (1)");
      TandemStatus.awaitEverything(connection, LIMIT);
      try (Connection a = open("a");
          Connection b = open("b")) {
        assertThat(Comparison.of(a, b).findings()).isEmpty();
      }
      statement.execute("DROP TABLE report");
    }
  }

  /** The server evaluates such a default also where there is no row. */
  @Test
  void aColumnWhoseDefaultIsASettingOfTheSessionIsAddedToAnEmptyTable() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("SET app.tenant = '7'");
      statement.execute("CREATE TABLE rented (id int PRIMARY KEY)");
      statement.execute(
          "ALTER TABLE rented ADD COLUMN tenant text NOT NULL DEFAULT current_setting('app.tenant')");
      statement.execute("INSERT INTO rented VALUES (1)");
      statement.execute(
          "ALTER TABLE rented ADD COLUMN other text DEFAULT current_setting('app.tenant')");
      assertThatThrownBy(
              () ->
                  statement.execute(
                      "ALTER TABLE rented ADD COLUMN a text DEFAULT current_setting('app.tenant'),"
                          + " ADD COLUMN b uuid DEFAULT gen_random_uuid()"))
          .hasMessageContaining("asks for a setting");
      TandemStatus.awaitEverything(connection, LIMIT);
      try (Connection b = open("b");
          Statement ask = b.createStatement();
          ResultSet rows = ask.executeQuery("SELECT tenant || other FROM rented")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("77");
      }
      statement.execute("DROP TABLE rented");
    }
  }

  /** It may name two rows for a while, one of which the transaction has never written. */
  @Test
  void aDeferrableKeyThatNamesTwoRowsForAWhileIsRefusedAtCommit() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v int)");
      statement.execute("INSERT INTO late VALUES (2, 2), (3, 3)");
      statement.execute("UPDATE late SET id = 5 - id");
      connection.setAutoCommit(false);
      statement.execute("INSERT INTO late VALUES (2, 7)");
      statement.execute("DELETE FROM late WHERE v = 3");
      connection.commit();
      for (String[] pairOfWrites :
          new String[][] {
            {"INSERT INTO late VALUES (3, 8)", "DELETE FROM late WHERE v = 8"},
            {"UPDATE late SET id = 3 WHERE v = 7", "UPDATE late SET id = 4 WHERE v = 7"}
          }) {
        statement.execute(pairOfWrites[0]);
        statement.execute(pairOfWrites[1]);
        assertThatThrownBy(connection::commit)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
            .hasMessageContaining("deferrable key");
        connection.rollback();
      }
      connection.setAutoCommit(true);
      TandemStatus.awaitEverything(connection, LIMIT);
      try (Connection a = open("a");
          Connection b = open("b")) {
        assertThat(Comparison.of(a, b).findings()).isEmpty();
      }
      statement.execute("DROP TABLE late");
    }
  }

  /** † What each copy evaluates by itself must not depend on the session that wrote the row. */
  @Test
  void functionsThatEachCopyWouldEvaluateUnderItsOwnSettingsAreRefused() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE FUNCTION day(timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT $1::date'");
      statement.execute("CREATE TABLE moment (id int PRIMARY KEY, at timestamptz)");
      statement.execute("SET TIME ZONE 'Asia/Tokyo'");
      for (String sql :
          List.of(
              "ALTER TABLE moment ADD COLUMN d date GENERATED ALWAYS AS (day(at)) STORED",
              "CREATE UNIQUE INDEX ON moment (day(at))",
              "CREATE TABLE by_day (at timestamptz) PARTITION BY RANGE (day(at))",
              "CREATE DOMAIN recent AS timestamptz CHECK (day(VALUE) > '2024-01-01')")) {
        assertThatThrownBy(() -> statement.execute(sql))
            .as(sql)
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("day is not proven to give the same in every session");
      }
    }
  }

  /**
   * † As above, of what the database had before: a check or an index's function that fails where a
   * row is applied would take every replica out of service.
   */
  @Test
  void whatTheDatabaseHadBeforeAndSettingsDecideIsNotWritten() throws Exception {
    String[] before = {
      "SET ROLE " + ServerPair.ROLE,
      "CREATE TABLE visit (id int PRIMARY KEY, day date, at timestamptz, CHECK (day <= at))",
      "CREATE FUNCTION european(text) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT $1::date'",
      "CREATE TABLE letter (id int PRIMARY KEY, sent text)",
      "CREATE INDEX ON letter (european(sent))",
      "CREATE TABLE plain (id int PRIMARY KEY, v text)",
      "CREATE FUNCTION tidy(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'",
      "CREATE INDEX ON plain (tidy(v))"
    };
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE earlier OWNER " + ServerPair.ROLE);
      server.execute("earlier", before);
    }
    String earlier = pair.tandemUrl("earlier", pair.directory().resolve("earlier-log"));
    try (Connection connection = DriverManager.getConnection(earlier);
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO plain VALUES (1, 'A')");
      statement.execute("SET TIME ZONE 'Pacific/Kiritimati'");
      statement.execute("SET DateStyle = 'ISO, DMY'");
      List<String> writes =
          List.of(
              "INSERT INTO visit VALUES (1, '2024-01-01', '2024-01-01 00:30+14')",
              "INSERT INTO letter VALUES (1, '31-12-2024')",
              "DO $$BEGIN INSERT INTO letter VALUES (2, '31-12-2024'); END$$");
      for (String sql : writes) {
        assertThatThrownBy(() -> statement.execute(sql))
            .as(sql)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"));
      }
      statement.execute(
          "CREATE OR REPLACE FUNCTION tidy(text) RETURNS text LANGUAGE sql IMMUTABLE AS"
              + " 'SELECT $1::date::text'");
      assertThatThrownBy(() -> statement.execute("INSERT INTO plain VALUES (2, '31-12-2024')"))
          .hasMessageContaining("the index plain_tidy_idx calls tidy, which is not proven");
      TandemStatus.awaitEverything(connection, LIMIT);
    }
  }

  /**
   * Enums and reg* types are numbers inside that each server gives by itself: a row would be in
   * another partition there, and where it is written back by its partition, in none.
   */
  @Test
  void partitionsThatWouldHoldOtherRowsElsewhereAreRefused() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TYPE hue AS ENUM ('red', 'green')");
      statement.execute("CREATE TYPE tone AS (h hue, n int)");
      statement.execute("CREATE DOMAIN tint AS hue");
      for (String by :
          List.of(
              "(h hue) PARTITION BY HASH (h)",
              "(h hue[]) PARTITION BY HASH (h)",
              "(h tint) PARTITION BY HASH (h)",
              "(h tone) PARTITION BY HASH (h)",
              "(h int) PARTITION BY HASH (((ARRAY['red', 'green']::hue[])[h]))",
              "(h regclass) PARTITION BY LIST (h)")) {
        assertThatThrownBy(() -> statement.execute("CREATE TABLE by_oid " + by))
            .as(by)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
            .hasMessageContaining("partition");
      }
      statement.execute("CREATE TABLE by_list (h hue) PARTITION BY LIST (h)");
      statement.execute("CREATE TABLE reds PARTITION OF by_list FOR VALUES IN ('red')");
      statement.execute("CREATE TABLE by_hash (h int, t text) PARTITION BY HASH (h, (t || 'x'))");
      statement.execute(
          "CREATE TABLE one PARTITION OF by_hash FOR VALUES WITH (MODULUS 1, REMAINDER 0)");
      statement.execute("INSERT INTO by_list VALUES ('red')");
      statement.execute("INSERT INTO by_hash VALUES (1, 'a')");
      TandemStatus.awaitEverything(connection, LIMIT);
      statement.execute("DROP TABLE by_list, by_hash");
    }
  }

  /**
   * Each server would run it by itself, beside Tandem's own DDL too, and nothing that it writes is
   * logged.
   */
  @Test
  void ddlIsRefusedWhereAnEventTriggerWouldWriteOnEachCopy() throws Exception {
    String[] watching = {
      "CREATE TABLE watched (tag text, at timestamptz)",
      "GRANT ALL ON watched TO " + ServerPair.ROLE,
      "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS"
          + " 'BEGIN INSERT INTO watched VALUES (tg_tag, clock_timestamp()); END'",
      "CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('CREATE VIEW')"
          + " EXECUTE FUNCTION watch()"
    };
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE guarded OWNER " + ServerPair.ROLE);
      server.execute("guarded", watching);
      server.execute(ServerPair.DATABASE, watching);
    }
    String guarded = pair.tandemUrl("guarded", pair.directory().resolve("guarded-log"));
    assertThatThrownBy(() -> DriverManager.getConnection(guarded).close())
        .hasMessageContaining("event trigger watching");
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("CREATE VIEW seen AS SELECT 1 AS one"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
          .hasMessageContaining("event trigger watching would run on each copy");
      for (PostgresServer server : pair.servers()) {
        server.execute(ServerPair.DATABASE, "DROP EVENT TRIGGER watching", "DROP TABLE watched");
      }
      statement.execute("CREATE VIEW seen AS SELECT 1 AS one");
      TandemStatus.awaitEverything(connection, LIMIT);
    }
  }

  private static Connection open(String name) throws SQLException {
    PostgresServer server = pair.server(name);
    return DriverManager.getConnection(server.url(ServerPair.DATABASE));
  }

  /** What the server says of everything in the schema, a line each; no oids. */
  private static List<String> definitions(Connection connection) throws SQLException {
    String schema = "'shop'::regnamespace";
    List<String> lines = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT line FROM ("
                    + "SELECT concat_ws('|', 'rel', relname, relkind, relacl, reloptions,"
                    + " relrowsecurity, pg_get_expr(relpartbound, oid),"
                    + " CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END) AS line"
                    + " FROM pg_class WHERE relnamespace = "
                    + schema
                    + " UNION ALL SELECT concat_ws('|', 'col', attrelid::regclass, attname,"
                    + " format_type(atttypid, atttypmod), attnotnull, attidentity, attstattarget,"
                    + " (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef"
                    + " WHERE adrelid = attrelid AND adnum = attnum))"
                    + " FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
                    + " WHERE relnamespace = "
                    + schema
                    + " AND attnum > 0 AND NOT attisdropped"
                    + " UNION ALL SELECT concat_ws('|', 'con', conname, conrelid::regclass,"
                    + " contypid::regtype, pg_get_constraintdef(oid))"
                    + " FROM pg_constraint WHERE connamespace = "
                    + schema
                    + " UNION ALL SELECT concat_ws('|', 'fun', pg_get_functiondef(oid),"
                    + " obj_description(oid, 'pg_proc')) FROM pg_proc WHERE pronamespace = "
                    + schema
                    + " UNION ALL SELECT concat_ws('|', 'type', typname, typtype,"
                    + " obj_description(oid, 'pg_type'), (SELECT string_agg(enumlabel, ','"
                    + " ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))"
                    + " FROM pg_type t WHERE typnamespace = "
                    + schema
                    + " UNION ALL SELECT concat_ws('|', 'trigger', pg_get_triggerdef(t.oid))"
                    + " FROM pg_trigger t WHERE NOT tgisinternal AND tgname !~ 'tandem'"
                    + " UNION ALL SELECT concat_ws('|', 'rule', pg_get_ruledef(oid))"
                    + " FROM pg_rewrite WHERE rulename = 'quiet'"
                    + " UNION ALL SELECT concat_ws('|', 'policy', polname,"
                    + " pg_get_expr(polqual, polrelid)) FROM pg_policy"
                    + " UNION ALL SELECT concat_ws('|', 'default', defaclobjtype, defaclacl)"
                    + " FROM pg_default_acl"
                    + " UNION ALL SELECT concat_ws('|', 'seq', seqrelid::regclass, seqstart,"
                    + " seqincrement) FROM pg_sequence JOIN pg_class ON oid = seqrelid"
                    + " WHERE relnamespace = "
                    + schema
                    + ") everything ORDER BY line COLLATE \"C\"")) {
      while (rows.next()) {
        lines.add(rows.getString(1));
      }
    }
    return lines;
  }
}
