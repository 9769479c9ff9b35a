package org.tandemdb.jdbc;

import java.lang.reflect.Modifier;

/** What a wrapper may be unwrapped to. */
final class Wrappers {
  private Wrappers() {}

  /** What an application can name: JDBC's interfaces, and this driver's public classes. */
  static boolean mayBeSeen(Class<?> type) {
    return Modifier.isPublic(type.getModifiers());
  }
}
