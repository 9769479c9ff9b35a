package org.tandemdb.jdbc;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.Value;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.EngineSession;

/**
 * An autocommit INSERT that travels with its marker in one flight: pgjdbc sends the parts of a
 * prepared text with several statements together, each prepared at the server. INSERT only: it
 * seldom waits for another's row, and a statement that waits would hold up its batch.
 */
final class Fused {
  private final Plan.Write plan;
  private final String sql;
  private final JdbcLink link;
  private final Command command;
  private final List<Value> parameters;

  /**
   * @param sql the plan's text for the primary, as this link is to run it
   */
  Fused(Plan.Write plan, String sql, JdbcLink link, Command command, List<Value> parameters) {
    this.plan = plan;
    this.sql = sql;
    this.link = link;
    this.command = command;
    this.parameters = parameters;
  }

  /** True if {@code plan} is of the kind that gains from it. */
  static boolean fits(Plan plan, Command command) {
    return command.isPrepared()
        && plan instanceof Plan.Write write
        && write.capture().clientColumns() == 0
        && write.template().insertsOneRow()
        && !write.sqlForPrimary().endsWith(";");
  }

  /** Runs on the client's thread, from inside the pipeline. */
  MarkOutcome run(EngineSession<JdbcLink> session, Position position) {
    try {
      // On a line of its own: the client's text may end in a comment.
      int hidden = plan.capture().hidden().size();
      String text = sql + (hidden == 0 ? "\nRETURNING " : "\n, ") + link.markCall();
      PreparedStatement vendor =
          (PreparedStatement) command.vendor(link, text, Command.Shape.CLIENT);
      link.bindMark(vendor, parameters.size() + 1, position);
      if (!Executions.run(command, link, vendor, text)) {
        return new MarkOutcome.Refused("XX000", "the marker has no answer", null);
      }
      try (ResultSet clock = vendor.getResultSet()) {
        if (!clock.next()) {
          return new MarkOutcome.Refused("XX000", "one row was to be inserted, and none was", null);
        }
        List<@Nullable String> captured = new ArrayList<>(hidden);
        for (int i = 1; i <= hidden; i++) {
          captured.add(clock.getString(i));
        }
        session.executed(
            plan,
            parameters,
            1,
            hidden == 0 ? Collections.emptyIterator() : List.of(captured).iterator());
        command.count(1);
        return new MarkOutcome.Marked(clock.getString(hidden + 1));
      }
    } catch (SQLException e) {
      if (SqlErrors.isLinkFailure(e, link.connection())) {
        link.sever();
      }
      String state = e.getSQLState();
      return new MarkOutcome.Refused(
          state == null ? "XX000" : state, String.valueOf(e.getMessage()), e);
    } catch (TandemException e) {
      // The engine refused to record it: too large, or the log takes no more.
      SQLException refusal = SqlErrors.of(e);
      return new MarkOutcome.Refused(e.sqlState(), String.valueOf(refusal.getMessage()), refusal);
    }
  }
}
