package org.tandemdb.it.framework;

import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** The recipe for a failover: a transaction that it ended is run again, from its beginning. */
final class Retry {
  private static final int ATTEMPTS = 5;
  private final AtomicInteger again = new AtomicInteger();
  private final Predicate<Throwable> retryable;

  /** For frameworks without exceptions of their own for it. */
  Retry() {
    this(Retry::isTransactionLost);
  }

  Retry(Predicate<Throwable> retryable) {
    this.retryable = retryable;
  }

  /** SQLState 40001 anywhere among the causes: nothing of the transaction is left. */
  static boolean isTransactionLost(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException e && "40001".equals(e.getSQLState())) {
        return true;
      }
    }
    return false;
  }

  <T> T call(Callable<T> transaction) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        return transaction.call();
      } catch (Exception e) {
        if (attempt == ATTEMPTS || !retryable.test(e)) {
          throw e;
        }
        again.incrementAndGet();
      }
    }
  }

  /** How often something was run again. */
  int count() {
    return again.get();
  }
}
