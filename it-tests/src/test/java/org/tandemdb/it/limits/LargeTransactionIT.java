package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.it.limits.Place.number;
import static org.tandemdb.it.limits.Place.refused;
import static org.tandemdb.it.limits.Place.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.engine.pg.Joints;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.it.crash.Tap;
import org.tandemdb.jdbc.Drivers;

/** A large transaction lies in the log ahead of its commit, or is refused, and harms nobody. */
class LargeTransactionIT {
  private static final int LIMIT = 4 << 20;
  private static final int THRESHOLD = 64 << 10;
  private static final int CHUNK = 16 << 10;
  private static final String[] LIMITS = {
    "max_transaction_bytes=" + LIMIT,
    "stage_threshold_bytes=" + THRESHOLD,
    "stage_chunk_bytes=" + CHUNK,
    "max_savepoint_bytes=256KiB"
  };

  private static Place place;

  /** Sizes of the chunks that the log was given. */
  private final Queue<Integer> chunks = new ConcurrentLinkedQueue<>();

  private final Driver driver =
      Drivers.over(
          (config, environment) ->
              PgEngines.open(
                  config,
                  environment,
                  new Joints(
                      log ->
                          Tap.log(
                              log,
                              (event, arguments, call) -> {
                                if (event.equals("log.stage")
                                    && arguments[1] instanceof ByteBuffer chunk) {
                                  chunks.add(chunk.remaining());
                                }
                                return call.proceed();
                              }),
                      Joints.PLAIN.port())));

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    place = new Place();
  }

  @AfterAll
  static void end() {
    place.close();
  }

  @BeforeEach
  void createTables() throws SQLException {
    place.fresh(
        "CREATE TABLE bulk (id int PRIMARY KEY, body text NOT NULL)",
        "CREATE TABLE other (id serial PRIMARY KEY, n int)");
  }

  private Connection connect() throws SQLException {
    return place.connect(driver, LIMITS);
  }

  /** Rows of a thousand characters each. */
  private static String insert(int rows) {
    return "INSERT INTO bulk SELECT i, repeat('x', 1000) FROM generate_series(1, " + rows + ") i";
  }

  @Test
  void aTransactionAboveItsLimitIsRefusedWhileAnotherSessionsWritesGoOn() throws Exception {
    try (Connection large = connect();
        Connection other = connect()) {
      large.setAutoCommit(false);
      run(large, insert(2200));
      run(other, "INSERT INTO other (n) VALUES (1)");
      refused("54000", () -> run(large, "UPDATE bulk SET body = body || 'y' WHERE id <= 2200"))
          .hasMessageContaining("max_transaction_bytes");
      run(other, "INSERT INTO other (n) VALUES (2)");
      refused("25P02", () -> run(large, "INSERT INTO other (n) VALUES (3)"));
      large.rollback();
      large.setAutoCommit(true);
      run(large, "INSERT INTO other (n) VALUES (4)");
      assertThat(number(large, "SELECT count(*) FROM bulk")).isZero();
      assertThat(number(large, "SELECT sum(n) FROM other")).isEqualTo(7);
      place.awaitEqual(other);
    }
  }

  @Test
  void aStatementAboveTheLimitIsRefusedOutsideABlockToo() throws Exception {
    try (Connection connection = connect()) {
      refused("54000", () -> run(connection, insert(5000)));
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO bulk (id, body) VALUES (?, ?)")) {
        insert.setInt(1, 1);
        insert.setString(2, "x".repeat(LIMIT + 1));
        refused("54000", insert::executeUpdate);
      }
      run(connection, insert(1));
      place.awaitEqual(connection);
    }
  }

  @Test
  void aTransactionBelowTheLimitIsStagedInChunksAndArrives() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(connection, insert(3000));
      assertThat(chunks.stream().mapToInt(size -> size).sum()).isGreaterThan(3_000_000 - THRESHOLD);
      assertThat(chunks).allMatch(size -> size <= CHUNK);
      run(connection, "UPDATE bulk SET body = 'y' || id WHERE id > 2900");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(number(connection, "SELECT count(*) FROM bulk")).isEqualTo(3000);
      place.awaitEqual(connection);
    }
  }

  @Test
  void aSmallTransactionIsNotStaged() throws Exception {
    try (Connection connection = connect()) {
      run(connection, insert(30));
      place.awaitEqual(connection);
    }
    assertThat(chunks).isEmpty();
  }

  @Test
  void whatASavepointMayTakeBackIsBounded() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(connection, insert(200));
      Savepoint savepoint = connection.setSavepoint();
      refused("54000", () -> run(connection, "UPDATE bulk SET body = body || body"))
          .hasMessageContaining("max_savepoint_bytes");
      connection.rollback();
      run(connection, insert(300));
      assertThat(savepoint).isNotNull();
      connection.commit();
      connection.setAutoCommit(true);
      place.awaitEqual(connection);
    }
  }

  @Test
  void whatASavepointHeldBackIsStagedAtTheCommit() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      Savepoint outer = connection.setSavepoint();
      run(connection, insert(150));
      Savepoint inner = connection.setSavepoint();
      run(connection, "UPDATE bulk SET body = 'z' WHERE id < 50");
      connection.rollback(inner);
      assertThat(chunks).isEmpty();
      connection.commit();
      assertThat(outer).isNotNull();
      assertThat(chunks).hasSizeGreaterThan(1).allMatch(size -> size <= CHUNK);
      connection.setAutoCommit(true);
      assertThat(number(connection, "SELECT count(*) FROM bulk WHERE length(body) = 1000"))
          .isEqualTo(150);
      place.awaitEqual(connection);
    }
  }

  @Test
  void aRowLargerThanAChunkHasOneOfItsOwn() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(
          connection,
          "INSERT INTO bulk SELECT i, repeat('w', 300000) FROM generate_series(1, 5) i");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(List.copyOf(chunks)).hasSize(5).allMatch(size -> size > 300_000);
      place.awaitEqual(connection);
    }
  }
}
