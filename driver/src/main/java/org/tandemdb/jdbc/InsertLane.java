package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.EngineSession.Started;
import org.tandemdb.session.SessionExecutor;

/**
 * A session of its own on which groups of INSERTs run, each group as one transaction. Rows of equal
 * statements are inserted by one statement with so many rows, in the order of VALUES, as powers of
 * two, so that few texts are prepared. Owned by one thread at a time.
 */
final class InsertLane implements AutoCloseable {
  /** Longest wait for a lock; a multiple less than any server's deadlock_timeout. */
  static final int LOCK_PATIENCE_MILLIS = 25;

  private static final Duration LINK_PATIENCE = Duration.ofMillis(20);
  private static final int MAX_POWER = 5;
  private static final int MAX_STATEMENTS = 32;

  private final SessionSource source;
  private final String user;
  private final String password;
  private final SessionExecutor executor = new SessionExecutor(ForkJoinPool.commonPool());
  private final EngineCalls calls;
  private @Nullable EngineSession<JdbcLink> session;
  private @Nullable JdbcLink link;
  private final Map<Plan.Write, PreparedStatement[]> statements = new IdentityHashMap<>();
  private boolean closed;

  InsertLane(SessionSource source, String user, String password) {
    this.source = source;
    this.user = user;
    this.password = password;
    this.calls = new EngineCalls(executor, source.waitLimit());
  }

  /**
   * Runs them all and commits.
   *
   * @return what has been seen with them; null if nothing is left of any of them
   * @throws SQLException 08007 when the outcome cannot be known
   */
  EngineSession.@Nullable ReadToken run(List<InsertCombiner.Member> group) throws SQLException {
    EngineSession<JdbcLink> mine = open();
    if (mine == null) {
      return null;
    }
    // Members hold links of their own: to wait for one more could be to wait for them.
    if (!calls.call(() -> mine.reserve(LINK_PATIENCE))) {
      return null;
    }
    CommitResult result;
    try {
      if (!insert(mine, group)) {
        link = null; // a SET is taken back with its transaction
        return null;
      }
      result = calls.call(mine::commit);
    } finally {
      if (mine.inTransaction()) {
        calls.call(mine::rollback);
      }
    }
    if (result instanceof CommitResult.Unknown unknown) {
      throw SqlErrors.unknown(unknown);
    }
    return result instanceof CommitResult.Committed ? mine.token() : null;
  }

  private synchronized @Nullable EngineSession<JdbcLink> open() throws SQLException {
    if (closed) {
      return null;
    }
    EngineSession<JdbcLink> mine = session;
    if (mine == null) {
      try {
        mine = source.open(user, password, executor);
      } catch (RuntimeException e) {
        throw SqlErrors.of(e);
      }
      session = mine;
    }
    return mine;
  }

  /** False if one of them failed; the transaction may then still be open. */
  private boolean insert(EngineSession<JdbcLink> mine, List<InsertCombiner.Member> group)
      throws SQLException {
    List<Part> parts = new ArrayList<>();
    Lease<JdbcLink> lease = null;
    for (InsertCombiner.Member member : group) {
      Started<JdbcLink> started;
      try {
        started =
            calls.call(() -> mine.start(member.request, member.planned, BeginSpec.READ_WRITE));
      } catch (SQLException e) {
        return false; // each hears alone what hinders it
      }
      lease = started.lease();
      if (!InsertCombiner.fits(started.plan())) {
        return false;
      }
      part(parts, (Plan.Write) started.plan()).members.add(member);
    }
    if (lease == null) {
      return false;
    }
    try {
      use(lease.link());
      for (Part part : parts) {
        insertRows(mine, part.plan, part.members);
      }
      return true;
    } catch (SQLException e) {
      if (SqlErrors.isLinkFailure(e, lease.link().connection())) {
        lost(mine, lease, e);
      }
      return false;
    }
  }

  /**
   * Waits until it is known what was lost; a failure of that is met again by whoever runs alone.
   */
  private void lost(EngineSession<JdbcLink> mine, Lease<JdbcLink> lease, SQLException e) {
    try {
      calls.call(() -> mine.lost(lease, e, source.patience()));
    } catch (SQLException second) {
      e.addSuppressed(second);
    }
  }

