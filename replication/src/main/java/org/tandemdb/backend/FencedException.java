package org.tandemdb.backend;

import org.jspecify.annotations.Nullable;

/** A newer epoch stands in the backend's fence: whoever sees this has been deposed. */
public final class FencedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FencedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
