package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.Notification;
import org.tandemdb.config.DatabaseText;
import org.tandemdb.listen.Listening;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;

/**
 * Statements that concern the session alone: BEGIN and COMMIT, SET, savepoints, SHOW TANDEM. Owned
 * by the session's thread.
 */
final class LocalStatements {
  private static final String SHOW = "SHOW";

  private final SessionSource source;
  private final EngineSession<JdbcLink> session;
  private final SessionState state;
  private final TemporaryTables temporaries;
  private final SessionLocks locks;
  private final Executions executions;
  private final ClientSession client;
  private final PreparedNames prepared;
  private final Listening<Notification> listening;

  /** Names of settings that were SET; kept after RESET, since a rollback may bring them back. */
  private final Set<String> changed = new LinkedHashSet<>();

  LocalStatements(
      SessionSource source,
      EngineSession<JdbcLink> session,
      SessionState state,
      TemporaryTables temporaries,
      SessionLocks locks,
      Executions executions,
      ClientSession client,
      Listening<Notification> listening) {
    this.listening = listening;
    this.source = source;
    this.session = session;
    this.state = state;
    this.temporaries = temporaries;
    this.locks = locks;
    this.executions = executions;
    this.client = client;
    this.prepared = new PreparedNames(client, state);
  }

  void run(Request request, Plan.Local plan, Command command) throws SQLException {
    Plan.Effect effect = plan.effect();
    if (effect instanceof Plan.Effect.Begin begin) {
      if (state.isOpen()) {
        command.warn(new SQLWarning("there is already a transaction in progress", "25001"));
      }
      state.begin(begin);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Commit commit) {
      warnOutside(command);
      end("COMMIT", commit.chain(), client::commit);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Rollback rollback) {
      warnOutside(command);
      end("ROLLBACK", rollback.chain(), client::rollback);
      command.count(0);
    } else if (effect instanceof Plan.Effect.TransactionMode mode) {
      state.mode(mode);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Absorbed) {
      command.count(0);
    } else if (effect instanceof Plan.Effect.Characteristics modes) {
      state.characteristics(modes);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Consistency consistency) {
      consistency(consistency.level());
      command.count(0);
    } else if (effect instanceof Plan.Effect.ShowConsistency) {
      command.rows(
          new MemoryResultSet(
              new SessionSource.Table(
                  List.of("tandem.consistency"),
                  List.of(List.of(DatabaseText.text(state.level()))))));
    } else if (effect instanceof Plan.Effect.ShowToken) {
      client.asksForOutcomes();
      command.rows(
          new MemoryResultSet(
              new SessionSource.Table(
                  List.of("tandem.transaction_token"),
                  List.of(List.of(session.transactionToken())))));
    } else if (effect instanceof Plan.Effect.ReportSession) {
      // Through a proxy alone: here nobody's answers carry anything beside rows.
      command.count(0);
    } else if (effect instanceof Plan.Effect.ResetAll) {
      resetAll(request);
      command.count(0);
    } else if (effect instanceof Plan.Effect.Discard discard) {
      discard(discard.what(), request, command);
    } else if (effect instanceof Plan.Effect.ShowTandem show) {
      command.rows(show(show));
    } else if (effect instanceof Plan.Effect.Hold) {
      if (state.inBlock() && state.isReadOnlyBlock()) {
        throw state.failing(
            SqlErrors.of(
                "0A000",
                "a cursor WITH HOLD would be left on a replica's link. Declare it in a read-write"
                    + " transaction, or without one.",
                null));
      }
      client.write(request, plan, command);
    } else if (effect instanceof Plan.Effect.Maintenance maintenance) {
      if (state.inBlock() && maintenance.inBlock()) {
        client.onOwnLink(request, plan, command);
      } else {
        client.maintain(request, command);
      }
    } else if (effect instanceof Plan.Effect.Temporary) {
      if (state.inBlock() && state.isReadOnlyBlock()) {
        throw SqlErrors.of("25006", "cannot change tables in a read-only transaction", null);
      }
      client.write(request, plan, command);
    } else if (effect instanceof Plan.Effect.None || effect instanceof Plan.Effect.Deferred) {
      client.onOwnLink(request, plan, command);
    } else if (effect instanceof Plan.Effect.Unlisten unlisten) {
      listening.unlisten(unlisten.channel(), state.inBlock());
      command.count(0);
    } else if (effect instanceof Plan.Effect.Listen listen) {
      client.listen(listen.channel());
      command.count(0);
    } else if (effect instanceof Plan.Effect.Setting setting) {
      setting(request, plan, setting, command);
    } else if (effect instanceof Plan.Effect.SessionLock) {
      lock(request, plan, command);
    } else if (effect instanceof Plan.Effect.Prepare prepare) {
      prepared.prepare(request, plan, prepare.statement(), command);
    } else if (effect instanceof Plan.Effect.Execute execute) {
      prepared.execute(request, execute, command);
    } else if (effect instanceof Plan.Effect.Deallocate deallocate) {
      prepared.deallocate(deallocate);
      command.count(0);
    } else {
      savepoint(request, plan, effect, command);
    }
  }

