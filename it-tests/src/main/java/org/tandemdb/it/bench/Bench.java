package org.tandemdb.it.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** {@code ./tandem bench}. See docs/performance.md. */
public final class Bench {
  private static final String USAGE =
      """
      Usage: ./tandem bench [--pairs N] [--quick] [--only LOAD:THREADS,...]
             ./tandem bench planning
             ./tandem bench tracing [--pairs N] [--quick]
             ./tandem bench copy [--pairs N] [--quick]
             ./tandem bench large [--pairs N] [--heap MiB]
             ./tandem bench memory [--heap MiB] [--log MiB] [--limit MiB]
             ./tandem bench peers [--rounds N] [--seconds N] [--warm-up N] [--scale N]
                                  [--only LOAD:CLIENTS,...]
             ./tandem bench proxy [--idle N] [--read MiB] [--rate MiB] [--heap MiB]

      Measures Tandem with one and with two backends against direct connections, in turns on
      servers of their own, and prints the ratios as Markdown.

        --pairs N   rounds for each load, each with all arms (10)
        --only      some loads, as select:8,tpc_b:16,insert:1,batch:1,select:200,failover
        --quick     3 short rounds on little data, to see that it works
        planning    what planning a statement costs, with and without caches (JMH)
        tracing     what the triggers on every table cost while nothing is traced
        copy        COPY of 100,000 rows, and the same TRACED
        large       a million rows read with a fetch size of 1,000 in a small heap
        memory      a long log and large transactions in a small heap
        peers       the proxy beside PgBouncer, pgpool and a synchronous standby, by pgbench
        proxy       a proxy's memory with many idle clients, and one that reads slowly
      """;

  private static final String FAILOVER = "failover";
  private static final List<Report.Row> ROWS =
      List.of(
          new Report.Row(Load.SELECT, 1),
          new Report.Row(Load.SELECT, 8),
          new Report.Row(Load.SELECT, 32),
          new Report.Row(Load.TPC_B, 1),
          new Report.Row(Load.TPC_B, 8),
          new Report.Row(Load.TPC_B, 16),
          new Report.Row(Load.INSERT, 1),
          new Report.Row(Load.INSERT, 16),
          new Report.Row(Load.BATCH, 1),
          new Report.Row(Load.RANGE, 1),
          new Report.Row(Load.SELECT, Arm.CONNECTIONS),
          new Report.Row(Load.TPC_B, Arm.CONNECTIONS));

  private final Duration slice;
  private final Duration warmUp;
  private final int scale;
  private final int pairs;
  private final int failovers;
  private final List<String> only;
  private final PrintStream out;

