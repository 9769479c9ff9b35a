package org.tandemdb.backend;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a database itself said was wrong. Links of every kind report it as a {@link SQLException},
 * which is the one exception of the platform that carries a SQLState; nobody but links and this
 * class has to know that.
 */
public final class ServerError {
  private ServerError() {}

  /** The SQLState the server gave, or empty where {@code failure} did not come from a server. */
  public static Optional<String> sqlState(@Nullable Throwable failure) {
    return failure instanceof SQLException e
        ? Optional.ofNullable(e.getSQLState())
        : Optional.empty();
  }
}
