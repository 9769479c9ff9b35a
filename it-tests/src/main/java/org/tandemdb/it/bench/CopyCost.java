package org.tandemdb.it.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.postgresql.PGConnection;
import org.tandemdb.jdbc.CopyApi;

/**
 * What COPY into a table like pgbench's accounts takes through Tandem, in turns with a direct
 * connection to a server of its own. The table is emptied before each.
 */
final class CopyCost {
  private static final String COPY = "COPY bench_copies FROM STDIN";
  private static final String TRACED = COPY + " WHERE aid > 0";

  private final int rows;
  private final int rounds;
  private final byte[] data;

  private CopyCost(int rows, int rounds) {
    this.rows = rows;
    this.rounds = rounds;
    StringBuilder text = new StringBuilder(rows * 100);
    for (int i = 1; i <= rows; i++) {
      text.append(i).append('\t').append(i / 1000).append("\t0\t").append("x".repeat(84));
      text.append('\n');
    }
    this.data = text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @param rounds each with a COPY on each arm
   */
  static void run(PrintStream out, boolean quick, int rounds)
      throws SQLException, IOException, InterruptedException {
    int turns = rounds > 0 ? rounds : quick ? 3 : 10;
    new CopyCost(quick ? 10_000 : 100_000, turns).measure(out);
  }

  private void measure(PrintStream out) throws SQLException, IOException, InterruptedException {
    List<Arm> arms = new ArrayList<>();
    try {
      arms.add(Arm.direct("direct", 1, "on"));
      arms.add(Arm.tandem("Tandem, 1 backend", 1, 1));
      arms.add(Arm.tandem("Tandem, 2 backends", 1, 2));
      compare(out, arms);
    } finally {
      arms.forEach(Arm::close);
    }
  }

  private void compare(PrintStream out, List<Arm> arms) throws SQLException, IOException {
    List<Turn> turns = new ArrayList<>();
    try {
      for (Arm arm : arms) {
        turns.add(new Turn(arm, COPY, arm.name()));
      }
      turns.add(new Turn(arms.get(2), TRACED, "Tandem, 2 backends, TRACED"));
      for (Turn turn : turns) {
        turn.prepare();
        turn.copy(); // warms up
      }
      for (int round = 0; round < rounds; round++) {
        double direct = turns.get(0).copy();
        turns.get(0).took(direct, direct);
        for (Turn turn : turns.subList(1, turns.size())) {
          turn.took(turn.copy(), direct);
        }
      }
    } finally {
      for (Turn turn : turns) {
        turn.connection.close();
      }
    }
    out.printf(Locale.ROOT, "COPY of %,d rows, %d rounds:%n", rows, rounds);
    for (Turn turn : turns) {
      out.printf(
          Locale.ROOT,
          "  %-28s %s ms, to direct %s%s%n",
          turn.name,
          turn.millis.withSpread(0),
          turn.ratio.withSpread(2),
          turn.drained.median() > 0 ? "; on every copy after " + turn.drained.withSpread(0) : "");
    }
  }

  /** One way to do it. */
  private final class Turn {
    private final Arm arm;
    private final String sql;
    private final String name;
    private final Connection connection;
    private final Samples millis = new Samples();
    private final Samples ratio = new Samples();
    private final Samples drained = new Samples();

    Turn(Arm arm, String sql, String name) throws SQLException {
      this.arm = arm;
      this.sql = sql;
      this.name = name;
      this.connection = arm.connect();
    }

    void prepare() throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "CREATE TABLE IF NOT EXISTS bench_copies (aid int PRIMARY KEY, bid int,"
                + " abalance int, filler char(84))");
      }
    }

    /** In milliseconds, until the client has its answer. */
    double copy() throws SQLException, IOException {
      try (Statement statement = connection.createStatement()) {
        statement.execute("TRUNCATE bench_copies");
      }
      arm.drain();
      InputStream from = new ByteArrayInputStream(data);
      long began = System.nanoTime();
      long taken =
          arm.isTandem()
              ? connection.unwrap(CopyApi.class).copyIn(sql, from)
              : connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql, from);
      double took = (System.nanoTime() - began) / 1e6;
      if (taken != rows) {
        throw new SQLException(taken + " rows were taken of " + rows);
      }
      if (arm.isTandem()) {
        arm.drain();
        drained.add((System.nanoTime() - began) / 1e6);
      }
      return took;
    }

    void took(double took, double direct) {
      millis.add(took);
      ratio.add(took / direct);
    }
  }
}
