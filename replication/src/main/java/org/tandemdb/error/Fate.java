package org.tandemdb.error;

/** What happened to the transaction when an error was raised. */
public enum Fate {
  /** Nothing of it is left, on any backend. */
  ROLLED_BACK,
  /** It is still open and usable. */
  STILL_OPEN,
  /** It must be rolled back by the client; nothing was logged. */
  FAILED,
  /** It is committed. */
  COMMITTED,
  /** Cannot be known; look the outcome up before trying again. */
  UNKNOWN,
  /** There was none. */
  NONE
}
