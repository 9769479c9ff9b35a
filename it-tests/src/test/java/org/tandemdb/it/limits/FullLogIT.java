package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.it.limits.Place.number;
import static org.tandemdb.it.limits.Place.refused;
import static org.tandemdb.it.limits.Place.run;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.TandemStatus;

/** The log at its limit of size, end to end. */
class FullLogIT {
  private static final String[] SMALL = {
    "log_segment_bytes=256KiB", "log_max_bytes=2MiB", "watermark_interval=100ms"
  };
  private static final int MANY = 2000;

  private static Place place;
  private final Set<Integer> acknowledged = new TreeSet<>();
  private int last;

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
    place.fresh("CREATE TABLE act (id int PRIMARY KEY, body text NOT NULL)");
  }

  private void insert(Connection connection) throws SQLException {
    int id = ++last;
    run(connection, "INSERT INTO act VALUES (" + id + ", '" + "x".repeat(10_000) + "')");
    acknowledged.add(id);
  }

  private SQLException untilRefused(Connection connection) {
    for (int i = 0; i < MANY; i++) {
      try {
        insert(connection);
      } catch (SQLException e) {
        return e;
      }
    }
    throw new AssertionError("never refused");
  }

  private void nothingIsLost(Connection connection) throws SQLException {
    assertThat(number(connection, "SELECT count(*) FROM act")).isEqualTo(acknowledged.size());
    assertThat(number(connection, "SELECT sum(id) FROM act"))
        .isEqualTo(acknowledged.stream().mapToLong(id -> id).sum());
  }

  /** Keeps the replica in service and from applying. */
  private Connection holdUpTheReplica(Connection connection) throws SQLException {
    place.awaitEqual(connection);
    Connection blocker = DriverManager.getConnection(place.url("b"));
    blocker.setAutoCommit(false);
    run(blocker, "LOCK TABLE act IN SHARE MODE");
    return blocker;
  }

  @Test
  void aFullLogStopsWritesAndNotReadsUntilTheReplicaHasCaughtUp() throws Exception {
    try (Connection connection = place.connect(with("max_apply_delay=1h"))) {
      insert(connection);
      try (Connection blocker = holdUpTheReplica(connection)) {
        SQLException refusal = untilRefused(connection);
        assertThat(refusal.getSQLState()).isEqualTo("53100");
        assertThat(refusal.getMessage())
            .contains("the log has reached its limit of 2097152 bytes")
            .contains("Writes stop, reads go on");
        nothingIsLost(connection);
        refused("53100", () -> insert(connection));
        blocker.rollback();
      }
      place.awaitEqual(connection);
      insert(connection);
      insert(connection);
      nothingIsLost(connection);
      place.awaitEqual(connection);
    }
    try (Connection again = place.connect(SMALL)) {
      nothingIsLost(again);
    }
  }

  /** Everything else in the epoch goes on: other sessions keep their transactions. */
  @Test
  void aLargeTransactionThatTheLogHasNoRoomForIsRefusedWithoutAChangeOfEpoch() throws Exception {
    try (Connection connection =
            place.connect(
                with("max_apply_delay=1h", "stage_threshold_bytes=4KiB", "log_cache_bytes=64KiB"));
        Connection other =
            place.connect(
                with(
                    "max_apply_delay=1h", "stage_threshold_bytes=4KiB", "log_cache_bytes=64KiB"))) {
      insert(connection);
      long epoch = epoch(connection);
      try (Connection blocker = holdUpTheReplica(connection)) {
        other.setAutoCommit(false);
        run(other, "INSERT INTO act VALUES (0, 'open')");
        untilRefused(connection);
        connection.setAutoCommit(false);
        refused(
            "53100",
            () -> {
              run(
                  connection,
                  "INSERT INTO act SELECT -i, repeat('y', 1000) FROM generate_series(1, 3000) i");
              connection.commit();
            });
        connection.rollback();
        // What a savepoint held back meets the full log at the commit only.
        assertThat(connection.setSavepoint()).isNotNull();
        run(
            connection,
            "INSERT INTO act SELECT -i, repeat('y', 1000) FROM generate_series(1, 1000) i");
        refused("53100", connection::commit).hasMessageContaining("Writes stop, reads go on");
        connection.setAutoCommit(true);
        blocker.rollback();
      }
      place.awaitEqual(connection);
      other.commit();
      other.setAutoCommit(true);
      acknowledged.add(0);
      nothingIsLost(connection);
      assertThat(epoch(connection)).isEqualTo(epoch);
      place.awaitEqual(connection);
    }
  }

  @Test
  void aServerThatIsAwayForLongerThanTheLogReachesIsLeftBehindAndWritesGoOn() throws Exception {
    try (Connection connection = place.connect(SMALL)) {
      insert(connection);
      place.awaitEqual(connection);
      place.server("b").stop();
      try {
        Place.await(connection, "b", b -> !b.isOnline());
        while (acknowledged.size() < 500) {
          try {
            insert(connection);
          } catch (SQLException e) {
            // Faster than the watermark, which is what makes room, is written down.
            assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo("53100");
          }
        }
        nothingIsLost(connection);
      } finally {
        place.server("b").start();
      }
      Place.await(connection, "b", b -> b.state().equals("DIVERGED"));
      TandemStatus.Backend left =
          TandemStatus.read(connection).backends().stream()
              .filter(b -> b.name().equals("b"))
              .findFirst()
              .orElseThrow();
      assertThat(left.note()).contains("are gone: the log begins after");
      insert(connection);
      nothingIsLost(connection);
    }
  }

  @Test
  void anEngineOpensOnAFullLogAndGoesOn() throws Exception {
    try (Connection connection = place.connect(with("watermark_interval=1h"))) {
      assertThat(untilRefused(connection).getSQLState()).isEqualTo("53100");
    }
    try (Connection again = place.connect(SMALL)) {
      nothingIsLost(again);
      place.awaitEqual(again);
      insert(again);
      nothingIsLost(again);
      place.awaitEqual(again);
    }
  }

  private static String[] with(String... more) {
    String[] all = new String[SMALL.length + more.length];
    System.arraycopy(SMALL, 0, all, 0, SMALL.length);
    System.arraycopy(more, 0, all, SMALL.length, more.length);
    if (more[0].startsWith("watermark_interval")) {
      all[2] = more[0];
      return java.util.Arrays.copyOf(all, SMALL.length);
    }
    return all;
  }

  private static long epoch(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SHOW TANDEM STATUS")) {
      rows.next();
      return rows.getLong("epoch");
    }
  }
}
