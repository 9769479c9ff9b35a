package org.tandemdb.backend;

import java.util.List;

/**
 * A transaction that is traced has written tables whose triggers are not there: nothing is wrong
 * with it, but it can only be logged when they are, and it has run again.
 */
public final class UntracedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> tables;

  /**
   * @param tables with their schemas, quoted, as {@link BackendLink#installTracing} takes them
   */
  public UntracedException(List<String> tables, Throwable cause) {
    super("tables were written that have no trigger: " + String.join(", ", tables), cause);
    this.tables = List.copyOf(tables);
  }

  public List<String> tables() {
    return tables;
  }
}
