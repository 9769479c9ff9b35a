package org.tandemdb.jdbc;

import java.util.Locale;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/** Whether a call escape stands for SELECT or CALL: {@code escapeSyntaxCallMode}, as pgjdbc's. */
enum CallMode {
  /** Functions, always. */
  SELECT,
  /** Functions with a return value, procedures without one. */
  CALL_IF_NO_RETURN,
  /** Procedures, always. */
  CALL;

  static CallMode of(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "", "select" -> SELECT;
      case "callifnoreturn" -> CALL_IF_NO_RETURN;
      case "call" -> CALL;
      default ->
          throw new TandemException(
              ErrorCode.CONFIGURATION,
              "escapeSyntaxCallMode: '" + text + "' is not select, callIfNoReturn or call");
    };
  }

  boolean isSelect(boolean returns) {
    return this == SELECT || (this == CALL_IF_NO_RETURN && returns);
  }
}
