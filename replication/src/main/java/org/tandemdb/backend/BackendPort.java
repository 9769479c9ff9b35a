package org.tandemdb.backend;

import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;

/** One backend as the engine reaches it. Thread-safe. */
public interface BackendPort<L extends BackendLink> extends AutoCloseable {

  BackendId id();

  BackendControl control();

  /**
   * A link of Tandem's own role that has entered: for appliers and recovery. They need the verbs
   * alone, so it may be of another kind than what clients' statements run on.
   */
  CompletionStage<? extends BackendLink> openOwn(long epoch, UUID incarnation);

  /**
   * A link of a client's user that has entered. Completes exceptionally with {@link
   * BackendUnreachableException}, {@link FencedException}, {@link IncarnationException}, or,
   * wrapped, the server's own refusal (wrong password ...).
   */
  CompletionStage<L> open(
      String user, String password, String purpose, long epoch, UUID incarnation);

  /**
   * The schema facts as they are now, as the version after {@code previousVersion}; asked with
   * Tandem's role.
   */
  CompletionStage<Catalog> loadCatalog(long previousVersion);

  @Override
  void close();
}
