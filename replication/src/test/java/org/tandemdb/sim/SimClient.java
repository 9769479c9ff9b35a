package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Isolation;
import org.tandemdb.backend.Lease;
import org.tandemdb.engine.Engine;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;

/** One client: transaction after transaction on one session, as a front end would run them. */
final class SimClient {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int HOT_KEYS = 5;

  private final Simulation sim;
  private final SimProcess process;
  private final EngineSession<SimLink> session;
  private final Ledger ledger;
  private final String name;
  private final int transactions;
  private final String padding;
  private int done;
  private long waitingSince;
  private String doing = "starting";
  private boolean finished;
  private @Nullable SimLink lastLink;

  SimClient(
      Simulation sim,
      SimProcess process,
      Engine<SimLink> engine,
      Ledger ledger,
      String name,
      int transactions,
      String padding) {
    this.sim = sim;
    this.process = process;
    this.session = engine.session("client", "", Runnable::run);
    this.ledger = ledger;
    this.name = name;
    this.transactions = transactions;
    this.padding = padding;
  }

  void start() {
    next();
  }

  boolean isFinished() {
    return finished;
  }

  /** What it waits for and since when, for whoever finds it waiting. */
  String waiting() {
    return name + " " + doing + " since " + waitingSince / 1e9;
  }

  private void next() {
    if (done == transactions) {
      finished = true;
      session.close();
      return;
    }
    Duration think = sim.oneIn(10) ? Duration.ofMillis(500) : Duration.ofMillis(30);
    sim.after(Duration.ofNanos(sim.random().nextLong(think.toNanos())), process, this::transaction);
  }

  private void step(String what) {
    doing = what;
    waitingSince = sim.nanos();
  }

  private void transaction() {
    done++;
    int kind = sim.random().nextInt(100);
    CompletionStage<Boolean> end = kind < 25 ? read(ledger.acknowledged()) : write(kind);
    end.whenComplete(
        (ok, failure) -> {
          if (failure != null && process.isAlive()) {
            sim.violation(name + " while " + doing + ": " + failure + " at " + rootOf(failure));
          }
          next();
        });
  }

