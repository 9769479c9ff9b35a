package org.tandemdb.backend;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.entry.TableName;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * One connection to a backend, as the engine knows it: verbs, not a native type. Front ends add
 * what they execute with ({@code JdbcLink} a connection). Used by one owner at a time; {@link
 * #cancel}, {@link #sever} and {@link #process} may be called from any thread.
 *
 * <p>A link has passed {@code tandem.enter} before anybody sees it: its epoch was the fence's, the
 * backend's incarnation the expected one.
 */
public interface BackendLink {

  BackendId backend();

  /** The server process behind this link, so that it can be ended and waited for. */
  ServerProcess process();

  /**
   * Settings as they are now, as far as the server tells of them without being asked, by its names
   * for them.
   */
  default Map<String, String> reported() {
    return Map.of();
  }

  /** Opens a transaction. May be sent together with the first statement. */
  CompletionStage<TxStart> begin(BeginSpec spec);

  /**
   * Forces deferred constraints, so that nothing but the marker is left to fail. Completes
   * exceptionally with the database's own exception.
   */
  CompletionStage<Void> forceConstraints();

  /**
   * Makes triggers note which rows are touched from here on. ROLLBACK TO a savepoint that was set
   * before takes it back. Completes exceptionally with the database's own exception.
   *
   * @return what holds as tracing begins, for {@link #endTrace}
   */
  default CompletionStage<String> trace() {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " cannot be traced"));
  }

  /**
   * What the server's catalogs have met since {@code from} is explained: statements that make,
   * change or drop temporary tables, and nothing else that writes.
   *
   * @param begun what held as tracing began
   * @param from what {@link #trace} has given before those statements
   * @return what is to be taken for {@code begun}
   */
  default CompletionStage<String> traceExcept(String begun, String from) {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " cannot be traced"));
  }

  /**
   * Ends the trace of a transaction that is about to be committed; its constraints have been
   * forced. Completes exceptionally, with a {@code TandemException} of 0A000 where something was
   * written that the trace does not explain, with {@link UntracedException} where only the triggers
   * of some tables were missing.
   *
   * @param begun see {@link #trace}
   */
  default CompletionStage<Void> endTrace(String begun, TraceSink sink) {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " cannot be traced"));
  }

  /**
   * Gives tables the triggers that note what is touched, in the open transaction, which holds the
   * cluster alone. Completes exceptionally, with 0A000 where Tandem may not give them to one.
   *
   * @param tables with their schemas, quoted: {@code "public"."item"}
   * @return the statement that does so on another copy, to be logged
   */
  default CompletionStage<String> installTracing(List<String> tables) {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " cannot be traced"));
  }

  /**
   * Takes what a traced transaction has written, in order, on the thread that works on the link.
   */
  interface TraceSink {

    /** Final rows of a table, or a portion of them. */
    void rows(Change.FinalRows rows);

    /** A sequence was used; no value beyond {@code last} has been given yet. */
    void sequence(TableName sequence, long last, boolean ascending);
  }

  /**
   * Reads what a table holds, with its partitions and the tables that inherit from it, after DDL in
   * the open transaction has filled it. Completes exceptionally with the database's own exception,
   * or a {@code TandemException} of 0A000 where the rows could not be put in elsewhere.
   *
   * @param schema where the table is; empty: where this session creates tables
   * @param columns if not empty: nothing is read unless the type of one of these columns gives it a
   *     value by itself
   * @param notIn nothing is read if this is where the session creates tables
   */
  default CompletionStage<Void> contents(
      Optional<String> schema,
      String table,
      List<String> columns,
      Optional<String> notIn,
      ContentSink sink) {
    return CompletableFuture.failedFuture(
        new TandemException(
            ErrorCode.STATEMENT_REFUSED, backend() + " cannot read what DDL has filled"));
  }

  /**
   * Reads what all rows of a table, and of those below it, have in common: one of them, or nothing
   * if there is none. Completes exceptionally with the database's own exception.
   */
  default CompletionStage<Optional<List<@Nullable String>>> commonValues(
      TableName table, List<String> columns) {
    return CompletableFuture.failedFuture(
        new TandemException(
            ErrorCode.STATEMENT_REFUSED, backend() + " cannot read what DDL has filled"));
  }

  /** Takes what tables hold, on the thread that works on the link. */
  interface ContentSink extends TraceSink {

    /** A table that has rows; all tables come before the first {@link #rows}. */
    void table(TableName table, long rows);
  }

  /**
   * The open transaction has changed the schema: triggers of Tandem's own follow. Completes
   * exceptionally with the database's own exception, and the transaction has failed.
   *
   * @param byClient other copies will make the change under the role that the session has now,
   *     which Tandem's own role must be able to take
   */
  default CompletionStage<Void> schemaChanged(boolean byClient) {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Notes, durably enough, that the next statement on this link makes {@code index} outside of a
   * transaction: what an interruption leaves of it, {@link BackendControl#undoTasks} takes back.
   * Completes exceptionally with the database's own exception.
   *
   * @return for {@link #endTask} and {@link #undoTask}; 0 if there is a relation of that name
   *     already, and nothing was noted
   */
  default CompletionStage<Long> beginTask(TableName index) {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " does no tasks"));
  }

  /** Takes the note away, in the open transaction: it gets a marker. */
  default CompletionStage<Void> endTask(long task) {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " does no tasks"));
  }

  /** The statement failed: takes back what it has left, and then the note. */
  default CompletionStage<Void> undoTask(long task, TableName index) {
    return CompletableFuture.failedFuture(
        new TandemException(ErrorCode.STATEMENT_REFUSED, backend() + " does no tasks"));
  }

  /**
   * Writes the marker of {@code position}, with time-outs off: proof that this session still holds
   * its locks. Where {@code prepare} is asked, also PREPARE TRANSACTION.
   */
  CompletionStage<MarkOutcome> mark(Position position, boolean prepare);

  /** Ends the transaction marked at {@code position}. */
  CompletionStage<FinishOutcome> finish(Position position, Decision decision);

  /** Rolls back whatever is open; completes normally also when the link is already dead. */
  CompletionStage<Void> rollback();

  /** The transaction's clock as the primary has it, pinned text of timestamptz. */
  CompletionStage<String> clock();

  /**
   * The schema facts as the open transaction sees them, with what its own DDL has changed, as the
   * version after {@code previousVersion}. Leaves the transaction as it was.
   */
  default CompletionStage<Catalog> catalog(long previousVersion) {
    return CompletableFuture.failedFuture(
        new UnsupportedOperationException("this link cannot read the schema"));
  }

  /** Applies a run of entries in one database transaction. */
  CompletionStage<ApplyOutcome> apply(ApplyRun run);

  /** Asks the server to stop what it runs; never while a marker or COMMIT is in flight. */
  void cancel();

  /** Closes the socket at once, without a word to the server. */
  void sever();

  /** True until the link has failed or was severed. */
  boolean isUsable();

  /**
   * @param pid process id at the server
   * @param start the server's own text for when it started: pids come again
   */
  record ServerProcess(int pid, String start) {}

  /** Isolation of a transaction; READ UNCOMMITTED is READ COMMITTED. */
  enum Isolation {
    READ_COMMITTED,
    REPEATABLE_READ,
    SERIALIZABLE
  }

  /** How to open a transaction. */
  record BeginSpec(Isolation isolation, boolean readOnly, boolean deferrable) {
    public static final BeginSpec READ_WRITE =
        new BeginSpec(Isolation.READ_COMMITTED, false, false);
  }

  /** A transaction has been opened, or will be with the next statement. */
  record TxStart() {}

  /** What became of a marker. */
  sealed interface MarkOutcome {
    /** The session lives and holds its locks; {@code clock} is the transaction's {@code now()}. */
    record Marked(String clock) implements MarkOutcome {}

    /** The transaction is gone or refused its marker: it is rolled back and unlogged. */
    record Refused(String sqlState, String message, @Nullable Throwable cause)
        implements MarkOutcome {}
  }

  /** What to do with a marked transaction. */
  enum Decision {
    COMMIT,
    COMMIT_PREPARED,
    ROLLBACK,
    ROLLBACK_PREPARED
  }

  /** What became of COMMIT. */
  sealed interface FinishOutcome {
    /** The server said so. */
    record Done() implements FinishOutcome {}

    /** The server answered something other than COMMIT: the transaction is rolled back. */
    record Failed(String sqlState, String message) implements FinishOutcome {}

    /** No answer: it may have committed, or may yet. */
    record InDoubt(String message) implements FinishOutcome {}
  }

  /**
   * @param entries in log order
   * @param watermark raised to this in the same transaction
   * @param serially no reordering at all, even within a batch
   * @param lockTimeout how long one statement may wait for a lock
   * @param stages reads bodies that are staged in the log
   */
  record ApplyRun(
      List<Entry> entries,
      Position watermark,
      boolean serially,
      Duration lockTimeout,
      StageReader stages) {}

  /** Reads one chunk of a stage. May block on the log's disk. */
  interface StageReader {
    List<Change> chunk(StageId stage, int index);
  }

  /** How a run ended. Anything but Applied has been rolled back, except where it says otherwise. */
  sealed interface ApplyOutcome {
    /** For an operator. */
    default String inWords() {
      if (this instanceof Diverged d) {
        return d.statement
            + ": changed "
            + d.actualRows
            + " rows, the primary changed "
            + d.expectedRows;
      }
      if (this instanceof Failed f) {
        return f.statement + ": " + f.sqlState + " " + f.message;
      }
      if (this instanceof Blocked b) {
        return "a lock was not granted: " + b.message;
      }
      return this instanceof LinkLost lost ? "the link broke: " + lost.message : toString();
    }

    record Applied(Position watermark) implements ApplyOutcome {}

    /** A lock was not granted in time; try again, serially. */
    record Blocked(String message) implements ApplyOutcome {}

    /** This replica does not hold what the primary held. */
    record Diverged(Position position, String statement, long expectedRows, long actualRows)
        implements ApplyOutcome {}

    /** The database refused the statement (an error other than a lock time-out). */
    record Failed(Position position, String statement, String sqlState, String message)
        implements ApplyOutcome {}

    /** The link broke: the run may or may not have committed; the backend's watermark tells. */
    record LinkLost(String message) implements ApplyOutcome {}
  }
}
