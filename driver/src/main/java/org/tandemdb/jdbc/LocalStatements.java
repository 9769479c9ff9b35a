package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;

/**
 * Statements that concern the session alone: BEGIN and COMMIT, SET, savepoints, SHOW TANDEM. Owned
 * by the session's thread.
 */
final class LocalStatements {
  private final SessionSource source;
  private final EngineSession<JdbcLink> session;
  private final SessionState state;
  private final TemporaryTables temporaries;
  private final Executions executions;
  private final ClientSession client;

  LocalStatements(
      SessionSource source,
      EngineSession<JdbcLink> session,
      SessionState state,
      TemporaryTables temporaries,
      Executions executions,
      ClientSession client) {
    this.source = source;
    this.session = session;
    this.state = state;
    this.temporaries = temporaries;
    this.executions = executions;
    this.client = client;
  }

  void run(Request request, Plan.Local plan, Command command) throws SQLException {
    Plan.Effect effect = plan.effect();
    if (effect instanceof Plan.Effect.Begin begin) {
      state.begin(begin);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Commit) {
      client.commit();
      command.count(0);
    } else if (effect instanceof Plan.Effect.Rollback) {
      client.rollback();
      command.count(0);
    } else if (effect instanceof Plan.Effect.ShowTandem show) {
      command.rows(show(show));
    } else if (effect instanceof Plan.Effect.Temporary) {
      if (state.inBlock() && state.isReadOnlyBlock()) {
        throw SqlErrors.of("25006", "cannot change tables in a read-only transaction", null);
      }
      client.write(request, plan, command);
    } else if (effect instanceof Plan.Effect.None) {
      client.onOwnLink(request, plan, command);
    } else if (effect instanceof Plan.Effect.Setting setting) {
      setting(request, plan, setting, command);
    } else {
      savepoint(request, plan, effect, command);
    }
  }

  private void setting(
      Request request, Plan.Local plan, Plan.Effect.Setting setting, Command command)
      throws SQLException {
    state.noLongerPlain();
    client.inOneTransaction(
        () -> {
          client.onOwnLink(request, plan, command);
          Optional<Lease<JdbcLink>> lease = state.lease();
          if (lease.isPresent()) {
            follow(setting, lease.get());
          }
        });
  }

  /** The engine learns the value that the server made of it. */
  private void follow(Plan.Effect.Setting setting, Lease<JdbcLink> lease) throws SQLException {
    try (var ask = lease.link().connection().prepareStatement("SELECT current_setting(?, true)")) {
      ask.setString(1, setting.name());
      try (ResultSet answer = ask.executeQuery()) {
        String value = answer.next() ? answer.getString(1) : null;
        executions.report(
            () -> session.setting(setting.name(), value == null ? "" : value, setting.local()));
      }
    }
  }

  private void savepoint(Request request, Plan plan, Plan.Effect effect, Command command)
      throws SQLException {
    if (!state.inBlock()) {
      throw SqlErrors.of("25P01", "savepoints can only be used in transaction blocks", null);
    }
    client.onOwnLink(request, plan, command);
    state.failed = false;
    if (state.reading != null) {
      return;
    }
    if (effect instanceof Plan.Effect.Savepoint s) {
      executions.report(() -> session.savepoint(s.name()));
    } else if (effect instanceof Plan.Effect.RollbackTo s) {
      executions.report(() -> session.rollbackTo(s.name()));
      temporaries.undone();
    } else if (effect instanceof Plan.Effect.Release s) {
      executions.report(() -> session.release(s.name()));
    }
  }

  private MemoryResultSet show(Plan.Effect.ShowTandem show) throws SQLException {
    try {
      if (show.topic().toUpperCase(Locale.ROOT).startsWith("PLAN")) {
        Plan plan = session.plan(new Request(show.argument(), Request.Markers.QUESTION, List.of()));
        return new MemoryResultSet(PlanText.table(plan));
      }
      return new MemoryResultSet(source.show(show.topic(), show.argument()));
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }
}
