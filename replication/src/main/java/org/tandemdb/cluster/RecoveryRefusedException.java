package org.tandemdb.cluster;

/** The backend's contents do not fit the log: trying again does not help. */
final class RecoveryRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RecoveryRefusedException(String message) {
    super(message);
  }
}
