package org.tandemdb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
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
              + "CREATE INDEX ON plain (day(at))");
      Catalog catalog = PgCatalogLoader.load(connection, 0);
      for (String table : List.of("made", "single", "alone", "parted", "leaf")) {
        assertThat(traceHazards(catalog, table))
            .as(table)
            .anyMatch(hazard -> hazard.contains("calls day, which is not proven"));
      }
      assertThat(traceHazards(catalog, "owned"))
          .anyMatch(hazard -> hazard.contains("the domain of v calls me"));
      assertThat(traceHazards(catalog, "quoting"))
          .containsExactly("the generated column w depends on quote_all_identifiers");
      assertThat(traceHazards(catalog, "proven")).isEmpty();
      assertThat(traceHazards(catalog, "plain")).isEmpty();
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
