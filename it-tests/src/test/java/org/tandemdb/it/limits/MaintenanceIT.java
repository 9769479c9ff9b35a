package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.it.limits.Place.number;
import static org.tandemdb.it.limits.Place.refused;
import static org.tandemdb.it.limits.Place.run;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An operator's statements run, or are refused in words that help; never an error of a server. */
class MaintenanceIT {
  private static final List<String> MAINTENANCE =
      List.of(
          "VACUUM",
          "VACUUM act",
          "VACUUM FULL act",
          "VACUUM (ANALYZE, VERBOSE) act",
          "vacuum analyze",
          "ANALYZE",
          "ANALYZE act",
          "ANALYZE VERBOSE act (n)",
          "REINDEX TABLE act",
          "REINDEX (VERBOSE) TABLE CONCURRENTLY act",
          "CLUSTER",
          "CLUSTER act USING act_pkey");

  private static Place place;

  @BeforeAll
  static void start() throws IOException, InterruptedException, SQLException {
    place = new Place();
    place.fresh("CREATE TABLE act (id int PRIMARY KEY, n int)");
  }

  @AfterAll
  static void end() {
    place.close();
  }

  @Test
  void maintenanceRunsOnEveryServer() throws Exception {
    try (Connection connection = place.connect()) {
      place.awaitEqual(connection); // both are in service
      for (String sql : MAINTENANCE) {
        run(connection, sql);
      }
      // The servers' own word, not one of Tandem's.
      refused("42501", () -> run(connection, "CHECKPOINT"));
      for (String server : List.of("a", "b")) {
        try (Connection direct = DriverManager.getConnection(place.url(server))) {
          assertThat(
                  number(
                      direct,
                      "SELECT count(*) FROM pg_class WHERE oid = 'act'::regclass"
                          + " AND relfilenode <> oid"))
              .as("rewritten by VACUUM FULL or CLUSTER on server %s", server)
              .isEqualTo(1);
        }
      }
    }
  }

  @Test
  void aFailedBlockCannotBeCommitted() throws Exception {
    try (Connection connection = place.connect()) {
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO act VALUES (1, 1)");
      refused("25001", () -> run(connection, "VACUUM"));
      // As with PostgreSQL, an error fails the transaction, whoever raises it.
      refused("25P02", connection::commit);
      connection.rollback();
      run(connection, "INSERT INTO act VALUES (1, 1)");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(number(connection, "SELECT count(*) FROM act WHERE id = 1")).isEqualTo(1);
      place.awaitEqual(connection);
      run(connection, "DELETE FROM act WHERE id = 1");
    }
  }

  /** The client's own limit ends the wait; to run it again would take as long. */
  @Test
  void aNetworkTimeoutIsNotRunAgain() throws Exception {
    try (Connection connection = place.connect();
        Connection other = place.connect()) {
      run(connection, "INSERT INTO act VALUES (2, 1)");
      other.setAutoCommit(false);
      run(other, "UPDATE act SET n = 2 WHERE id = 2");
      connection.setNetworkTimeout(Runnable::run, 500);
      long began = System.nanoTime();
      refused("57014", () -> run(connection, "UPDATE act SET n = 3 WHERE id = 2"))
          .hasMessageContaining("network time-out");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(8));
      other.rollback();
      connection.setNetworkTimeout(Runnable::run, 0);
      assertThat(number(connection, "SELECT n FROM act WHERE id = 2")).isEqualTo(1);
      run(connection, "DELETE FROM act WHERE id = 2");
    }
  }

  @Test
  void explainAndShowRun() throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      for (String sql :
          List.of(
              "EXPLAIN SELECT * FROM act",
              "EXPLAIN VERBOSE DELETE FROM act",
              "EXPLAIN INSERT INTO act VALUES (7, 7)",
              "SHOW work_mem",
              "SHOW ALL",
              "SHOW server_version",
              "SHOW transaction isolation level",
              "SHOW TANDEM STATUS",
              "SHOW TANDEM PLAN FOR VACUUM")) {
        for (boolean autoCommit : new boolean[] {true, false}) {
          connection.setAutoCommit(autoCommit);
          assertThat(statement.execute(sql)).as(sql).isTrue();
          assertThat(statement.getResultSet().next()).as(sql).isTrue();
          if (!autoCommit) {
            connection.commit();
          }
        }
      }
      connection.setAutoCommit(true);
      assertThat(number(connection, "SELECT count(*) FROM act WHERE id = 7")).isZero();
    }
  }

  @Test
  void anExplainThatRunsAWriteWritesEverywhere() throws Exception {
    try (Connection connection = place.connect()) {
      run(connection, "EXPLAIN ANALYZE INSERT INTO act VALUES (8, 8)");
      assertThat(number(connection, "SELECT n FROM act WHERE id = 8")).isEqualTo(8);
      place.awaitEqual(connection);
      run(connection, "EXPLAIN (ANALYZE) DELETE FROM act WHERE id = 8");
      assertThat(number(connection, "SELECT count(*) FROM act WHERE id = 8")).isZero();
      place.awaitEqual(connection);
      refused("42601", () -> run(connection, "EXPLAIN VACUUM"));
      run(connection, "EXPLAIN (ANALYZE, BUFFERS) SELECT 1");
    }
  }
}
