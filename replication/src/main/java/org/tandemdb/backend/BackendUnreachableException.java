package org.tandemdb.backend;

import org.jspecify.annotations.Nullable;

/** The backend could not be asked: connection refused, lost, or no answer in time. */
public final class BackendUnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackendUnreachableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
