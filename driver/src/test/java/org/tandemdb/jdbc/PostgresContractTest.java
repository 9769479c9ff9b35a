package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/** The contract is what PostgreSQL's own driver does. */
final class PostgresContractTest extends SurfaceContract {
  @Override
  Connection connect() throws SQLException {
    return Postgres.server().getPostgresDatabase().getConnection();
  }
}
