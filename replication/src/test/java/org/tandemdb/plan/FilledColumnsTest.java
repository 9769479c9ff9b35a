package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.Catalog.Column;
import org.tandemdb.catalog.Catalog.DefaultKind;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;

/** What of an ALTER TABLE that fills rows goes into the log. */
class FilledColumnsTest {
  private static final TableName NAME = new TableName("public", "t");

  private static final Catalog CATALOG =
      new Catalog(
          1,
          "shop",
          Map.of(
              NAME,
              new Catalog.Table(
                  NAME,
                  Catalog.Kind.TABLE,
                  List.of(
                      new Column(
                          "id",
                          new TypeRef("int4"),
                          true,
                          DefaultKind.DETERMINISTIC,
                          Optional.empty())),
                  List.of("id"),
                  List.of(List.of("id")),
                  List.of())),
          false);

  private static Plan.Exclusive plan(String sql) {
    SessionView session = new SessionView(List.of("public"), false, false, false, Set.of());
    return (Plan.Exclusive)
        new SqlPlanner(10)
            .plan(new Request(sql, Request.Markers.QUESTION, List.of()), CATALOG, session);
  }

  @Test
  void oneValueForAllRowsIsLoggedInsteadOfTheRows() {
    Plan.Exclusive plan =
        plan(
            "ALTER TABLE IF EXISTS ONLY t ADD at timestamptz(3) NOT NULL DEFAULT now(), ADD \"Who\""
                + " text DEFAULT current_user CHECK (id > 0)");
    Plan.Fill.Values values = (Plan.Fill.Values) plan.fill();
    assertThat(values.filled(plan.logged(), Arrays.asList("2026-01-01 00:00:00+00", "o'k")))
        .isEqualTo(
            "ALTER TABLE IF EXISTS ONLY t ADD at timestamptz(3) NOT NULL DEFAULT"
                + " CAST('2026-01-01 00:00:00+00' AS timestamptz(3)), ADD \"Who\""
                + " text DEFAULT CAST('o''k' AS text) CHECK (id > 0)");
    assertThat(values.filled(plan.logged(), Arrays.asList(null, "x")))
        .contains("DEFAULT CAST(NULL AS timestamptz(3))");
    assertThat(values.defaults())
        .isEqualTo(
            "ALTER TABLE IF EXISTS ONLY t ALTER COLUMN \"at\" SET DEFAULT now(), ALTER COLUMN"
                + " \"Who\" SET DEFAULT current_user");
  }

  @Test
  void aValueForEachRowIsLoggedWithTheRows() {
    for (String action :
        List.of(
            "ADD u uuid DEFAULT gen_random_uuid()",
            "ADD s serial",
            "ADD at timestamptz DEFAULT clock_timestamp()",
            "ADD at timestamptz DEFAULT now(), ADD s serial",
            // The default that is put back would undo what the statement says of it itself.
            "ADD at timestamptz DEFAULT now(), ALTER at SET DEFAULT clock_timestamp()",
            "ADD at timestamptz DEFAULT now(), ALTER COLUMN at DROP DEFAULT",
            "ALTER id TYPE timestamptz USING now()")) {
      assertThat(plan("ALTER TABLE t " + action).fill())
          .as(action)
          .isEqualTo(
              new Plan.Fill.Rows(Optional.of("public"), "t", true, List.of(), Optional.empty()));
    }
  }

  @Test
  void whatEveryCopyDoesAlikeIsLoggedAsItIs() {
    for (String action :
        List.of(
            "ADD n int DEFAULT 5",
            "ADD n int GENERATED ALWAYS AS (id + 1) STORED",
            "ALTER id TYPE bigint USING id * 2",
            "ADD COLUMN IF NOT EXISTS id uuid DEFAULT gen_random_uuid()")) {
      assertThat(plan("ALTER TABLE t " + action).fill()).as(action).isEqualTo(new Plan.Fill.None());
    }
    assertThat(plan("ALTER TABLE IF EXISTS nothing ADD s serial").fill())
        .isEqualTo(new Plan.Fill.None());
  }
}
