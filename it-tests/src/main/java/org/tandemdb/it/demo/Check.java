package org.tandemdb.it.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Audit;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.it.workload.OrderEntry;
import org.tandemdb.it.workload.Pulse;

/**
 * The demonstration without anybody watching: load, two failures one after the other, then every
 * acknowledged write is looked for and both databases are compared row by row.
 */
final class Check {
  private static final int AUTOCOMMIT_CLIENTS = 5;
  private static final int TRANSACTIONAL_CLIENTS = 3;
  private static final int PROXIED_AUTOCOMMIT_CLIENTS = 2;
  private static final int PROXIED_TRANSACTIONAL_CLIENTS = 1;
  private static final int FAILURES = 2;
  private static final Duration STEADY = Duration.ofSeconds(3);
  private static final Duration REJOIN_LIMIT = Duration.ofSeconds(20);
  private static final int EVENTS_SHOWN = 40;

  /** A write of an application that is there when the primary fails. */
  private static final String PULSE = "UPDATE product SET last_token = 'pulse' WHERE id = 1";

  private final DemoCluster cluster;
  private final DemoCluster proxied;
  private final PrintStream out;
  private final long started = System.nanoTime();
  private final List<Long> failoverMillis = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  /**
   * @param cluster through the driver with its own engine
   * @param proxied another database of the same servers, through the proxy
   */
  Check(DemoCluster cluster, DemoCluster proxied, PrintStream out) {
    this.cluster = cluster;
    this.proxied = proxied;
    this.out = out;
  }

  /** True if nothing was wrong. The last line printed says what was found. */
  boolean run() throws SQLException, IOException, InterruptedException {
    OrderEntry orders = cluster.orders();
    say(
        "load: %d clients that send single statements, %d that enter orders",
        AUTOCOMMIT_CLIENTS, TRANSACTIONAL_CLIENTS);
    orders.start(AUTOCOMMIT_CLIENTS, TRANSACTIONAL_CLIENTS);
    say(
        "through the proxy, another database: %d and %d",
        PROXIED_AUTOCOMMIT_CLIENTS, PROXIED_TRANSACTIONAL_CLIENTS);
    proxied.orders().start(PROXIED_AUTOCOMMIT_CLIENTS, PROXIED_TRANSACTIONAL_CLIENTS);
    TimeUnit.NANOSECONDS.sleep(STEADY.toNanos());
    for (int failures = 0; failures < FAILURES && problems.isEmpty(); failures++) {
      failAndComeBack();
    }
    boolean stopped = orders.stop();
    if (!proxied.orders().stop() || !stopped) {
      problems.add("clients did not end in time");
    }
    say("load stopped; waiting until both servers hold everything");
    for (DemoCluster one : List.of(proxied, cluster)) {
      if (!one.await(
          REJOIN_LIMIT,
          status -> status.backends().stream().allMatch(TandemStatus.Backend::hasEverything))) {
        problems.add("the replica did not catch up in time");
      }
    }
    if (!judge(proxied, " through the proxy")) {
      problems.add("see the verdict of the proxy's clients");
    }
    return judge(cluster, "");
  }

