package org.tandemdb.it.workload;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Counts what clients do and keeps the first errors. Thread-safe. */
final class Tally {
  private static final int ERRORS_KEPT = 20;

  final LongAdder statements = new LongAdder();
  final LongAdder reads = new LongAdder();
  final LongAdder autocommitErrors = new LongAdder();
  final LongAdder transactionErrors = new LongAdder();

  /** Transactions begun anew after 40001 or a deadlock. */
  final LongAdder begunAnew = new LongAdder();

  final LongAdder transactions = new LongAdder();
  private final List<String> errors = new ArrayList<>();

  void autocommitError(String what, SQLException e) {
    autocommitErrors.increment();
    keep("autocommit client, " + what, e);
  }

  void transactionError(String what, SQLException e) {
    transactionErrors.increment();
    keep("transactional client, " + what, e);
  }

  void unknown(String what, SQLException e) {
    keep("unknown outcome, " + what, e);
  }

  private void keep(String what, SQLException e) {
    synchronized (errors) {
      if (errors.size() < ERRORS_KEPT) {
        errors.add(
            java.time.LocalTime.now().withNano(0)
                + " "
                + what
                + ": "
                + e.getSQLState()
                + " "
                + e.getMessage());
      }
    }
  }

  List<String> firstErrors() {
    synchronized (errors) {
      return List.copyOf(errors);
    }
  }
}
