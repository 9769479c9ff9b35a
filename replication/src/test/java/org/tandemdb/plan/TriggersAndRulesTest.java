package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.Catalog.DefaultKind;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.postgres.TestDatabase;

/**
 * † Section 3.2 and 4: a write to a table with triggers or rules is never VERBATIM or CAPTURED. A
 * redirecting trigger answers {@code INSERT 0 0} and has stored the row; what another one writes is
 * in no entry.
 */
class TriggersAndRulesTest {
  private static final SessionView SESSION =
      new SessionView(List.of("public"), false, false, false, Set.of());

  /** Each of them is VERBATIM or CAPTURED on a table like this without anything attached. */
  private static final List<String> WRITES =
      List.of(
          "INSERT INTO w VALUES (1, 'x')",
          "INSERT INTO public.w (id, v) VALUES ($1, $2), (2, 'y')",
          "INSERT INTO \"w\" (id) VALUES (1)",
          "INSERT INTO w (id, v) VALUES (1, now()::text)",
          "INSERT INTO w (id, v) VALUES (1, random()::text)",
          "INSERT INTO w (id, v) VALUES (1, 'x') RETURNING v",
          "INSERT INTO w AS a (id, v) VALUES (1, 'x') RETURNING a.id",
          "UPDATE w SET v = 'x' WHERE id = 1",
          "UPDATE w AS a SET v = a.v || 'x' WHERE a.id = $1",
          "UPDATE w SET v = 'x' WHERE id > 1",
          "UPDATE w SET v = 'x'",
          "UPDATE w SET v = random()::text WHERE id = 1",
          "UPDATE w SET v = 'x' WHERE id IN (SELECT id FROM w)",
          "DELETE FROM w WHERE id = 1",
          "DELETE FROM public.w AS a WHERE a.id = 1 RETURNING a.v",
          "DELETE FROM w WHERE id > 1",
          "DELETE FROM w");

  private static TestDatabase server;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = TestDatabase.on(0);
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  /** One for a whole test: nor may a plan come from the cache of an older catalog. */
  private final SqlPlanner planner = new SqlPlanner(100);

  private List<String> planned(Catalog catalog) {
    return planned(catalog, Plan.Traced.class);
  }

  private List<String> planned(Catalog catalog, Class<? extends Plan> otherwise) {
    List<String> written = new ArrayList<>();
    for (String sql : WRITES) {
      Plan plan =
          planner.plan(new Request(sql, Request.Markers.DOLLAR, List.of()), catalog, SESSION);
      if (plan instanceof Plan.Write write) {
        written.add(sql);
        assertThat(write.form()).isIn(Form.VERBATIM, Form.CAPTURED);
      } else {
        assertThat(plan).as(sql).isInstanceOf(otherwise);
      }
    }
    return written;
  }

  private static Catalog catalogOf(long version, List<String> hazards) {
    TypeRef text = new TypeRef("text");
    TypeRef integer = new TypeRef("int4");
    TableName name = new TableName("public", "w");
    Catalog.Table table =
        new Catalog.Table(
            name,
            Catalog.Kind.TABLE,
            List.of(
                new Catalog.Column(
                    "id", integer, true, DefaultKind.DETERMINISTIC, Optional.empty()),
                new Catalog.Column("v", text, false, DefaultKind.DETERMINISTIC, Optional.empty())),
            List.of("id"),
            List.of(List.of("id")),
            hazards);
    return new Catalog(version, "shop", Map.of(name, table), false);
  }

  /** † By hand: the hazard alone decides, whatever the statement looks like. */
  @Test
  void whatIsAttachedToATableKeepsEveryWriteOutOfTheLog() {
    assertThat(planned(catalogOf(1, List.of()))).containsExactlyElementsOf(WRITES);
    assertThat(planned(catalogOf(2, List.of("trigger watch")))).isEmpty();
    assertThat(planned(catalogOf(3, List.of("a rule")))).isEmpty();
  }

  /** † On a server, through the loader: every kind of trigger and rule, whatever it fires on. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TRIGGER x BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER x AFTER INSERT ON w FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER x BEFORE UPDATE ON w FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER x AFTER DELETE ON w FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER x BEFORE INSERT ON w FOR EACH STATEMENT EXECUTE FUNCTION f()",
        "CREATE TRIGGER x AFTER UPDATE OR DELETE ON w FOR EACH STATEMENT EXECUTE FUNCTION f()",
        "CREATE TRIGGER x AFTER UPDATE ON w REFERENCING NEW TABLE AS n"
            + " FOR EACH STATEMENT EXECUTE FUNCTION f()",
        "CREATE TRIGGER x BEFORE UPDATE OF v ON w FOR EACH ROW WHEN (NEW.id < 0)"
            + " EXECUTE FUNCTION f()",
        "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON w DEFERRABLE INITIALLY DEFERRED"
            + " FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER x BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION f();"
            + " ALTER TABLE w ENABLE ALWAYS TRIGGER x",
        "CREATE TRIGGER x BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION f();"
            + " ALTER TABLE w ENABLE REPLICA TRIGGER x",
        "CREATE RULE x AS ON INSERT TO w DO INSTEAD NOTHING",
        "CREATE RULE x AS ON INSERT TO w DO ALSO INSERT INTO other VALUES (NEW.id, NEW.v)",
        "CREATE RULE x AS ON UPDATE TO w WHERE NEW.id < 0 DO INSTEAD NOTHING",
        "CREATE RULE x AS ON DELETE TO w DO INSTEAD UPDATE w SET v = 'gone' WHERE id = OLD.id",
      })
  void noWriteToATableWithATriggerOrARuleIsVerbatimOrCaptured(String attach) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "DROP TABLE IF EXISTS w, other CASCADE; CREATE TABLE w (id int PRIMARY KEY, v text);"
              + " CREATE TABLE other (LIKE w INCLUDING ALL);"
              + " CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
              + " AS 'BEGIN RETURN NULL; END'");
      assertThat(planned(PgCatalogLoader.load(connection, 1)))
          .as("without it")
          .containsExactlyElementsOf(WRITES);
      statement.execute(attach);
      // One that fires everywhere would do so where the final rows are applied.
      boolean everywhere = attach.contains("ENABLE ALWAYS") || attach.contains("ENABLE REPLICA");
      assertThat(
              planned(
                  PgCatalogLoader.load(connection, 2),
                  everywhere ? Plan.Refused.class : Plan.Traced.class))
          .isEmpty();
    }
  }

  /** One that is switched off does nothing, so it is in nobody's way. */
  @Test
  void aTriggerThatIsDisabledIsNoHindrance() throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "DROP TABLE IF EXISTS w CASCADE; CREATE TABLE w (id int PRIMARY KEY, v text);"
              + " CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
              + " AS 'BEGIN RETURN NULL; END';"
              + " CREATE TRIGGER x BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION f();"
              + " ALTER TABLE w DISABLE TRIGGER x");
      assertThat(planned(PgCatalogLoader.load(connection, 1))).containsExactlyElementsOf(WRITES);
    }
  }
}
