package org.tandemdb.sql;

/** The text is malformed, or holds what is not understood; says where. Carries no stack trace. */
public final class SqlSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final boolean unclosed;

  public SqlSyntaxException(String message, int position) {
    this(message, position, false);
  }

  private SqlSyntaxException(String message, int position, boolean unclosed) {
    super(message + " at character " + (position + 1), null, false, false);
    this.position = position;
    this.unclosed = unclosed;
  }

  /**
   * @param what begins at {@code position}, and has no end
   */
  static SqlSyntaxException unclosed(String what, int position) {
    return new SqlSyntaxException(what + " is not closed: it begins", position, true);
  }

  /** True if no server would understand the text either. */
  public boolean isUnclosed() {
    return unclosed;
  }

  /** Zero-based offset in the text. */
  public int position() {
    return position;
  }
}
