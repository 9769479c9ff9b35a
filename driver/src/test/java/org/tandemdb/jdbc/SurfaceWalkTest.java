package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** Nothing that can be reached from a connection leads around the engine, or ends in surprise. */
class SurfaceWalkTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());

  private Connection connect() throws SQLException {
    Connection connection = engine.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS t");
      statement.execute("CREATE TABLE t (id serial PRIMARY KEY, name text)");
    }
    return connection;
  }

  @Test
  void everyMethodWorksOrThrowsAnSqlExceptionAndGivesNothingOfTheVendors() throws SQLException {
    SurfaceWalk walk =
        new SurfaceWalk(connect())
            .also(
                new TandemDataSource(),
                new TandemConnectionPoolDataSource(),
                new TandemXADataSource(),
                new TandemPooledConnection(engine.connect()));
    assertThat(walk.walk()).isEmpty();
    assertThat(walk.calls()).isGreaterThan(800);
  }
}
