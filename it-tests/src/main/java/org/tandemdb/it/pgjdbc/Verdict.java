package org.tandemdb.it.pgjdbc;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tandemdb.it.pgjdbc.Outcome.Status;

/**
 * Two runs side by side.
 *
 * @param passedInBoth how many tests; one that runs with several arguments counts as often
 * @param failedInBoth by name
 * @param skippedInBoth how many
 * @param onlyDirectly failed directly and not through Tandem, by name
 * @param onlyThroughTandem by method, what the first of its failures said
 * @param failures how many tests failed, were skipped or never came through Tandem only
 * @param unexpected methods of {@code onlyThroughTandem} that the list does not name
 * @param stale methods that the list names and that passed
 */
record Verdict(
    int passedInBoth,
    List<String> failedInBoth,
    int skippedInBoth,
    List<String> onlyDirectly,
    Map<String, String> onlyThroughTandem,
    int failures,
    List<String> unexpected,
    List<String> stale) {

  static Verdict of(
      Map<String, Outcome> direct, Map<String, Outcome> tandem, Differences differences) {
    int passed = 0;
    int skipped = 0;
    int failures = 0;
    List<String> both = new ArrayList<>();
    List<String> onlyDirectly = new ArrayList<>();
    Map<String, String> only = new TreeMap<>();
    TreeSet<String> names = new TreeSet<>(direct.keySet());
    names.addAll(tandem.keySet());
    TreeSet<String> methods = new TreeSet<>();
    for (String name : names) {
      Outcome missing = new Outcome(name, Status.PASSED, "");
      Outcome one = direct.getOrDefault(name, missing);
      Outcome other = throughTandem(name, tandem);
      methods.add(one.method());
      if (one.status() == Status.PASSED && other.status() == Status.PASSED) {
        passed += direct.containsKey(name) ? 1 : 0;
      } else if (one.status() == Status.PASSED) {
        String what = other.status() == Status.SKIPPED ? "skipped: " : "";
        only.putIfAbsent(other.method(), what + other.message());
        failures++;
      } else if (one.status() == Status.SKIPPED) {
        skipped++;
      } else if (other.status() == Status.PASSED) {
        onlyDirectly.add(name);
      } else {
        both.add(name);
      }
    }
    List<String> unexpected =
        only.keySet().stream().filter(method -> differences.of(method).isEmpty()).toList();
    List<String> stale =
        methods.stream()
            .filter(method -> !only.containsKey(method))
            .filter(method -> differences.of(method).filter(e -> !e.mayPass()).isPresent())
            .toList();
    return new Verdict(passed, both, skipped, onlyDirectly, only, failures, unexpected, stale);
  }

  /** Where a class could not even begin, its tests have failed with it. */
  private static Outcome throughTandem(String name, Map<String, Outcome> tandem) {
    Outcome own = tandem.get(name);
    if (own != null) {
      return own;
    }
    String type = name.substring(0, name.indexOf('#') + 1);
    int invocation = name.indexOf('[');
    Outcome whole = invocation < 0 ? null : tandem.get(type + name.substring(invocation));
    if (whole == null) {
      whole = tandem.get(type);
    }
    return whole != null && whole.status() != Status.PASSED
        ? whole
        : new Outcome(name, Status.FAILED, "never ran");
  }

  boolean isGood() {
    return unexpected.isEmpty() && stale.isEmpty();
  }

  void print(PrintStream out, Differences differences) {
    list(out, "failed directly and through Tandem", failedInBoth);
    list(out, "failed directly only", onlyDirectly);
    for (Map.Entry<String, String> reason : differences.reasons().entrySet()) {
      List<String> named =
          onlyThroughTandem.keySet().stream()
              .filter(
                  method ->
                      differences
                          .of(method)
                          .filter(entry -> entry.reason().equals(reason.getKey()))
                          .isPresent())
              .toList();
      list(out, "failed through Tandem only, " + reason.getKey() + ": " + reason.getValue(), named);
    }
    list(
        out,
        "FAILED THROUGH TANDEM ONLY, AND NOT LISTED",
        unexpected.stream().map(m -> m + "  " + onlyThroughTandem.get(m)).toList());
    list(out, "LISTED AS FAILING, AND PASSED", stale);
    out.printf(
        "%d passed in both, %d failed in both, %d skipped, %d failed directly only,"
            + " %d (%d methods) failed through Tandem only, %d of these methods not listed%n",
        passedInBoth,
        failedInBoth.size(),
        skippedInBoth,
        onlyDirectly.size(),
        failures,
        onlyThroughTandem.size(),
        unexpected.size());
  }

  private static void list(PrintStream out, String title, List<String> names) {
    if (!names.isEmpty()) {
      out.println(title + " (" + names.size() + "):");
      names.forEach(name -> out.println("  " + name));
    }
  }
}
