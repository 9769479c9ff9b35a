package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Audit;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.it.workload.OrderEntry;
import org.tandemdb.jdbc.Drivers;

/** Servers and their sessions end, or stop for a while, under an engine that lives. */
class ServerCrashIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  /** What happens while the load is on. */
  private interface Disturbance {
    void happens(Load load) throws Exception;
  }

  @Test
  void aKilledPrimaryCostsNobodyAnything() throws Exception {
    underLoad(
        load -> {
          PostgresServer primary = pair.server(load.primary());
          primary.kill9();
          load.goesOn();
          primary.start();
        });
  }

  @Test
  void aKilledReplicaCostsNobodyAnything() throws Exception {
    underLoad(
        load -> {
          PostgresServer replica = pair.server(load.replica());
          replica.kill9();
          load.goesOn();
          replica.start();
        });
  }

  @Test
  void bothServersAreKilledAndComeBack() throws Exception {
    underLoad(
        load -> {
          for (PostgresServer server : pair.servers()) {
            server.kill9();
          }
          for (PostgresServer server : pair.servers()) {
            server.start();
          }
          load.goesOn();
        });
  }

  @Test
  void aPrimaryThatFreezesIsReplacedAndMayWakeUpAsAReplica() throws Exception {
    underLoad(
        load -> {
          PostgresServer primary = pair.server(load.primary());
          primary.pause();
          load.goesOn();
          primary.resume();
        });
  }

  @Test
  void aReplicaThatFreezesHoldsNobodyUp() throws Exception {
    underLoad(
        load -> {
          PostgresServer replica = pair.server(load.replica());
          replica.pause();
          load.goesOn();
          replica.resume();
        });
  }

  @Test
  void sessionsThatAnAdministratorEndsAreReplaced() throws Exception {
    Random random = new Random(1);
    underLoad(
        load -> {
          for (int i = 0; i < 30; i++) {
            for (PostgresServer server : pair.servers()) {
              load.endOneSession(server, random);
            }
            load.goesOn(20);
          }
        });
  }

  private void underLoad(Disturbance disturbance) throws Exception {
    Site site = new Site(pair);
    Driver driver = Drivers.plain();
    try (Connection status = site.connect(driver)) {
      Load load = new Load(site, driver, status);
      load.orders.createTables();
      Site.awaitBothHoldEverything(status);
      load.orders.start(4, 3);
      load.goesOn();
      disturbance.happens(load);
      load.goesOn();
      assertThat(load.orders.stop()).as("clients stopped").isTrue();
      Site.awaitBothHoldEverything(status);
      load.isAsPromised();
    }
    site.recoversWithEveryPromiseKept();
  }

  /** The order-entry workload on one site. */
  private static final class Load {
    private final Site site;
    private final Connection status;
    private final OrderEntry orders;

    Load(Site site, Driver driver, Connection status) {
      this.site = site;
      this.status = status;
      this.orders = new OrderEntry(() -> site.connect(driver));
    }

    String primary() throws SQLException {
      return backend(true);
    }

    String replica() throws SQLException {
      return backend(false);
    }

    private String backend(boolean primary) throws SQLException {
      return TandemStatus.read(status).backends().stream()
          .filter(backend -> backend.isPrimary() == primary)
          .findFirst()
          .orElseThrow()
          .name();
    }

    void goesOn() {
      goesOn(300);
    }

    /** Waits until more writes have been acknowledged. */
    void goesOn(int writes) {
      long enough = orders.progress().acknowledgedWrites() + writes;
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (orders.progress().acknowledgedWrites() < enough) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("no progress: " + orders.progress() + orders.firstErrors());
        }
        LockSupport.parkNanos(POLL_NANOS);
      }
    }

    void endOneSession(PostgresServer server, Random random) throws SQLException {
      try (Connection connection = site.direct(server.name());
          Statement statement = connection.createStatement()) {
        List<Integer> sessions = new ArrayList<>();
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND application_name IN ('tandem client', 'tandem applier')")) {
          while (rows.next()) {
            sessions.add(rows.getInt(1));
          }
        }
        if (!sessions.isEmpty()) {
          int pid = sessions.get(random.nextInt(sessions.size()));
          statement.execute("SELECT pg_terminate_backend(" + pid + ")");
        }
      }
    }

    void isAsPromised() throws SQLException {
      OrderEntry.Progress progress = orders.progress();
      assertThat(progress.autocommitErrors()).as(() -> "" + orders.firstErrors()).isZero();
      assertThat(progress.transactionErrors()).as(() -> "" + orders.firstErrors()).isZero();
      assertThat(progress.unknownWrites()).as(() -> "" + orders.firstErrors()).isZero();
      try (Connection a = site.direct("a");
          Connection b = site.direct("b")) {
        assertThat(Comparison.of(a, b).findings()).isEmpty();
        Audit audit = orders.audit(a);
        assertThat(audit.findings()).isEmpty();
      }
    }
  }
}
