package org.tandemdb.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendControl.Holdings;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.backend.BackendLink.ApplyRun;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.Reservation;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.log.LogCursor;
import org.tandemdb.log.ReplicationLog;

/**
 * Makes a backend hold exactly what the log holds up to a position, whatever happened to it before.
 * The order of the steps is the rule; each guards the next:
 *
 * <ol start="0">
 *   <li>a fresh incarnation: a crash during recovery is seen at the end
 *   <li>the fence: nobody of an earlier epoch enters from here on
 *   <li>the drain: nobody who entered before can still commit
 *   <li>prepared transactions: the log decides; then what unfinished tasks have left goes
 *   <li>holdings: of this cluster, and nothing beyond the log's head
 *   <li>what is missing, in log order: above the watermark; of the marked, only the reservations
 *   <li>the watermark: raised durably, then the markers below it are deleted
 * </ol>
 *
 * Without 1 and 2, a stopped process that wakes up would apply an entry again after its marker was
 * deleted. Used once.
 */
final class Recovery<L extends BackendLink> {
  private static final int MAX_BLOCKED_TRIES = 20;

  /**
   * @param drainDeadline how long old sessions may take to end
   * @param lockTimeout of one statement
   * @param runEntries most entries in one transaction
   * @param runBytes most bytes of entries read from the log at once
   */
  record Options(Duration drainDeadline, Duration lockTimeout, int runEntries, int runBytes) {}

  private final BackendPort<L> port;
  private final BackendControl control;
  private final ReplicationLog log;
  private final long epoch;
  private final UUID incarnation;
  private final Options options;
  private final Environment environment;
  private final StringBuilder timings = new StringBuilder();
  private long stepBeganNanos;
  private long applied;

  Recovery(
      BackendPort<L> port,
      ReplicationLog log,
      long epoch,
      UUID incarnation,
      Options options,
      Environment environment) {
    this.environment = environment;
    this.port = port;
    this.control = port.control();
    this.log = log;
    this.epoch = epoch;
    this.incarnation = incarnation;
    this.options = options;
  }

  /**
   * Runs all steps up to {@code head}, which must be durable.
   *
   * @param promotion true also moves sequences past every reservation
   * @return complete when the backend holds everything up to {@code head}, durably
   */
  CompletionStage<Void> run(Position head, boolean promotion) {
    stepBeganNanos = environment.nanos();
    return control
        .writeIncarnation(incarnation)
        .thenCompose(ok -> timed("incarnation", control.raiseFence(epoch)))
        .thenCompose(recovery -> timed("fence", control.drain(recovery, options.drainDeadline())))
        .thenCompose(ok -> timed("drain", control.preparedTransactions()))
        .thenCompose(prepared -> resolve(prepared, 0))
        .thenCompose(ok -> control.undoTasks())
        .thenCompose(ok -> control.holdings())
        .thenCompose(holdings -> timed("holdings", applyMissing(checked(holdings, head), head)))
        .thenCompose(ok -> timed("apply", control.raiseWatermark(head, true)))
        .thenCompose(
            ok ->
                timed(
                    "watermark",
                    promotion
                        ? control.advanceSequences()
                        : CompletableFuture.<Void>completedFuture(null)))
        .thenCompose(ok -> timed("sequences", control.maintainTracing()))
        .thenCompose(ok -> timed("triggers", control.readIncarnation()))
        .thenAccept(
            found -> {
              if (found.isEmpty() || !found.get().equals(incarnation)) {
                throw new IncarnationException(
                    port.id() + " crashed while it was being recovered", null);
              }
            });
  }

  /** Entries applied and what each step took, for the operator. */
  String summary() {
    return applied + " entries applied;" + timings;
  }

  private <T> T timed(String step, T next) {
    long now = environment.nanos();
    timings.append(' ').append(step).append(' ').append((now - stepBeganNanos) / 1_000_000);
    timings.append(" ms");
    stepBeganNanos = now;
    return next;
  }

  private CompletionStage<Void> resolve(List<Position> prepared, int index) {
    if (index == prepared.size()) {
      return CompletableFuture.completedFuture(null);
    }
    Position position = prepared.get(index);
    return log.contains(position)
        .thenCompose(logged -> control.finishPrepared(position, logged))
        .thenCompose(ok -> resolve(prepared, index + 1));
  }

  private Holdings checked(Holdings holdings, Position head) {
    if (!holdings.clusterId().equals(java.util.Optional.of(log.info().clusterId()))) {
      throw new RecoveryRefusedException(
          port.id()
              + " belongs to cluster "
              + holdings.clusterId().map(UUID::toString).orElse("none")
              + ", the log to "
              + log.info().clusterId());
    }
    Position highest = holdings.markers().stream().reduce(holdings.watermark(), Position::max);
    if (highest.isAfter(head)) {
      throw new RecoveryRefusedException(
          port.id() + " holds " + highest + ", beyond the log's head " + head);
    }
    return holdings;
  }

