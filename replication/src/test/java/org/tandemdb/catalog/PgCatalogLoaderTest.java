package org.tandemdb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.tandemdb.entry.TableName;
import org.tandemdb.postgres.TestDatabase;

class PgCatalogLoaderTest {

  /** What a session has prepared, each DDL of anybody's makes it look at. */
  private static int prepared(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) FROM pg_prepared_statements"
                    + " WHERE statement NOT LIKE '%pg_prepared_statements%'")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void whatOneLoadHasPreparedTheNextUsesAgain() throws Exception {
    try (TestDatabase database = TestDatabase.on(0);
        Connection connection = database.connect();
        Connection other = database.connect();
        Statement ddl = other.createStatement()) {
      connection.unwrap(PGConnection.class).setPrepareThreshold(1);
      PgCatalogLoader.load(connection, 0);
      int once = prepared(connection);
      assertThat(once).isGreaterThan(10);
      for (int i = 1; i <= 5; i++) {
        ddl.execute("CREATE TABLE t" + i + " (id int PRIMARY KEY)");
        Catalog catalog = PgCatalogLoader.load(connection, i);
        assertThat(catalog.tables()).hasSize(i).containsKey(new TableName("public", "t" + i));
      }
      assertThat(prepared(connection)).isEqualTo(once);
    }
  }

  private static List<String> traceHazards(Catalog catalog, String table) {
    return Objects.requireNonNull(catalog.tables().get(new TableName("public", table)))
        .traceHazards();
  }

  /** † What each copy evaluates by itself must not depend on the session that applies a row. */
  @Test
  void tablesWhoseRowsAnUnprovenFunctionDecidesAboutAreNotWritten() throws Exception {
    try (TestDatabase database = TestDatabase.on(0);
        Connection connection = database.connect();
        Statement ddl = connection.createStatement()) {
      ddl.execute(
          "CREATE FUNCTION day(timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT $1::date';"
              + "CREATE FUNCTION me() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT current_user::text';"
              + "CREATE FUNCTION tidy(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';"
              + "CREATE DOMAIN mine AS text CHECK (VALUE = me());"
              + "CREATE TABLE made (id int PRIMARY KEY, at timestamptz,"
              + " d date GENERATED ALWAYS AS (day(at)) STORED);"
              + "CREATE TABLE single (id int PRIMARY KEY, at timestamptz);"
              + "CREATE UNIQUE INDEX ON single (id) WHERE day(at) = '2024-01-01';"
              + "CREATE TABLE alone (id int PRIMARY KEY, at timestamptz,"
              + " EXCLUDE USING btree (day(at) WITH =));"
              + "CREATE TABLE parted (id int, at timestamptz) PARTITION BY RANGE (day(at));"
              + "CREATE TABLE leaf PARTITION OF parted DEFAULT;"
              + "CREATE TABLE owned (id int PRIMARY KEY, v mine);"
              + "CREATE TABLE proven (id int PRIMARY KEY, v text,"
              + " w text GENERATED ALWAYS AS (tidy(v)) STORED, i interval CHECK (i > '1 day'));"
              + "CREATE UNIQUE INDEX ON proven (tidy(v));"
              + "CREATE TABLE quoting (id int PRIMARY KEY, v text,"
              + " w text GENERATED ALWAYS AS (quote_ident(v)) STORED);"
              + "CREATE TABLE plain (id int PRIMARY KEY, at timestamptz);"
              + "CREATE INDEX ON plain (day(at));"
              + "CREATE OPERATOR ~> (RIGHTARG = timestamptz, FUNCTION = day);"
              + "CREATE TABLE behind (id int PRIMARY KEY, at timestamptz);"
              + "CREATE INDEX ON behind ((~> at));"
              + "CREATE INDEX ON proven (id) WHERE tidy(v) <> 'x'");
      Catalog catalog = PgCatalogLoader.load(connection, 0);
      for (String table : List.of("made", "single", "alone", "parted", "leaf", "plain", "behind")) {
        assertThat(traceHazards(catalog, table))
            .as(table)
            .anyMatch(hazard -> hazard.contains("calls day, which is not proven"));
      }
      assertThat(traceHazards(catalog, "owned"))
          .anyMatch(hazard -> hazard.contains("the domain of v calls me"));
      assertThat(traceHazards(catalog, "quoting"))
          .containsExactly("the generated column w depends on quote_all_identifiers");
      assertThat(traceHazards(catalog, "proven")).isEmpty();
      // Whoever replaces a function is not asked what has used it before.
      ddl.execute(
          "CREATE OR REPLACE FUNCTION tidy(text) RETURNS text LANGUAGE sql IMMUTABLE AS"
              + " $$SELECT $1::date::text$$");
      assertThat(traceHazards(PgCatalogLoader.load(connection, 1), "proven"))
          .anyMatch(hazard -> hazard.contains("calls tidy, which is not proven"));
    }
  }

  /** † As above, of what has no name that one could read: operators, and casts. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "day < at                         ; date_lt_timestamptz",
        "at IN (day, stamp)               ; timestamptz_eq_date",
        "stamp = coalesce(at, stamp)      ; timestamptz",
        "(day, n) < (at, n)               ; date_lt_timestamptz",
        "at > at - i                      ; timestamptz_mi_interval",
        "extract(year FROM at) > 2000     ; extract",
        "at::text <> 'x'                  ; turns a timestamptz into a text",
        "days[1]::text <> 'x'             ; turns a date into a text",
        "v::varchar(10)::date < '2030-01-01' ; reads a text as a date",
        "v::varchar::date < '2030-01-01'  ; reads a text as a date",
        "length(days::text) > 0           ; turns a _date into a text",
        "v || at <> 'x'                   ; textanycat"
      })
  void tablesWithACheckThatSettingsDecideAreNotWritten(String check, String reason)
      throws Exception {
    Catalog catalog = checkedBy(check);
    assertThat(traceHazards(catalog, "t"))
        .anySatisfy(hazard -> assertThat(hazard).contains("the check c ").contains(reason));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "at > '2020-01-01' AND day < '2030-01-01'",
        "at < until AND stamp < '2030-01-01' AND i > '1 day'",
        "(day, n) < ('2030-01-01', 7)",
        "m::text IN ('a', 'b') AND n::text <> v AND v::int > 3",
        "v || n <> 'x' AND v = ANY (ARRAY['a', 'b']::varchar[])",
        "CASE WHEN n = 1 THEN at ELSE until END IS NOT NULL",
        "day + n > stamp"
      })
  void tablesWhoseChecksAreTheSameInEverySessionAreWritten(String check) throws Exception {
    assertThat(traceHazards(checkedBy(check), "t")).isEmpty();
  }

  private static Catalog checkedBy(String check) throws Exception {
    try (TestDatabase database = TestDatabase.on(0);
        Connection connection = database.connect();
        Statement ddl = connection.createStatement()) {
      ddl.execute(
          "CREATE TYPE mood AS ENUM ('a', 'b');"
              + "CREATE TABLE t (id int PRIMARY KEY, day date, at timestamptz, until timestamptz,"
              + " stamp timestamp, v text, n int, m mood, i interval, days date[],"
              + " CONSTRAINT c CHECK ("
              + check
              + "))");
      return PgCatalogLoader.load(connection, 0);
    }
  }

  @Test
  void tablesWithADomainThatSettingsDecideAboutAreNotWritten() throws Exception {
    try (TestDatabase database = TestDatabase.on(0);
        Connection connection = database.connect();
        Statement ddl = connection.createStatement()) {
      ddl.execute(
          "CREATE DOMAIN recent AS timestamptz CHECK (VALUE::date > '2020-01-01');"
              + "CREATE DOMAIN late AS timestamptz CHECK (VALUE > '2020-01-01');"
              + "CREATE TABLE t (id int PRIMARY KEY, at recent);"
              + "CREATE TABLE u (id int PRIMARY KEY, at late)");
      Catalog catalog = PgCatalogLoader.load(connection, 0);
      assertThat(traceHazards(catalog, "t"))
          .containsExactly("the domain of at depends on settings of the session, by date");
      assertThat(traceHazards(catalog, "u")).isEmpty();
    }
  }

  @Test
  void whatIsPutAmongTheServersOwnFunctionsIsKnownAsNone() throws Exception {
    try (TestDatabase database = TestDatabase.on(0);
        Connection connection = database.connect();
        Statement ddl = connection.createStatement()) {
      ddl.execute("SET allow_system_table_mods = on");
      ddl.execute("CREATE FUNCTION pg_catalog.sneak() RETURNS int LANGUAGE sql AS 'SELECT 1'");
      Catalog catalog = PgCatalogLoader.load(connection, 0);
      assertThat(catalog.userFunctions()).containsExactly("sneak");
      assertThat(catalog.routines().byName().get("sneak"))
          .singleElement()
          .satisfies(routine -> assertThat(routine.shadows()).isFalse());
    }
  }
}
