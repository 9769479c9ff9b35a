package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.tandemdb.backend.Lease;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.listen.Listening;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;

/**
 * COMMIT and ROLLBACK, whatever kind of transaction is open. The twin of the driver's {@code
 * TransactionEnds}. On the event loop.
 */
final class Ends {
  private final EngineSession<NettyLink> session;
  private final Engines engine;
  private final BlockState state;
  private final Temporaries temporaries;
  private final Listening<ByteBuf> listening;

  Ends(
      EngineSession<NettyLink> session,
      Engines engine,
      BlockState state,
      Temporaries temporaries,
      Listening<ByteBuf> listening) {
    this.listening = listening;
    this.session = session;
    this.engine = engine;
    this.state = state;
    this.temporaries = temporaries;
  }

  /** False if nothing is left of the transaction and it is to run again as it was. */
  CompletionStage<Boolean> commit(boolean mayRunAgain) {
    if (state.isBroken()) {
      ClientFailure failed = state.failedError();
      return rollback().thenCompose(ok -> Stages.failed(failed));
    }
    CompletionStage<Boolean> ended;
    if (state.reading != null) {
      ended = endReading().thenApply(ok -> true);
    } else if (session.inTransaction()) {
      ended =
          engine
              .ask(session::commit)
              .exceptionallyCompose(this::undone)
              .thenCompose(result -> isCommitted(result, mayRunAgain));
    } else {
      ended = CompletableFuture.completedFuture(true);
    }
    return ended.whenComplete(
        (committed, failure) -> {
          if (failure == null && committed) {
            state.keepModes();
            listening.committed();
          }
          ended();
        });
  }

  /** A COMMIT that was not even refused: the next transaction must not go on with this one. */
  private CompletionStage<CommitResult> undone(Throwable failure) {
    Throwable cause = ClientFailure.unwrap(failure);
    if (!session.inTransaction()) {
      return Stages.failed(cause);
    }
    return engine
        .ask(session::rollback)
        .handle((ok, second) -> Stages.<CommitResult>failed(cause))
        .thenCompose(Function.identity());
  }

  static CompletionStage<Boolean> isCommitted(CommitResult result, boolean mayRunAgain) {
    if (result instanceof CommitResult.RolledBack rolledBack) {
      if (rolledBack.runAgain() && mayRunAgain) {
        return CompletableFuture.completedFuture(false);
      }
      // A lost session is Tandem's to explain: its broken link says nothing about the transaction.
      return Stages.failed(
          !rolledBack.runAgain() && rolledBack.cause() instanceof SQLException cause
              ? cause
              : new ClientFailure(rolledBack.sqlState(), rolledBack.message()));
    }
    if (result instanceof CommitResult.Unknown unknown) {
      return Stages.failed(
          ClientFailure.of(
              ErrorCode.OUTCOME_UNKNOWN,
              unknown.message() + " (position " + unknown.position() + ")",
              null));
    }
    return CompletableFuture.completedFuture(true);
  }

  CompletionStage<Void> rollback() {
    CompletionStage<Void> ended =
        state.reading != null
            ? endReading()
            : session.inTransaction() ? engine.ask(session::rollback) : Stages.DONE;
    return ended.whenComplete((ok, failure) -> ended());
  }

  private CompletionStage<Void> endReading() {
    Lease<NettyLink> lease = state.reading;
    state.reading = null;
    if (lease == null) {
      return Stages.DONE;
    }
    return engine
        .ask(() -> lease.link().rollback())
        .whenComplete((ok, failure) -> session.readDone(lease));
  }

  /** Nothing is open any more. */
  private void ended() {
    temporaries.ended();
    listening.ended();
    state.end();
  }

  /** Nothing is open any more; a block has failed, and lasts until the client ends it. */
  void lost() {
    if (state.inBlock()) {
      state.fail();
      state.writing = null;
      state.reading = null;
    } else {
      ended();
    }
  }
}