  private void failAndComeBack() throws SQLException, IOException, InterruptedException {
    String name;
    try (Pulse pulse = Pulse.start(cluster.connect(), PULSE)) {
      long before = cluster.orders().progress().acknowledgedWrites();
      DemoCluster.Killed killed = cluster.killPrimary();
      name = killed.name();
      long millis = Math.round(pulse.millisAfter(killed.at()));
      failoverMillis.add(millis);
      say(
          "killed primary %s (SIGKILL to all its processes) after %,d writes;"
              + " the next write succeeded after %d ms",
          name, before, millis);
    }
    TimeUnit.NANOSECONDS.sleep(STEADY.toNanos());
    long restarted = System.nanoTime();
    cluster.startWhatIsDown();
    boolean back = isBack(cluster, name) && isBack(proxied, name);
    say(
        back
            ? "restarted %s: caught up and in service after %d ms"
            : "restarted %s: not in" + " service after %d ms",
        name,
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - restarted));
    TimeUnit.NANOSECONDS.sleep(STEADY.toNanos() / 2);
    if (!back) {
      problems.add("server " + name + " did not come back into service in time");
    }
  }

  private static boolean isBack(DemoCluster one, String server) throws SQLException {
    return one.await(
        REJOIN_LIMIT,
        status ->
            status.backends().stream()
                .anyMatch(backend -> backend.name().equals(server) && backend.isOnline()));
  }

  private boolean judge(DemoCluster cluster, String way) throws SQLException {
    OrderEntry.Progress progress = cluster.orders().progress();
    ServerPair pair = cluster.pair();
    long lost = 0;
    long doubled = 0;
    Comparison comparison;
    List<String> findings = new ArrayList<>();
    try (Connection a = cluster.direct(pair.servers().get(0));
        Connection b = cluster.direct(pair.servers().get(1))) {
      for (Connection one : List.of(a, b)) {
        Audit audit = cluster.orders().audit(one);
        lost = Math.max(lost, audit.lost());
        doubled = Math.max(doubled, audit.doubled());
        String where = "server " + pair.servers().get(one == a ? 0 : 1).name() + ", ";
        audit.findings().forEach(finding -> findings.add(where + finding));
      }
      comparison = Comparison.of(a, b);
      findings.addAll(comparison.findings());
    }
    say(
        "compared%s %d tables with %,d rows; %,d orders entered; %,d transactions begun anew",
        way, comparison.tables(), comparison.rows(), progress.transactions(), progress.begunAnew());
    section(
        "Recoveries",
        cluster.status().lastEvents(EVENTS_SHOWN).stream()
            .filter(event -> event.text().startsWith("recovered") || event.text().contains("ends"))
            .map(event -> event.at() + " " + event.subject() + ": " + event.text())
            .toList());
    boolean good =
        problems.isEmpty()
            && progress.autocommitErrors() == 0
            && progress.transactionErrors() == 0
            && progress.unknownWrites() == 0
            && lost == 0
            && doubled == 0
            && comparison.differing() == 0;
    if (!good) {
      explain(cluster, findings);
    }
    out.printf(
        "%s%s: %,d statements, %d errors seen by autocommit clients, %d by transactional ones,"
            + " %,d acknowledged writes, %d lost, %d doubled, %d unknown, %d rows differ, failover %s ms%n",
        good ? "OK" : "FAILED",
        way,
        progress.statements(),
        progress.autocommitErrors(),
        progress.transactionErrors(),
        progress.acknowledgedWrites(),
        lost,
        doubled,
        progress.unknownWrites(),
        comparison.differing(),
        failoverMillis);
    return good;
  }

  /** All that may help to find the reason. */
  private void explain(DemoCluster cluster, List<String> findings) throws SQLException {
    section("Problems", problems);
    section("First errors seen by clients", cluster.orders().firstErrors());
    section("First findings in the databases", findings);
    TandemStatus status = cluster.status();
    section("Backends", status.backends().stream().map(String::valueOf).toList());
    section(
        "Events",
        status.lastEvents(EVENTS_SHOWN).stream()
            .map(event -> event.at() + " " + event.subject() + ": " + event.text())
            .toList());
    for (PostgresServer server : cluster.pair().servers()) {
      section("Log of server " + server.name(), server.logTail(15).lines().toList());
    }
    section("Tandem's log", Demo.logTail(40));
  }

  private void section(String title, List<String> lines) {
    if (!lines.isEmpty()) {
      out.println("--- " + title);
      lines.forEach(out::println);
    }
  }

  private void say(String format, Object... arguments) {
    double seconds = (System.nanoTime() - started) / 1e9;
    out.printf("%5.1f s  %s%n", seconds, String.format(format, arguments));
    out.flush();
  }
}
