package org.tandemdb.it.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/** {@code ./tandem demo}. See docs/demo.md. */
public final class Demo {
  private static final String USAGE =
      """
      Usage: ./tandem demo [--check] [--seconds N]

      Starts two PostgreSQL servers of its own and Tandem's proxy over them, and enters orders.

        --check      no screen and no keys; one database through the driver with its own engine
                     and another through the proxy. Kills the primary, restarts it, does the same to
                     the other one, then compares the servers row by row with each other and
                     with what the clients were told. Takes less than a minute; exits
                     with 0 only if nothing was lost, doubled or different.
        --seconds N  ends after N seconds (without --check)
      """;

  /** A second database of the same servers, which only the proxy's clients use. */
  private static final String PROXIED = "shop_by_proxy";

  private Demo() {}

  public static void main(String[] args) throws Exception {
    boolean check = false;
    long seconds = Long.MAX_VALUE;
    for (int i = 0; i < args.length; i++) {
      if (args[i].equals("--check")) {
        check = true;
      } else if (args[i].equals("--seconds") && i + 1 < args.length) {
        seconds = Long.parseLong(args[++i]);
      } else {
        boolean asked = args[i].equals("--help") || args[i].equals("-h");
        (asked ? System.out : System.err).print(USAGE);
        System.exit(asked ? 0 : 2);
      }
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path log = Files.createTempFile("tandem-demo-", ".log");
    log.toFile().deleteOnExit();
    logTo(log);
    out.println("Starting two PostgreSQL servers ...");
    boolean good;
    try (ServerPair pair = ServerPair.start(2, Map.of())) {
      good = run(pair, check, seconds, out);
    }
    // The engine's threads linger for a moment after the last connection; nothing waits for them.
    System.exit(good ? 0 : 1);
  }

  private static boolean run(ServerPair pair, boolean check, long seconds, PrintStream out)
      throws SQLException, IOException, InterruptedException {
    pair.createKeeper(); // no client of a proxy may be Tandem's own role
    if (!check) {
      try (DemoProxy proxy = DemoProxy.start(pair, ServerPair.DATABASE);
          DemoCluster cluster = DemoCluster.start(pair, ServerPair.DATABASE, proxy.url())) {
        return new LiveDemo(cluster, proxy, out).run(seconds);
      }
    }
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + PROXIED + " OWNER " + ServerPair.ROLE);
    }
    try (DemoCluster embedded = DemoCluster.start(pair, ServerPair.DATABASE, pair.tandemUrl());
        DemoProxy proxy = DemoProxy.start(pair, PROXIED);
        DemoCluster proxied = DemoCluster.start(pair, PROXIED, proxy.url())) {
      return new Check(embedded, proxied, out).run();
    }
  }

  /** Before the first logger is made: the screen is not for log messages. */
  private static void logTo(Path file) {
    System.setProperty("tandem.log.file", file.toString());
    System.setProperty("logback.configurationFile", "logback-file.xml");
  }

  /** The last lines of what Tandem logged. */
  static List<String> logTail(int lines) {
    try {
      List<String> all =
          Files.readAllLines(Path.of(System.getProperty("tandem.log.file", "tandem.log")));
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (IOException e) {
      return List.of("(no log: " + e.getMessage() + ")");
    }
  }
}
