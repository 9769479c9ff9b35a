package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;

/**
 * Lets autocommit INSERTs that come at the same time share a transaction: what group commit does
 * for the disk, this does for the round trips, the marker and the COMMIT, which cost more than the
 * row. Nobody waits for company: a client that finds a lane free runs its statement itself, as if
 * this were not here. While all lanes are busy clients gather; whoever leaves a lane gives it to
 * the first of them, who takes those with it that wait.
 *
 * <pre>
 *   free lane ──▶ alone in it ──▶ leave
 *   no lane   ──▶ wait ──▶ lead the others that wait ──▶ leave
 *                     └──▶ ride with one who leads ──▶ done, or alone outside of the lanes
 * </pre>
 *
 * <p>A group that fails in any way but an unknown outcome has left nothing; each of its statements
 * is then run alone, and only its own failure reaches its client. A group gives up a lock after
 * {@link InsertLane#LOCK_PATIENCE_MILLIS}, well before the server looks for deadlocks, so that
 * sharing a transaction adds none.
 *
 * <p>Thread-safe. For the clients of one database user.
 */
final class InsertCombiner implements AutoCloseable {
  /** One lane executes while the other waits for the log. */
  private static final int LANES = 2;

  /**
   * Lanes whose holders run alone for longer than this may be waiting for a lock: no use to wait.
   */
  private static final long TURN_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  /**
   * After a group has failed, or nobody got a turn, statements run alone for so long; twice as long
   * when it happens again at once.
   */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final int MOST_DOUBLINGS = 7;

  private final Duration waitLimit;
  private final int maxGroup;
  private final List<InsertLane> lanes = new ArrayList<>();
  private final ArrayDeque<InsertLane> free = new ArrayDeque<>();
  private final ArrayDeque<Member> waiting = new ArrayDeque<>();
  private int alone;
  private boolean paused;
  private int pauses;
  private long pausedUntilNanos;

  /**
   * @param maxGroup most INSERTs in one transaction, at least 2
   */
  InsertCombiner(SessionSource source, String user, String password, int maxGroup) {
    this.maxGroup = maxGroup;
    this.waitLimit = source.waitLimit();
    for (int i = 0; i < LANES; i++) {
      lanes.add(new InsertLane(source, user, password));
    }
    free.addAll(lanes);
  }

  /** Where a member stands. */
  enum Stage {
    WAITING,
    LEADING,
    RIDING,
    DONE,
    /** Nothing is left of it: it is to be run alone. */
    ALONE,
    FAILED
  }

  /** A client's INSERT. Its thread writes nothing here but while it leads. */
  static final class Member {
    final Request request;
    final Plan.Write planned;
    final Command command;
    final List<Value> parameters;
    private final Thread owner = Thread.currentThread();
    private volatile Stage stage = Stage.WAITING;
    private @Nullable InsertLane lane;
    private @Nullable SQLException failure;
    private EngineSession.@Nullable ReadToken seen;

    /** The captured row; of use when the group is committed. */
    List<@Nullable String> captured = List.of();

    Member(Request request, Plan.Write planned, Command command) throws SQLException {
      this.request = request;
      this.planned = planned;
      this.command = command;
      this.parameters = command.parameters();
    }

    private void end(Stage how) {
      stage = how;
      LockSupport.unpark(owner);
    }
  }

  /**
   * An INSERT that shared a transaction.
   *
   * @param seen what the client has seen with it
   * @param captured the row that was captured
   */
  record Shared(EngineSession.ReadToken seen, List<@Nullable String> captured) {}

  /** True if {@code plan} may share a transaction. */
  static boolean fits(Plan plan) {
    return plan instanceof Plan.Write write
        && write.row().isPresent()
        && write.capture().clientColumns() == 0
        && write.template().insertsOneRow();
  }

  /**
   * Runs one INSERT of one row.
   *
   * @param alone runs it on the client's own session
   * @return what became of it; null if {@code alone} knows
   * @throws SQLException of {@code alone}, or 08007 when a group's outcome is unknown
   */
  @Nullable Shared insert(
      Request request, Plan.Write plan, Command command, ClientSession.Work alone)
      throws SQLException {
    InsertLane lane = takeFree();
    if (lane != null) {
      runAlone(lane, alone);
      return null;
    }
    Member me = new Member(request, plan, command);
    if (!enqueue(me)) {
      alone.run();
      return null;
    }
    awaitTurn(me);
    if (me.stage == Stage.LEADING) {
      lead(me, alone);
    }
    return outcome(me, alone);
  }