  /** What PostgreSQL says where there is nothing to end. */
  private void warnOutside(Command command) {
    if (!state.inBlock()) {
      command.warn(new SQLWarning("there is no transaction in progress", "25P01"));
    }
  }

  /** Nothing is left of this session that DISCARD ALL would take away. */
  boolean isFresh() {
    return state.isPlain()
        && !locks.any()
        && !temporaries.any()
        && prepared.isEmpty()
        && listening.channels().isEmpty();
  }

  /** As on the server, the next transaction of a chain begins also where this one had failed. */
  private void end(String verb, boolean chain, ClientSession.Work end) throws SQLException {
    if (!chain) {
      end.run();
      return;
    }
    if (!state.inBlock()) {
      throw SqlErrors.of("25P01", verb + " AND CHAIN can only be used in transaction blocks", null);
    }
    BeginSpec spec = state.spec();
    IsolationName level = state.isolation();
    boolean chained = state.isBroken();
    try {
      end.run();
      chained = true;
    } finally {
      if (chained) {
        state.chain(spec, level);
      }
    }
  }

  /** One after the other, and only what was SET: links have settings that are Tandem's. */
  private void resetAll(Request request) throws SQLException {
    state.level(Optional.empty());
    state.characteristics(
        new Plan.Effect.Characteristics(Optional.of("READ COMMITTED"), Optional.of(false)));
    client.inOneTransaction(
        true,
        () -> {
          for (String name : List.copyOf(changed)) {
            if (!name.equals("role") && !name.equals("session_authorization")) {
              reset(name, request);
            }
          }
        });
  }

  private void consistency(Optional<String> written) throws SQLException {
    state.level(written.isPresent() ? Optional.of(state.levelOf(written.get())) : Optional.empty());
  }

  private void reset(String name, Request request) throws SQLException {
    Request one = new Request(resetText(name), request.markers(), List.of());
    client.run(one, new RowCommand());
  }

  private static String resetText(String name) {
    if (name.equals("role")) {
      return "RESET ROLE";
    }
    return name.equals("session_authorization")
        ? "RESET SESSION AUTHORIZATION"
        : "RESET \"" + name.replace(".", "\".\"") + "\"";
  }

  private void discard(Plan.Effect.Discard.What what, Request request, Command command)
      throws SQLException {
    switch (what) {
      case ALL -> {
        if (state.inBlock()) {
          throw state.failing(
              SqlErrors.of("25001", "DISCARD ALL cannot run inside a transaction block", null));
        }
        discardAll(request);
        command.count(0);
      }
      case PLANS -> command.count(0);
      case SEQUENCES -> discardSequences(request, command);
      case TEMP -> dropTemporary(request, command);
    }
  }

  private void discardAll(Request request) throws SQLException {
    for (String identity : List.of("session_authorization", "role")) {
      if (changed.contains(identity)) {
        reset(identity, request);
      }
    }
    resetAll(request);
    prepared.forget();
    listening.unlisten(Optional.empty(), false);
    if (temporaries.any()) {
      dropTemporary(request, new RowCommand());
    }
    if (locks.any()) {
      client.onPrimary(
          new Request("SELECT pg_advisory_unlock_all()", request.markers(), List.of()),
          new RowCommand());
    }
    discardSequences(request, new RowCommand());
    changed.clear();
    state.plainAgain();
  }

  private void discardSequences(Request request, Command command) throws SQLException {
    session.discardNumbers();
    Plan.Local plan =
        new Plan.Local(
            "forgets numbers drawn", new Plan.Effect.Discard(Plan.Effect.Discard.What.SEQUENCES));
    client.write(new Request("DISCARD SEQUENCES", request.markers(), List.of()), plan, command);
  }

  /** Outside of a block it may wait for another session as long as it likes: it holds up nobody. */
  private void lock(Request request, Plan plan, Command command) throws SQLException {
    if (!state.inBlock()) {
      client.onPrimary(request, command);
      return;
    }
    if (state.isReadOnlyBlock()) {
      throw state.failing(
          SqlErrors.of(
              "0A000",
              "advisory locks of the session cannot be taken in a READ ONLY transaction",
              null));
    }
    client.write(request, plan, command);
    Lease<JdbcLink> lease = state.writing;
    if (lease != null) {
      try {
        locks.changed(lease.link());
      } catch (SQLException e) {
        throw client.inTransaction(lease, e);
      }
    }
  }

