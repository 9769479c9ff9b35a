package org.tandemdb.proxy.front;

/** A client has broken the protocol (08P01): it is told so, and its connection is closed. */
final class ProtocolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message, null, false, false);
  }
}
