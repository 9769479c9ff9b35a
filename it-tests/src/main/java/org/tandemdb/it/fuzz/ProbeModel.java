package org.tandemdb.it.fuzz;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the rows of one thread must hold: nobody else writes them. After a COMMIT whose outcome is
 * unknown a row may hold either value, until it is read. One thread.
 */
final class ProbeModel {
  private static final Pattern PUT = Pattern.compile("val = (\\d+) .*\\bn = (\\d+)");

  private final Map<Integer, Set<Integer>> committed = new TreeMap<>();
  private Map<Integer, Integer> pending = new HashMap<>();
  private Map<Integer, Integer> atSavepoint = new HashMap<>();

  /**
   * @param rows as {@code n|val}, before the thread begins
   */
  ProbeModel(List<String> rows) {
    for (String row : rows) {
      int bar = row.indexOf('|');
      int n = Integer.parseInt(row.substring(0, bar));
      committed.put(n, new HashSet<>(Set.of(Integer.parseInt(row.substring(bar + 1)))));
    }
  }

  /** A write of a row that is there; nothing if there is none. */
  void put(String sql) {
    Matcher matcher = PUT.matcher(sql);
    if (matcher.find() && committed.containsKey(Integer.parseInt(matcher.group(2)))) {
      pending.put(Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(1)));
    }
  }

  void savepoint() {
    atSavepoint = new HashMap<>(pending);
  }

  void returnToSavepoint() {
    pending = new HashMap<>(atSavepoint);
  }

  void commit() {
    pending.forEach((n, val) -> committed.put(n, new HashSet<>(Set.of(val))));
    rollback();
  }

  void rollback() {
    pending = new HashMap<>();
    atSavepoint = new HashMap<>();
  }

  /** Nobody knows whether it was committed. */
  void unknown() {
    pending.forEach((n, val) -> committed.computeIfAbsent(n, key -> new HashSet<>()).add(val));
    rollback();
  }

  /** What is wrong with a read of all rows; empty if nothing is. */
  Optional<String> check(List<String> rows) {
    Map<Integer, Integer> found = new TreeMap<>();
    for (String row : rows) {
      int bar = row.indexOf('|');
      found.put(Integer.parseInt(row.substring(0, bar)), Integer.parseInt(row.substring(bar + 1)));
    }
    if (!found.keySet().equals(committed.keySet())) {
      return Optional.of("rows " + found.keySet() + ", expected " + committed.keySet());
    }
    for (Map.Entry<Integer, Integer> row : found.entrySet()) {
      Set<Integer> allowed =
          pending.containsKey(row.getKey())
              ? Set.of(pending.get(row.getKey()))
              : committed.getOrDefault(row.getKey(), Set.of());
      if (!allowed.contains(row.getValue())) {
        return Optional.of(
            "n = " + row.getKey() + " holds " + row.getValue() + ", expected " + allowed);
      }
      if (!pending.containsKey(row.getKey())) {
        committed.put(row.getKey(), new HashSet<>(Set.of(row.getValue())));
      }
    }
    return Optional.empty();
  }
}