  private Bench(boolean quick, int pairs, List<String> only, PrintStream out) {
    this.slice = Duration.ofMillis(quick ? 300 : 1800);
    this.warmUp = Duration.ofMillis(quick ? 200 : 3000);
    this.scale = quick ? 1 : 10;
    this.pairs = pairs;
    this.failovers = quick ? 1 : 5;
    this.only = List.copyOf(only);
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    boolean quick = false;
    boolean tracing = false;
    boolean copy = false;
    int pairs = 0;
    List<String> only = List.of();
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("planning") && args.length == 1) {
        planning();
        return;
      } else if (args[i].equals("memory") && i == 0) {
        System.exit(Memory.run(List.of(args).subList(1, args.length)) ? 0 : 1);
      } else if (args[i].equals("peers") && i == 0) {
        System.exit(Peers.run(List.of(args).subList(1, args.length)) ? 0 : 1);
      } else if (args[i].equals("proxy") && i == 0) {
        System.exit(ProxyMemory.run(List.of(args).subList(1, args.length)) ? 0 : 1);
      } else if (args[i].equals("large") && i == 0) {
        System.exit(LargeRead.run(List.of(args).subList(1, args.length)) ? 0 : 1);
      } else if (args[i].equals("tracing") && i == 0) {
        tracing = true;
      } else if (args[i].equals("copy") && i == 0) {
        copy = true;
      } else if (args[i].equals("--quick")) {
        quick = true;
      } else if (args[i].equals("--pairs") && i + 1 < args.length) {
        pairs = Integer.parseInt(args[++i]);
      } else if (args[i].equals("--only") && i + 1 < args.length) {
        only = List.of(args[++i].toLowerCase(Locale.ROOT).split(","));
      } else {
        boolean asked = args[i].equals("--help") || args[i].equals("-h");
        (asked ? System.out : System.err).print(USAGE);
        System.exit(asked ? 0 : 2);
      }
    }
    List<String> unknown = only.stream().filter(load -> !isKnown(load)).toList();
    if (!unknown.isEmpty()) {
      System.err.println("bench: no such load: " + unknown);
      System.err.print(USAGE);
      System.exit(2);
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (tracing) {
      TracingCost.run(out, quick, pairs);
      System.exit(0);
    }
    if (copy) {
      CopyCost.run(out, quick, pairs);
      System.exit(0);
    }
    new Bench(quick, pairs > 0 ? pairs : quick ? 3 : 10, only, out).run();
    System.exit(0);
  }

  private static boolean isKnown(String load) {
    return load.equals(FAILOVER) || ROWS.stream().anyMatch(row -> name(row).equals(load));
  }

  private static String name(Report.Row row) {
    return (row.load() + ":" + row.threads()).toLowerCase(Locale.ROOT);
  }

  private static void planning() throws RunnerException {
    new Runner(new OptionsBuilder().include(PlanningBenchmark.class.getSimpleName()).build()).run();
  }

  private void run() throws SQLException, IOException, InterruptedException {
    long started = System.nanoTime();
    List<Arm> arms = new ArrayList<>();
    try {
      progress("filling five servers, scale " + scale);
      arms.add(Arm.direct("direct", scale, "on"));
      arms.add(Arm.direct("direct, synchronous_commit off", scale, "off"));
      arms.add(Arm.tandem("Tandem, 1 backend", scale, 1));
      arms.add(Arm.tandem("Tandem, 2 backends", scale, 2));
      measure(arms, started);
    } finally {
      arms.forEach(Arm::close);
    }
  }

  private void measure(List<Arm> arms, long started)
      throws SQLException, IOException, InterruptedException {
    List<String> facts = Machine.facts(arms.get(0));
    Report report = new Report(arms.stream().map(Arm::name).toList());
    for (Report.Row row : ROWS) {
      if (asked(row.load() + ":" + row.threads())) {
        rounds(arms, report, row);
        progress(report.summary(row));
      }
    }
    Samples failover = new Samples();
    if (asked(FAILOVER)) {
      progress("killing primaries");
      failover = Failovers.measure(arms.get(arms.size() - 1), accounts(), failovers);
    }
    out.printf(
        Locale.ROOT,
        "%nMeasured in %d s: %d rounds of %d ms for each arm and load, scale %d.%n%n",
        (System.nanoTime() - started) / 1_000_000_000L,
        pairs,
        slice.toMillis(),
        scale);
    facts.forEach(fact -> out.println("- " + fact));
    out.println();
    report.print(out);
    out.println();
    if (asked(FAILOVER)) {
      out.println(
          "From `kill -9` of the primary's processes to the first success of a write sent after"
              + " it, ms:");
      out.println(failover.withSpread(0) + ", of " + failovers + ".");
    }
  }

  private boolean asked(String what) {
    return only.isEmpty() || only.contains(what.toLowerCase(Locale.ROOT));
  }

  /** All arms in turns, the order reversed every other round. */
  private void rounds(List<Arm> arms, Report report, Report.Row row)
      throws SQLException, InterruptedException {
    progress(row.load() + ", threads " + row.threads());
    List<Team> teams = new ArrayList<>();
    try {
      for (Arm arm : arms) {
        Team team = new Team(arm, row.load(), row.threads(), accounts());
        teams.add(team);
        team.run(warmUp);
      }
      for (int round = 0; round < pairs; round++) {
        Team.Slice[] slices = new Team.Slice[teams.size()];
        for (int i = 0; i < slices.length; i++) {
          int turn = round % 2 == 0 ? i : slices.length - 1 - i;
          slices[turn] = teams.get(turn).run(slice);
        }
        report.add(row, List.of(slices));
      }
    } finally {
      for (Team team : teams) {
        team.close();
      }
    }
  }

  private int accounts() {
    return scale * Arm.ACCOUNTS_PER_BRANCH;
  }

  private static void progress(String what) {
    System.err.println("bench: " + what);
  }
}
