package org.tandemdb.log;

/** This process no longer owns the cluster's log, so it must not answer from what it knows. */
public final class LostOwnershipException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LostOwnershipException(String message) {
    super(message);
  }
}
