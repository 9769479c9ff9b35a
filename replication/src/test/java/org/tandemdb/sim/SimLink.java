package org.tandemdb.sim;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/** A link to a simulated server; statements are those of {@link Statements}. */
final class SimLink implements BackendLink {
  private final Simulation sim;
  private final SimConnection connection;
  private final BackendId backend;
  private final SimServerProcess server;
  private BeginSpec spec = BeginSpec.READ_WRITE;

  SimLink(Simulation sim, SimConnection connection, BackendId backend) {
    this.sim = sim;
    this.connection = connection;
    this.backend = backend;
    this.server = connection.server();
  }

  @Override
  public BackendId backend() {
    return backend;
  }

  @Override
  public ServerProcess process() {
    return new ServerProcess(server.pid(), server.started());
  }

  /** BEGIN travels with the first statement. */
  @Override
  public CompletionStage<TxStart> begin(BeginSpec begun) {
    spec = begun;
    return CompletableFuture.completedFuture(new TxStart());
  }

  private boolean isSerializable() {
    return spec.isolation() == Isolation.SERIALIZABLE;
  }

  /** Runs one statement in the transaction; rows changed. */
  CompletionStage<Statements.Result> execute(String sql) {
    boolean serializable = isSerializable();
    return connection.call(s -> Statements.execute(s, s.begin(serializable), sql, Duration.ZERO));
  }

  /** Its client does nothing for a while, with a transaction open. */
  void isIdle() {
    sim.hazards().whileIdle(connection);
  }

  /** The tokens that a statement of its own sees now. */
  CompletionStage<Set<String>> readTokens() {
    return connection.call(
        s -> s.pause().thenApply(ok -> new TreeSet<>(s.backend().keys(Statements.TOKENS))));
  }

  @Override
  public CompletionStage<Void> forceConstraints() {
    return connection
        .call(
            s ->
                sim.oneIn(50)
                    ? Statements.fail(s.begin(false), "23503", "a deferred constraint is violated")
                    : s.pause())
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<MarkOutcome> mark(Position position, boolean prepare) {
    sim.hazards().atMark(connection);
    CompletionStage<MarkOutcome> answer =
        connection
            .call(s -> Statements.mark(s, position, prepare))
            .<MarkOutcome>handle(
                (ok, failure) -> {
                  if (failure == null) {
                    return new MarkOutcome.Marked("now");
                  }
                  SqlFailure error = SqlFailure.of(failure);
                  noteLoss(error);
                  return new MarkOutcome.Refused(
                      error.getSQLState(), String.valueOf(error.getMessage()), error);
                });
    return sim.isBroken(BrokenRule.MARKER_BEFORE_ANSWER) && !prepare
        ? CompletableFuture.completedFuture(new MarkOutcome.Marked("now"))
        : answer;
  }

  @Override
  public CompletionStage<FinishOutcome> finish(Position position, Decision decision) {
    if (decision == Decision.COMMIT
        && position.isAfter(Position.NONE)
        && sim.isBroken(BrokenRule.CONFIRMED_BEFORE_COMMIT)) {
      sim.after(
          Duration.ofMillis(20),
          connection.client(),
          () -> connection.call(s -> Statements.finish(s, position, decision)));
      return CompletableFuture.completedFuture(new FinishOutcome.Done());
    }
    CompletionStage<Boolean> answer =
        connection.call(s -> Statements.finish(s, position, decision));
    if (position.isAfter(Position.NONE)) {
      sim.hazards().atCommit(connection);
    }
    return answer.handle(
        (ok, failure) -> {
          if (failure == null) {
            return new FinishOutcome.Done();
          }
          SqlFailure error = SqlFailure.of(failure);
          noteLoss(error);
          String message = String.valueOf(error.getMessage());
          return isUsable()
              ? new FinishOutcome.Failed(error.getSQLState(), message)
              : new FinishOutcome.InDoubt(message);
        });
  }

  @Override
  public CompletionStage<Void> rollback() {
    if (!isUsable()) {
      return CompletableFuture.completedFuture(null);
    }
    return connection
        .call(s -> Statements.finish(s, Position.NONE, Decision.ROLLBACK))
        .handle(
            (ok, failure) -> {
              if (failure != null) {
                sever();
              }
              return ok;
            })
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<String> clock() {
    return CompletableFuture.completedFuture("now");
  }

  @Override
  public CompletionStage<ApplyOutcome> apply(ApplyRun run) {
    sim.hazards().atApply(connection);
    return connection
        .call(s -> Statements.apply(s, run))
        .handle(
            (outcome, failure) -> {
              if (failure == null) {
                return outcome;
              }
              sever();
              return new ApplyOutcome.LinkLost(String.valueOf(failure.getMessage()));
            });
  }

  @Override
  public void cancel() {
    throw new UnsupportedOperationException("no simulated client cancels");
  }

  private void noteLoss(SqlFailure error) {
    if (error.isLinkLost()) {
      sever();
    }
  }

  @Override
  public void sever() {
    connection.sever();
  }

  @Override
  public boolean isUsable() {
    return connection.isUsable();
  }
}
