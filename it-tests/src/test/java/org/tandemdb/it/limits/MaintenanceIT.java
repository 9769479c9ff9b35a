package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.it.limits.Place.number;
import static org.tandemdb.it.limits.Place.refused;
import static org.tandemdb.it.limits.Place.run;

import java.io.IOException;
import java.sql.Connection;
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
          "REINDEX (VERBOSE) DATABASE CONCURRENTLY shop",
          "CLUSTER",
          "CLUSTER act USING act_pkey",
          "CHECKPOINT");

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
  void maintenanceIsRefusedWithWhereToRunIt() throws Exception {
    try (Connection connection = place.connect()) {
      for (String sql : MAINTENANCE) {
        refused("0A000", () -> run(connection, sql))
            .as(sql)
            .hasMessageContaining("maintenance of one server")
            .hasMessageContaining("Run it on each server");
      }
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO act VALUES (1, 1)");
      refused("0A000", () -> run(connection, "VACUUM"));
      // As with PostgreSQL, an error fails the transaction, whoever raises it.
      refused("25P02", connection::commit);
      connection.rollback();
      run(connection, "INSERT INTO act VALUES (1, 1)");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(number(connection, "SELECT count(*) FROM act")).isEqualTo(1);
      place.awaitEqual(connection);
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
  void anExplainThatRunsAWriteIsRefused() throws Exception {
    try (Connection connection = place.connect()) {
      for (String sql :
          List.of(
              "EXPLAIN ANALYZE INSERT INTO act VALUES (8, 8)",
              "EXPLAIN (ANALYZE) DELETE FROM act",
              "EXPLAIN VACUUM")) {
        refused("0A000", () -> run(connection, sql));
      }
      run(connection, "EXPLAIN (ANALYZE, BUFFERS) SELECT 1");
    }
  }
}
