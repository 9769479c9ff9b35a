package org.tandemdb.it.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.TandemStatus;

/** The demonstration with somebody watching, who kills and restarts servers. */
final class LiveDemo {
  private static final int AUTOCOMMIT_CLIENTS = 3;
  private static final int TRANSACTIONAL_CLIENTS = 2;
  private static final Duration SCREEN_INTERVAL = Duration.ofMillis(500);
  private static final Duration LINE_INTERVAL = Duration.ofSeconds(2);
  private static final Duration KEY_INTERVAL = Duration.ofMillis(50);

  private final DemoCluster cluster;
  private final PrintStream out;
  private final Picture picture;
  private String message = "";
  private String lastEvent = "";

  LiveDemo(DemoCluster cluster, DemoProxy proxy, PrintStream out) {
    this.cluster = cluster;
    this.out = out;
    this.picture = new Picture(cluster.pair(), proxy);
  }

  /** Runs until q is pressed or the time is over; true if no autocommit client saw an error. */
  boolean run(long seconds) throws SQLException, IOException, InterruptedException {
    Terminal terminal = Terminal.open(out);
    Thread hook = new Thread(terminal::close, "restore-terminal");
    Runtime.getRuntime().addShutdownHook(hook);
    try (terminal) {
      if (!terminal.isScreen()) {
        out.print(picture.connections());
        out.println("Enter k to kill the primary, r to restart what is down, q to quit.");
      }
      cluster.orders().start(AUTOCOMMIT_CLIENTS, TRANSACTIONAL_CLIENTS);
      watch(terminal, seconds);
    }
    Runtime.getRuntime().removeShutdownHook(hook);
    out.println("Ending ...");
    cluster.orders().stop();
    cluster.orders().firstErrors().forEach(out::println);
    out.println(picture.summary(cluster.orders().progress()));
    return cluster.orders().progress().autocommitErrors() == 0;
  }

  private void watch(Terminal terminal, long seconds)
      throws SQLException, IOException, InterruptedException {
    long started = System.nanoTime();
    long interval = (terminal.isScreen() ? SCREEN_INTERVAL : LINE_INTERVAL).toNanos();
    long next = started;
    while (System.nanoTime() - started < TimeUnit.SECONDS.toNanos(Math.min(seconds, 1 << 30))) {
      for (char key : terminal.keys().toCharArray()) {
        if (key == 'q') {
          return;
        }
        press(key);
        next = System.nanoTime();
      }
      if (System.nanoTime() >= next) {
        show(terminal);
        next += interval;
      }
      TimeUnit.NANOSECONDS.sleep(KEY_INTERVAL.toNanos());
    }
  }

  private void press(char key) throws IOException, InterruptedException {
    switch (key) {
      case 'k' -> {
        try {
          message = "Killed the primary, " + cluster.killPrimary().name() + ".";
        } catch (SQLException e) {
          message = "Nothing to kill: " + e.getMessage();
        }
      }
      case 'r' -> {
        List<String> down = cluster.pair().down().stream().map(PostgresServer::name).toList();
        cluster.startWhatIsDown();
        message =
            down.isEmpty() ? "All servers run." : "Restarted " + String.join(", ", down) + ".";
      }
      default -> {
        return;
      }
    }
  }

  private void show(Terminal terminal) {
    TandemStatus status;
    try {
      status = cluster.status();
    } catch (SQLException e) {
      message = "No status: " + e.getMessage();
      return;
    }
    if (terminal.isScreen()) {
      terminal.draw(picture.screen(status, cluster.orders().progress(), message));
      return;
    }
    out.print(picture.table(status));
    out.println(picture.summary(cluster.orders().progress()));
    List<TandemStatus.Event> fresh =
        status.distinctEvents().stream()
            .filter(event -> event.at().compareTo(lastEvent) > 0)
            .toList();
    out.print(Picture.events(fresh));
    if (!fresh.isEmpty()) {
      lastEvent = fresh.get(fresh.size() - 1).at();
    }
    if (!message.isEmpty()) {
      out.println(message);
      message = "";
    }
    out.flush();
  }
}
