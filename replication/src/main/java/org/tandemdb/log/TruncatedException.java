package org.tandemdb.log;

import org.tandemdb.entry.Position;

/** The entries asked for have been truncated: whoever needs them must be copied anew. */
public final class TruncatedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TruncatedException(Position asked, Position first) {
    super("log entries after " + asked + " are gone: the log begins after " + first);
  }
}