  private static @Nullable Shared outcome(Member me, ClientSession.Work alone) throws SQLException {
    switch (me.stage) {
      case DONE -> {
        me.command.count(1);
        EngineSession.ReadToken seen = me.seen;
        return seen == null ? null : new Shared(seen, me.captured);
      }
      case ALONE -> {
        alone.run();
        return null;
      }
      case LEADING -> {
        return null; // it has run itself
      }
      default -> throw me.failure != null ? me.failure : unknown("its group has no outcome");
    }
  }

  private static SQLException unknown(String why) {
    return SqlErrors.of(ErrorCode.OUTCOME_UNKNOWN, why, null);
  }

  private void runAlone(InsertLane lane, ClientSession.Work work) throws SQLException {
    synchronized (this) {
      alone++;
    }
    try {
      work.run();
    } finally {
      synchronized (this) {
        alone--;
      }
      leave(lane);
    }
  }

  private synchronized @Nullable InsertLane takeFree() {
    return free.poll();
  }

  /** False if nobody may gather now. */
  private synchronized boolean enqueue(Member me) {
    if (paused) {
      if (System.nanoTime() - pausedUntilNanos < 0) {
        return false;
      }
      paused = false;
    }
    InsertLane lane = free.poll();
    if (lane != null) {
      me.lane = lane;
      me.stage = Stage.LEADING;
    } else {
      waiting.add(me);
    }
    return true;
  }

  /** Returns when it is not to wait any more. An outcome must be learnt: no interrupt ends this. */
  private void awaitTurn(Member me) throws SQLException {
    boolean interrupted = false;
    long begin = System.nanoTime();
    try {
      while (me.stage == Stage.WAITING || me.stage == Stage.RIDING) {
        long waited = System.nanoTime() - begin;
        boolean late = waited >= waitLimit.toNanos();
        if (late && me.stage == Stage.RIDING) {
          throw unknown("no answer within " + waitLimit);
        }
        if (waited >= TURN_PATIENCE_NANOS && giveUp(me, late)) {
          return;
        }
        LockSupport.parkNanos(this, TURN_PATIENCE_NANOS);
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        me.owner.interrupt();
      }
    }
  }

  /** Groups come to their end by themselves; who runs alone may wait for anything. */
  private synchronized boolean giveUp(Member me, boolean late) {
    if ((alone < LANES && !late) || !waiting.remove(me)) {
      return false;
    }
    me.stage = Stage.ALONE;
    pause();
    return true;
  }

  private void lead(Member me, ClientSession.Work alone) throws SQLException {
    InsertLane lane = Objects.requireNonNull(me.lane);
    List<Member> group = gather(me);
    if (group.size() == 1) {
      runAlone(lane, alone);
      return;
    }
    Stage outcome = Stage.FAILED;
    SQLException failure = null;
    EngineSession.ReadToken seen = null;
    try {
      seen = lane.run(group);
      outcome = seen == null ? Stage.ALONE : Stage.DONE;
    } catch (SQLException e) {
      failure = e;
    } finally {
      judge(outcome);
      for (Member member : group) {
        member.failure = failure;
        member.seen = seen;
        member.end(outcome);
      }
      leave(lane);
    }
  }

  private synchronized List<Member> gather(Member me) {
    List<Member> group = new ArrayList<>();
    group.add(me);
    while (group.size() < maxGroup && !waiting.isEmpty()) {
      Member next = waiting.remove();
      next.stage = Stage.RIDING;
      group.add(next);
    }
    return group;
  }

  private synchronized void judge(Stage outcome) {
    if (outcome == Stage.DONE) {
      pauses = 0;
    } else if (outcome == Stage.ALONE) {
      pause();
    }
  }

  private void pause() {
    long now = System.nanoTime();
    if (paused && now - pausedUntilNanos < 0) {
      return;
    }
    paused = true;
    pausedUntilNanos = now + (PAUSE_NANOS << pauses);
    pauses = Math.min(pauses + 1, MOST_DOUBLINGS);
  }

  private void leave(InsertLane lane) {
    Member next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        free.add(lane);
        return;
      }
      next.lane = lane;
    }
    next.end(Stage.LEADING);
  }

  @Override
  public void close() {
    lanes.forEach(InsertLane::close);
  }
}
