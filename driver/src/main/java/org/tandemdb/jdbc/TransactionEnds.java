package org.tandemdb.jdbc;

import java.sql.SQLException;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.Notification;
import org.tandemdb.listen.Listening;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;

/** COMMIT and ROLLBACK, whatever kind of transaction is open. Owned by the session's thread. */
final class TransactionEnds {
  private final EngineSession<JdbcLink> session;
  private final EngineCalls calls;
  private final SessionState state;
  private final TemporaryTables temporaries;
  private final Listening<Notification> listening;
  private long committed;

  TransactionEnds(
      EngineSession<JdbcLink> session,
      EngineCalls calls,
      SessionState state,
      TemporaryTables temporaries,
      Listening<Notification> listening) {
    this.session = session;
    this.calls = calls;
    this.state = state;
    this.temporaries = temporaries;
    this.listening = listening;
  }

  /** How many transactions have been committed, or may have been. */
  long committed() {
    return committed;
  }

  /** False if nothing is left of the transaction and it is to run again as it was. */
  boolean commit(boolean mayRunAgain) throws SQLException {
    if (state.isBroken()) {
      SQLException failed = state.failedError();
      rollback();
      throw failed;
    }
    try {
      boolean done = true;
      if (state.reading != null) {
        endReading();
      } else if (session.inTransaction()) {
        committed++;
        done = isCommitted(calls.call(session::commit), mayRunAgain);
        committed -= done ? 0 : 1;
      }
      if (done) {
        state.keepModes();
        listening.committed();
      }
      return done;
    } finally {
      ended();
    }
  }

  static boolean isCommitted(CommitResult result, boolean mayRunAgain) throws SQLException {
    if (result instanceof CommitResult.RolledBack rolledBack) {
      if (rolledBack.runAgain() && mayRunAgain) {
        return false;
      }
      // A lost session is Tandem's to explain: its broken link says nothing about the transaction.
      throw !rolledBack.runAgain() && rolledBack.cause() instanceof SQLException cause
          ? cause
          : SqlErrors.of(rolledBack.sqlState(), rolledBack.message(), rolledBack.cause());
    }
    if (result instanceof CommitResult.Unknown unknown) {
      throw SqlErrors.unknown(unknown);
    }
    return true;
  }

  void rollback() throws SQLException {
    try {
      takeBack();
    } finally {
      ended();
    }
  }

  /** Takes back what is open; the block goes on as if nothing of it had run yet. */
  void abandon() throws SQLException {
    try {
      takeBack();
    } finally {
      listening.ended();
      state.beginAnew();
    }
  }

  private void takeBack() throws SQLException {
    if (state.reading != null) {
      endReading();
    } else if (session.inTransaction()) {
      calls.call(session::rollback);
    }
  }

  private void endReading() throws SQLException {
    Lease<JdbcLink> lease = state.reading;
    state.reading = null;
    if (lease != null) {
      try {
        calls.call(() -> lease.link().rollback());
      } finally {
        session.readDone(lease);
      }
    }
  }

  /** Nothing is open any more. */
  void ended() {
    temporaries.ended();
    listening.ended();
    state.end();
  }

  /** Nothing is open any more; a block has failed, and lasts until the client ends it. */
  void lost() {
    if (state.inBlock()) {
      state.failed = true;
      state.writing = null;
      state.reading = null;
    } else {
      ended();
    }
  }
}
