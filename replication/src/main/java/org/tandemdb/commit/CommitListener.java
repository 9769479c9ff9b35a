package org.tandemdb.commit;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/** What the pipeline needs of the cluster around it. Called outside the pipeline's lock. */
public interface CommitListener {

  /** Every entry of a batch is confirmed: appliers may start it. In log order. */
  void confirmed(Position batchEnd, List<Entry> batch);

  /**
   * A COMMIT was not confirmed: ends that server process, waits until it is gone, then looks the
   * marker up on a new link in the same incarnation.
   */
  CompletionStage<Resolution> resolveInDoubt(BackendLink link, Position position);

  /** This epoch cannot go on: the cluster must end it and begin another. Called once. */
  void epochMustEnd(String reason);

  /** What a lookup of a marker says. */
  enum Resolution {
    PRESENT,
    ABSENT,
    /** The server cannot be asked. */
    UNREACHABLE
  }
}
