package org.tandemdb.entry;

/** A backend's name in the configuration: letters, digits, '-' and '_'; unique in its cluster. */
public record BackendId(String name) {
  @Override
  public String toString() {
    return name;
  }
}
