package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.TableName;
import org.tandemdb.plan.Form;
import org.tandemdb.plan.Plan;

class InsertLaneTest {

  @Test
  void severalRowsRepeatTheRowAndKeepWhatStandsAroundIt() {
    String sql = "INSERT INTO t (a, b) VALUES (?, f(?)) RETURNING t.a::text AS tandem_1";
    Plan.Span row = new Plan.Span(sql.indexOf("(?,"), sql.indexOf(" RETURNING"));
    Plan.Write plan =
        new Plan.Write(
            "",
            Form.CAPTURED,
            new TableName("public", "t"),
            sql,
            Plan.CaptureSpec.NONE,
            new Plan.Template.Verbatim(sql, List.of(), true),
            List.of(),
            Optional.of(row));

    assertThat(InsertLane.text(plan, 1)).isEqualTo(sql);
    assertThat(InsertLane.text(plan, 3))
        .isEqualTo(
            "INSERT INTO t (a, b) VALUES (?, f(?)), (?, f(?)), (?, f(?))"
                + " RETURNING t.a::text AS tandem_1");
  }
}
