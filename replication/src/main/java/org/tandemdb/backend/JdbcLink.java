package org.tandemdb.backend;

import java.sql.Connection;

/** A link that is executed on with JDBC. */
public interface JdbcLink extends BackendLink {

  /**
   * The vendor's connection, in the state that the engine put it in. Owned by the lease's holder.
   */
  Connection connection();
}
