package org.tandemdb.engine;

import java.util.Optional;
import org.tandemdb.backend.ServerError;
import org.tandemdb.commit.CommitOutcome;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.EngineSession.CommitResult;

/** What a client is told of a commit that did not succeed. */
final class CommitAnswers {
  private CommitAnswers() {}

  /**
   * @param outcome any but {@link CommitOutcome.Committed}
   */
  static CommitResult failed(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.RolledBack rolledBack) {
      ErrorCode code =
          switch (rolledBack.why()) {
            case SESSION_LOST -> ErrorCode.TRANSACTION_LOST;
            case REFUSED ->
                rolledBack.cause() instanceof TandemException own
                    ? own.code()
                    : ErrorCode.TRANSACTION_LOST;
            case HALTED -> ErrorCode.WRITES_STOPPED;
            case LOG_FULL -> ErrorCode.LOG_FULL;
            case LOG_FAILED -> ErrorCode.LOG_FAILED;
          };
      Optional<String> servers =
          rolledBack.why() == CommitOutcome.Why.REFUSED
              ? ServerError.sqlState(rolledBack.cause())
              : Optional.empty();
      return new CommitResult.RolledBack(
          servers.orElse(code.sqlState()),
          servers.isPresent()
              ? rolledBack.message()
              : rolledBack.cause() instanceof TandemException own && own.code() == code
                  ? rolledBack.message()
                  : String.valueOf(new TandemException(code, rolledBack.message()).getMessage()),
          rolledBack.cause(),
          rolledBack.why() == CommitOutcome.Why.SESSION_LOST);
    }
    CommitOutcome.Unknown unknown = (CommitOutcome.Unknown) outcome;
    return new CommitResult.Unknown(unknown.position(), unknown.message());
  }
}
