package org.tandemdb.backend;

import org.jspecify.annotations.Nullable;

/**
 * Sessions of an earlier recovery or epoch could not be ended in time; the backend is not usable.
 */
public final class NotDrainedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotDrainedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
