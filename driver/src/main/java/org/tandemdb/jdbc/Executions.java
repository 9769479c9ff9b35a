package org.tandemdb.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;

/**
 * Runs statements that are planned on a link that is there, gives the client what it asked for, and
 * reports to the engine what is to be logged. Owned by the session's thread.
 */
final class Executions {
  private static final List<List<@Nullable String>> NOTHING = List.of();

  /** Instead of a count: there are rows. */
  private static final long ROWS = -1;

  private final EngineSession<JdbcLink> session;
  private final EngineCalls calls;
  private final SessionState state;
  private final TemporaryTables temporaries;
  private final ReadBackWrites readBacks;
  private final Objections objections;

  Executions(
      EngineSession<JdbcLink> session,
      EngineCalls calls,
      SessionState state,
      TemporaryTables temporaries,
      Objections objections) {
    this.session = session;
    this.calls = calls;
    this.state = state;
    this.temporaries = temporaries;
    this.readBacks = new ReadBackWrites(session, state);
    this.objections = objections;
  }

  /** In a read-write transaction, on the lease that it holds. */
  void started(Request request, Plan plan, Lease<JdbcLink> lease, Command command)
      throws SQLException {
    if (plan instanceof Plan.Write write && write.readBack().isPresent()) {
      if (!readBacks.run(write, write.readBack().get(), lease, command)) {
        traced(request, lease, command);
      }
    } else if (plan instanceof Plan.Write write) {
      write(request, write, lease, command);
    } else if (plan instanceof Plan.Traced) {
      traced(request, lease, command);
    } else if (plan instanceof Plan.Exclusive exclusive) {
      plain(lease, exclusive.rewritten().orElse(request.sql()), command);
      report(() -> session.executed(exclusive));
    } else if (plan instanceof Plan.Read
        || plan instanceof Plan.PrimaryRead
        || plan instanceof Plan.Local) {
      plain(lease, onLink(request.sql(), request), command);
      if (plan instanceof Plan.Local local && changesTemporary(local.effect())) {
        state.noLongerPlain();
        temporaries.changed(lease.link());
      } else if (plan instanceof Plan.Local local
          && local.effect() instanceof Plan.Effect.Deferred) {
        report(session::constraintsDeferred);
      }
    } else if (plan instanceof Plan.Refused refused) {
      throw state.failing(objections.of(request, refused, command));
    } else {
      throw state.failing(SqlErrors.of(ErrorCode.STATEMENT_REFUSED, plan.reason(), null));
    }
  }

  private static boolean changesTemporary(Plan.Effect effect) {
    return effect instanceof Plan.Effect.Temporary
        || (effect instanceof Plan.Effect.Discard discard
            && discard.what() == Plan.Effect.Discard.What.TEMP);
  }

  /** Executes it; see {@link #broken}. */
  static boolean run(Command command, JdbcLink link, Statement vendor, String sql)
      throws SQLException {
    try {
      return command.run(vendor, sql);
    } catch (TandemException e) {
      throw e;
    } catch (RuntimeException e) {
      throw broken(link, e);
    }
  }

  /**
   * A driver that fails in the midst of an answer leaves the rest of it to the next statement, so
   * that one statement would hear what became of another: its link is ended.
   */
  static SQLException broken(JdbcLink link, RuntimeException e) {
    link.sever();
    return SqlErrors.of("08006", "PostgreSQL's driver failed: " + e, e);
  }

  static SQLException refused(Plan.Refused plan) {
    String state = plan.sqlState().isEmpty() ? "0A000" : plan.sqlState();
    String reason = plan.reason();
    String end = reason.endsWith(".") ? " " : ". ";
    String text = plan.remedy().isEmpty() ? reason : reason + end + plan.remedy();
    return SqlErrors.of(state, text, null);
  }

