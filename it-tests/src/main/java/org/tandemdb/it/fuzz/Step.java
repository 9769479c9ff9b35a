package org.tandemdb.it.fuzz;

import java.util.List;

/**
 * One statement of a case. Besides SQL there are JDBC's own calls: {@code \begin LEVEL}, {@code
 * \commit}, {@code \rollback}, {@code \batch SQL}, {@code \keys SQL} and {@code \copy SQL}, whose
 * parameter is what goes in.
 *
 * @param kind by which it is counted; {@code probe-put}, {@code probe-read}, {@code ticket} and
 *     {@code look} are checked by what they answer
 * @param parameters empty for a plain Statement
 */
record Step(String kind, String sql, List<Param> parameters) {
  /** Stands before a statement that is sent as a batch, once for each round of parameters. */
  static final String BATCH = "\\batch ";

  /** Stands before a statement whose generated keys are asked for. */
  static final String KEYS = "\\keys ";

  /** Stands before a COPY. */
  static final String COPY = "\\copy ";

  /** Ends each line of what is copied in: a case's text has one line for a parameter. */
  static final String LINE = ";";

  Step {
    parameters = List.copyOf(parameters);
  }

  Step(String kind, String sql) {
    this(kind, sql, List.of());
  }

  boolean begins() {
    return (sql.startsWith("BEGIN") && !sql.contains(";")) || sql.startsWith("\\begin");
  }

  boolean commits() {
    return sql.equals("COMMIT") || sql.equals("\\commit");
  }

  boolean ends() {
    return commits() || sql.equals("ROLLBACK") || sql.equals("\\rollback");
  }

  /** True if it cannot stand inside of a transaction. */
  boolean isTransactional() {
    return begins() || sql.contains("COMMIT");
  }

  /** True if it may bring a failed transaction back to life. */
  boolean returnsToSavepoint() {
    return sql.startsWith("ROLLBACK TO");
  }

  @Override
  public String toString() {
    return parameters.isEmpty() ? sql : sql + "   " + parameters;
  }
}