  private static String rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root + " " + Simulation.where(root);
  }

  // ---- reads

  private CompletionStage<Boolean> read(Set<String> needed) {
    step("reading");
    return session
        .read(false)
        .thenCompose(lease -> readOn(lease, needed))
        .exceptionally(
            failure -> {
              sim.note(name + " read fails: " + failure);
              return false;
            });
  }

  private CompletionStage<Boolean> readOn(Lease<SimLink> lease, Set<String> needed) {
    return lease
        .link()
        .readTokens()
        .handle(
            (found, failure) -> {
              session.readDone(lease);
              if (failure == null) {
                if (sim.isTracing()) {
                  sim.note(name + " reads " + lease.link().backend() + ": " + found.size());
                }
                ledger.strongRead(name, needed, found);
                return CompletableFuture.completedFuture(true);
              }
              step("reporting a lost read");
              return session
                  .lost(lease, SqlFailure.of(failure), PATIENCE)
                  .thenApply(recourse -> false);
            })
        .thenCompose(stage -> stage);
  }

  // ---- writes

  private CompletionStage<Boolean> write(int kind) {
    Ledger.Written transaction = ledger.begin(name + "t" + done);
    Isolation isolation = sim.oneIn(6) ? Isolation.SERIALIZABLE : Isolation.READ_COMMITTED;
    List<String> statements = statements(transaction.name, kind >= 95);
    boolean commits = kind < 88 || kind >= 95;
    return run(transaction, statements, 0, new BeginSpec(isolation, false, false))
        .thenCompose(ok -> thinks())
        .thenCompose(ok -> commits ? commit(transaction) : rollBack(transaction))
        .exceptionallyCompose(failure -> failed(transaction, failure));
  }

  /** Some hold their locks for a while before they commit. */
  private CompletionStage<Boolean> thinks() {
    if (!sim.oneIn(4)) {
      return CompletableFuture.completedFuture(true);
    }
    SimLink link = lastLink;
    if (link != null) {
      link.isIdle();
    }
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    sim.after(
        Duration.ofNanos(sim.random().nextLong(40_000_000)), process, () -> done.complete(true));
    return done;
  }

  private List<String> statements(String transaction, boolean exclusive) {
    List<String> statements = new ArrayList<>();
    int writes = exclusive ? 1 : 1 + sim.random().nextInt(4);
    for (int i = 0; i < writes; i++) {
      int key = sim.random().nextInt(HOT_KEYS);
      int d = sim.random().nextInt(1000);
      int kind = sim.random().nextInt(10);
      statements.add(
          exclusive
              ? "all " + d
              : kind < 6
                  ? "mul " + key + " " + d
                  : kind < 8 ? "del " + key : "ins " + key + " " + d);
      statements.add("tok " + transaction + "." + i + padding);
    }
    return statements;
  }

  private CompletionStage<Boolean> run(
      Ledger.Written transaction, List<String> statements, int index, BeginSpec spec) {
    if (index == statements.size()) {
      return CompletableFuture.completedFuture(true);
    }
    String sql = statements.get(index);
    var request = SimPlanner.request(sql);
    step("starting " + sql);
    return session
        .start(request, session.plan(request), spec)
        .thenCompose(
            started -> {
              step("executing " + sql);
              lastLink = started.lease().link();
              return started
                  .lease()
                  .link()
                  .execute(sql)
                  .exceptionallyCompose(
                      failure ->
                          CompletableFuture.failedFuture(
                              new StatementFailure(started.lease(), SqlFailure.of(failure))))
                  .thenAccept(result -> executed(transaction, started.plan(), sql, result));
            })
        .thenCompose(ok -> run(transaction, statements, index + 1, spec));
  }

  private void executed(
      Ledger.Written transaction, Plan plan, String sql, Statements.Result result) {
    if (plan instanceof Plan.Exclusive exclusive) {
      session.executed(exclusive);
    } else {
      session.executed((Plan.Write) plan, List.of(), result.rows(), Collections.emptyIterator());
    }
    if (result.rows() != 0) {
      transaction.statements.add(sql);
      transaction.values.add(result.value());
    }
  }

  private static final class StatementFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Lease<SimLink> lease;
    private final SqlFailure error;

    StatementFailure(Lease<SimLink> lease, SqlFailure error) {
      super(error);
      this.lease = lease;
      this.error = error;
    }
  }

  private CompletionStage<Boolean> commit(Ledger.Written transaction) {
    step("committing " + transaction.name);
    return session
        .commit()
        .thenApply(
            result -> {
              if (result instanceof CommitResult.Committed) {
                ledger.answered(transaction, Ledger.Answer.COMMITTED);
              } else if (result instanceof CommitResult.RolledBack) {
                ledger.answered(transaction, Ledger.Answer.ROLLED_BACK);
              } else {
                ledger.answered(transaction, Ledger.Answer.UNKNOWN);
              }
              return true;
            });
  }

  private CompletionStage<Boolean> rollBack(Ledger.Written transaction) {
    step("rolling back");
    return session.rollback().thenApply(ok -> answeredRolledBack(transaction));
  }

  private boolean answeredRolledBack(Ledger.Written transaction) {
    ledger.answered(transaction, Ledger.Answer.ROLLED_BACK);
    return true;
  }

  /** Before COMMIT: nothing of it may be left, whatever went wrong. */
  private CompletionStage<Boolean> failed(Ledger.Written transaction, Throwable failure) {
    if (doing.startsWith("committing")) {
      return CompletableFuture.failedFuture(failure);
    }
    sim.note(transaction.name + " fails while " + doing + ": " + failure);
    @Nullable StatementFailure statement = statementFailure(failure);
    CompletionStage<Boolean> end;
    if (statement != null && statement.error.isLinkLost()) {
      step("reporting a lost link");
      end = session.lost(statement.lease, statement.error, PATIENCE).thenApply(r -> true);
    } else if (session.inTransaction()) {
      step("rolling back after a failure");
      end = session.rollback().thenApply(ok -> true);
    } else {
      end = CompletableFuture.completedFuture(true);
    }
    return end.thenApply(ok -> answeredRolledBack(transaction));
  }

  private static @Nullable StatementFailure statementFailure(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StatementFailure known ? known : null;
  }
}
