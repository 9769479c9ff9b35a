package org.tandemdb.session;

import java.time.Duration;

/** What a read outside a read-write transaction must be able to see. */
public sealed interface ReadLevel {
  /** Everything committed in the cluster when the read began. The default. */
  record Strong() implements ReadLevel {}

  /** Everything that this session has committed or has seen. */
  record Session() implements ReadLevel {}

  /** Everything older than {@code staleness}. */
  record Bounded(Duration staleness) implements ReadLevel {}

  /** Anything. */
  record Eventual() implements ReadLevel {}
}
