package org.tandemdb.it.fuzz;

import java.sql.SQLException;
import java.util.Set;
import org.postgresql.util.PSQLException;

/** What became of a statement. All but {@link #WRONG} are clean. */
enum Outcome {
  DONE,
  /** An error that PostgreSQL itself gave. */
  SERVER_ERROR,
  /** 0A000 of Tandem's, with its reason. */
  REFUSED,
  /** Another error of Tandem's that PostgreSQL would give, too, or that asks to try again. */
  TOLD,
  /** Lost in a crash, and said so. */
  LOST,
  /** Not run, because its transaction had failed. */
  SKIPPED,
  WRONG;

  private static final Set<String> CRASH = Set.of("40001", "57P01", "57P02", "57P03", "08007");

  /** No such savepoint, no such prepared statement. */
  private static final Set<String> SESSION = Set.of("3B001", "26000");

  private static final int SHORTEST_REASON = 15;

  /** Judges an answer of Tandem's. */
  static Outcome of(Answer answer, Step step, Case.Mode mode) {
    if (answer.error().isEmpty()) {
      return DONE;
    }
    SQLException e = answer.error().get();
    String message = String.valueOf(e.getMessage());
    String state = answer.sqlState();
    boolean crash = mode == Case.Mode.CRASH && CRASH.contains(state);
    // A trigger of Tandem's raises some of its refusals on the server.
    boolean refusal = state.equals("0A000") && message.contains("cannot be made equal");
    if (isServers(e) && !refusal) {
      // A conflict among transactions may be found in any statement, one of Tandem's included,
      // which the error's context then names.
      boolean conflict = state.startsWith("40");
      boolean own =
          state.startsWith("XX")
              || state.startsWith("TD")
              || state.startsWith("57")
              || (message.contains("tandem") && !step.sql().contains("tandem") && !conflict);
      return !own ? SERVER_ERROR : crash ? LOST : WRONG;
    }
    if (state.equals("0A000")) {
      return message.length() >= SHORTEST_REASON ? REFUSED : WRONG;
    }
    if (state.startsWith("42") || state.startsWith("25") || SESSION.contains(state)) {
      return TOLD;
    }
    // Under SERIALIZABLE a transaction may be asked to try again at any time.
    boolean again =
        state.equals("40001")
            && (message.contains("schema changed")
                || message.contains("prepared too late")
                || message.contains("for the first time"));
    if (again || (mode != Case.Mode.REFERENCE && state.equals("55P03"))) {
      return TOLD;
    }
    return crash ? LOST : WRONG;
  }

  /** As the server sent it, or given another class on its way, with the server's as its cause. */
  private static boolean isServers(SQLException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof PSQLException server && server.getServerErrorMessage() != null) {
        return String.valueOf(server.getSQLState()).equals(e.getSQLState());
      }
    }
    // Where the exception itself was left behind on the way.
    return String.valueOf(e.getMessage()).startsWith("ERROR: ");
  }
}
