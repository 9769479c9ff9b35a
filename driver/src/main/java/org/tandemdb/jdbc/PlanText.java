package org.tandemdb.jdbc;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Described;
import org.tandemdb.plan.Plan;

/** {@code SHOW TANDEM PLAN FOR}: a plan as a small table. */
final class PlanText {
  private PlanText() {}

  static SessionSource.Table table(Plan plan) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    add(plan, rows);
    return new SessionSource.Table(
        List.of("form", "target", "reason", "remedy", "logged", "runs"), rows);
  }

  private static void add(Plan plan, List<List<@Nullable String>> rows) {
    if (plan instanceof Plan.Steps steps) {
      steps.steps().forEach(step -> add(step.plan(), rows));
      return;
    }
    rows.add(
        List.of(
            Described.form(plan),
            plan instanceof Plan.Write write ? write.table().toString() : "",
            plan.reason(),
            plan instanceof Plan.Refused refused ? refused.remedy() : "",
            Described.logged(plan),
            plan instanceof Plan.Write write ? write.sqlForPrimary() : ""));
  }
}
