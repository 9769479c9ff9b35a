package org.tandemdb.it.pgjdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of one test.
 *
 * @param name class, method and, where the method runs several times, which of them
 * @param message of a failure or a skip, in one line; else empty
 */
record Outcome(String name, Status status, String message) {
  private static final int MESSAGE_KEPT = 400;
  private static final int FIELDS = 3;

  enum Status {
    PASSED,
    FAILED,
    SKIPPED
  }

  static Outcome of(String name, Status status, String message) {
    String line = message.replaceAll("\\s+", " ").strip();
    return new Outcome(name, status, line.substring(0, Math.min(MESSAGE_KEPT, line.length())));
  }

  /** Class and method: what a list of differences names. */
  String method() {
    int invocation = name.indexOf('[');
    return invocation < 0 ? name : name.substring(0, invocation);
  }

  String line() {
    return name + "\t" + status + "\t" + message;
  }

  /** By name. A last line that was cut off is left out. */
  static Map<String, Outcome> read(Path file) throws IOException {
    Map<String, Outcome> outcomes = new TreeMap<>();
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split("\t", FIELDS);
      if (fields.length == FIELDS) {
        outcomes.put(fields[0], new Outcome(fields[0], Status.valueOf(fields[1]), fields[2]));
      }
    }
    return outcomes;
  }
}
