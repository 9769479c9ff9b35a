package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.it.limits.Place.number;
import static org.tandemdb.it.limits.Place.refused;
import static org.tandemdb.it.limits.Place.run;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever has the cluster for itself has it for a limited time; links are limited, too. */
class ExclusiveLimitIT {
  private static final String[] SHORT = {"exclusive_limit=500ms", "probe_timeout=1s"};
  private static Place place;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    place = new Place();
  }

  @AfterAll
  static void end() {
    place.close();
  }

  @BeforeEach
  void createTable() throws SQLException {
    place.fresh("CREATE TABLE act (id int PRIMARY KEY, n int)");
  }

  @Test
  void ddlThatRunsTooLongIsStoppedAndTheOthersGoOn() throws Exception {
    try (Connection connection = place.connect(SHORT);
        Connection other = place.connect(SHORT);
        Connection blocker = DriverManager.getConnection(place.url("a"))) {
      blocker.setAutoCommit(false);
      run(blocker, "LOCK TABLE act IN ACCESS SHARE MODE");
      refused("57014", () -> run(connection, "ALTER TABLE act ADD COLUMN z int"))
          .hasMessageContaining("exclusive_limit")
          .hasMessageContaining("stopped after PT0.5S");
      run(other, "INSERT INTO act VALUES (1, 1)");
      blocker.rollback();
      run(connection, "ALTER TABLE act ADD COLUMN z int");
      run(other, "UPDATE act SET z = 7 WHERE id = 1");
      place.awaitEqual(other);
      assertThat(number(connection, "SELECT z FROM act")).isEqualTo(7);
    }
  }

  @Test
  void aClientThatHoldsTheClusterAndDoesNothingLosesItsTransaction() throws Exception {
    try (Connection idle = place.connect(SHORT);
        Connection other = place.connect(SHORT)) {
      idle.setAutoCommit(false);
      run(idle, "CREATE INDEX act_by_n ON act (n)");
      run(other, "INSERT INTO act VALUES (1, 1)");
      refused("57014", () -> run(idle, "INSERT INTO act VALUES (2, 2)"))
          .hasMessageContaining("exclusive_limit");
      idle.rollback();
      idle.setAutoCommit(true);
      run(idle, "INSERT INTO act VALUES (3, 3)");
      assertThat(number(idle, "SELECT count(*) FROM act")).isEqualTo(2);
      place.awaitEqual(other);
    }
  }

  @Test
  void ddlWithinTheLimitIsLeftAlone() throws Exception {
    try (Connection connection = place.connect(SHORT)) {
      connection.setAutoCommit(false);
      run(connection, "CREATE INDEX act_by_n ON act (n)", "INSERT INTO act VALUES (1, 1)");
      connection.commit();
      connection.setAutoCommit(true);
      place.awaitEqual(connection);
    }
  }

  @Test
  void linksOfOneUserAreBoundedAndWhoeverComesLaterIsToldSo() throws Exception {
    String[] two = {"max_links_per_backend=2", "lease_timeout=300ms"};
    try (Connection first = place.connect(two);
        Connection second = place.connect(two);
        Connection third = place.connect(two)) {
      first.setAutoCommit(false);
      run(first, "INSERT INTO act VALUES (1, 1)");
      second.setAutoCommit(false);
      run(second, "INSERT INTO act VALUES (2, 2)");
      refused("53300", () -> run(third, "INSERT INTO act VALUES (9, 9)"))
          .hasMessageContaining("max_links_per_backend");
      first.rollback();
      first.close();
      run(third, "INSERT INTO act VALUES (9, 9)");
      second.rollback();
      second.setAutoCommit(true);
      place.awaitEqual(third);
    }
  }
}
