package org.tandemdb.it.fuzz;

import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** What the threads of one run find out together. Thread-safe. */
final class Findings {
  private final Case one;
  private final Tally tally;
  private final History history = new History();
  private final Queue<Problem> problems = new ConcurrentLinkedQueue<>();
  private final Set<String> tickets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger steps = new AtomicInteger();
  private volatile boolean inconclusive;

  Findings(Case one, Tally tally) {
    this.one = one;
    this.tally = tally;
  }

  Case.Mode mode() {
    return one.mode();
  }

  History history() {
    return history;
  }

  void problem(String kind, String text) {
    problems.add(new Problem(kind, text));
  }

  List<Problem> problems() {
    return List.copyOf(problems);
  }

  void answered(int thread, long began, Step step, Outcome outcome, Answer answer) {
    steps.incrementAndGet();
    history.add(thread, began, step.toString(), outcome + " " + answer);
    tally.add(step, outcome, answer);
    if (outcome == Outcome.WRONG) {
      String state = answer.sqlState();
      problem("wrong error " + state, "thread " + thread + ", " + step + "\n  => " + answer);
    }
  }

  /**
   * True if {@code plan} says that Tandem refuses the statement, which is then counted so; not if
   * what it names is not there.
   */
  boolean foreseen(Step step, Answer plan) {
    String text = String.join(" ", plan.rows());
    if (!text.startsWith("REFUSED") || text.contains("does not exist")) {
      return false;
    }
    steps.incrementAndGet();
    String reason = text.substring("REFUSED".length());
    int start = 0;
    while (start < reason.length() && reason.charAt(start) == '|') {
      start++;
    }
    int end = reason.indexOf('|', start);
    tally.refused(step, end < 0 ? reason.substring(start) : reason.substring(start, end));
    return true;
  }

  /** Tandem has asked for a transaction to be tried again: what follows cannot be compared. */
  void inconclusive() {
    inconclusive = true;
  }

  boolean isInconclusive() {
    return inconclusive;
  }

  /** How many statements have been run. */
  int steps() {
    return steps.get();
  }

  void drawn(int thread, List<String> numbers) {
    for (String number : numbers) {
      if (!tickets.add(number)) {
        problem("number twice", "thread " + thread + " drew " + number + " again");
      }
    }
  }
}
