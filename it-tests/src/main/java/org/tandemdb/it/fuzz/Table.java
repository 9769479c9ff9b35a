package org.tandemdb.it.fuzz;

import java.util.List;

/**
 * A table as far as the statements know it. It is what was planned: DDL that was refused, or ran
 * meanwhile, makes statements fail, which is a clean outcome.
 *
 * @param key the primary key's columns; empty without one
 */
record Table(String name, List<Column> columns, List<Column> key) {
  Table {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  List<Column> writable() {
    return columns.stream().filter(Column::writable).toList();
  }

  /** Columns that are no key's and may be SET. */
  List<Column> plain() {
    return columns.stream()
        .filter(column -> column.writable() && !column.numbered() && !key.contains(column))
        .toList();
  }

  boolean has(String column) {
    return columns.stream().anyMatch(c -> c.name().equals(column));
  }
}
