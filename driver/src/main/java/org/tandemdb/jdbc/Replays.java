package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Request;

/**
 * Does a transaction again on the next server session when its own is lost, if every statement of
 * it then gives what it gave before; the client sees a pause instead of 40001. What a client has
 * seen may have decided what it sent next: so all results are compared, and the first that differs
 * ends the transaction as if there were no replay.
 *
 * <p>Kept are texts, parameters and digests of results, up to a number of statements and bytes. A
 * transaction beyond that, or with a statement that cannot be done again (COPY, streams, rows that
 * are fetched in portions), is not replayed. COMMIT is sent again only where nothing of the
 * transaction is in the log. Owned by the session's thread.
 */
final class Replays {
  /** Of texts and parameters of one transaction. */
  static final long MAX_BYTES = 4L << 20;

  private static final List<String> BEGIN = List.of("BEGIN", "START");
  private static final List<String> ROLLBACK = List.of("ROLLBACK", "ABORT");

  private final ClientSession client;
  private final SessionState state;
  private final TransactionEnds ends;
  private final int most;

  private final List<Step> steps = new ArrayList<>();
  private long bytes;

  /** False once the open transaction has something that cannot be done again. */
  private boolean whole = true;

  /** How many transactions have ended. */
  private long ended;

  private boolean replaying;

  /**
   * @param seen by its client: a digest of results, or an error's SQLState
   */
  private record Step(Request request, Repeatable repeatable, String seen) {}

  /**
   * @param most statements of one transaction
   */
  Replays(ClientSession client, SessionState state, TransactionEnds ends, int most) {
    this.client = client;
    this.state = state;
    this.ends = ends;
    this.most = most;
  }

  /** Runs a client's statement, after all that came before it if that is lost. */
  void execute(Request request, Command command) throws SQLException {
    if (replaying || state.isImplicit()) {
      client.run(request, command);
      return;
    }
    List<String> words = StatementText.scan(request.sql()).words();
    String verb = words.isEmpty() ? "" : words.get(0);
    SQLException before = state.lost();
    if (before != null && mayReplay(1) && !ROLLBACK.contains(verb)) {
      replay(before); // it was lost while something else was asked
    }
    for (int attempt = 1; ; attempt++) {
      SQLException lost = tried(request, command, BEGIN.contains(verb), attempt);
      if (lost == null) {
        return;
      }
      replay(lost);
      command.restart();
    }
  }

  /** The loss of its transaction, if that can be made good; null if the statement ran. */
  private @Nullable SQLException tried(
      Request request, Command command, boolean begins, int attempt) throws SQLException {
    Repeatable repeatable =
        whole && (begins || state.inBlock()) ? command.repeatable().orElse(null) : null;
    long before = ended;
    if (repeatable == null) {
      try {
        client.run(request, command);
      } finally {
        // Also if it failed: its client knows of it, and a replay would do without.
        whole &= !isPartOfBlock(before);
      }
      return null;
    }
    RecordedCommand recorded = new RecordedCommand(command);
    String seen;
    try {
      client.run(request, recorded);
      seen = recorded.seen();
    } catch (SQLException e) {
      if (SqlErrors.isTransactionLost(e) && ended == before && mayReplay(attempt)) {
        return e;
      }
      add(new Step(request, repeatable, seenOf(e)), before);
      throw e;
    }
    add(new Step(request, repeatable, seen), before);
    return null;
  }

  private static String seenOf(SQLException e) {
    return "error " + e.getSQLState();
  }

  /** A statement that has run belongs to what is open now, and did not end what was before. */
  private boolean isPartOfBlock(long before) {
    return ended == before
        ? state.inBlock()
        : state.isOpen() || state.isExplicit() || state.isChained();
  }

  private void add(Step step, long before) {
    if (ended != before) {
      // "COMMIT; BEGIN; ...": what it has begun is not all that it did.
      whole &= !isPartOfBlock(before);
      return;
    }
    if (!state.inBlock()) {
      return;
    }
    bytes += 2L * step.request().sql().length() + step.repeatable().bytes();
    whole &= steps.size() < most && bytes <= MAX_BYTES;
    if (whole) {
      steps.add(step);
    } else {
      steps.clear();
    }
  }

  private boolean mayReplay(int attempt) {
    return whole && !replaying && attempt < ClientSession.MAX_ATTEMPTS;
  }

  /** COMMIT, after all that came before it if nothing of that is left. */
  void commit() throws SQLException {
    try {
      SQLException before = state.lost();
      if (before != null && mayReplay(1)) {
        replay(before);
      }
      for (int attempt = 1; !ends.commit(mayReplay(attempt)); attempt++) {
        replay(
            SqlErrors.of(
                ErrorCode.TRANSACTION_LOST, "the server session was lost at COMMIT", null));
      }
    } catch (SQLException e) {
      ends.rollback();
      throw e;
    } finally {
      ended();
    }
  }

  /** Nothing is open any more. */
  void ended() {
    steps.clear();
    bytes = 0;
    whole = true;
    ended++;
  }

  private void replay(SQLException lost) throws SQLException {
    replaying = true;
    try {
      for (int attempt = 1; ; attempt++) {
        ends.abandon();
        try {
          for (int i = 0; i < steps.size(); i++) {
            repeat(i);
          }
          return;
        } catch (SQLException e) {
          if (!SqlErrors.isTransactionLost(e) || attempt == ClientSession.MAX_ATTEMPTS) {
            ends.abandon();
            throw givenUp(lost, e);
          }
        }
      }
    } finally {
      replaying = false;
    }
  }

  private SQLException givenUp(SQLException lost, SQLException why) {
    whole = false;
    SQLException failure =
        SqlErrors.of(
            ErrorCode.TRANSACTION_LOST,
            lost.getMessage() + " (not replayed: " + why.getMessage() + ")",
            lost);
    failure.addSuppressed(why);
    return state.failing(failure);
  }

  private void repeat(int index) throws SQLException {
    Step step = steps.get(index);
    String seen;
    try (RepeatedCommand command = new RepeatedCommand(step.repeatable())) {
      client.run(step.request(), command);
      seen = command.seen();
    } catch (SQLException e) {
      if (SqlErrors.isTransactionLost(e)) {
        throw e;
      }
      seen = seenOf(e);
    }
    if (!seen.equals(step.seen())) {
      throw SqlErrors.of(
          "40001", "its statement " + (index + 1) + " gave another result than before", null);
    }
  }
}
