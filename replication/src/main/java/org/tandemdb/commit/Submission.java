package org.tandemdb.commit;

import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/** A transaction that asks to be committed: its deferred constraints have been forced. */
public interface Submission {

  /** The link that holds the transaction and its locks. */
  BackendLink link();

  /** True where COMMIT could still fail, so that the transaction is prepared before the append. */
  boolean prepare();

  /**
   * Writes the marker of {@code position}. A transaction whose last statement has not run yet may
   * run it here, in one flight with the marker: its locks are then held when the marker answers.
   */
  default CompletionStage<MarkOutcome> mark(Position position) {
    return link().mark(position, prepare());
  }

  /**
   * What to log. Called after the marker was answered; again if the session was late and was marked
   * at a later position.
   *
   * @param batch see {@link Entry#batch}
   * @param clock the transaction's {@code now()} on the primary
   */
  Entry entry(Position position, long batch, String clock);
}
