package org.tandemdb.it.fuzz;

/**
 * A column.
 *
 * @param definition what stands behind the name in CREATE TABLE
 * @param writable clients may give it a value
 * @param numbered from a sequence
 */
record Column(String name, Type type, String definition, boolean writable, boolean numbered) {
  static Column of(String name, Type type, String constraints) {
    String definition = constraints.isEmpty() ? type.sql() : type.sql() + " " + constraints;
    return new Column(name, type, definition, true, false);
  }
}
