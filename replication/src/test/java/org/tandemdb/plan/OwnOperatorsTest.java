package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.postgres.TestDatabase;

/**
 * † Section 4: nothing that can write is a read, nor a write whose entry does not have it all. What
 * stands in a statement may call operators and casts of the database's own, though it names none.
 */
class OwnOperatorsTest {
  private static final SessionView SESSION =
      new SessionView(List.of("public"), false, false, false, Set.of());

  private static TestDatabase server;
  private static Catalog operators;
  private static Catalog casts;
  private static Catalog sly;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = TestDatabase.on(0);
    try (Connection connection = server.connect();
        Statement ddl = connection.createStatement()) {
      ddl.execute(
          "CREATE TYPE pair AS (a int); CREATE TYPE word AS ENUM ('a', 'b');"
              + "CREATE TABLE log (id serial PRIMARY KEY, v int);"
              + "CREATE TABLE plain (id int PRIMARY KEY, v text);"
              + "CREATE TABLE paired (id int PRIMARY KEY, p pair);"
              + "CREATE TABLE many (id int PRIMARY KEY, p pair[]);"
              + "CREATE TABLE worded (id int PRIMARY KEY, w word);"
              + "CREATE FUNCTION same(pair, pair) RETURNS bool LANGUAGE sql"
              + " AS 'INSERT INTO log (v) VALUES (1); SELECT true'");
      for (String operator : List.of("=", ">=", "~~", "!~~*", "~")) {
        ddl.execute(
            "CREATE OPERATOR " + operator + " (LEFTARG = pair, RIGHTARG = pair, FUNCTION = same)");
      }
      operators = PgCatalogLoader.load(connection, 0);
      ddl.execute(
          "DROP FUNCTION same CASCADE;"
              + "CREATE FUNCTION number(pair) RETURNS int LANGUAGE sql"
              + " AS 'INSERT INTO log (v) VALUES (1); SELECT 5';"
              + "CREATE CAST (pair AS int) WITH FUNCTION number(pair) AS IMPLICIT;"
              + "CREATE FUNCTION other(word) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'b'$$;"
              + "CREATE CAST (word AS text) WITH FUNCTION other(word)");
      casts = PgCatalogLoader.load(connection, 1);
      ddl.execute(
          "DROP CAST (pair AS int); DROP CAST (word AS text);"
              + "CREATE FUNCTION writes() RETURNS bool LANGUAGE sql"
              + " AS 'INSERT INTO log (v) VALUES (1); SELECT true';"
              + "CREATE TYPE sly AS (a int); CREATE TYPE cast_type AS (a int);"
              + "CREATE TYPE fair AS (a int);"
              + "CREATE TABLE sly_one (id int PRIMARY KEY, p sly);"
              + "CREATE TABLE sly_cast (id int PRIMARY KEY, p cast_type);"
              + "CREATE TABLE sly_casts (id int PRIMARY KEY, p cast_type[]);"
              + "CREATE TABLE honest (id int PRIMARY KEY, p fair);"
              + "CREATE FUNCTION same(sly, sly) RETURNS bool LANGUAGE plpgsql STABLE"
              + " AS 'BEGIN RETURN writes(); END';"
              + "CREATE FUNCTION through(sly, sly) RETURNS bool LANGUAGE plpgsql IMMUTABLE"
              + " AS 'BEGIN RETURN $1 === $2; END';"
              + "CREATE FUNCTION number_of(cast_type) RETURNS int LANGUAGE plpgsql IMMUTABLE"
              + " AS 'BEGIN RETURN CASE WHEN writes() THEN 5 END; END';"
              + "CREATE FUNCTION order_of(fair, fair) RETURNS int LANGUAGE sql IMMUTABLE"
              + " AS 'SELECT ($1).a - ($2).a';"
              + "CREATE FUNCTION fair_number(fair) RETURNS int LANGUAGE sql IMMUTABLE"
              + " AS 'SELECT ($1).a';"
              + "CREATE OPERATOR ~~ (LEFTARG = sly, RIGHTARG = sly, FUNCTION = same);"
              + "CREATE OPERATOR === (LEFTARG = sly, RIGHTARG = sly, FUNCTION = same);"
              + "CREATE OPERATOR ~~~ (LEFTARG = sly, RIGHTARG = sly, FUNCTION = through);"
              + "CREATE OPERATOR <=> (LEFTARG = fair, RIGHTARG = fair, FUNCTION = order_of);"
              + "CREATE CAST (cast_type AS int) WITH FUNCTION number_of(cast_type) AS IMPLICIT;"
              + "CREATE CAST (fair AS int) WITH FUNCTION fair_number(fair) AS IMPLICIT;"
              + "CREATE FUNCTION matching(sly) RETURNS bool LANGUAGE sql STABLE"
              + " AS 'SELECT $1 === $1'");
      sly = PgCatalogLoader.load(connection, 2);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  private static Plan plan(Catalog catalog, String sql) {
    return new SqlPlanner(10)
        .plan(new Request(sql, Request.Markers.DOLLAR, List.of()), catalog, SESSION);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT id FROM plain WHERE v IN ('x')",
        "SELECT id FROM plain WHERE v NOT IN (SELECT v FROM plain)",
        "SELECT NULLIF(p, p) FROM paired",
        "SELECT CASE p WHEN p THEN 1 END FROM paired",
        "SELECT p IS DISTINCT FROM p FROM paired",
        "SELECT id FROM paired JOIN paired x USING (p)",
        "SELECT id FROM paired NATURAL JOIN many",
        "SELECT p LIKE p FROM paired",
        "SELECT p NOT ILIKE p FROM paired",
        "SELECT v SIMILAR TO 'x' FROM plain",
        "SELECT p BETWEEN p AND p FROM paired",
        "INSERT INTO plain (id) SELECT id FROM paired WHERE p IN (p)",
        "DELETE FROM plain WHERE NULLIF(v, 'x') IS NULL"
      })
  void aWordThatStandsForAnOperatorOfTheDatabasesOwnIsTraced(String sql) {
    assertThat(plan(operators, sql)).isInstanceOf(Plan.Traced.class);
  }

