package org.tandemdb.it.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Collects slices, pair by pair, and prints them as Markdown. */
final class Report {
  /** Load and number of threads. */
  record Row(Load load, int threads) {}

  private static final class Cell {
    final Samples perSecond = new Samples();
    final Samples ratio = new Samples();
    final Samples cpuMicros = new Samples();
    final Samples lag = new Samples();
    final Samples drainMillis = new Samples();
  }

  private final List<String> arms;
  private final Map<Row, List<Cell>> rows = new LinkedHashMap<>();

  /**
   * @param arms their names; the first is what the others are compared with
   */
  Report(List<String> arms) {
    this.arms = List.copyOf(arms);
  }

  /** The slices of one round, one for each arm. */
  void add(Row row, List<Team.Slice> round) {
    List<Cell> cells =
        rows.computeIfAbsent(
            row, key -> new ArrayList<>(arms.stream().map(arm -> new Cell()).toList()));
    for (int i = 0; i < round.size(); i++) {
      Team.Slice slice = round.get(i);
      Cell cell = cells.get(i);
      cell.perSecond.add(slice.perSecond());
      cell.ratio.add(slice.perSecond() / round.get(0).perSecond());
      cell.cpuMicros.add(slice.cpuMicros());
      cell.lag.add(slice.lag());
      cell.drainMillis.add(slice.drainMillis());
    }
  }

  /** The throughput of one row, on a line. */
  String summary(Row row) {
    StringBuilder text = new StringBuilder(row.load() + ", threads " + row.threads() + ":");
    List<Cell> cells = rows.getOrDefault(row, List.of());
    for (int i = 0; i < cells.size(); i++) {
      Cell cell = cells.get(i);
      text.append(i == 0 ? " " : "; ").append(arms.get(i)).append(' ');
      text.append(cell.perSecond.middle(0)).append("/s");
      if (i > 0) {
        text.append(", ").append(cell.ratio.withSpread(2));
      }
      text.append(", CPU ").append(cell.cpuMicros.withSpread(0)).append(" us");
    }
    return text.toString();
  }

  void print(PrintStream out) {
    throughput(out);
    out.println();
    cpu(out);
    out.println();
    lag(out);
  }

  private void throughput(PrintStream out) {
    out.println(
        "Transactions per second, and the ratio to `" + arms.get(0) + "` of the same round:");
    out.println("median (min..max).");
    out.println();
    StringBuilder head = new StringBuilder("| load | threads | " + arms.get(0) + " /s |");
    StringBuilder line = new StringBuilder("| --- | ---: | ---: |");
    for (String arm : arms.subList(1, arms.size())) {
      head.append(" ").append(arm).append(" /s | ratio |");
      line.append(" ---: | ---: |");
    }
    out.println(head + " target |");
    out.println(line + " --- |");
    rows.forEach(
        (row, cells) -> {
          StringBuilder text = start(row);
          text.append(cells.get(0).perSecond.middle(0)).append(" |");
          for (Cell cell : cells.subList(1, cells.size())) {
            text.append(" ").append(cell.perSecond.middle(0)).append(" | ");
            text.append(cell.ratio.withSpread(2)).append(" |");
          }
          out.println(text + " " + target(row, cells.get(cells.size() - 1)) + " |");
        });
  }

  /** The last arm is the one that the targets are for. */
  private static String target(Row row, Cell cell) {
    double wanted = Targets.of(row);
    if (Double.isNaN(wanted)) {
      return "";
    }
    String verdict = cell.ratio.median() >= wanted ? "met" : "**missed**";
    return String.format(Locale.ROOT, ">= %.2f: %s", wanted, verdict);
  }

  private void cpu(PrintStream out) {
    out.println("CPU microseconds per transaction, of this JVM and all servers of the arm, median");
    out.println("(min..max); the replicas' work is included.");
    out.println();
    out.println("| load | threads | " + String.join(" | ", arms) + " |");
    out.println("| --- | ---: |" + " ---: |".repeat(arms.size()));
    rows.forEach(
        (row, cells) -> {
          StringBuilder text = start(row);
          cells.forEach(cell -> text.append(cell.cpuMicros.withSpread(0)).append(" | "));
          out.println(text.toString().stripTrailing());
        });
  }

  private void lag(PrintStream out) {
    out.println("Entries that the replica lacked when the load stopped, and milliseconds until it");
    out.println("had them all, median (min..max): `" + arms.get(arms.size() - 1) + "`.");
    out.println();
    out.println("| load | threads | entries | ms |");
    out.println("| --- | ---: | ---: | ---: |");
    rows.forEach(
        (row, cells) -> {
          Cell cell = cells.get(cells.size() - 1);
          if (row.load() != Load.SELECT) {
            out.println(
                start(row)
                    + cell.lag.withSpread(0)
                    + " | "
                    + cell.drainMillis.withSpread(0)
                    + " |");
          }
        });
  }

  private static StringBuilder start(Row row) {
    return new StringBuilder("| ")
        .append(row.load().name().replace('_', '-'))
        .append(" | ")
        .append(row.threads())
        .append(" | ");
  }

  /** What Tandem with two backends is to reach of the direct connection's throughput. */
  private static final class Targets {
    static double of(Row row) {
      return switch (row.load()) {
        case SELECT -> row.threads() == 8 ? 0.90 : Double.NaN;
        case TPC_B -> row.threads() == 1 ? 1.00 : row.threads() == 16 ? 0.70 : Double.NaN;
        case INSERT -> row.threads() == 16 ? 0.60 : Double.NaN;
        case BATCH -> 0.70;
        case RANGE -> 0.40;
      };
    }
  }
}