  private void dropTemporary(Request request, Command command) throws SQLException {
    if (!temporaries.any()) {
      command.count(0);
      return;
    }
    Plan.Local plan = new Plan.Local("drops temporary tables", new Plan.Effect.Temporary());
    client.write(new Request("DISCARD TEMP", request.markers(), List.of()), plan, command);
  }

  private void setting(
      Request request, Plan.Local plan, Plan.Effect.Setting setting, Command command)
      throws SQLException {
    state.noLongerPlain();
    client.asOne(
        command,
        () -> {
          client.onOwnLink(request, plan, command);
          // Not what the server has refused to SET: it may refuse to RESET that as well.
          changed.add(setting.name());
          Optional<Lease<JdbcLink>> lease = state.lease();
          if (lease.isPresent()) {
            follow(setting.name(), setting.local(), lease.get());
            if (setting.name().equals("session_authorization")) {
              follow("role", setting.local(), lease.get()); // which the server has set to none
            }
          }
        });
  }

  /** The engine learns the value that the server made of it. */
  private void follow(String name, boolean local, Lease<JdbcLink> lease) throws SQLException {
    try (var ask = lease.link().connection().prepareStatement("SELECT current_setting(?, true)")) {
      ask.setString(1, name);
      try (ResultSet answer = ask.executeQuery()) {
        String value = answer.next() ? answer.getString(1) : null;
        executions.report(() -> session.setting(name, value == null ? "" : value, local));
      }
    }
  }

  private void savepoint(Request request, Plan plan, Plan.Effect effect, Command command)
      throws SQLException {
    if (!state.inBlock()) {
      String verb =
          effect instanceof Plan.Effect.Savepoint
              ? "SAVEPOINT"
              : effect instanceof Plan.Effect.Release
                  ? "RELEASE SAVEPOINT"
                  : "ROLLBACK TO SAVEPOINT";
      throw SqlErrors.of("25P01", verb + " can only be used in transaction blocks", null);
    }
    client.onOwnLink(request, plan, command);
    state.recovered();
    if (effect instanceof Plan.Effect.Savepoint s) {
      listening.savepoint(s.name());
    } else if (effect instanceof Plan.Effect.RollbackTo s) {
      listening.rollbackTo(s.name());
    } else if (effect instanceof Plan.Effect.Release s) {
      listening.release(s.name());
    }
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

  /** Modes are the session's: no link has them but while it runs one of its transactions. */
  boolean showMode(Request request, Plan plan, Command command) throws SQLException {
    // No scan of what is not SHOW: this is asked of every read.
    if (!request.sql().stripLeading().regionMatches(true, 0, SHOW, 0, SHOW.length())) {
      return false;
    }
    List<String> words = StatementText.scan(request.sql()).words();
    String name =
        String.join("_", words.subList(Math.min(1, words.size()), words.size()))
            .toLowerCase(Locale.ROOT);
    String setting = name.equals("transaction_isolation_level") ? "transaction_isolation" : name;
    Optional<String> value = state.shown(setting);
    if (value.isEmpty()) {
      return false;
    }
    if (state.inBlock()) {
      client.onOwnLink(request, plan, new RowCommand()); // it begins a transaction, as any query
    }
    command.rows(
        new MemoryResultSet(
            new SessionSource.Table(List.of(setting), List.of(List.of(value.get())))));
    return true;
  }

  private MemoryResultSet show(Plan.Effect.ShowTandem show) throws SQLException {
    try {
      if (show.topic().toUpperCase(Locale.ROOT).startsWith("PLAN")) {
        boolean questions = show.argument().indexOf('?') >= 0;
        Request asked =
            new Request(
                show.argument(),
                questions ? Request.Markers.QUESTION : Request.Markers.DOLLAR,
                List.of());
        Plan plan = session.plan(asked);
        if (plan instanceof Plan.Local local
            && local.effect() instanceof Plan.Effect.Execute execute) {
          plan = session.plan(prepared.shown(asked, execute));
        }
        return new MemoryResultSet(PlanText.table(plan));
      }
      if (show.topic().equals("OUTCOME")) {
        return new MemoryResultSet(client.outcome(show.argument()));
      }
      return new MemoryResultSet(source.show(show.topic(), show.argument()));
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }
}
