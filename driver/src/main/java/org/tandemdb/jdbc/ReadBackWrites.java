package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.EngineSession;

/**
 * Runs a COPY ... FROM STDIN whose rows are read from their table afterwards. It has a savepoint of
 * its own, whose number tells its rows from all others. Owned by the session's thread.
 */
final class ReadBackWrites {
  private static final String SAVEPOINT = "SAVEPOINT tandem_copy";

  private final EngineSession<JdbcLink> session;
  private final SessionState state;

  ReadBackWrites(EngineSession<JdbcLink> session, SessionState state) {
    this.session = session;
    this.state = state;
  }

  /**
   * @return false, with nothing done, if the rows could not be read back or that would take too
   *     long: then the statement is to be traced
   */
  boolean run(Plan.Write plan, Plan.ReadBack queries, Lease<JdbcLink> lease, Command command)
      throws SQLException {
    Connection link = lease.link().connection();
    try (Statement ask = link.createStatement()) {
      long pages;
      try (ResultSet answer = ask.executeQuery(queries.before())) {
        answer.next();
        pages = answer.getLong(1);
        if (pages > Plan.ReadBack.MOST_PAGES || !answer.getBoolean(2)) {
          return false;
        }
      }
      ask.execute(SAVEPOINT);
      Statement vendor = command.vendor(lease.link(), plan.sqlForPrimary(), Command.Shape.COUNTED);
      Executions.run(command, lease.link(), vendor, plan.sqlForPrimary());
      state.doomed = true;
      if (command.rows() > 0) {
        report(plan, queries, link, pages, command.rows());
      }
      ask.execute("RELEASE " + SAVEPOINT);
      state.doomed = false;
      return true;
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  private void report(
      Plan.Write plan, Plan.ReadBack queries, Connection link, long pages, long count)
      throws SQLException {
    ReadBackRows rows = new ReadBackRows(link, plan, queries, number(link), pages, count);
    session.executed(plan, List.of(), -1, rows);
    if (!rows.isComplete()) {
      throw SqlErrors.of(ErrorCode.INTERNAL, "not all rows of a COPY were read back", null);
    }
  }

  private static String number(Connection link) throws SQLException {
    try (Statement ask = link.createStatement();
        ResultSet answer = ask.executeQuery(Plan.ReadBack.NUMBER)) {
      answer.next();
      return answer.getString(1);
    }
  }
}
