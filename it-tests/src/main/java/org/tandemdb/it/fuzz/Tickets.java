package org.tandemdb.it.fuzz;

import java.util.List;

/** Draws numbers from a sequence; none may be drawn twice. */
final class Tickets implements Kind {
  static final String TICKET = "ticket";

  @Override
  public List<Step> make(Scene scene) {
    int thread = scene.thread();
    String more = scene.dice().chance(30) ? ", (" + thread + ")" : "";
    return List.of(
        new Step(
            TICKET,
            "INSERT INTO ticket (thread) VALUES (" + thread + ")" + more + " RETURNING id"));
  }
}
