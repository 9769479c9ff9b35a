package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.Started;
import org.tandemdb.session.SessionExecutor;

/**
 * Opens read-write transactions, and sees to it that one whose opening was given up is nobody's.
 * Owned by the session's thread.
 */
final class Starts {
  private final EngineSession<JdbcLink> session;
  private final SessionExecutor executor;
  private final Duration waitLimit;
  private final EngineCalls calls;
  private @Nullable CompletableFuture<Started<JdbcLink>> late;

  Starts(
      EngineSession<JdbcLink> session,
      SessionExecutor executor,
      Duration waitLimit,
      EngineCalls calls) {
    this.session = session;
    this.executor = executor;
    this.waitLimit = waitLimit;
    this.calls = calls;
  }

  /**
   * Nothing was sent when it fails, so the outcome is never in doubt.
   *
   * @throws TimeoutException when it may open a transaction yet
   */
  Started<JdbcLink> start(Request request, Plan plan, BeginSpec spec)
      throws SQLException, TimeoutException {
    endLate();
    CompletableFuture<Started<JdbcLink>> stage = new CompletableFuture<>();
    try {
      return executor.call(
          () -> {
            session
                .start(request, plan, spec)
                .whenComplete(
                    (started, failure) -> {
                      if (failure == null) {
                        stage.complete(started);
                      } else {
                        stage.completeExceptionally(failure);
                      }
                    });
            return stage;
          },
          waitLimit);
    } catch (TimeoutException e) {
      late = stage;
      throw e;
    }
  }

  /** What a start that was given up opens after all is not the next statement's. */
  private void endLate() throws SQLException {
    CompletableFuture<Started<JdbcLink>> earlier = late;
    if (earlier == null) {
      return;
    }
    try {
      executor.join(earlier.handle((started, failure) -> failure == null), waitLimit);
    } catch (TimeoutException e) {
      throw SqlErrors.of(ErrorCode.NO_BACKEND, "an earlier start is still waiting", e);
    }
    late = null;
    if (session.inTransaction()) {
      calls.call(session::rollback);
    }
  }

  /**
   * Closing ends what is open; this is not yet.
   *
   * @return true if the session is closed as soon as it is
   */
  boolean closesLater() {
    CompletableFuture<Started<JdbcLink>> earlier = late;
    if (earlier == null || earlier.isDone()) {
      return false;
    }
    earlier.whenComplete((started, failure) -> session.close());
    return true;
  }
}
