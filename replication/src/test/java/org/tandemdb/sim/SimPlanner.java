package org.tandemdb.sim;

import java.util.List;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.plan.Form;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Planner;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;

/** Plans the simulated language. */
final class SimPlanner implements Planner {
  @Override
  public Plan plan(Request request, Catalog catalog, SessionView session) {
    String sql = request.sql();
    if (sql.equals("read")) {
      return new Plan.Read("a read");
    }
    if (sql.startsWith("all ")) {
      return new Plan.Exclusive("writes every row", sql);
    }
    return new Plan.Write(
        "by key",
        Form.VERBATIM,
        new TableName("public", "kv"),
        sql,
        Plan.CaptureSpec.NONE,
        new Plan.Template.Verbatim(sql, List.of()),
        List.of());
  }

  static Request request(String sql) {
    return new Request(sql, Request.Markers.DOLLAR, List.of());
  }
}
