package org.tandemdb.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;

/** Reads a table of a million rows, in a JVM with a small heap. See {@link LargeRead}. */
final class LargeReadPhase {
  private static final int ROWS = 1_000_000;
  private static final int FETCH_SIZE = 1_000;
  private static final int WARM_UPS = 2;

  private LargeReadPhase() {}

  /** Arguments: the direct URL, Tandem's, and how many pairs. */
  public static void main(String[] args) throws SQLException {
    int pairs = Integer.parseInt(args[2]);
    try (Connection direct = DriverManager.getConnection(args[0]);
        Connection tandem = DriverManager.getConnection(args[1])) {
      for (int i = 0; i < WARM_UPS; i++) {
        read(direct);
        read(tandem);
      }
      Samples directMillis = new Samples();
      Samples tandemMillis = new Samples();
      Samples ratio = new Samples();
      Samples directCpu = new Samples();
      Samples tandemCpu = new Samples();
      for (int i = 0; i < pairs; i++) {
        Took first = read(i % 2 == 0 ? direct : tandem);
        Took second = read(i % 2 == 0 ? tandem : direct);
        Took throughDirect = i % 2 == 0 ? first : second;
        Took throughTandem = i % 2 == 0 ? second : first;
        directMillis.add(throughDirect.millis());
        tandemMillis.add(throughTandem.millis());
        ratio.add(throughDirect.millis() / throughTandem.millis());
        directCpu.add(throughDirect.cpuMillis());
        tandemCpu.add(throughTandem.cpuMillis());
      }
      System.out.printf(
          Locale.ROOT,
          "%,d rows of four columns, fetch size %,d, heap of %d MiB, %d pairs, ms:%n"
              + "  direct %s%n  Tandem, 2 backends %s%n  throughput to direct %s%n"
              + "  processor time of the thread that reads: direct %s, Tandem %s%n",
          ROWS,
          FETCH_SIZE,
          Runtime.getRuntime().maxMemory() >> 20,
          pairs,
          directMillis.withSpread(0),
          tandemMillis.withSpread(0),
          ratio.withSpread(2),
          directCpu.withSpread(0),
          tandemCpu.withSpread(0));
      HeapWatch heap = new HeapWatch();
      long before = heap.nowMib();
      read(tandem);
      read(tandem);
      System.out.printf(
          Locale.ROOT,
          "  reachable before %d MiB, at most while the rows were read %d MiB%n",
          before,
          heap.peakMib());
    }
    System.exit(0);
  }

  /**
   * What a read took.
   *
   * @param cpuMillis of its thread: what others do on the machine is not in it
   */
  private record Took(double millis, double cpuMillis) {}

  private static Took read(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long cpuBefore = threads.getCurrentThreadCpuTime();
    long began = System.nanoTime();
    long sum = 0;
    int count = 0;
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(FETCH_SIZE);
      try (ResultSet rows =
          statement.executeQuery("SELECT aid, bid, abalance, filler FROM bench_accounts")) {
        while (rows.next()) {
          sum += (long) rows.getInt(1) + rows.getInt(2) + rows.getInt(3);
          sum += rows.getString(4).length();
          count++;
        }
      }
    }
    connection.commit();
    double took = (System.nanoTime() - began) / 1e6;
    double cpu = (threads.getCurrentThreadCpuTime() - cpuBefore) / 1e6;
    if (count != ROWS || sum == 0) {
      throw new SQLException(count + " rows were read of " + ROWS);
    }
    return new Took(took, cpu);
  }
}
