package org.tandemdb.jdbc;

import java.util.Locale;
import org.tandemdb.backend.BackendLink.Isolation;

/** An isolation level by the name that its client has given it, which the client is shown again. */
enum IsolationName {
  /** PostgreSQL's READ COMMITTED. */
  READ_UNCOMMITTED(Isolation.READ_COMMITTED),
  READ_COMMITTED(Isolation.READ_COMMITTED),
  REPEATABLE_READ(Isolation.REPEATABLE_READ),
  SERIALIZABLE(Isolation.SERIALIZABLE);

  private final Isolation level;

  IsolationName(Isolation level) {
    this.level = level;
  }

  /**
   * @param sql as in {@code ISOLATION LEVEL ...}
   */
  static IsolationName of(String sql) {
    return valueOf(sql.toUpperCase(Locale.ROOT).replace(' ', '_'));
  }

  Isolation level() {
    return level;
  }

  /** As SHOW has it. */
  String shown() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
