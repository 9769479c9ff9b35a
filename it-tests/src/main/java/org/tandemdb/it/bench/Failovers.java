package org.tandemdb.it.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tandemdb.it.server.PostgresServer;

/** How long a write has to wait when the primary is killed under load. */
final class Failovers {
  private static final int CLIENTS = 4;
  private static final Duration LOAD = Duration.ofSeconds(2);

  private Failovers() {}

  /** Milliseconds from the kill to the first success of a write sent after it, each time. */
  static Samples measure(Arm arm, int accounts, int times)
      throws SQLException, IOException, InterruptedException {
    Samples millis = new Samples();
    ExecutorService runner = Executors.newSingleThreadExecutor();
    try {
      for (int i = 0; i < times; i++) {
        try (Team team = new Team(arm, Load.INSERT, CLIENTS, accounts)) {
          Future<Team.Slice> load = runner.submit(() -> team.run(LOAD));
          TimeUnit.NANOSECONDS.sleep(LOAD.toNanos() / 2);
          PostgresServer primary = arm.pair().server(arm.status().primary().orElseThrow());
          long killed = System.nanoTime();
          primary.kill9();
          writeOne(arm);
          millis.add((System.nanoTime() - killed) / 1e6);
          primary.start();
          load.get(120, TimeUnit.SECONDS); // waits for the replica, too
        } catch (ExecutionException | TimeoutException e) {
          throw new SQLException("the load did not survive a failover: " + e.getCause(), e);
        }
      }
    } finally {
      runner.shutdownNow();
    }
    return millis;
  }

  private static void writeOne(Arm arm) throws SQLException {
    try (Connection connection = arm.connect();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO bench_notes (aid, note) VALUES (?, ?)")) {
      insert.setInt(1, 1);
      insert.setString(2, "after the failure");
      insert.executeUpdate();
    }
  }
}
