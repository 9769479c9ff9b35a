package org.tandemdb.engine;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.Lease;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.cluster.Term;
import org.tandemdb.commit.Gate;
import org.tandemdb.entry.TableName;
import org.tandemdb.env.TaskScheduler;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.TransactionRecord;

/**
 * A read-write transaction that is open: what it holds, and what it has recorded. Owned by its
 * session, but for the watch over the time that it holds the gate alone.
 */
final class OpenTransaction<L extends BackendLink> {
  final Term<L> term;
  final Lease<L> lease;
  final BeginSpec spec;
  final TransactionRecord record;
  Gate.Permit permit;

  /** Completes when the transaction is over. */
  final CompletableFuture<Void> ended = new CompletableFuture<>();

  boolean ran;

  /** The session's count of changes of settings that the record knows of. */
  int settingsSeen = -1;

  /** Tables that the statement which is about to run writes, and that cannot be traced yet. */
  List<TableName> untraced = List.of();

  /** Tables that were given their triggers in this very transaction. */
  final Set<TableName> madeTraceable = new HashSet<>();

  /**
   * What the trace had counted before a statement that changes temporary tables; null when that is
   * accounted for.
   */
  @Nullable String beforeTemporary;

  /** The schema as its own DDL has made it; null as long as it is everybody's. */
  @Nullable Catalog catalog;

  /** Its DDL has changed the schema since {@link #catalog} was read. */
  boolean schemaChanged;

  /** It has DDL of the client's, which runs under the client's role on other copies. */
  boolean changedByClient;

  /** COMMIT will run the query of a cursor WITH HOLD. */
  boolean holds;

  /** It was handed to the pipeline, which alone uses its link from then on. */
  volatile boolean committing;

  /** The engine was told that its DDL is about to be committed. */
  boolean committingDdl;

  /** DDL that has run, and is recorded once it has been read what it filled. */
  Plan.@Nullable Exclusive unrecorded;

  /** Why that could not be read: nothing after it may be committed. */
  @Nullable Throwable unreadable;

  volatile boolean overdue;
  private volatile boolean watched;
  private TaskScheduler.@Nullable Cancellable limit;

  OpenTransaction(
      Term<L> term, Lease<L> lease, Gate.Permit permit, BeginSpec spec, TransactionRecord record) {
    this.term = term;
    this.lease = lease;
    this.permit = permit;
    this.spec = spec;
    this.record = record;
  }

  /** While it holds the gate alone nobody else writes, so that has a limit. */
  void watch(Engine<L> engine) {
    if (permit.isExclusive()) {
      watched = true;
      limit = engine.afterExclusiveLimit(() -> stop(engine));
    }
  }

  /** It comes to its end: from here on the pipeline's limits count. */
  void unwatch() {
    watched = false;
    if (limit != null) {
      limit.cancel();
    }
  }

  /** Cancels what runs. A client that holds the gate and runs nothing loses its link. */
  private void stop(Engine<L> engine) {
    if (watched) {
      overdue = true;
      lease.link().cancel();
      engine.afterCancel(
          () -> {
            if (watched) {
              // Nothing of it can be committed any more, so the others need not wait for its
              // client to notice.
              lease.link().sever();
              permit.release();
            }
          });
    }
  }

  /** Its statements see the database as it was at the first of them. */
  boolean isSnapshotFixed() {
    return ran && spec.isolation() != BackendLink.Isolation.READ_COMMITTED;
  }

  boolean ready(boolean wantsAll) {
    return !wantsAll || permit.isExclusive();
  }

  /** Reads what the last DDL has filled, before anything else can change it. */
  CompletionStage<Void> recorded() {
    Plan.Exclusive statement = unrecorded;
    if (unreadable != null) {
      return CompletableFuture.failedFuture(unreadable);
    }
    if (statement != null && statement.fill() instanceof Plan.Fill.Values fill) {
      return recordedValues(statement, fill);
    }
    if (statement == null || !(statement.fill() instanceof Plan.Fill.Rows fill)) {
      return CompletableFuture.completedFuture(null);
    }
    FilledRows rows = new FilledRows(record, statement, fill.wasThere());
    return lease
        .link()
        .contents(fill.schema(), fill.table(), fill.columns(), fill.notIn(), rows)
        .thenAccept(
            ok -> {
              rows.end();
              unrecorded = null;
            })
        .whenComplete((ok, failure) -> unreadable = failure);
  }

  /** All rows have the same values: they take the places of the defaults, which come after. */
  private CompletionStage<Void> recordedValues(Plan.Exclusive statement, Plan.Fill.Values fill) {
    return lease
        .link()
        .commonValues(fill.table(), fill.holes().stream().map(Plan.Hole::column).toList())
        .thenAccept(
            values -> {
              // Without rows, too: the server evaluates the default all the same, and a setting
              // that this session has made up is not known elsewhere.
              String filled =
                  fill.filled(
                      statement.logged(),
                      values.orElseGet(() -> Collections.nCopies(fill.holes().size(), null)));
              record.addExclusive(new Plan.Exclusive(statement.reason(), filled));
              record.addExclusive(new Plan.Exclusive(statement.reason(), fill.defaults()));
              unrecorded = null;
            })
        .whenComplete((ok, failure) -> unreadable = failure);
  }
}
