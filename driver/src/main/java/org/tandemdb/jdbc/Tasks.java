package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;

/**
 * Statements that run outside of any transaction: CREATE INDEX CONCURRENTLY, VACUUM and the like.
 * Owned by the session's thread.
 */
final class Tasks {
  private final EngineSession<JdbcLink> session;
  private final EngineCalls calls;
  private final SessionState state;
  private final ClientSession client;

  Tasks(
      EngineSession<JdbcLink> session,
      EngineCalls calls,
      SessionState state,
      ClientSession client) {
    this.session = session;
    this.calls = calls;
    this.state = state;
    this.client = client;
  }

  /**
   * @return false if nothing is left of it, and it is to run again
   */
  boolean run(Request request, Plan.Task plan, Command command, int attempt) throws SQLException {
    refuseInBlock("CREATE INDEX CONCURRENTLY");
    Lease<JdbcLink> lease = calls.call(() -> session.beginTask(request, plan));
    try {
      Executions.plain(lease, plan.statement(), command);
    } catch (SQLException e) {
      if (SqlErrors.isLinkFailure(e, lease.link().connection())) {
        client.lostAlone(lease, e, attempt);
        return false;
      }
      try {
        calls.call(session::taskFailed);
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
    return TransactionEnds.isCommitted(
        calls.call(session::taskDone), attempt < ClientSession.MAX_ATTEMPTS);
  }

  private void refuseInBlock(String what) throws SQLException {
    if (state.inBlock()) {
      throw state.failing(
          SqlErrors.of("25001", what + " cannot run inside a transaction block", null));
    }
  }

  /** On one backend after the other, the primary first: if one refuses, the rest are left out. */
  void maintain(Request request, Command command) throws SQLException {
    refuseInBlock(StatementText.scan(request.sql()).words().get(0));
    List<String> done = new ArrayList<>();
    for (Lease<JdbcLink> lease : calls.call(session::everywhere)) {
      String backend = lease.link().backend().name();
      command.discard();
      try {
        lease.link().connection().setAutoCommit(true);
        Executions.plain(lease, request.sql(), command);
      } catch (SQLException e) {
        String sqlState = String.valueOf(e.getSQLState());
        if (SqlErrors.isLinkFailure(e, lease.link().connection())) {
          client.lost(lease, e);
          sqlState = ErrorCode.NO_BACKEND.sqlState();
        }
        throw SqlErrors.of(
            sqlState, e.getMessage() + " (on backend " + backend + "; done on: " + done + ")", e);
      }
      done.add(backend);
    }
  }
}
