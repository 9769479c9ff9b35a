package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Statements sent together, up to one Sync: an error in one skips those behind it. The event loop
 * alone fills it.
 */
final class Flight implements Exchange {
  private static final long MAX_REPLY_BYTES = 64L << 20;

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

  @Override
  public void message(int type, ByteBuf frame) {
    ByteBuf body = frame.slice().skipBytes(1 + Integer.BYTES);
    switch (type) {
      case '1', '2', 'n', 'N', 'A' -> {
        // Parse and Bind went well; a statement without a result has nothing to describe.
      }
      case 'T' -> columns = BackendMessages.rowDescription(body);
      case 'D' -> {
        bytes += body.readableBytes();
        if (bytes > MAX_REPLY_BYTES) {
          throw new CorruptedFrameException("a result of more than " + MAX_REPLY_BYTES + " bytes");
        }
        rows.add(BackendMessages.dataRow(body));
      }
      case 'C' -> complete(BackendMessages.cstring(body));
      case 'I' -> complete("");
      case 'E' -> fail(BackendMessages.errorResponse(body).exception());
      default ->
          throw new CorruptedFrameException("message '" + (char) type + "' is not expected here");
    }
  }

  private void complete(String tag) {
    results.add(new PgResult(columns, rows, tag));
    columns = List.of();
    rows = new ArrayList<>();
  }

  private void fail(SQLException exception) {
    if (failure == null) {
      failure = exception;
    }
  }

  @Override
  public void ready(char status) {
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

  @Override
  public void lost(SQLException why) {
    answer.completeExceptionally(failure == null ? why : failure);
  }
}
