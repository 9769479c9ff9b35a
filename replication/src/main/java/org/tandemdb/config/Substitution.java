package org.tandemdb.config;

import java.util.Optional;
import java.util.function.Function;

/**
 * {@code ${NAME}} and {@code ${NAME:-default}} from the environment; {@code $${} stands for {@code
 * ${}. Any other dollar sign is itself, so that passwords need no care.
 */
final class Substitution {
  private Substitution() {}

  /**
   * @throws IllegalArgumentException for a name that is not set and has no default, or no {@code }}
   */
  static String apply(String text, Function<String, Optional<String>> environment) {
    StringBuilder out = new StringBuilder(text.length());
    int at = 0;
    while (true) {
      int dollar = text.indexOf("${", at);
      if (dollar < 0) {
        return out.append(text, at, text.length()).toString();
      }
      if (dollar > at && text.charAt(dollar - 1) == '$') {
        out.append(text, at, dollar - 1).append("${");
        at = dollar + 2;
        continue;
      }
      int end = text.indexOf('}', dollar);
      if (end < 0) {
        throw new IllegalArgumentException("'${' is not closed by '}'");
      }
      out.append(text, at, dollar).append(value(text.substring(dollar + 2, end), environment));
      at = end + 1;
    }
  }

  private static String value(String expression, Function<String, Optional<String>> environment) {
    int separator = expression.indexOf(":-");
    String name = separator < 0 ? expression : expression.substring(0, separator);
    Optional<String> value = environment.apply(name);
    if (separator >= 0) {
      return value.filter(v -> !v.isEmpty()).orElse(expression.substring(separator + 2));
    }
    return value.orElseThrow(
        () ->
            new IllegalArgumentException(
                "the environment has no '" + name + "': set it, or write ${" + name + ":-}"));
  }
}
