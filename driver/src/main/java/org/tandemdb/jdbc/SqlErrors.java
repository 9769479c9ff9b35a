package org.tandemdb.jdbc;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.EngineSession.CommitResult;

/** Gives the engine's errors JDBC's form; the vendor's stay the objects they are. */
final class SqlErrors {
  /** The server ends the connection: shutdown, crash of another process, starting up, idle. */
  private static final List<String> LINK_ENDED = List.of("57P01", "57P02", "57P03", "57P05");

  private SqlErrors() {}

  /** The SQLException that a client sees for {@code failure}. */
  static SQLException of(Throwable failure) {
    Throwable t = failure;
    while ((t instanceof CompletionException || t instanceof ExecutionException)
        && t.getCause() != null) {
      t = t.getCause();
    }
    if (t instanceof SQLException sql) {
      return sql;
    }
    if (t instanceof CapturedRows.ReadFailure read) {
      return read.sqlCause();
    }
    if (t instanceof TandemException tandem) {
      return of(tandem.sqlState(), String.valueOf(tandem.getMessage()), tandem);
    }
    if (t instanceof Error error) {
      throw error;
    }
    return of(new TandemException(ErrorCode.INTERNAL, String.valueOf(t), t));
  }

  static SQLException of(ErrorCode code, String detail, @Nullable Throwable cause) {
    return of(new TandemException(code, detail, cause));
  }

  static SQLException of(String sqlState, String message, @Nullable Throwable cause) {
    if (sqlState.startsWith("0A")) {
      return new SQLFeatureNotSupportedException(message, sqlState, cause);
    }
    if (sqlState.startsWith("08")) {
      return new SQLNonTransientConnectionException(message, sqlState, cause);
    }
    if (sqlState.startsWith("40")) {
      return new SQLTransactionRollbackException(message, sqlState, cause);
    }
    if (sqlState.startsWith("42")) {
      return new SQLSyntaxErrorException(message, sqlState, cause);
    }
    if (sqlState.equals("57P03") || sqlState.equals("53300")) {
      // By this class frameworks know that the same may be tried again: Spring goes by it.
      return new SQLTransientConnectionException(message, sqlState, cause);
    }
    if (sqlState.startsWith("53") || sqlState.equals("55P03")) {
      return new SQLTransientException(message, sqlState, cause);
    }
    return new SQLException(message, sqlState, cause);
  }

  /** A commit whose outcome cannot be known. */
  static SQLException unknown(CommitResult.Unknown unknown) {
    return of(
        ErrorCode.OUTCOME_UNKNOWN,
        unknown.message() + " (position " + unknown.position() + ")",
        null);
  }

  /** True if the link, not the statement, has failed. */
  static boolean isLinkFailure(SQLException e, Connection vendor) {
    String state = e.getSQLState();
    if (state != null && (state.startsWith("08") || LINK_ENDED.contains(state))) {
      return true;
    }
    for (Throwable t = e.getCause(); t != null; t = t.getCause()) {
      if (t instanceof IOException) {
        return true;
      }
    }
    return isClosed(vendor);
  }

  /**
   * True if the vendor's driver has closed the link itself, since what it was told of the session's
   * settings (DateStyle, client_encoding) would let it misread answers: a function or DO has
   * changed one. No other link would fare better. When a link breaks, its errors say what of.
   */
  static boolean isSettingRefused(SQLException e) {
    return "08006".equals(e.getSQLState()) && e.getCause() == null;
  }

  /** What the client hears then. */
  static SQLException settingRefused(SQLException e) {
    return of(
        ErrorCode.STATEMENT_REFUSED,
        "a setting was changed inside the database, and everything was rolled back: "
            + e.getMessage(),
        e);
  }

  /** True if a transaction is rolled back because its server session is gone: it may run again. */
  static boolean isTransactionLost(SQLException e) {
    return e.getCause() instanceof TandemException own && own.code() == ErrorCode.TRANSACTION_LOST;
  }

  /** True if the client's own network time-out has ended the wait for an answer. */
  static boolean isNetworkTimeout(SQLException e) {
    for (Throwable t = e.getCause(); t != null; t = t.getCause()) {
      if (t instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  /** What was sent is given up, and not run again: it would take as long. */
  static SQLException gaveUp(SQLException e) {
    return of(
        "57014",
        "No answer came within the network time-out (setNetworkTimeout, socketTimeout). The"
            + " statement was given up, and nothing of it is left.",
        e);
  }

  private static boolean isClosed(Connection vendor) {
    try {
      return vendor.isClosed();
    } catch (SQLException unusable) {
      return true;
    }
  }
}