  /** Members whose statement is the same. The planner gives one plan for equal texts. */
  private record Part(Plan.Write plan, List<InsertCombiner.Member> members) {}

  private static Part part(List<Part> parts, Plan.Write plan) {
    for (Part part : parts) {
      if (part.plan.equals(plan)) {
        return part;
      }
    }
    Part fresh = new Part(plan, new ArrayList<>());
    parts.add(fresh);
    return fresh;
  }

  private void use(JdbcLink now) throws SQLException {
    if (link == now) {
      return;
    }
    statements.clear();
    link = now;
    try (Statement set = now.connection().createStatement()) {
      set.execute("SET lock_timeout = " + LOCK_PATIENCE_MILLIS);
    }
  }

  private void insertRows(
      EngineSession<JdbcLink> mine, Plan.Write plan, List<InsertCombiner.Member> members)
      throws SQLException {
    int from = 0;
    while (from < members.size()) {
      int left = members.size() - from;
      int power = Math.min(MAX_POWER, 31 - Integer.numberOfLeadingZeros(left));
      insertPower(mine, plan, members.subList(from, from + (1 << power)), power);
      from += 1 << power;
    }
  }

  private void insertPower(
      EngineSession<JdbcLink> mine, Plan.Write plan, List<InsertCombiner.Member> members, int power)
      throws SQLException {
    PreparedStatement insert = statement(plan, power);
    Connection connection = insert.getConnection();
    int offset = 0;
    for (InsertCombiner.Member member : members) {
      member.command.bindAt(insert, offset, connection);
      offset += member.parameters.size();
    }
    int hidden = plan.capture().hidden().size();
    if (hidden == 0) {
      if (insert.executeUpdate() != members.size()) {
        throw new SQLException("not as many rows as statements", "XX000");
      }
      for (InsertCombiner.Member member : members) {
        report(mine, plan, member, null);
      }
      return;
    }
    try (ResultSet rows = insert.executeQuery()) {
      for (InsertCombiner.Member member : members) {
        if (!rows.next()) {
          throw new SQLException("not as many rows as statements", "XX000");
        }
        List<@Nullable String> captured = new ArrayList<>(hidden);
        for (int i = 1; i <= hidden; i++) {
          captured.add(rows.getString(i));
        }
        report(mine, plan, member, captured);
        member.captured = captured;
      }
    }
  }

  private static void report(
      EngineSession<JdbcLink> mine,
      Plan.Write plan,
      InsertCombiner.Member member,
      @Nullable List<@Nullable String> captured)
      throws SQLException {
    try {
      mine.executed(
          plan,
          member.parameters,
          1,
          captured == null
              ? Collections.<List<@Nullable String>>emptyIterator()
              : List.of(captured).iterator());
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }

  private PreparedStatement statement(Plan.Write plan, int power) throws SQLException {
    JdbcLink on = Objects.requireNonNull(link);
    PreparedStatement[] known = statements.get(plan);
    if (known == null) {
      if (statements.size() >= MAX_STATEMENTS) {
        closeStatements();
      }
      known = new PreparedStatement[MAX_POWER + 1];
      statements.put(plan, known);
    }
    PreparedStatement statement = known[power];
    if (statement == null) {
      statement = on.connection().prepareStatement(text(plan, 1 << power));
      known[power] = statement;
    }
    return statement;
  }

  private void closeStatements() throws SQLException {
    for (PreparedStatement[] known : statements.values()) {
      for (PreparedStatement statement : known) {
        if (statement != null) {
          statement.close();
        }
      }
    }
    statements.clear();
  }

  /** The statement for so many rows. */
  static String text(Plan.Write plan, int rows) {
    Plan.Span span = plan.row().orElseThrow();
    String sql = plan.sqlForPrimary();
    String row = sql.substring(span.from(), span.to());
    return sql.substring(0, span.to()) + (", " + row).repeat(rows - 1) + sql.substring(span.to());
  }

  @Override
  public synchronized void close() {
    closed = true;
    EngineSession<JdbcLink> mine = session;
    session = null;
    if (mine != null) {
      JdbcLink last = link;
      if (last != null) {
        last.sever(); // it gives up locks too early for anybody else
      }
      mine.close();
    }
  }
}
