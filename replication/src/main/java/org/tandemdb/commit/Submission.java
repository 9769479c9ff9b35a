package org.tandemdb.commit;

import org.tandemdb.backend.BackendLink;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/** A transaction that asks to be committed: its deferred constraints have been forced. */
public interface Submission {

  /** The link that holds the transaction and its locks. */
  BackendLink link();

  /** True where COMMIT could still fail, so that the transaction is prepared before the append. */
  boolean prepare();

  /**
   * What to log. Called once, after the marker was answered.
   *
   * @param clock the transaction's {@code now()} on the primary
   */
  Entry entry(Position position, String clock);
}
