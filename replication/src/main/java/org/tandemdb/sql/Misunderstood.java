package org.tandemdb.sql;

/** Says in the user's words why a statement was not understood. */
final class Misunderstood {

  private Misunderstood() {}

  static SqlSyntaxException at(Tokens tokens, int offset) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.is(i, "into") && tokens.is(0, "select")) {
        return new SqlSyntaxException("SELECT INTO is not supported", tokens.start(i));
      }
      if (i > 0
          && tokens.isSymbol(i - 1, "(")
          && (tokens.is(i, "insert") || tokens.is(i, "update") || tokens.is(i, "delete"))) {
        return new SqlSyntaxException(
            "only the parts of a statement's first WITH may write", tokens.start(i));
      }
    }
    return new SqlSyntaxException("the statement is not understood", Math.max(0, offset));
  }
}
