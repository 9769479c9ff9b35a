package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * † A transaction that begins with an advisory lock does not stand in the way of DDL, nor wait for
 * it, before it commits: tools that migrate keep one open beside the connection that migrates.
 */
class GuardedTransactionIT {
  private static final String LOCK = "SELECT pg_try_advisory_xact_lock(42)";
  private static final String[] TABLES = {
    "CREATE TABLE history (id int PRIMARY KEY, v text)",
    "CREATE TABLE plain (i int)",
    "INSERT INTO plain VALUES (1), (2)"
  };

  private static Connection begun(Cluster cluster) throws SQLException {
    Connection connection = cluster.open();
    connection.setAutoCommit(false);
    return connection;
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void ddlOfTheSameThreadRunsBesideIt() throws Exception {
    try (Cluster cluster = Cluster.create("guarded", TABLES);
        Connection guard = begun(cluster);
        Connection ddl = begun(cluster)) {
      run(guard, LOCK, "SET ROLE shop", "SELECT count(*) FROM history");
      run(ddl, "CREATE TABLE made (id serial PRIMARY KEY)", "INSERT INTO made DEFAULT VALUES");
      run(guard, "SELECT max(id) FROM history", "INSERT INTO history VALUES (1, 'made')");
      ddl.commit();
      run(guard, "INSERT INTO history VALUES (2, 'more')", "SELECT count(*) FROM made");
      guard.commit();
      assertThat(cluster.number("SELECT count(*) FROM history")).isEqualTo(2);
      cluster.endsEqual(3);
    }
  }

  /** Logged before what it has not seen, its row would be changed on the other copy alone. */
  @Test
  void whatItWritesBesideAStatementThatIsReplayedIsLoggedAfterIt() throws Exception {
    try (Cluster cluster = Cluster.create("guarded_order", TABLES);
        Connection guard = begun(cluster);
        Connection alone = begun(cluster)) {
      run(guard, LOCK);
      run(alone, "UPDATE plain SET i = i + 10");
      run(guard, "INSERT INTO plain VALUES (3)");
      CompletableFuture<Void> committed =
          CompletableFuture.runAsync(
              () -> {
                try {
                  guard.commit();
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> committed.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      alone.commit();
      committed.get(30, TimeUnit.SECONDS);
      assertThat(cluster.number("SELECT sum(i) FROM plain")).isEqualTo(26);
      cluster.endsEqual(2);
    }
  }
}
