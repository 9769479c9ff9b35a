package org.tandemdb.it.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Random;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/**
 * What the triggers that TRACED transactions need cost those that are none: TPC-B over direct
 * connections, on tables with the triggers and on a copy of them without, in the same database.
 *
 * <p>Made to be believed on a machine that others use as well. What is compared is the time that
 * the server process itself was on a processor, by the kernel's own count in nanoseconds, and not
 * the time that passed. Blocks are short and take turns, in an order that is reversed each time, so
 * that whatever disturbs meets both; and the figure is the median of the differences between
 * neighbours, with the interval that holds it in 19 of 20 cases.
 */
final class TracingCost {
  private static final String[] TABLES = {
    "bench_accounts", "bench_tellers", "bench_branches", "bench_history"
  };

  /** Transactions of a block: some 20 ms, shorter than most disturbances. */
  private static final int BLOCK = 40;

  private final int scale;
  private final int rounds;

  private TracingCost(int scale, int rounds) {
    this.scale = scale;
    this.rounds = rounds;
  }

  /**
   * @param rounds each with a block of either
   */
  static void run(PrintStream out, boolean quick, int rounds)
      throws SQLException, IOException, InterruptedException {
    int turns = rounds > 0 ? rounds : quick ? 20 : 600;
    new TracingCost(quick ? 1 : 10, turns).measure(out);
  }

  private void measure(PrintStream out) throws SQLException, IOException, InterruptedException {
    try (Arm arm = Arm.tandem("direct", scale, 1)) {
      // The first start makes Tandem's schema; the engine then does nothing.
      arm.drain();
      PostgresServer server = arm.pair().servers().get(0);
      prepare(server);
      try (Side with = new Side(server, "public", scale);
          Side without = new Side(server, "untraced", scale)) {
        for (int round = 0; round < 20; round++) {
          with.block();
          without.block();
        }
        Samples differences = new Samples();
        Samples base = new Samples();
        for (int round = 0; round < rounds; round++) {
          boolean first = round % 2 == 0;
          double one = first ? with.block() : without.block();
          double other = first ? without.block() : with.block();
          differences.add(first ? one - other : other - one);
          base.add(first ? other : one);
        }
        print(out, base, differences);
      }
    }
  }

  private void print(PrintStream out, Samples base, Samples differences) {
    double more = differences.median();
    out.printf(
        Locale.ROOT,
        "TPC-B, %d blocks of %d transactions: the server's processor time of one is %.1f us without"
            + " triggers, %.1f us more with them (%.1f to %.1f), which is %.1f %%%n",
        rounds,
        BLOCK,
        base.median(),
        more,
        differences.low(),
        differences.high(),
        100 * more / base.median());
  }

  /** Tables with triggers, and beside them the same ones without. */
  private static void prepare(PostgresServer server) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(server.url(ServerPair.DATABASE, ServerPair.ROLE));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA untraced");
      for (String table : TABLES) {
        statement.execute(
            "CREATE TABLE untraced." + table + " (LIKE public." + table + " INCLUDING ALL)");
        statement.execute("INSERT INTO untraced." + table + " SELECT * FROM public." + table);
        statement.execute("ALTER TABLE untraced." + table + " SET (autovacuum_enabled = off)");
        statement.execute("ALTER TABLE public." + table + " SET (autovacuum_enabled = off)");
        statement.execute("SELECT tandem.install_tracing(ARRAY['\"public\".\"" + table + "\"'])");
      }
    }
    server.execute(
        ServerPair.DATABASE,
        "ALTER TABLE untraced.bench_branches SET (fillfactor = 50)",
        "ALTER TABLE untraced.bench_tellers SET (fillfactor = 50)",
        "VACUUM FULL",
        "ANALYZE",
        "CHECKPOINT");
  }

  /** One connection, whose server process is watched. */
  private static final class Side implements AutoCloseable {
    private final Connection connection;
    private final Load.Transaction client;
    private final Path clock;

    Side(PostgresServer server, String schema, int scale) throws SQLException {
      connection =
          DriverManager.getConnection(
              server.url(ServerPair.DATABASE, ServerPair.ROLE) + "&currentSchema=" + schema);
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET synchronous_commit = off");
        try (ResultSet pid = statement.executeQuery("SELECT pg_backend_pid()")) {
          pid.next();
          clock = Path.of("/proc", pid.getString(1), "schedstat");
        }
      }
      connection.setAutoCommit(false);
      client =
          Load.TPC_B.prepare(connection, scale * Arm.ACCOUNTS_PER_BRANCH, new Random(20261123));
    }

    /** Microseconds of the server process for each transaction of a block. */
    double block() throws SQLException, IOException {
      long before = nanos();
      for (int i = 0; i < BLOCK; i++) {
        client.run();
      }
      return (nanos() - before) / 1000.0 / BLOCK;
    }

    /** Time on a processor so far, by the kernel's scheduler; Linux only. */
    private long nanos() throws IOException {
      String text = Files.readString(clock);
      return Long.parseLong(text.substring(0, text.indexOf(' ')));
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }
}
