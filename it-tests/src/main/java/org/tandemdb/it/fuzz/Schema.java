package org.tandemdb.it.fuzz;

import java.util.List;

/**
 * What the statements of a case may name.
 *
 * @param statements make it, in order
 * @param functions calls that may stand in a SELECT
 * @param procedures calls that may stand behind CALL
 * @param sequences of their own
 * @param views that may be read, some of them written
 */
record Schema(
    List<String> statements,
    List<Table> tables,
    List<String> functions,
    List<String> procedures,
    List<String> sequences,
    List<String> views) {
  /** Rows (thread, n, val): each thread writes its own only, and knows what they must hold. */
  static final String PROBE =
      "CREATE TABLE probe (thread int, n int, val int NOT NULL, PRIMARY KEY (thread, n))";

  /** Whose numbers must be different, whatever happens. */
  static final String TICKET = "CREATE TABLE ticket (id bigserial, thread int NOT NULL)";

  Schema {
    statements = List.copyOf(statements);
    tables = List.copyOf(tables);
    functions = List.copyOf(functions);
    procedures = List.copyOf(procedures);
    sequences = List.copyOf(sequences);
    views = List.copyOf(views);
  }
}
