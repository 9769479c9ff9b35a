package org.tandemdb.session;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.Value;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;

/**
 * One client's state: which transaction is open, what it recorded, what it has seen. The engine
 * decides, the front end executes: it asks for a plan, gets a leased link, runs the statement on it
 * and reports what came of it. One owner thread at a time; stages complete on any thread, except
 * that work on a JDBC link runs on the thread that waits in {@link SessionExecutor#join}.
 */
public interface EngineSession<L extends BackendLink> extends AutoCloseable {

  /**
   * Completes when a server takes this session's user and password, or the primary cannot be asked;
   * at once where one has taken them before. Fails with the primary's own exception where it
   * refuses them and no other takes them. Without it that is found out with the first link.
   */
  default CompletionStage<Void> login() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Completes when requests may be planned, which is at once but for the first one after DDL in the
   * open transaction: what the transaction sees by then is read over its link. Fails with the
   * link's own exception.
   */
  default CompletionStage<Void> readyToPlan() {
    return CompletableFuture.completedFuture(null);
  }

  /** What to do with {@code request}; cached, never blocks. */
  Plan plan(Request request);

  /**
   * Continues the open read-write transaction, or opens one: gate, link on the primary, BEGIN. The
   * plan comes back because it is made again when the catalog changed while the gate was awaited.
   *
   * <p>Completes exceptionally with a {@code TandemException}.
   */
  CompletionStage<Started<L>> start(Request request, Plan plan, BackendLink.BeginSpec spec);

  /**
   * Makes sure that {@link #start} need not wait for a link: true if this session has one to the
   * primary, or gets one within {@code patience}.
   */
  CompletionStage<Boolean> reserve(Duration patience);

  /**
   * A link for reads outside a read-write transaction, at this session's read level. A READ ONLY
   * transaction is begun and ended by the front end, on the one lease that it got for it.
   */
  CompletionStage<Lease<L>> read(boolean inReadOnlyTransaction);

  /** One read on {@code lease} is over: for balancing and for the session's token. */
  void readDone(Lease<L> lease);

  /**
   * Reports a row write that succeeded on the primary; must be called before the next statement.
   *
   * @param parameters the client's parameters as they were sent
   * @param rows the command's row count; -1 while a large capture is still coming in: as many as
   *     {@code captured} gives (not where the template is {@code Verbatim})
   * @param captured rows of the hidden columns, read to the end here; past a bound they are staged
   * @throws org.tandemdb.error.TandemException 54000 when the transaction outgrows the limit
   */
  void executed(
      Plan.Write write,
      List<Value> parameters,
      long rows,
      Iterator<List<@Nullable String>> captured);

  /**
   * Makes the primary trace the next statement: to be called before each {@link Plan.Traced} runs,
   * on the lease that {@link #start} gave. Completes exceptionally with the database's own
   * exception.
   */
  CompletionStage<Void> trace();

  /** Reports an EXCLUSIVE statement that succeeded on the primary. */
  void executed(Plan.Exclusive exclusive);

  /**
   * Begins a statement that commits on its own: the front end runs {@link Plan.Task#statement} on
   * the lease, outside of a transaction, and reports by {@link #taskDone} or {@link #taskFailed},
   * or {@link #lost}. Completes exceptionally with a {@code TandemException}.
   */
  default CompletionStage<Lease<L>> beginTask(Request request, Plan.Task task) {
    throw new UnsupportedOperationException("no tasks here");
  }

  /**
   * The statement succeeded on the primary: logs it for the others. Where that is not committed,
   * nothing of it is left.
   */
  default CompletionStage<CommitResult> taskDone() {
    throw new UnsupportedOperationException("no tasks here");
  }

  /** The statement failed on the primary: takes back what it has left. */
  default CompletionStage<Void> taskFailed() {
    throw new UnsupportedOperationException("no tasks here");
  }

  /**
   * Links to all backends in service, the primary's first, when each has what this session has
   * seen: for maintenance that is not logged.
   */
  default CompletionStage<List<Lease<L>>> everywhere() {
    throw new UnsupportedOperationException("no maintenance here");
  }

  /** Remembers where a savepoint stands in what was recorded. */
  void savepoint(String name);

  /** Drops what was recorded since, after the server did. */
  void rollbackTo(String name);

  void release(String name);

  /**
   * The temporary relations that the session has now, on the link of its read-write transactions.
   * Statements that name one are planned accordingly, and no other session gets that link.
   *
   * @param names without schema; empty when there are none any more
   */
  void temporary(Set<String> names);

  /**
   * An INSERT of this client's that ran in another session of the server's, with the row that was
   * captured: {@code currval} and {@code lastval} are to know of it.
   */
  default void drawnElsewhere(Plan.Write write, List<@Nullable String> captured) {}

