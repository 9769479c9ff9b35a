package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.session.SessionExecutor;

/**
 * Asks the engine and waits for its answer, doing the session's link work meanwhile.
 *
 * @param limit longer than anything in the engine takes: the last resort against a hang
 */
record EngineCalls(SessionExecutor executor, Duration limit) {

  /**
   * @throws SQLException what the engine says, or 08007 after {@link #limit}
   */
  <T> T call(Supplier<CompletionStage<T>> operation) throws SQLException {
    try {
      return executor.call(operation, limit);
    } catch (TimeoutException e) {
      throw SqlErrors.of(ErrorCode.OUTCOME_UNKNOWN, "no answer within " + limit, e);
    } catch (RuntimeException e) {
      throw SqlErrors.of(e);
    }
  }
}
