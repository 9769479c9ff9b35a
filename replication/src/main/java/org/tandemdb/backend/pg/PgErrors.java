package org.tandemdb.backend.pg;

import java.io.IOException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.ServerError;

/** Tells apart what PostgreSQL's errors mean for a link. */
final class PgErrors {

  static final String FENCED = "TD001";
  static final String OTHER_INCARNATION = "TD002";

  private PgErrors() {}

  /** True if the connection is gone: whatever was in flight on it has no answer. */
  static boolean isLinkLost(SQLException e) {
    return ServerError.isLinkLost(e);
  }

  /** True if the statement met a lock, a deadlock or a cancel: the same may succeed later. */
  static boolean isBlocked(SQLException e) {
    String state = stateOf(e);
    return state.equals("55P03")
        || state.equals("40P01")
        || state.equals("40001")
        || state.equals("57014");
  }

  /** True if the server lacks something (disk, memory, connections): its data are not to blame. */
  static boolean isServersOwn(SQLException e) {
    String state = stateOf(e);
    return state.startsWith("53") || state.startsWith("58");
  }

  /** True if a role may not be taken, or is not there, when it was asked for by set_config. */
  static boolean isRoleRefused(SQLException e) {
    String state = stateOf(e);
    return state.equals("42501") || state.equals("22023");
  }

  static String stateOf(SQLException e) {
    String state = e.getSQLState();
    return state == null ? "" : state;
  }

  /** "The connection attempt failed" is all that pgjdbc says of most that may go wrong. */
  private static String reason(SQLException e) {
    if (e.getCause() instanceof UnknownHostException unknown) {
      return " Unknown host: " + unknown.getMessage() + ".";
    }
    return e.getCause() instanceof IOException cause
            && cause.getMessage() != null
            && !String.valueOf(e.getMessage()).contains("refused")
        ? " " + cause.getMessage() + "."
        : "";
  }

  static RuntimeException translate(String doing, SQLException e) {
    String message = doing + ": " + e.getMessage() + reason(e);
    return switch (stateOf(e)) {
      case FENCED -> new FencedException(message, e);
      case OTHER_INCARNATION -> new IncarnationException(message, e);
      default -> new BackendUnreachableException(message, e);
    };
  }
}
