package org.tandemdb.backend;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/**
 * What recovery, failover and health need of one backend, over Tandem's own connection. Every call
 * has the implementation's finite time-out and completes exceptionally with {@link
 * BackendUnreachableException} when the server cannot be asked. Thread-safe.
 */
public interface BackendControl extends AutoCloseable {

  BackendId id();

  /** Step 0 of recovery: a fresh incarnation, which a crash of the server empties. */
  CompletionStage<Void> writeIncarnation(UUID incarnation);

  /** The incarnation found, empty after a crash. */
  CompletionStage<Optional<UUID>> readIncarnation();

  /**
   * Step 1: commits {@code epoch} and the next recovery number in the fence, synchronously. Waits
   * for links that are just entering. Completes exceptionally with {@link FencedException} when the
   * fence already stands higher.
   *
   * @return the recovery number: links that entered before it are to be drained
   */
  CompletionStage<Long> raiseFence(long epoch);

  /**
   * Step 2: ends every link that entered before {@code recovery}; completes when all are gone,
   * exceptionally with {@link NotDrainedException} when some outlive the deadline.
   */
  CompletionStage<Void> drain(long recovery, Duration deadline);

  /** Step 3: positions of this cluster's prepared transactions. */
  CompletionStage<List<Position>> preparedTransactions();

  /** Commits or rolls back a prepared transaction. */
  CompletionStage<Void> finishPrepared(Position position, boolean commit);

  /** Step 4: what the backend says it holds. */
  CompletionStage<Holdings> holdings();

  /** Step 6, and now and then: raises the watermark and deletes markers at or below it. */
  CompletionStage<Void> raiseWatermark(Position watermark, boolean durably);

  /**
   * Keeps reservations, each merged with what is kept. Not durable by itself, but never lost where
   * a later {@link #raiseWatermark} is kept.
   */
  CompletionStage<Void> reserve(List<Reservation> reservations);

  /** Promotion: every sequence past every reservation. */
  CompletionStage<Void> advanceSequences();

  /** The triggers that TRACED transactions need, on every table that has not got them. */
  default CompletionStage<Void> maintainTracing() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Takes back what statements that commit on their own have left whose session is gone and whose
   * entry is not here: see {@link BackendLink#beginTask}. Ahead of applying, where what is
   * half-built would be in the way.
   */
  default CompletionStage<Void> undoTasks() {
    return CompletableFuture.completedFuture(null);
  }

  /** True if the marker of {@code position} is there or the watermark covers it. */
  CompletionStage<Boolean> holds(Position position);

  /** Ends a server process; completes when it is gone, exceptionally after the deadline. */
  CompletionStage<Void> end(BackendLink.ServerProcess process, Duration deadline);

  /** Ends whoever blocks {@code process} (readers in the way of an applier); how many. */
  CompletionStage<Integer> endBlockersOf(BackendLink.ServerProcess process);

  /** What is there, before anything is changed. */
  CompletionStage<Facts> inspect();

  /** First start: creates Tandem's schema for {@code clusterId}. */
  CompletionStage<Void> initialise(UUID clusterId);

  /** Definition and contents of every user table, for comparing backends. Reads all the data. */
  CompletionStage<Map<String, TableDigest>> digests();

  /** One cheap question with a finite time-out; also compares the incarnation. */
  CompletionStage<Void> probe(UUID expectedIncarnation);

  @Override
  void close();

  /**
   * @param server identifies server and database, so that two URLs of one are seen
   * @param clusterId whose data this is; empty before the first start
   * @param missing privileges and settings that Tandem needs and does not find, in words
   * @param owner the engine that works on it now, in words, with what to do if it is gone; empty
   *     where none does or nobody can tell. Protects nothing: the fence does
   * @param held the highest entry that it holds; empty before the first start
   * @param moneyLocale the cluster's {@code lc_monetary}; the server's own before the first start
   */
  record Facts(
      String server,
      Optional<UUID> clusterId,
      List<String> missing,
      Optional<String> owner,
      Optional<Position> held,
      String moneyLocale) {

    /** Nobody is known to work on it. */
    public Facts(String server, Optional<UUID> clusterId, List<String> missing) {
      this(server, clusterId, missing, Optional.empty(), Optional.empty(), "");
    }
  }

  /**
   * What is compared before the first start: a table, or another definition, which has no rows.
   *
   * @param definition a digest of columns, constraints and indexes, or of the text
   * @param contents a digest of all rows, in no order
   */
  record TableDigest(String definition, long rows, String contents) {}

  /**
   * @param clusterId whose data this is; empty before the first start
   * @param watermark everything at or below it is held
   * @param markers held above the watermark
   */
  record Holdings(Optional<UUID> clusterId, Position watermark, Set<Position> markers) {}
}
