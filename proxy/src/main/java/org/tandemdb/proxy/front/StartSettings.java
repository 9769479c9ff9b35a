package org.tandemdb.proxy.front;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Settings that a client asks for as it connects. They are a session's like any other: what may not
 * be SET, may not be asked for.
 */
final class StartSettings {
  private static final Set<String> UTF8 = Set.of("utf8", "utf-8", "unicode", "sql_ascii", "");

  /** Links have what is asked for, or what shows the same. */
  private static final Map<String, Set<String>> AS_IT_IS =
      Map.of(
          "extra_float_digits", Set.of("1", "2", "3"),
          "datestyle", Set.of("iso"),
          "standard_conforming_strings", Set.of("on"));

  private StartSettings() {}

  /**
   * @throws ClientFailure if one of them may not be SET
   */
  static void apply(Session session, Map<String, String> asked) {
    Map<String, String> all = new LinkedHashMap<>();
    asked.forEach(
        (name, value) -> {
          if (name.equals("options")) {
            all.putAll(options(value));
          } else {
            all.put(name, value);
          }
        });
    all.forEach((name, value) -> apply(session, name, value));
  }

  private static void apply(Session session, String name, String value) {
    String key = name.toLowerCase(Locale.ROOT);
    String low = value.toLowerCase(Locale.ROOT).replace("'", "");
    if (key.equals("client_encoding")) {
      if (!UTF8.contains(low)) {
        throw new ClientFailure(
            "0A000", "client_encoding " + value + " is not served: texts are UTF8. Set UTF8");
      }
      return;
    }
    if (AS_IT_IS.getOrDefault(key, Set.of()).contains(low)) {
      return;
    }
    session.checkSetting(key, value);
    session.startWith(key, value);
  }

  /** {@code -c name=value} and {@code --name=value}; a backslash keeps a space. */
  static Map<String, String> options(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        word.append(text.charAt(i));
      } else if (Character.isWhitespace(c)) {
        if (word.length() > 0) {
          words.add(word.toString());
          word.setLength(0);
        }
      } else {
        word.append(c);
      }
    }
    if (word.length() > 0) {
      words.add(word.toString());
    }
    Map<String, String> settings = new LinkedHashMap<>();
    for (int i = 0; i < words.size(); i++) {
      String option = words.get(i);
      String assignment;
      if (option.equals("-c") && i + 1 < words.size()) {
        i++;
        assignment = words.get(i);
      } else if (option.startsWith("-c") || option.startsWith("--")) {
        assignment = option.substring(2);
      } else {
        throw new ClientFailure("0A000", "the option " + option + " is not relayed");
      }
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new ClientFailure("42601", "option " + assignment + " requires a value");
      }
      settings.put(
          assignment.substring(0, equals).replace('-', '_'), assignment.substring(equals + 1));
    }
    return settings;
  }
}
