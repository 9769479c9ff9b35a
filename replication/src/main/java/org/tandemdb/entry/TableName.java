package org.tandemdb.entry;

/** A table as the primary resolved it: never dependent on a search path. */
public record TableName(String schema, String name) {
  @Override
  public String toString() {
    return schema + "." + name;
  }
}
