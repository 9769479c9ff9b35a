package org.tandemdb.jdbc;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.plan.Plan;

/** {@code SHOW TANDEM PLAN FOR}: a plan as a small table. */
final class PlanText {
  private PlanText() {}

  static SessionSource.Table table(Plan plan) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    add(plan, rows);
    return new SessionSource.Table(List.of("plan", "form", "table", "sql", "reason"), rows);
  }

  private static void add(Plan plan, List<List<@Nullable String>> rows) {
    String kind = plan.getClass().getSimpleName().toUpperCase(java.util.Locale.ROOT);
    if (plan instanceof Plan.Steps steps) {
      steps.steps().forEach(step -> add(step.plan(), rows));
    } else if (plan instanceof Plan.Write write) {
      rows.add(
          List.of(
              kind,
              write.form().name(),
              write.table().toString(),
              write.sqlForPrimary(),
              write.reason()));
    } else if (plan instanceof Plan.Refused refused) {
      rows.add(List.of(kind, "", "", "", refused.reason() + " " + refused.remedy()));
    } else {
      rows.add(List.of(kind, "", "", "", plan.reason()));
    }
  }
}
