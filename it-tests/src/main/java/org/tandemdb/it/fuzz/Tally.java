package org.tandemdb.it.fuzz;

import java.io.PrintStream;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counts of outcomes by kind of statement, and of the reasons of errors. Thread-safe. */
final class Tally {
  private static final int REASON_LENGTH = 110;
  private final Map<String, EnumMap<Outcome, Long>> kinds = new TreeMap<>();
  private final Map<String, Long> refused = new TreeMap<>();
  private final Map<String, Long> errors = new TreeMap<>();

  synchronized void add(Step step, Outcome outcome, Answer answer) {
    kinds
        .computeIfAbsent(step.kind(), kind -> new EnumMap<>(Outcome.class))
        .merge(outcome, 1L, Long::sum);
    String text = answer.error().map(e -> String.valueOf(e.getMessage())).orElse("");
    if (outcome == Outcome.REFUSED) {
      refused.merge(reason(text), 1L, Long::sum);
    } else if (answer.error().isPresent()) {
      errors.merge(outcome + " " + answer.sqlState() + " " + reason(text), 1L, Long::sum);
    }
  }

  /** One that was not tried, because its plan says that it is refused. */
  synchronized void refused(Step step, String reason) {
    kinds
        .computeIfAbsent(step.kind(), kind -> new EnumMap<>(Outcome.class))
        .merge(Outcome.REFUSED, 1L, Long::sum);
    refused.merge(reason(reason), 1L, Long::sum);
  }

  /** Without what differs from statement to statement. */
  private static String reason(String message) {
    String text =
        message
            .replaceAll("(?s)\n.*", "")
            .replaceAll("\"[^\"]*\"|'[^']*'", "_")
            .replaceAll("\\b(public\\.)?[a-z]+_?[0-9]+\\b", "_")
            .replaceAll("[0-9]+", "#");
    return text.length() > REASON_LENGTH ? text.substring(0, REASON_LENGTH) : text;
  }

  synchronized long count(Outcome outcome) {
    return kinds.values().stream().mapToLong(counts -> counts.getOrDefault(outcome, 0L)).sum();
  }

  /** Statements of one kind with an outcome. */
  synchronized long count(String kind, Outcome outcome) {
    EnumMap<Outcome, Long> counts = kinds.get(kind);
    return counts == null ? 0 : counts.getOrDefault(outcome, 0L);
  }

  synchronized void print(PrintStream out) {
    out.printf("%-16s", "statements");
    for (Outcome outcome : Outcome.values()) {
      out.printf(" %12s", outcome.name().toLowerCase(Locale.ROOT));
    }
    out.println();
    kinds.forEach(
        (kind, counts) -> {
          out.printf("%-16s", kind);
          for (Outcome outcome : Outcome.values()) {
            out.printf(" %12d", counts.getOrDefault(outcome, 0L));
          }
          out.println();
        });
    print(out, "refused, by reason", refused);
    print(out, "errors", errors);
  }

  private static void print(PrintStream out, String title, Map<String, Long> counts) {
    out.println(title);
    counts.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEach(entry -> out.printf("%8d  %s%n", entry.getValue(), entry.getKey()));
  }
}