  /** The text as the transaction's link is to run it. */
  String onLink(String sql, Request request) throws SQLException {
    try {
      return session.textForLink(sql, request.markers());
    } catch (RuntimeException e) {
      throw state.failing(SqlErrors.of(e));
    }
  }

  private void write(Request request, Plan.Write plan, Lease<JdbcLink> lease, Command command)
      throws SQLException {
    int hidden = plan.capture().hidden().size();
    boolean streamed = hidden > 0 && plan.capture().clientColumns() == 0;
    // Before anything runs: what cannot be logged must not be written.
    List<Value> parameters = command.parameters();
    Command.Shape shape = streamed ? Command.Shape.STREAMED : Command.Shape.COUNTED;
    String sql = onLink(plan.sqlForPrimary(), request);
    Statement vendor = command.vendor(lease.link(), sql, shape);
    boolean hasRows = run(command, lease.link(), vendor, sql);
    state.doomed = true;
    try {
      if (!hasRows) {
        long count = vendor.getLargeUpdateCount();
        session.executed(plan, parameters, count, NOTHING.iterator());
        command.count(count);
      } else if (streamed) {
        ResultSet rows = vendor.getResultSet();
        command.count(
            reportStreamed(plan, parameters, new CapturedRows(rows, plan.capture(), true)));
        rows.close();
      } else {
        reportCounted(plan, parameters, vendor.getResultSet(), lease, command);
      }
      state.doomed = false;
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  /**
   * Portion by portion; each element is reported as the statement that it is.
   *
   * @return false if it has to be run one by one; nothing of it has run then
   */
  boolean pipeline(Request request, Plan.Write plan, Lease<JdbcLink> lease, Pipeline batch)
      throws SQLException {
    String sql = onLink(plan.sqlForPrimary(), request);
    if (!sql.equals(plan.sqlForPrimary())) {
      return false; // what is spliced in changes from element to element
    }
    boolean counted = Pipeline.isCounted(plan);
    int from = 0;
    while (from < batch.size()) {
      int left = batch.size() - from;
      int size = counted ? Math.min(left, Pipeline.PORTION) : rowsAtATime(batch, from, left);
      List<List<Value>> parameters = new ArrayList<>(size);
      for (int i = from; i < from + size; i++) {
        parameters.add(batch.parameters(i));
      }
      if (counted) {
        long[] counts = batch.run(lease.link(), sql, from, from + size);
        reportAll(plan, parameters, counts, List.of());
      } else {
        String many = InsertLane.text(plan, size);
        List<List<@Nullable String>> rows;
        try {
          rows = batch.runRows(lease.link(), many, from, from + size);
        } catch (CapturedRows.ReadFailure e) {
          state.doomed = true;
          throw SqlErrors.of(e);
        }
        long[] counts = new long[size];
        Arrays.fill(counts, 1);
        reportAll(plan, parameters, counts, rows);
      }
      from += size;
    }
    return true;
  }

  private static int rowsAtATime(Pipeline batch, int from, int left) throws SQLException {
    int parameters = Math.max(1, batch.parameters(from).size());
    int most = Math.max(1, Math.min(left, Pipeline.MAX_PARAMETERS / parameters));
    return 1 << Math.min(Pipeline.MAX_POWER, 31 - Integer.numberOfLeadingZeros(most));
  }

  /**
   * @param rows what was captured of each, or nothing
   */
  private void reportAll(
      Plan.Write plan,
      List<List<Value>> parameters,
      long[] counts,
      List<List<@Nullable String>> rows)
      throws SQLException {
    state.doomed = true;
    try {
      if (plan.template() instanceof Plan.Template.Rows && !rows.isEmpty()) {
        // Logged as what one statement has inserted, which names table and columns once.
        session.executed(plan, parameters.get(0), rows.size(), rows.iterator());
        state.doomed = false;
        return;
      }
      for (int i = 0; i < counts.length; i++) {
        long count = counts[i] == Statement.SUCCESS_NO_INFO ? 1 : counts[i];
        Iterator<List<@Nullable String>> captured =
            (rows.isEmpty() ? NOTHING : rows.subList(i, i + 1)).iterator();
        session.executed(plan, parameters.get(i), count, captured);
      }
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
    state.doomed = false;
  }

  /**
   * The client's text as it is. All rows are read at once: one that came later could write after
   * COMMIT has asked what was touched.
   */
  private void traced(Request request, Lease<JdbcLink> lease, Command command) throws SQLException {
    String sql = onLink(request.sql(), request);
    calls.call(session::trace);
    Statement vendor = command.vendor(lease.link(), sql, Command.Shape.COUNTED);
    long changed = counted(command, lease.link(), vendor, sql);
    if (changed == ROWS) {
      ResultSet rows = vendor.getResultSet();
      long count = rows.last() ? rows.getRow() : 0;
      rows.beforeFirst();
      command.rows(rows, Integer.MAX_VALUE, count, lease);
    } else {
      command.count(changed);
    }
  }

  /**
   * The statement's count, or {@link #ROWS}. What stands before it, even if that is a comment and a
   * semicolon, has a result of its own.
   */
  private static long counted(Command command, JdbcLink link, Statement vendor, String sql)
      throws SQLException {
    if (run(command, link, vendor, sql)) {
      return ROWS;
    }
    long count = Math.max(0, vendor.getLargeUpdateCount());
    String text = sql.stripLeading();
    if (!text.startsWith(";") && !text.startsWith("/*") && !text.startsWith("--")) {
      return count;
    }
    return vendor.getMoreResults() ? ROWS : Math.max(count, vendor.getLargeUpdateCount());
  }

  /** All rows are in memory, since the client gets them too. */
  private void reportCounted(
      Plan.Write plan,
      List<Value> parameters,
      ResultSet rows,
      Lease<JdbcLink> lease,
      Command command)
      throws SQLException {
    long count = rows.last() ? rows.getRow() : 0;
    rows.beforeFirst();
    CapturedRows captured = new CapturedRows(rows, plan.capture(), false);
    boolean apart = plan.capture().apart();
    session.executed(
        plan,
        parameters,
        apart ? -1 : count,
        plan.capture().isCapturing() ? captured : NOTHING.iterator());
    rows.beforeFirst();
    if (apart) {
      command.rowsApart(rows, captured.visible(), count - captured.read(), lease);
    } else {
      command.rows(rows, captured.visible(), count, lease);
    }
  }

  /** The first portion is read ahead, so that the count is known for all but large results. */
  private long reportStreamed(Plan.Write plan, List<Value> parameters, CapturedRows captured) {
    boolean mayStream = !(plan.template() instanceof Plan.Template.Verbatim);
    List<List<@Nullable String>> portion = new ArrayList<>();
    while ((!captured.isPortion() || !mayStream) && captured.hasNext()) {
      portion.add(captured.next());
    }
    if (!captured.hasNext()) {
      session.executed(plan, parameters, portion.size(), portion.iterator());
      return captured.drain();
    }
    session.executed(plan, parameters, -1, new Joined(portion, captured));
    return captured.drain();
  }

  /** As the client asked, with nothing to report. */
  static void plain(Lease<JdbcLink> lease, String sql, Command command) throws SQLException {
    Statement vendor = command.vendor(lease.link(), sql, Command.Shape.CLIENT);
    long changed = counted(command, lease.link(), vendor, sql);
    if (changed == ROWS) {
      command.rows(vendor.getResultSet(), Integer.MAX_VALUE, -1, lease);
    } else {
      command.count(changed);
    }
  }

  /** Tells the engine what ran; its refusal (too large, staging failed) is the statement's. */
  void report(ClientSession.Work report) throws SQLException {
    try {
      report.run();
    } catch (RuntimeException e) {
      state.doomed = true;
      throw SqlErrors.of(e);
    }
  }
}
