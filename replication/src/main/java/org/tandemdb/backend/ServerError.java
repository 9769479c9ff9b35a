package org.tandemdb.backend;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a database itself said was wrong. Links of every kind report it as a {@link SQLException},
 * which is the one exception of the platform that carries a SQLState; nobody but links and this
 * class has to know that.
 */
public final class ServerError {
  /** The server's process was ended, or had nothing to do for too long. */
  private static final Set<String> ENDED = Set.of("57P01", "57P02", "57P03", "57P05");

  private ServerError() {}

  /** The SQLState the server gave, or empty where {@code failure} did not come from a server. */
  public static Optional<String> sqlState(@Nullable Throwable failure) {
    return failure instanceof SQLException e
        ? Optional.ofNullable(e.getSQLState())
        : Optional.empty();
  }

  /**
   * True where a link was not opened because of the user or the password: 08004 is what
   * PostgreSQL's driver says where it has no password to show.
   */
  public static boolean isLoginRefused(@Nullable Throwable failure) {
    return sqlState(failure)
        .filter(state -> state.startsWith("28") || state.equals("08004"))
        .isPresent();
  }

  /** True where nothing more will come over the link: it broke, or the server ended its process. */
  public static boolean isLinkLost(@Nullable Throwable failure) {
    return sqlState(failure)
            .filter(state -> state.startsWith("08") || ENDED.contains(state))
            .isPresent()
        || (failure instanceof SQLException && failure.getCause() instanceof IOException);
  }
}
