package org.tandemdb.sql;

/** The text is malformed, or holds what is not understood; says where. Carries no stack trace. */
public final class SqlSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int position;

  public SqlSyntaxException(String message, int position) {
    super(message + " at character " + (position + 1), null, false, false);
    this.position = position;
  }

  /** Zero-based offset in the text. */
  public int position() {
    return position;
  }
}
