package org.tandemdb.it.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.workload.Pulse;

/** How long a write has to wait when the primary is killed under load. */
final class Failovers {
  private static final int CLIENTS = 4;
  private static final Duration LOAD = Duration.ofSeconds(2);
  private static final String PULSE =
      "INSERT INTO bench_notes (aid, note) VALUES (1, 'after the failure')";

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
          try (Pulse pulse = Pulse.start(arm.connect(), PULSE)) {
            millis.add(pulse.millisAfter(primary.kill9()));
          }
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
}
