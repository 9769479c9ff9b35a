package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.jdbc.Drivers;

/** The log's disk: torn and damaged records, and no room left. */
class LogDamageIT {
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @Test
  void aTornLastRecordIsCutOffAndNobodyWasPromisedIt() throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim("file.write:torn:60")) {
      site.endsInItsTrap(victim);
      assertThat(victim.acknowledged()).isNotEmpty();
    }
    site.recoversWithEveryPromiseKept();
  }

  @Test
  void aLogThatHasLostAnAcknowledgedRecordIsRefusedAndTheDatabasesAreLeftAlone() throws Exception {
    Site site = new Site(pair);
    Path last = quietLog(site);
    byte[] content = Files.readAllBytes(last);
    int end = content.length;
    while (content[end - 1] == 0) {
      end--;
    }
    for (int i = end - 10; i < end; i++) {
      content[i] = 0;
    }
    Files.write(last, content);
    assertThatThrownBy(() -> site.connect("failover_patience=3s").close())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("beyond the log's head");
    site.promisesAreKept();
  }

  @Test
  void aDamagedRecordInTheMiddleIsNamedWithFileAndOffsetAndNothingIsLost() throws Exception {
    Site site = new Site(pair);
    Path last = quietLog(site);
    byte[] whole = Files.readAllBytes(last);
    byte[] damaged = whole.clone();
    int middle = 4096 + 300;
    damaged[middle] ^= 0x55;
    Files.write(last, damaged);
    assertThatThrownBy(() -> site.connect().close())
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("58030"))
        .hasMessageContaining(last + " at offset ");
    Files.write(last, whole);
    site.recoversWithEveryPromiseKept();
  }

  /** A log whose engine was killed after both servers held everything; gives its last segment. */
  private static Path quietLog(Site site) throws Exception {
    try (VictimProcess victim = site.victim("none")) {
      victim.awaitAcknowledged(30);
      victim.pause();
      String count = "SELECT count(*) FROM act";
      try (Connection a = site.direct("a")) {
        site.await("b", "SELECT (" + count + ") = " + number(a, count));
      }
      site.kill9(victim);
    }
    try (Stream<Path> files = Files.list(site.log())) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(".log"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Test
  void aFullDiskStopsWritesAndNotReadsUntilThereIsRoom() throws Exception {
    Site site = new Site(pair);
    AtomicBoolean full = new AtomicBoolean();
    Driver driver = onDisk("file.allocate", full);
    try (Connection connection = site.connect(driver, "watermark_interval=1h")) {
      insert(connection, 0);
      full.set(true);
      int written = untilRefused(connection, "53100");
      assertThat(number(connection, "SELECT count(*) FROM act")).isEqualTo(written);
      full.set(false);
      insert(connection, written);
      Site.awaitBothHoldEverything(connection);
    }
    site.recoversWithEveryPromiseKept();
  }

  @Test
  void aWriteThatFailsOnceCostsAnEpochAndNoPromise() throws Exception {
    Site site = new Site(pair);
    AtomicBoolean broken = new AtomicBoolean();
    Driver driver =
        Drivers.over(
            (config, env) ->
                PgEngines.open(
                    config,
                    Tap.disk(
                        env,
                        (event, arguments, call) -> {
                          if (event.equals("file.sync") && broken.getAndSet(false)) {
                            throw new IOException("Input/output error");
                          }
                          return call.proceed();
                        })));
    try (Connection connection = site.connect(driver)) {
      for (int i = 0; i < 20; i++) {
        broken.set(i == 10);
        insert(connection, i);
      }
      Site.awaitBothHoldEverything(connection);
      assertThat(number(connection, "SELECT count(*) FROM act")).isEqualTo(20);
    }
    site.recoversWithEveryPromiseKept();
  }

  private static Driver onDisk(String failing, AtomicBoolean full) {
    return Drivers.over(
        (config, env) ->
            PgEngines.open(
                config,
                Tap.disk(
                    env,
                    (event, arguments, call) -> {
                      if (event.equals(failing) && full.get()) {
                        throw new IOException("No space left on device");
                      }
                      return call.proceed();
                    })));
  }

  /** Writes into a log of small segments until that is refused; gives how many rows there are. */
  private static int untilRefused(Connection connection, String sqlState) throws SQLException {
    for (int i = 1; i < 200; i++) {
      try {
        insert(connection, i);
      } catch (SQLException e) {
        assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(sqlState);
        return i;
      }
    }
    throw new AssertionError("never refused");
  }

  /** A row of some size, so that segments fill. */
  private static void insert(Connection connection, int number) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO act (token, part) VALUES ('s-0-99-"
              + number
              + "-"
              + "x".repeat(20_000)
              + "', 1)");
    }
  }
}
