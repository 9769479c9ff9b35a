package org.tandemdb.it.fuzz;

import java.util.ArrayList;
import java.util.List;

/**
 * All that is done in one run: nothing in it depends on what the statements answer.
 *
 * @param throughTandem the schema is made by statements through Tandem, too, and what is refused is
 *     left out; else on each server before Tandem is started
 * @param fill runs first, alone
 * @param threads what runs at the same time
 */
record Case(
    String name,
    Mode mode,
    boolean throughTandem,
    List<String> schema,
    List<Step> fill,
    List<List<Step>> threads) {

  /** How a case is judged. */
  enum Mode {
    /** Several threads; at the end the copies must be equal. */
    CONCURRENT,
    /** The same, and the primary is killed in the middle of it. */
    CRASH,
    /** One thread; each answer must be the same as on a plain database. */
    REFERENCE
  }

  Case {
    schema = List.copyOf(schema);
    fill = List.copyOf(fill);
    threads = threads.stream().map(List::copyOf).toList();
  }

  Case with(List<String> newSchema, List<Step> newFill, List<List<Step>> newThreads) {
    return new Case(name, mode, throughTandem, newSchema, newFill, newThreads);
  }

  Case named(String newName) {
    return new Case(newName, mode, throughTandem, schema, fill, threads);
  }

  /** What runs alone before the threads, the schema's statements among it if it is Tandem's. */
  List<Step> prologue() {
    List<Step> steps = new ArrayList<>();
    if (throughTandem) {
      schema.forEach(sql -> steps.add(new Step("schema", sql)));
    }
    steps.addAll(fill);
    return steps;
  }

  int size() {
    return schema.size() + fill.size() + threads.stream().mapToInt(List::size).sum();
  }
}