  private CompletionStage<Void> applyMissing(Holdings holdings, Position head) {
    if (!head.isAfter(holdings.watermark())) {
      return CompletableFuture.completedFuture(null);
    }
    LogCursor cursor = log.tail(holdings.watermark(), options.runBytes());
    return port.openOwn(epoch, incarnation)
        .thenCompose(
            link ->
                applyFrom(cursor, link, holdings.markers(), head)
                    .whenComplete((ok, failure) -> link.sever()))
        .whenComplete((ok, failure) -> cursor.close());
  }

  private CompletionStage<Void> applyFrom(
      LogCursor cursor, BackendLink link, Set<Position> markers, Position head) {
    return cursor
        .next(head)
        .thenCompose(
            entries -> {
              if (entries.isEmpty()) {
                return CompletableFuture.completedFuture(null);
              }
              return applyInRuns(link, entries, 0, markers)
                  .thenCompose(ok -> applyFrom(cursor, link, markers, head));
            });
  }

  /**
   * In transactions of a bounded number of entries: the versions that one transaction makes of a
   * row cannot be pruned before it ends, so that each update of a hot row would take longer than
   * the last.
   */
  private CompletionStage<Void> applyInRuns(
      BackendLink link, List<Entry> entries, int from, Set<Position> markers) {
    if (from >= entries.size()) {
      return CompletableFuture.completedFuture(null);
    }
    int to = Math.min(entries.size(), from + options.runEntries());
    return missing(entries.subList(from, to), markers, 0, new ArrayList<>())
        .thenCompose(
            missing -> {
              applied += missing.size();
              return applyRun(link, missing, entries.get(to - 1).position(), 0);
            })
        .thenCompose(ok -> applyInRuns(link, entries, to, markers));
  }

  private CompletionStage<List<Entry>> missing(
      List<Entry> entries, Set<Position> markers, int from, List<Entry> missing) {
    for (int i = from; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (!markers.contains(entry.position())) {
        missing.add(entry);
      } else if (entry.body() instanceof Entry.Inline inline) {
        addReservations(entry, inline.changes(), missing);
      } else if (entry.body() instanceof Entry.Staged staged) {
        int next = i + 1;
        return log.readStage(staged.stage(), staged.chunks() - 1)
            .thenCompose(
                last -> {
                  addReservations(entry, last, missing);
                  return missing(entries, markers, next, missing);
                });
      }
    }
    return CompletableFuture.completedFuture(missing);
  }

  /**
   * What an entry that is held leaves to do: its primary committed the rows, and not the
   * reservations that it carried for the others, which stand at its end. They merge, so doing them
   * again changes nothing.
   */
  private static void addReservations(Entry held, List<Change> changes, List<Entry> missing) {
    List<Change> reservations =
        changes.stream().filter(change -> Reservation.TABLE.equals(change.table())).toList();
    if (!reservations.isEmpty()) {
      missing.add(
          new Entry(
              held.position(),
              held.batch(),
              held.createdAtMillis(),
              Map.of(),
              new Entry.Inline(reservations)));
    }
  }

  /** Nobody of ours is left on this backend, so only a stranger's session can be in the way. */
  private CompletionStage<Void> applyRun(
      BackendLink link, List<Entry> missing, Position watermark, int tries) {
    ApplyRun run =
        new ApplyRun(
            missing,
            watermark,
            tries > 0,
            options.lockTimeout(),
            (stage, index) -> log.readStage(stage, index).toCompletableFuture().join());
    return link.apply(run)
        .thenCompose(
            outcome -> {
              if (outcome instanceof ApplyOutcome.Applied) {
                return CompletableFuture.completedFuture(null);
              }
              if (outcome instanceof ApplyOutcome.Blocked && tries < MAX_BLOCKED_TRIES) {
                return applyRun(link, missing, watermark, tries + 1);
              }
              if (outcome instanceof ApplyOutcome.Diverged diverged) {
                throw new RecoveryRefusedException(
                    diverged.position(), port.id() + " has diverged: " + outcome.inWords());
              }
              if (outcome instanceof ApplyOutcome.Failed failed) {
                throw new RecoveryRefusedException(
                    failed.position(), port.id() + " has diverged: " + outcome.inWords());
              }
              throw new IllegalStateException(
                  "recovery of " + port.id() + ": " + outcome.inWords());
            });
  }
}
