package org.tandemdb.log;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/**
 * Reads a log forwards, as fast as its reader asks and no faster: one call at a time, nothing is
 * read ahead beyond the bound. Owned by one reader.
 */
public interface LogCursor extends AutoCloseable {

  /**
   * The next durable entries after the cursor, at or below {@code limit}; an empty list when there
   * are none now (the caller waits for its own signal that there are more).
   */
  CompletionStage<List<Entry>> next(Position limit);

  /** The last position given out. */
  Position position();

  @Override
  void close();
}
