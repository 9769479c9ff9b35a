package org.tandemdb.sql;

/** The text is malformed, or holds what is not understood; says where. Carries no stack trace. */
public final class SqlSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final String sqlState;

  public SqlSyntaxException(String message, int position) {
    this(message, position, "");
  }

  private SqlSyntaxException(String message, int position, String sqlState) {
    super(message + " at character " + (position + 1), null, false, false);
    this.position = position;
    this.sqlState = sqlState;
  }

  /**
   * @param what begins at {@code position}, and has no end
   */
  static SqlSyntaxException unclosed(String what, int position) {
    return new SqlSyntaxException(what + " is not closed: it begins", position, "42601");
  }

  /** A parameter by number, in a text whose parameters are question marks. */
  static SqlSyntaxException noParameter(String number, int position) {
    return new SqlSyntaxException(
        "there is no parameter $" + number + ", parameters are question marks here,",
        position,
        "42P02");
  }

  /** What a server would say, which would not understand the text either; empty if it may. */
  public String sqlState() {
    return sqlState;
  }

  /** Zero-based offset in the text. */
  public int position() {
    return position;
  }
}
