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
 * @param byOperator the functions of the database's own behind operators, which the server keeps
 *     from writing by themselves; those of extensions in C are left out
 * @param byType the same behind casts, by the types that they are from or to: the server calls them
 *     where no text names them
 */
public record Routines(
    Map<String, List<Routine>> byName,
    Set<String> sequences,
    Map<String, Set<String>> byOperator,
    Map<String, Set<String>> byType) {
  public static final Routines NONE = new Routines(Map.of(), Set.of(), Map.of(), Map.of());

  /**
   * The functions by which the database casts values of a type.
   *
   * @param written as a statement or a column has it: perhaps quoted, with a schema, an array
   */
  public Set<String> castsOf(String written) {
    return byType.isEmpty() ? Set.of() : byType.getOrDefault(Catalog.bareName(written), Set.of());
  }

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
