package org.tandemdb.proxy.admin;

import java.util.Collection;
import java.util.Locale;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.engine.Observation;

/** How a database is, in one word; the worst is last. */
enum Health {
  /** Everything is served, and every copy is in service. */
  HEALTHY,
  /** It is served, but a copy is missing or catches up, or writes are stopped. */
  DEGRADED,
  /** No primary is in office. */
  UNAVAILABLE;

  static Health of(Observation seen) {
    if (!isServed(seen)) {
      return UNAVAILABLE;
    }
    boolean whole =
        seen.writable() && seen.backends().stream().allMatch(b -> b.state() == BackendState.ONLINE);
    return whole ? HEALTHY : DEGRADED;
  }

  /** A primary is in service. */
  static boolean isServed(Observation seen) {
    return seen.backends().stream().anyMatch(Observation.Backend::primary);
  }

  static Health worst(Collection<Health> all) {
    return all.stream().max(Health::compareTo).orElse(HEALTHY);
  }

  /** As JSON and commands say it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
