package org.tandemdb.sim;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.log.AppendOutcome;
import org.tandemdb.log.LogCursor;
import org.tandemdb.log.ReplicationLog;

/** The real log; what it holds is copied to the ledger before any of it may be truncated. */
final class AuditedLog implements ReplicationLog {
  private static final int AUDIT_BYTES = 1 << 20;

  private final Simulation sim;
  private final SimProcess process;
  private final ReplicationLog log;
  private final Ledger ledger;

  AuditedLog(Simulation sim, SimProcess process, ReplicationLog log, Ledger ledger) {
    this.sim = sim;
    this.process = process;
    this.log = log;
    this.ledger = ledger;
  }

  /** Reads what is new into the ledger. */
  CompletionStage<Boolean> audit() {
    LogCursor cursor = log.tail(ledger.head(), AUDIT_BYTES);
    return auditFrom(cursor).whenComplete((ok, failure) -> cursor.close());
  }

  private CompletionStage<Boolean> auditFrom(LogCursor cursor) {
    return cursor
        .next(log.durableHead())
        .thenCompose(
            entries -> {
              if (entries.isEmpty()) {
                return CompletableFuture.completedFuture(true);
              }
              entries.forEach(ledger::add);
              return auditFrom(cursor);
            });
  }

  @Override
  public LogInfo info() {
    return log.info();
  }

  @Override
  public int maxChunkBytes() {
    return log.maxChunkBytes();
  }

  @Override
  public CompletionStage<Staged> stage(StageId id, ByteBuffer chunk) {
    return log.stage(id, chunk);
  }

  @Override
  public void discard(StageId id) {
    log.discard(id);
  }

  @Override
  public CompletionStage<AppendOutcome> append(long epoch, List<Entry> batch) {
    if (sim.isBroken(BrokenRule.ACKNOWLEDGED_BEFORE_DURABLE)) {
      log.append(epoch, batch);
      return CompletableFuture.completedFuture(new AppendOutcome.Durable());
    }
    sim.hazards().beforeAppend();
    return log.append(epoch, batch)
        .thenApply(
            outcome -> {
              sim.hazards().afterAppend(process);
              if (sim.isTracing()) {
                sim.note(
                    "append "
                        + batch.get(0).position()
                        + ".."
                        + batch.get(batch.size() - 1).position()
                        + ": "
                        + outcome);
              }
              return outcome;
            });
  }

  @Override
  public CompletionStage<Position> head() {
    return log.head();
  }

  @Override
  public Position durableHead() {
    return log.durableHead();
  }

  @Override
  public boolean isOwner() {
    return log.isOwner();
  }

  @Override
  public long epoch() {
    return log.epoch();
  }

  @Override
  public CompletionStage<Long> newEpoch(long expected, BackendId primary) {
    return log.newEpoch(expected, primary);
  }

  @Override
  public LogCursor tail(Position from, int maxBytes) {
    return log.tail(from, maxBytes);
  }

  @Override
  public CompletionStage<List<Change>> readStage(StageId id, int index) {
    return log.readStage(id, index);
  }

  @Override
  public CompletionStage<Boolean> contains(Position position) {
    return log.contains(position);
  }

  @Override
  public CompletionStage<Void> truncateBelow(Position p) {
    return audit().thenCompose(ok -> log.truncateBelow(p));
  }

  @Override
  public LogStatus status() {
    return log.status();
  }

  @Override
  public void close() {
    log.close();
  }
}
