package org.tandemdb.it.pgjdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The list of tests that fail through Tandem and not directly, each with a documented reason. Lines
 * {@code @reason text} declare reasons; lines {@code Class#method reason} name tests. With {@code
 * ~} before it a test may fail and need not: what it depends on is time. {@code #} at the beginning
 * is a comment. Immutable.
 */
final class Differences {
  private final Map<String, String> reasons;
  private final Map<String, Entry> entries;

  private Differences(Map<String, String> reasons, Map<String, Entry> entries) {
    this.reasons = reasons;
    this.entries = entries;
  }

  /**
   * @param reason one that is declared
   * @param mayPass the test fails now and then
   */
  record Entry(String reason, boolean mayPass) {}

  static Differences read(Path file) throws IOException {
    return parse(Files.readString(file));
  }

  /**
   * @throws IllegalArgumentException naming a line that is not understood, a test that is there
   *     twice, a reason that is not declared or that no test has
   */
  static Differences parse(String text) {
    Map<String, String> reasons = new LinkedHashMap<>();
    Map<String, Entry> entries = new TreeMap<>();
    for (String line : text.lines().toList()) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int blank = line.indexOf(' ');
      if (blank < 0) {
        throw new IllegalArgumentException("a test needs a reason: " + line);
      }
      String first = line.substring(0, blank);
      String rest = line.substring(blank).strip();
      if (first.startsWith("@")) {
        reasons.put(first.substring(1), rest);
        continue;
      }
      boolean mayPass = first.startsWith("~");
      String test = mayPass ? first.substring(1) : first;
      if (!reasons.containsKey(rest) || !test.contains("#")) {
        throw new IllegalArgumentException("not understood: " + line);
      }
      if (entries.put(test, new Entry(rest, mayPass)) != null) {
        throw new IllegalArgumentException("twice: " + test);
      }
    }
    for (String reason : reasons.keySet()) {
      if (entries.values().stream().noneMatch(entry -> entry.reason().equals(reason))) {
        throw new IllegalArgumentException("no test has the reason " + reason);
      }
    }
    return new Differences(reasons, entries);
  }

  /** By reason, what it says. */
  Map<String, String> reasons() {
    return reasons;
  }

  /** By test. */
  Map<String, Entry> entries() {
    return entries;
  }

  Optional<Entry> of(String method) {
    return Optional.ofNullable(entries.get(method));
  }
}
