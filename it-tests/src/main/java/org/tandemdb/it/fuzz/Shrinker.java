package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a failing case smaller: takes away threads, statements and definitions in ever smaller
 * pieces, as long as what is left still fails in the same way. Stops when nothing more can go, or
 * the predicate says that time is up by answering false.
 */
final class Shrinker {
  private final Predicate<Case> fails;

  /**
   * @param fails runs a case, several times where it does not always fail
   */
  Shrinker(Predicate<Case> fails) {
    this.fails = fails;
  }

  Case shrink(Case failing) {
    Case smallest = failing;
    int before;
    do {
      before = smallest.size();
      smallest = threads(smallest);
      smallest = steps(smallest);
      smallest = fill(smallest);
      smallest = schema(smallest);
    } while (smallest.size() < before);
    return smallest;
  }

  private Case threads(Case one) {
    Case smallest = one;
    for (int i = one.threads().size() - 1; i >= 0 && smallest.threads().size() > 1; i--) {
      List<List<Step>> fewer = new ArrayList<>(smallest.threads());
      // Emptied, not removed: threads are known by their numbers.
      fewer.set(i, List.of());
      Case candidate = smallest.with(smallest.schema(), smallest.fill(), fewer);
      if (candidate.size() < smallest.size() && fails.test(candidate)) {
        smallest = candidate;
      }
    }
    return smallest;
  }

  private Case steps(Case one) {
    Case smallest = one;
    for (int i = 0; i < one.threads().size(); i++) {
      int thread = i;
      Case base = smallest;
      List<Step> left =
          fewer(
              base.threads().get(thread),
              steps -> base.with(base.schema(), base.fill(), replaced(base, thread, steps)));
      smallest = base.with(base.schema(), base.fill(), replaced(base, thread, left));
    }
    return smallest;
  }

  private static List<List<Step>> replaced(Case one, int thread, List<Step> steps) {
    List<List<Step>> threads = new ArrayList<>(one.threads());
    threads.set(thread, steps);
    return threads;
  }

  private Case fill(Case one) {
    List<Step> left = fewer(one.fill(), steps -> one.with(one.schema(), steps, one.threads()));
    return one.with(one.schema(), left, one.threads());
  }

  private Case schema(Case one) {
    List<String> left =
        fewer(one.schema(), statements -> one.with(statements, one.fill(), one.threads()));
    return one.with(left, one.fill(), one.threads());
  }

  /** A case with only these. */
  private interface Rest<T> {
    Case of(List<T> left);
  }

  private <T> List<T> fewer(List<T> all, Rest<T> rest) {
    List<T> left = all;
    for (int size = Math.max(1, left.size() / 2); size >= 1; size /= 2) {
      for (int at = left.size() - size; at > -size; at -= size) {
        int from = Math.max(0, at);
        int to = Math.min(left.size(), at + size);
        if (from >= to) {
          continue;
        }
        List<T> candidate = new ArrayList<>(left.subList(0, from));
        candidate.addAll(left.subList(to, left.size()));
        if (fails.test(rest.of(candidate))) {
          left = candidate;
        }
      }
    }
    return left;
  }
}
