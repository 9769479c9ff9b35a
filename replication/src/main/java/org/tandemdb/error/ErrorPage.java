package org.tandemdb.error;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes {@code docs/errors.md} from {@link ErrorCode}. */
public final class ErrorPage {
  private ErrorPage() {}

  /** Writes the page to the path in {@code args[0]}. */
  public static void main(String[] args) throws IOException {
    Files.writeString(Path.of(args[0]), text());
  }

  static String text() {
    StringBuilder page = new StringBuilder(HEAD);
    for (ErrorCode code : ErrorCode.values()) {
      page.append("| `").append(code.name()).append("` | ");
      page.append(code.sqlState()).append(" | ");
      page.append(fate(code.fate())).append(" | ");
      page.append(code.retrySafe() ? "yes" : "no").append(" | ");
      page.append(code.explanation().replace("|", "\\|")).append(" |\n");
    }
    return page.toString();
  }

  private static String fate(Fate fate) {
    return switch (fate) {
      case ROLLED_BACK -> "rolled back: nothing of it is left";
      case STILL_OPEN -> "still open and usable";
      case FAILED -> "failed: roll it back; nothing was logged";
      case COMMITTED -> "committed";
      case UNKNOWN -> "cannot be known: look it up";
      case NONE -> "there was none";
    };
  }

  private static final String HEAD =
      """
      <!-- Generated from org.tandemdb.error.ErrorCode; a test fails when this page is stale. -->
      # Errors

      Errors of the database itself reach the client as they are. These are Tandem's own. *Retry* says
      whether running the same again, as it is, cannot do it twice.

      Class 08 is kept for 08007, the one case in which the outcome of a COMMIT cannot be known, because
      a pool takes any 08 for a dead connection; and for 08003, which a connection gives that the
      application itself has closed, as with PostgreSQL's own driver. (HikariCP also gives up a connection on 0A000, 57P01, 57P02
      and 57P03 unless an `exceptionOverrideClassName` says otherwise.)

      | error | SQLState | the transaction | retry | what happened, what to do |
      | --- | --- | --- | --- | --- |
      """;
}
