package org.tandemdb.plan;

import java.util.List;
import java.util.stream.Collectors;
import org.tandemdb.entry.Change;
import org.tandemdb.plan.Plan.Template;

/** Says what of a statement goes into the log. */
public final class Described {

  private Described() {}

  /** What {@link #table} tells of each statement, in its order. */
  public static final List<String> COLUMNS =
      List.of("form", "target", "reason", "remedy", "logged", "runs");

  /** A row for each statement of {@code plan}; empty where there is nothing to say. */
  public static List<List<String>> table(Plan plan) {
    if (plan instanceof Plan.Steps steps) {
      return steps.steps().stream().flatMap(step -> table(step.plan()).stream()).toList();
    }
    return List.of(
        List.of(
            form(plan),
            plan instanceof Plan.Write write ? write.table().toString() : "",
            plan.reason(),
            plan instanceof Plan.Refused refused ? refused.remedy() : "",
            logged(plan),
            plan instanceof Plan.Write write ? write.sqlForPrimary() : ""));
  }

  /** Empty where nothing is logged. */
  public static String logged(Plan plan) {
    if (plan instanceof Plan.Exclusive exclusive) {
      return exclusive.logged();
    }
    if (plan instanceof Plan.Task task) {
      return task.logged();
    }
    return plan instanceof Plan.Write write ? template(write) : "";
  }

  /** {@code VERBATIM}, {@code READ} and so on. */
  public static String form(Plan plan) {
    if (plan instanceof Plan.Write write) {
      return write.form().name();
    }
    return plan instanceof Plan.PrimaryRead
        ? "PRIMARY_READ"
        : plan.getClass().getSimpleName().toUpperCase(java.util.Locale.ROOT);
  }

  private static String template(Plan.Write write) {
    if (write.template() instanceof Template.Verbatim verbatim) {
      return verbatim.sql();
    }
    if (write.template() instanceof Template.Tagged tagged) {
      return tagged.parts().values().stream()
          .filter(part -> part.kind() != Change.Kind.UPDATE || !part.columns().isEmpty())
          .map(
              part -> rows(part.kind(), part.table().toString(), part.keyColumns(), part.columns()))
          .sorted()
          .collect(Collectors.joining("; "));
    }
    Template.Rows rows = (Template.Rows) write.template();
    return rows(rows.kind(), write.table().toString(), rows.keyColumns(), rows.columns());
  }

  private static String rows(
      Change.Kind kind, String table, List<Change.Column> key, List<Change.Column> columns) {
    String by = key.isEmpty() ? "" : " by " + names(key);
    return switch (kind) {
      case INSERT -> "rows inserted into " + table + ": " + names(columns);
      case UPDATE -> "rows updated in " + table + by + ": " + names(columns);
      case DELETE -> "rows deleted from " + table + by;
      case UPSERT -> "rows inserted or updated in " + table + by + ": " + names(columns);
    };
  }

  private static String names(List<Change.Column> columns) {
    return columns.stream().map(Change.Column::name).collect(Collectors.joining(", ", "(", ")"));
  }
}