  /**
   * {@code sql} as the open transaction's link is to run it, after {@link #start}: where its server
   * session does not know a number that the client has drawn, that is spliced in.
   *
   * @throws TandemException 0A000 if it asks for one that nobody knows
   */
  default String textForLink(String sql, Request.Markers markers) {
    return sql;
  }

  /** SET CONSTRAINTS ... DEFERRED has run in the open transaction. */
  default void constraintsDeferred() {}

  /** DISCARD SEQUENCES. */
  default void discardNumbers() {}

  /** The link of the session's writes holds what is this session's alone: no other may get it. */
  default void keepLink() {}

  /**
   * The client does nothing for the moment: links that hold nothing of the session's are given back
   * for others. Never while a statement runs or a transaction is open; a READ ONLY one is the front
   * end's to know.
   *
   * @param onlyIfWanted keeps them where nobody waits for one
   */
  default void rest(boolean onlyIfWanted) {}

  /**
   * The link of the session's writes, outside of any transaction and without a share of the gate:
   * for statements that may wait for another session, and write nothing. Given back by {@link
   * #readDone}.
   */
  default CompletionStage<Lease<L>> onPrimary() {
    return read(false);
  }

  /** What was SET and holds now, by name. */
  default Map<String, String> settings() {
    return Map.of();
  }

  /** A setting that changes the meaning of later statements was SET on the link. */
  void setting(String name, String value, boolean local);

  /**
   * Why the engine itself has stopped what runs in the open transaction; empty unless it has. The
   * front end asks when a statement has failed, and rolls back.
   */
  Optional<TandemException> stopped();

  /** True between {@link #start} and the end of {@link #commit} or {@link #rollback}. */
  boolean inTransaction();

  /** Ends the transaction: deferred constraints, pipeline, answer. */
  CompletionStage<CommitResult> commit();

  /**
   * True if the transaction that is about to be committed may send {@code last} and its marker in
   * one flight: nothing but the marker can fail after it.
   */
  boolean mayCommitWith(Plan last);

  /**
   * Runs a transaction's last statement and commits: the statement travels with the marker, which
   * saves a round trip. Only for statements that seldom wait for a lock: until it answers, it holds
   * up its batch, for the length of the marker's patience.
   */
  CompletionStage<CommitResult> commitWith(LastStatement last);

  /** A transaction's last statement, with the marker behind it. */
  interface LastStatement {
    /**
     * Runs on the session's executor, once: executes statement and marker, reports the statement by
     * {@link #executed}, and says what became of the marker.
     */
    BackendLink.MarkOutcome run(Position position);
  }

  CompletionStage<Void> rollback();

  /**
   * A link failed under a statement. Tells the engine, waits until it knows what that means, and
   * says what to do; the lease is released by this call, an open transaction is over.
   */
  CompletionStage<Recourse> lost(Lease<L> lease, Throwable failure, Duration patience);

  /**
   * Names the transaction that is open, or the next one, for {@code SHOW TANDEM OUTCOME}. The same
   * until a transaction that had it has been logged; then another one. Whatever is committed before
   * the next call has no token.
   */
  default String transactionToken() {
    throw new UnsupportedOperationException("no tokens here");
  }

  ReadToken token();

  /** This session's client has seen that, too: at level {@code session} its reads hold it. */
  void saw(ReadToken token);

  void consistency(ReadLevel level);

  @Override
  void close();

  /** A transaction is open on {@code lease}; {@code plan} holds in its catalog version. */
  record Started<L extends BackendLink>(Lease<L> lease, Plan plan) {}

  /** The highest position this session has committed or may have seen. */
  record ReadToken(Position atLeast) {}

  /** What the front end does after a link failed. */
  enum Recourse {
    /** Nothing of the statement is left anywhere: run it again (autocommit only). */
    RUN_AGAIN,
    /** The transaction is rolled back: 40001 to the client, who begins anew. */
    TRANSACTION_LOST,
    /** No backend can serve within the patience given. */
    UNAVAILABLE
  }

  /** How a commit ended. */
  sealed interface CommitResult {
    /** Position is empty for a transaction that wrote nothing. */
    record Committed(Optional<Position> position) implements CommitResult {}

    /**
     * Nothing of it is left.
     *
     * @param cause the database's own exception if there is one
     * @param runAgain true if its session was lost on Tandem's side: the same may be run again as
     *     it is, which an autocommit statement is, unseen by its client
     */
    record RolledBack(String sqlState, String message, @Nullable Throwable cause, boolean runAgain)
        implements CommitResult {}

    /** The one case in which the outcome cannot be known: 08007. */
    record Unknown(Position position, String message) implements CommitResult {}
  }
}
