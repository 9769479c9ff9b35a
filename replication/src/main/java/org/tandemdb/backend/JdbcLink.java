package org.tandemdb.backend;

import java.sql.Connection;
import java.util.concurrent.Executor;

/** A link that is executed on with JDBC. */
public interface JdbcLink extends BackendLink {

  /** Where this link's blocking work runs from now on: on its holder's own thread, mostly. */
  void bind(Executor executor);

  /**
   * The vendor's connection, in the state that the engine put it in. Owned by the lease's holder,
   * who never closes it, and never commits or rolls back a transaction that the engine opened.
   */
  Connection connection();
}
