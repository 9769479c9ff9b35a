package org.tandemdb.error;

import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Failures as an operator reads them: what happened, without the names of the classes that say so.
 */
public final class OperatorText {
  /** The second group is there where a message follows the name. */
  private static final Pattern EXCEPTION =
      Pattern.compile(
          "\\b(?:[a-z][\\w$]*\\.)+(?:[A-Z]\\w*\\$)*([A-Z]\\w*?)(?:Exception|Error)\\b(: )?");

  private static final Pattern HUMP = Pattern.compile("(?<=[a-z])(?=[A-Z])");

  private OperatorText() {}

  /** What {@code failure} says, without what it was wrapped in on its way. */
  public static String of(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return of(message == null || message.isBlank() ? cause.getClass().getName() : message);
  }

  /** {@code text} without class names; one that no message follows is put in words. */
  public static String of(String text) {
    return EXCEPTION.matcher(text).replaceAll(OperatorText::words);
  }

  private static String words(MatchResult name) {
    return name.group(2) != null
        ? ""
        : HUMP.matcher(name.group(1)).replaceAll(" ").toLowerCase(Locale.ROOT);
  }
}
