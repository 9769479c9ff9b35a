package org.tandemdb.proxy.front;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.Lease;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;

/**
 * Statements that run outside of any transaction: CREATE INDEX CONCURRENTLY, VACUUM and the like.
 * The twin of the driver's {@code Tasks}. On the event loop.
 */
final class TaskRuns {
  private final Session client;
  private final EngineSession<NettyLink> session;
  private final Engines engine;
  private final BlockState state;
  private final Runs runs;

  TaskRuns(
      Session client,
      EngineSession<NettyLink> session,
      Engines engine,
      BlockState state,
      Runs runs) {
    this.client = client;
    this.session = session;
    this.engine = engine;
    this.state = state;
    this.runs = runs;
  }

  CompletionStage<Void> run(Plan.Task plan, Statement statement, int attempt) {
    if (state.inBlock()) {
      return Stages.failed(inBlock("CREATE INDEX CONCURRENTLY"));
    }
    return engine
        .ask(() -> session.beginTask(statement.request(), plan))
        .thenCompose(
            lease ->
                runs.plain(lease, plan.statement(), statement)
                    .handle((ok, failure) -> Optional.ofNullable(failure))
                    .thenCompose(
                        failure ->
                            failure.isPresent()
                                ? failed(plan, statement, attempt, lease, failure.get())
                                : done(plan, statement, attempt)));
  }

  private CompletionStage<Void> done(Plan.Task plan, Statement statement, int attempt) {
    boolean mayRunAgain = attempt < Session.MAX_ATTEMPTS && statement.outlet().mayRunAgain();
    return engine
        .ask(session::taskDone)
        .thenCompose(result -> Ends.isCommitted(result, mayRunAgain))
        .thenCompose(committed -> committed ? Stages.DONE : run(plan, statement, attempt + 1));
  }

  private CompletionStage<Void> failed(
      Plan.Task plan, Statement statement, int attempt, Lease<NettyLink> lease, Throwable failure) {
    if (!lease.link().isUsable()) {
      return client
          .lostAlone(lease, failure, attempt, statement)
          .thenCompose(ok -> run(plan, statement, attempt + 1));
    }
    return Stages.ensure(Stages.failed(failure), () -> engine.ask(session::taskFailed));
  }

  private static ClientFailure inBlock(String what) {
    return new ClientFailure("25001", what + " cannot run inside a transaction block");
  }

  /** On one backend after the other, the primary first: if one refuses, the rest are left out. */
  CompletionStage<Void> maintain(Statement statement) {
    if (state.inBlock()) {
      return Stages.failed(inBlock(statement.verb()));
    }
    List<String> done = new ArrayList<>();
    return engine
        .ask(session::everywhere)
        .thenCompose(
            leases ->
                Stages.each(
                    leases.iterator(),
                    lease ->
                        runs.plain(lease, statement.sql(), statement)
                            .exceptionallyCompose(failure -> refused(lease, failure, done))
                            .thenAccept(ok -> done.add(lease.link().backend().name()))));
  }

  private CompletionStage<Void> refused(
      Lease<NettyLink> lease, Throwable failure, List<String> done) {
    ClientFailure said = ClientFailure.of(failure);
    boolean lost = !lease.link().isUsable();
    ClientFailure shown =
        new ClientFailure(
            lost ? ErrorCode.NO_BACKEND.sqlState() : said.sqlState(),
            said.getMessage()
                + " (on backend "
                + lease.link().backend().name()
                + "; done on: "
                + done
                + ")");
    return lost
        ? client.lost(lease, failure).thenCompose(recourse -> Stages.failed(shown))
        : Stages.failed(shown);
  }
}
