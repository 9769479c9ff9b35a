package org.tandemdb.backend;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.tandemdb.entry.BackendId;

/**
 * Links to all backends of a cluster for one user. Bounded; a lease that cannot be had in time ends
 * with an error that names the limit. Thread-safe.
 */
public interface LinkPool<L extends BackendLink> extends AutoCloseable {

  /** A free link at once, or empty. The hot path: no thread hop, no wait. */
  Optional<Lease<L>> tryLease(BackendId backend, long epoch);

  /** A free link, a new one, or one that comes back within {@code timeout}. */
  CompletionStage<Lease<L>> lease(BackendId backend, long epoch, Duration timeout);

  /** True while somebody waits for a link: who needs none for the moment may give some back. */
  boolean isWanted();

  /**
   * Severs every link to {@code backend}, leased or not: it is out of service, or in a new term.
   */
  void severAll(BackendId backend);

  /**
   * Severs the links to {@code backend} that nobody uses: what took one link may have taken these,
   * unseen. A link costs its opening, a dead one costs a statement its attempt.
   */
  void severIdle(BackendId backend);

  /**
   * Severs the links that nobody uses, and each of the others when it comes back: what a link knows
   * of the database is out of date.
   */
  void renew(BackendId backend);

  @Override
  void close();
}
