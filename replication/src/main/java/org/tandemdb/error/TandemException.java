package org.tandemdb.error;

import org.jspecify.annotations.Nullable;

/** An error of the catalogue, on its way to the front end, which gives it its native form. */
public final class TandemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public TandemException(ErrorCode code, String detail, @Nullable Throwable cause) {
    super(code.text(detail), cause);
    this.code = code;
  }

  public TandemException(ErrorCode code, String detail) {
    this(code, detail, null);
  }

  public ErrorCode code() {
    return code;
  }

  public String sqlState() {
    return code.sqlState();
  }
}
