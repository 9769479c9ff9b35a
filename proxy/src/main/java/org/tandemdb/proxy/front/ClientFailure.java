package org.tandemdb.proxy.front;

import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.proxy.pg.ServerException;

/**
 * An error on its way to a client: a server's own, with all that it said, or one of Tandem's. Cheap
 * to make: nobody reads its stack.
 */
final class ClientFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String sqlState;

  ClientFailure(String sqlState, String message, @Nullable Throwable cause) {
    super(message, cause, false, false);
    this.sqlState = sqlState;
  }

  ClientFailure(String sqlState, String message) {
    this(sqlState, message, null);
  }

  static ClientFailure of(ErrorCode code, String detail, @Nullable Throwable cause) {
    return of(new TandemException(code, detail, cause));
  }

  /** What the client is told of {@code failure}. */
  static ClientFailure of(Throwable failure) {
    Throwable t = unwrap(failure);
    if (t instanceof ClientFailure known) {
      return known;
    }
    if (t instanceof SQLException sql) {
      String state = sql.getSQLState();
      return new ClientFailure(
          state == null ? "XX000" : state, String.valueOf(sql.getMessage()), sql);
    }
    if (t instanceof TandemException tandem) {
      return new ClientFailure(tandem.sqlState(), String.valueOf(tandem.getMessage()), tandem);
    }
    if (t instanceof Error error) {
      throw error;
    }
    return of(new TandemException(ErrorCode.INTERNAL, String.valueOf(t), t));
  }

  static Throwable unwrap(Throwable failure) {
    Throwable t = failure;
    while ((t instanceof CompletionException || t instanceof ExecutionException)
        && t.getCause() != null) {
      t = t.getCause();
    }
    return t;
  }

  String sqlState() {
    return sqlState;
  }

  /** The server's own words, if it is the server's. */
  @Nullable ServerException server() {
    return getCause() instanceof ServerException server ? server : null;
  }
}
