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
    Described.table(plan).forEach(row -> rows.add(new ArrayList<@Nullable String>(row)));
    return new SessionSource.Table(Described.COLUMNS, rows);
  }
}
