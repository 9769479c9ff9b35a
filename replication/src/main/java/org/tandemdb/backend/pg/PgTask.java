package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.tandemdb.entry.TableName;

/**
 * Statements that commit on their own, as their session notes them: see {@code schema-1-tasks.sql}.
 * Owned by its link.
 */
final class PgTask {
  private final Connection connection;
  private final String secret;

  PgTask(Connection connection, String secret) {
    this.connection = connection;
    this.secret = secret;
  }

  /** Outside of a transaction from here on, as the statement itself has to be. */
  long begin(TableName index) throws SQLException {
    connection.setAutoCommit(true);
    connection.setReadOnly(false);
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT tandem.task_begin(?, current_user::text, ?, ?)")) {
      statement.setString(1, secret);
      statement.setString(2, index.schema());
      statement.setString(3, index.name());
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getLong(1);
      }
    }
  }

  void end(long id) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT tandem.task_end(?, ?)")) {
      statement.setString(1, secret);
      statement.setLong(2, id);
      statement.execute();
    }
  }

  /** An invalid index stays where it could not be built. Nobody uses it, so nobody is stopped. */
  void undo(long id, TableName index) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "DROP INDEX CONCURRENTLY IF EXISTS "
              + PgChangeSql.quote(index.schema())
              + "."
              + PgChangeSql.quote(index.name()));
    }
    end(id);
  }
}
