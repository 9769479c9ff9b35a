package org.tandemdb.backend;

/** The right to use a link for a while. Released exactly once; further releases do nothing. */
public interface Lease<L extends BackendLink> {

  L link();

  /** The epoch in which the link entered: it is useless in another one. */
  long epoch();

  /** False once the backend left service or the epoch ended: use it no more, release it. */
  boolean isValid();

  void release(Disposition disposition);

  /** In which state a link comes back. */
  enum Disposition {
    /** Nothing of the session is left on it. */
    CLEAN,
    /** Session state must be undone before anybody else uses it. */
    RESET,
    /** To be closed. */
    BROKEN
  }
}
