package org.tandemdb.proxy.pg;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Statements sent together, up to one Sync: an error in one skips those behind it. The event loop
 * alone fills it.
 */
final class Flight {
  final List<PgStatement> statements;
  final CompletableFuture<List<PgResult>> answer = new CompletableFuture<>();
  private final List<PgResult> results = new ArrayList<>();
  private List<String> columns = List.of();
  private List<List<@Nullable String>> rows = new ArrayList<>();
  private @Nullable SQLException failure;
  private long bytes;

  Flight(List<PgStatement> statements) {
    this.statements = List.copyOf(statements);
  }

  void columns(List<String> names) {
    columns = names;
  }

  /** Counts what is kept; the wire compares it with its limit. */
  long row(List<@Nullable String> row, int size) {
    rows.add(row);
    bytes += size;
    return bytes;
  }

  void complete(String tag) {
    results.add(new PgResult(columns, rows, tag));
    columns = List.of();
    rows = new ArrayList<>();
  }

  void fail(SQLException exception) {
    if (failure == null) {
      failure = exception;
    }
  }

  /** ReadyForQuery came: nothing more belongs to this flight. */
  void end() {
    SQLException failed = failure;
    if (failed == null && results.size() != statements.size()) {
      failed =
          new SQLException(
              results.size() + " answers to " + statements.size() + " statements", "08P01");
    }
    if (failed != null) {
      answer.completeExceptionally(failed);
    } else {
      answer.complete(results);
    }
  }

  void lost(SQLException why) {
    answer.completeExceptionally(failure == null ? why : failure);
  }
}
