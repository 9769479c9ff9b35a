package org.tandemdb.catalog;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of the functions outside of the system schemas. Immutable.
 *
 * @param byName all of them, procedures and aggregates too, by their name without schema
 * @param sequences names of sequences: what they say of themselves differs from copy to copy
 */
public record Routines(Map<String, List<Routine>> byName, Set<String> sequences) {
  public static final Routines NONE = new Routines(Map.of(), Set.of());

  /**
   * One function.
   *
   * @param body its text, if it is SQL or PL/pgSQL, is not VOLATILE (so that the server lets it
   *     write nothing by itself), and nothing else about it stands in the way
   * @param defaults the expressions of its arguments' defaults; empty if it has none
   * @param types types outside of the system schemas among its arguments and results: schema and
   *     name in quotes, arrays as their elements
   * @param shadows a built-in function has the same name
   * @param systemTypes the built-in types among its arguments and results, arrays as their elements
   * @param immutable it says so of itself
   * @param vouched an extension has it in C, and calls it IMMUTABLE
   */
  public record Routine(
      Optional<String> body,
      String defaults,
      List<String> types,
      boolean shadows,
      List<String> systemTypes,
      boolean immutable,
      boolean vouched) {}
}
