package org.tandemdb.jdbc;

/** What a wrapper may be unwrapped to. */
final class Wrappers {
  private Wrappers() {}

  /** JDBC's own interfaces, and this driver's. */
  static boolean mayBeSeen(Class<?> type) {
    return type.getName().startsWith("java.sql.")
        || type.getName().startsWith("javax.sql.")
        || type.getPackageName().equals("org.tandemdb.jdbc");
  }
}
