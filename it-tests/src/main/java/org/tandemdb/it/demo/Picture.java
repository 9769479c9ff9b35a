package org.tandemdb.it.demo;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.OrderEntry;

/** What the demonstration shows, as text. Keeps the last counters to show rates. */
final class Picture {
  private static final int EVENTS = 10;
  private static final int TEXT_WIDTH = 72;
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

  private final ServerPair pair;
  private final DemoProxy proxy;
  private final Map<String, long[]> lastCounters = new HashMap<>();
  private long lastNanos = System.nanoTime();

  Picture(ServerPair pair, DemoProxy proxy) {
    this.pair = pair;
    this.proxy = proxy;
  }

  /** How to connect. */
  String connections() {
    StringBuilder text = new StringBuilder();
    for (PostgresServer server : pair.servers()) {
      text.append(
          String.format(
              "server %s     psql 'postgresql://%s@127.0.0.1:%d/%s'%n" + "             %s%n",
              server.name(),
              ServerPair.ROLE,
              server.port(),
              ServerPair.DATABASE,
              server.url(ServerPair.DATABASE, ServerPair.ROLE)));
    }
    return text + proxy.connections();
  }

  /** The whole screen. */
  String screen(TandemStatus status, OrderEntry.Progress progress, String message) {
    return "Tandem demo: two PostgreSQL servers, one database\n\n"
        + connections()
        + "\n"
        + table(status)
        + "\n"
        + summary(progress)
        + "\n\nRecent events\n"
        + events(status.lastEvents(EVENTS))
        + "\n"
        + message
        + "\n\n[k] kill the primary (SIGKILL)   [r] restart what is down   [q] quit\n";
  }

  String table(TandemStatus status) {
    double seconds = Math.max(1e-3, (System.nanoTime() - lastNanos) / 1e9);
    lastNanos = System.nanoTime();
    StringBuilder text =
        new StringBuilder(
            String.format(
                "%-8s %-8s %-12s %-12s %11s %7s %8s %8s  %s%n",
                "backend",
                "role",
                "state",
                "position",
                "lag entries",
                "lag s",
                "reads/s",
                "writes/s",
                "note"));
    for (TandemStatus.Backend backend : status.backends()) {
      long[] now = {backend.reads(), backend.writes()};
      long[] last = lastCounters.getOrDefault(backend.name(), now);
      lastCounters.put(backend.name(), now);
      text.append(
          String.format(
              Locale.ROOT,
              "%-8s %-8s %-12s %-12s %11s %7s %8.0f %8.0f  %s%n",
              backend.name(),
              backend.role(),
              backend.state(),
              backend.position(),
              backend.lagEntries().map(String::valueOf).orElse("?"),
              backend.lagSeconds(),
              (now[0] - last[0]) / seconds,
              (now[1] - last[1]) / seconds,
              brief(backend.note())));
    }
    return text.toString();
  }

  String summary(OrderEntry.Progress progress) {
    return String.format(
        "%,d statements, %,d writes acknowledged, %,d orders; errors seen by autocommit clients: %d;"
            + " transactions begun anew: %d",
        progress.statements(),
        progress.acknowledgedWrites(),
        progress.transactions(),
        progress.autocommitErrors(),
        progress.begunAnew());
  }

  static String events(List<TandemStatus.Event> events) {
    StringBuilder text = new StringBuilder();
    for (TandemStatus.Event event : events) {
      text.append(
          String.format("  %s  %-8s %s%n", clock(event), event.subject(), brief(event.text())));
    }
    return text.toString();
  }

  /** What has room in a line. */
  private static String brief(String text) {
    String line = text.lines().findFirst().orElse("");
    return line.length() <= TEXT_WIDTH ? line : line.substring(0, TEXT_WIDTH - 3) + "...";
  }

  private static String clock(TandemStatus.Event event) {
    try {
      return CLOCK.format(Instant.parse(event.at()));
    } catch (DateTimeParseException e) {
      return event.at();
    }
  }
}