  @Test
  void aWordIsNotTakenForAnOperatorThatTheDatabaseHasNotMade() {
    assertThat(plan(operators, "SELECT CASE WHEN id > 5 THEN v END FROM plain"))
        .isInstanceOf(Plan.Read.class);
    assertThat(plan(operators, "SELECT v FROM plain WHERE v ILIKE 'x'"))
        .isInstanceOf(Plan.Traced.class);
    assertThat(plan(casts, "SELECT v FROM plain WHERE v IN ('x') AND v LIKE 'x'"))
        .isInstanceOf(Plan.Read.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT p + 1 FROM paired",
        "SELECT sum(p) FROM paired",
        "SELECT abs(p[1]) FROM many",
        "SELECT id FROM paired ORDER BY p + 1",
        "INSERT INTO plain (id) SELECT abs(p) FROM paired",
        "INSERT INTO paired (id, p) VALUES (1, ROW(1))",
        "DELETE FROM paired WHERE p > 1"
      })
  void aColumnThatTheServerMayCastByAWritingFunctionIsTraced(String sql) {
    assertThat(plan(casts, sql)).isInstanceOf(Plan.Traced.class);
  }

  /** † The server keeps what is not VOLATILE from writing, and not what such a function calls. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT p === p FROM sly_one",
        "SELECT v FROM plain WHERE ROW(1)::sly === ROW(1)::sly",
        "SELECT p LIKE p FROM sly_one",
        "SELECT id FROM sly_one WHERE p ~~~ p",
        "SELECT matching(p) FROM sly_one",
        "UPDATE plain SET v = 'x' WHERE (SELECT p === p FROM sly_one)",
        "SELECT p + 1 FROM sly_cast",
        "SELECT id FROM sly_casts",
        "SELECT '(1)'::cast_type + 1",
        "SELECT id FROM plain WHERE v = (SELECT max(p)::text FROM sly_cast)",
        "INSERT INTO plain (id) SELECT abs(p) FROM sly_cast",
        "INSERT INTO sly_cast (id, p) VALUES (1, ROW(1))",
        "DELETE FROM sly_cast WHERE p > 1"
      })
  void whatCallsAWritingFunctionThroughOneThatIsNotVolatileIsTraced(String sql) {
    assertThat(plan(sly, sql)).isInstanceOf(Plan.Traced.class);
  }

  /** Nor is there a price for those whose functions are proven to read. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT p <=> p FROM honest",
        "SELECT id FROM honest WHERE p <=> ROW(1)::fair",
        "SELECT p + 1 FROM honest",
        "SELECT v FROM plain WHERE id = 3"
      })
  void whatIsProvenToReadIsARead(String sql) {
    assertThat(plan(sly, sql)).isInstanceOf(Plan.Read.class);
  }

  @Test
  void aTableWhoseTypeIsCastByAProvenFunctionIsWrittenAsAnyOther() {
    assertThat(plan(sly, "INSERT INTO honest VALUES (1, '(1)')")).isInstanceOf(Plan.Write.class);
    assertThat(plan(sly, "UPDATE plain SET v = 'x' WHERE id = 1")).isInstanceOf(Plan.Write.class);
  }

  /** † Rows are logged as texts: a cast to text would decide what the other copies get. */
  @Test
  void aTableIsNotWrittenWhoseValuesHaveATextOfTheDatabasesOwn() {
    assertThat(plan(casts, "INSERT INTO worded VALUES (1, 'a')"))
        .isInstanceOfSatisfying(
            Plan.Refused.class,
            refused -> assertThat(refused.reason()).contains("the type of w has a cast to text"));
    assertThat(plan(casts, "SELECT w FROM worded")).isInstanceOf(Plan.Read.class);
    assertThat(plan(operators, "INSERT INTO worded VALUES (1, 'a')"))
        .isInstanceOf(Plan.Write.class);
  }
}
