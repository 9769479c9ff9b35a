package org.tandemdb.backend;

import org.jspecify.annotations.Nullable;

/** The server is not in the incarnation this engine knows: it crashed and restarted in between. */
public final class IncarnationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public IncarnationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
