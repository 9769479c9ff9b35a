package org.tandemdb.it.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ./tandem bench peers}: the proxy beside direct connections, a synchronous standby,
 * PgBouncer and pgpool, by pgbench, in turns.
 */
final class Peers {
  private static final String USAGE =
      """
      Usage: ./tandem bench peers [--rounds N] [--seconds N] [--warm-up N] [--scale N]
                                  [--only LOAD:CLIENTS,...]

        --rounds    of each load, with all peers in turn (3)
        --seconds   of each run (4)
        --warm-up   seconds of each load before it is measured (20), for caches and JIT compilers
        --scale     of pgbench's tables (10)
        --only      some loads, as select:8,select-simple:8,tpcb:32

      Needs pgbench. PgBouncer and pgpool are left out where they are not installed.
      """;

  private static final Map<String, List<String>> LOADS =
      Map.of(
          "select", List.of("-S", "-M", "prepared"),
          "select-simple", List.of("-S", "-M", "simple"),
          "tpcb", List.of("-M", "prepared", "--max-tries=10"));

  private static final List<String> ROWS =
      List.of(
          "select:1",
          "select:8",
          "select:32",
          "select:128",
          "select-simple:1",
          "select-simple:8",
          "select-simple:32",
          "tpcb:1",
          "tpcb:8",
          "tpcb:32");

  private final PgBench bench;
  private final PrintStream out;
  private final int rounds;
  private final int seconds;
  private final int warmUp;
  private final int scale;
  private final List<Peer> peers = new ArrayList<>();

  private Peers(PgBench bench, PrintStream out, int rounds, int seconds, int warmUp, int scale) {
    this.bench = bench;
    this.out = out;
    this.rounds = rounds;
    this.seconds = seconds;
    this.warmUp = warmUp;
    this.scale = scale;
  }

  /** What one peer did in all rounds of a load. */
  private static final class Tally {
    final Samples rate = new Samples();
    final Samples ratio = new Samples();
    final Samples middleMicros = new Samples();
    final Samples serverMicros = new Samples();
    long failed;
  }

  /** True if it came to its end. */
  static boolean run(List<String> arguments) throws Exception {
    Map<String, Integer> numbers =
        new LinkedHashMap<>(Map.of("--rounds", 3, "--seconds", 4, "--warm-up", 20, "--scale", 10));
    List<String> rows = ROWS;
    for (int i = 0; i < arguments.size(); i += 2) {
      String name = arguments.get(i);
      boolean known = numbers.containsKey(name) || name.equals("--only");
      if (!known || i + 1 == arguments.size()) {
        System.err.print(USAGE);
        return false;
      }
      if (name.equals("--only")) {
        rows = List.of(arguments.get(i + 1).toLowerCase(Locale.ROOT).split(",", -1));
      } else {
        numbers.put(name, Integer.valueOf(arguments.get(i + 1)));
      }
    }
    if (!ROWS.containsAll(rows)) {
      System.err.println("bench: loads are " + ROWS);
      return false;
    }
    Optional<PgBench> bench = PgBench.installed();
    if (bench.isEmpty()) {
      System.err.println("bench: pgbench is not installed (Debian: postgresql)");
      return false;
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Peers all =
        new Peers(
            bench.get(),
            out,
            numbers.getOrDefault("--rounds", 3),
            numbers.getOrDefault("--seconds", 4),
            numbers.getOrDefault("--warm-up", 20),
            numbers.getOrDefault("--scale", 10));
    try {
      all.open();
      all.measure(rows);
    } finally {
      all.peers.forEach(Peer::close);
    }
    return true;
  }

  private void open() throws IOException, InterruptedException, SQLException {
    System.err.println("filling the servers, scale " + scale);
    peers.add(Peer.direct(bench, scale));
    peers.add(Peer.tandem(bench, scale, 1));
    peers.add(Peer.tandem(bench, scale, 2));
    peers.add(Peer.standby(bench, scale));
    Optional<Path> pgbouncer = Programs.find("pgbouncer");
    if (pgbouncer.isPresent()) {
      peers.add(Peer.pgbouncer(bench, scale, pgbouncer.get()));
    } else {
      out.println("PgBouncer is not installed, and left out.");
    }
    Optional<Path> pgpool = Programs.find("pgpool");
    if (pgpool.isPresent()) {
      peers.add(Peer.pgpool(bench, scale, pgpool.get()));
    } else {
      out.println("pgpool is not installed, and left out.");
    }
  }

  private void measure(List<String> rows) throws IOException, InterruptedException {
    out.println(
        "| load | clients | peer | per second (least..most) | of direct | µs of processor time in"
            + " the middle | at the servers | failed |");
    out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (String row : rows) {
      int colon = row.indexOf(':');
      String load = row.substring(0, colon);
      int clients = Integer.parseInt(row.substring(colon + 1));
      List<String> options = LOADS.getOrDefault(load, List.of());
      Map<Peer, Tally> tallies = new LinkedHashMap<>();
      for (Peer peer : peers) {
        tallies.put(peer, new Tally());
        bench.measure(peer.address(), options, clients, warmUp);
      }
      for (int round = 0; round < rounds; round++) {
        double direct = Double.NaN;
        for (Map.Entry<Peer, Tally> one : tallies.entrySet()) {
          double rate = measure(one.getKey(), one.getValue(), options, clients);
          direct = Double.isNaN(direct) ? rate : direct; // it is the first
          one.getValue().ratio.add(rate / direct);
        }
      }
      tallies.forEach(
          (peer, tally) ->
              out.printf(
                  Locale.ROOT,
                  "| %s | %d | %s | %s | %s | %s | %s | %d |%n",
                  load,
                  clients,
                  peer.name(),
                  tally.rate.withSpread(0),
                  tally.ratio.withSpread(2),
                  tally.middleMicros.middle(0),
                  tally.serverMicros.middle(0),
                  tally.failed));
    }
    out.println();
    for (Peer peer : peers) {
      if (!peer.middle().isEmpty()) {
        out.printf("%s held %d MiB at the end.%n", peer.name(), peer.residentMib());
      }
    }
  }

  private double measure(Peer peer, Tally tally, List<String> options, int clients)
      throws IOException, InterruptedException {
    double middle = CpuClock.secondsOf(peer.middle());
    double servers = CpuClock.secondsOf(peer.servers());
    PgBench.Result result = bench.measure(peer.address(), options, clients, seconds);
    double count = result.perSecond() * seconds;
    tally.rate.add(result.perSecond());
    tally.middleMicros.add(1e6 * (CpuClock.secondsOf(peer.middle()) - middle) / count);
    tally.serverMicros.add(1e6 * (CpuClock.secondsOf(peer.servers()) - servers) / count);
    tally.failed += result.failed();
    return result.perSecond();
  }
}
