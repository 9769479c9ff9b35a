package org.tandemdb.config;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Keeps secrets out of everything that is shown or logged. */
final class Redaction {
  private static final Pattern SECRET_PARAMETER =
      Pattern.compile("(?i)([?&][^=&]*(?:password|secret|token)[^=&]*=).*?(?=&|]|,\\s*jdbc:|$)");

  private Redaction() {}

  static String url(String url) {
    return SECRET_PARAMETER.matcher(url).replaceAll("$1***");
  }

  static Map<String, String> properties(Map<String, String> properties) {
    Map<String, String> shown = new TreeMap<>();
    properties.forEach((key, value) -> shown.put(key, isSecret(key) ? "***" : value));
    return shown;
  }

  static boolean isSecret(String key) {
    String lower = key.toLowerCase(Locale.ROOT);
    return lower.contains("password") || lower.contains("secret") || lower.contains("token");
  }
}
