package org.tandemdb.it.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/**
 * What the triggers that TRACED transactions need cost those that are none: TPC-B over direct
 * connections to one server, in turns with the triggers on its tables and without.
 */
final class TracingCost {
  private static final String TABLES =
      "SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid"
          + " WHERE t.tgname = 'tandem_trace'";

  private final Duration slice;
  private final int scale;
  private final int rounds;

  private TracingCost(Duration slice, int scale, int rounds) {
    this.slice = slice;
    this.scale = scale;
    this.rounds = rounds;
  }

  /**
   * @param rounds each with a slice of either
   */
  static void run(PrintStream out, boolean quick, int rounds)
      throws SQLException, IOException, InterruptedException {
    int turns = rounds > 0 ? rounds : quick ? 3 : 20;
    new TracingCost(Duration.ofMillis(quick ? 300 : 1800), quick ? 1 : 10, turns).measure(out);
  }

  private void measure(PrintStream out) throws SQLException, IOException, InterruptedException {
    try (Arm arm = Arm.tandem("direct", scale, 1)) {
      // The first start makes Tandem's schema, and the triggers; the engine then does nothing.
      arm.drain();
      PostgresServer server = arm.pair().servers().get(0);
      for (int threads : new int[] {1, 8}) {
        try (Team team =
            new Team(Arm.over(arm.pair()), Load.TPC_B, threads, scale * Arm.ACCOUNTS_PER_BRANCH)) {
          compare(out, team, server, threads);
        }
      }
    }
  }

  private void compare(PrintStream out, Team team, PostgresServer server, int threads)
      throws SQLException, InterruptedException {
    Samples throughput = new Samples();
    Samples cpu = new Samples();
    Samples micros = new Samples();
    team.run(slice);
    for (int round = 0; round < rounds; round++) {
      boolean first = round % 2 == 0;
      Team.Slice[] slices = new Team.Slice[2];
      for (int turn = 0; turn < 2; turn++) {
        boolean traced = first == (turn == 0);
        triggers(server, traced);
        slices[traced ? 1 : 0] = team.run(slice);
      }
      throughput.add(slices[1].perSecond() / slices[0].perSecond());
      cpu.add(slices[1].cpuMicros() / slices[0].cpuMicros());
      micros.add(slices[0].cpuMicros());
    }
    out.printf(
        Locale.ROOT,
        "TPC-B, %d threads, %d rounds: with triggers to without: throughput %s,"
            + " CPU %s of %s us%n",
        threads,
        rounds,
        throughput.withSpread(3),
        cpu.withSpread(3),
        micros.middle(0));
  }

  private static void triggers(PostgresServer server, boolean on) throws SQLException {
    try (Connection connection =
            java.sql.DriverManager.getConnection(server.url(ServerPair.DATABASE, ServerPair.ROLE));
        Statement statement = connection.createStatement()) {
      statement.execute(
          on
              ? "SELECT tandem.install_tracing()"
              : "DO $$ DECLARE r record; BEGIN FOR r IN "
                  + TABLES
                  + " LOOP EXECUTE format('DROP TRIGGER tandem_trace ON %s;"
                  + " DROP TRIGGER tandem_truncate ON %s', r.name, r.name); END LOOP; END $$");
    }
  }
}
