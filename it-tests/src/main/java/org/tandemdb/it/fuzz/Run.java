package org.tandemdb.it.fuzz;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** Runs one case and judges it. One thread, which waits for those that it starts. */
final class Run {
  /**
   * @param problems empty if all is well
   * @param history of all threads
   */
  record Verdict(List<Problem> problems, List<String> history) {
    boolean good() {
      return problems.isEmpty();
    }
  }

  /** A case takes a second or two; with a crash in it, some more. */
  private volatile boolean crashed;

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(30);
  private static final long POLL_NANOS = Duration.ofMillis(2).toNanos();
  private static final int CRASH_PERCENT = 40;

  private final Case one;
  private final Arena arena;
  private final Arena.Place place;
  private final Findings findings;
  private final List<Connection> connections = new ArrayList<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "fuzz player");
            thread.setDaemon(true);
            return thread;
          });

  private Run(Case one, Arena arena, Arena.Place place, Findings findings) {
    this.one = one;
    this.arena = arena;
    this.place = place;
    this.findings = findings;
  }

  /** Runs it at a place of its own. */
  static Verdict of(Case one, Arena arena, Tally tally)
      throws SQLException, IOException, InterruptedException {
    Findings findings = new Findings(one, tally);
    try (Arena.Place place = arena.place(one)) {
      Run run = new Run(one, arena, place, findings);
      try {
        run.run();
      } finally {
        run.close();
      }
    }
    return new Verdict(findings.problems(), findings.history().lines());
  }

  private void run() throws SQLException, IOException, InterruptedException {
    Connection status;
    try {
      status = connect();
    } catch (SQLException e) {
      findings.problem("does not start", e.getSQLState() + " " + e.getMessage());
      return;
    }
    Optional<Connection> plain = place.plain();
    plain.ifPresent(connections::add);
    if (play(List.of(one.prologue()), 0, plain, 0) && play(one.threads(), 1, plain, crashAt())) {
      for (Connection connection : connections) {
        if (connection != status) {
          connection.close();
        }
      }
      if (settled(status)) {
        compare();
      }
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = place.connect();
    connections.add(connection);
    return connection;
  }

  /** A statement may have drawn numbers before it was refused, and the plain one was not run. */
  private void alignSequences() {
    try (Connection tandem = place.direct(0);
        Connection plain = place.plainDirect().orElseThrow()) {
      Sequences.copy(tandem, plain);
    } catch (SQLException e) {
      findings.problem("sequences cannot be copied", e.getSQLState() + " " + e.getMessage());
    }
  }

  /** After how many steps the primary is killed; 0 for never. */
  private int crashAt() {
    int steps = one.threads().stream().mapToInt(List::size).sum();
    return one.mode() == Case.Mode.CRASH
        ? Math.max(1, findings.steps() + steps * CRASH_PERCENT / 100)
        : 0;
  }

  /** Runs threads at the same time; false if one does not end. */
  private boolean play(List<List<Step>> all, int first, Optional<Connection> plain, int crashAt)
      throws SQLException, IOException, InterruptedException {
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      List<Step> steps = all.get(i);
      Player player =
          new Player(first + i, connect(), connect(), plain, this::alignSequences, findings);
      running.add(threads.submit(() -> player.play(steps)));
    }
    long deadline = System.nanoTime() + LIMIT.toNanos();
    if (crashAt > 0) {
      while (findings.steps() < crashAt && running.stream().anyMatch(r -> !r.isDone())) {
        if (System.nanoTime() > deadline) {
          break;
        }
        LockSupport.parkNanos(POLL_NANOS / 10);
      }
      crash();
    }
    for (Future<?> one : running) {
      try {
        one.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        findings.problem("hang", Hangs.describe(arena.pair().servers()));
        return false;
      } catch (ExecutionException e) {
        findings.problem("player failed", String.valueOf(e.getCause()));
        e.printStackTrace();
      }
    }
    return true;
  }

  /** Kills the primary with all its processes, and starts it again on what is left. */
  private void crash() throws SQLException, IOException, InterruptedException {
    Optional<String> primary = TandemStatus.read(connections.get(0)).primary();
    if (primary.isPresent()) {
      PostgresServer server = arena.pair().server(primary.get());
      long began = System.nanoTime();
      server.restart();
      crashed = true;
      findings.history().add(0, began, "kill -9 of primary " + primary.get(), "started again");
    }
  }

  /**
   * A server that is back before anybody has missed it is taken for what it was until it is used:
   * an entry that every copy must have makes that sure.
   */
  private static void useEveryCopy(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("COMMENT ON SCHEMA public IS NULL");
    }
  }

  /** Waits until all copies hold everything; false if that will never be. */
  private boolean settled(Connection connection) throws SQLException {
    if (crashed) {
      useEveryCopy(connection);
    }
    long deadline = System.nanoTime() + SETTLE_LIMIT.toNanos();
    while (true) {
      TandemStatus status = TandemStatus.read(connection);
      if (status.backends().stream().allMatch(TandemStatus.Backend::hasEverything)) {
        return true;
      }
      boolean diverged = status.backends().stream().anyMatch(b -> b.state().equals("DIVERGED"));
      if (diverged || System.nanoTime() > deadline) {
        findings.problem(
            diverged ? "diverged" : "does not settle",
            status.backends() + "\n  " + status.lastEvents(12));
        return false;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private void compare() throws SQLException {
    try (Connection a = place.direct(0);
        Connection b = place.direct(1)) {
      Copies.problems(a, b).forEach(p -> findings.problem(p.kind(), p.text()));
      Optional<Connection> plain = place.plainDirect();
      if (plain.isPresent() && !findings.isInconclusive()) {
        try (Connection reference = plain.get()) {
          Comparison rows = Comparison.of(reference, a);
          if (rows.differing() > 0) {
            findings.problem(
                "rows not PostgreSQL's",
                "first: PostgreSQL\n  " + String.join("\n  ", rows.findings()));
          }
        }
      }
    }
  }

  private void close() {
    threads.shutdownNow();
    for (Connection connection : connections) {
      try {
        if (findings.problems().stream().anyMatch(p -> p.kind().equals("hang"))) {
          connection.abort(Runnable::run);
        } else {
          connection.close();
        }
      } catch (SQLException e) {
        findings.problem("close fails", e.getSQLState() + " " + e.getMessage());
      }
    }
  }
}
