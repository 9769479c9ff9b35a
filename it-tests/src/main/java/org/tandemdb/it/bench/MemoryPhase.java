package org.tandemdb.it.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;

/** One phase of {@link Memory}, in a JVM whose heap is bounded. */
final class MemoryPhase {
  static final String FILL = "fill";
  static final String CATCH_UP = "catch-up";
  static final String LARGE = "large";

  private static final int WIDE_CLIENTS = 6;
  private static final int NARROW_CLIENTS = 1;
  private static final int WIDE_CHARACTERS = 8_000;

  /** Nearly as many as one entry may hold before it is staged. */
  private static final int NARROW_ROWS = 1_000;

  private static final int BULK_CHARACTERS = 8_000;
  private static final Duration LIMIT = Duration.ofMinutes(15);
  private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();

  private final String url;
  private final Path log;
  private final long bytes;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final HeapWatch heap = new HeapWatch();

  private MemoryPhase(String url, Path log, long bytes) {
    this.url = url;
    this.log = log;
    this.bytes = bytes;
  }

  /**
   * @param args phase, MiB, Tandem's URL, directory of the log
   */
  public static void main(String[] args) throws Exception {
    MemoryPhase phase =
        new MemoryPhase(args[2], Path.of(args[3]), Long.parseLong(args[1]) * (1 << 20));
    switch (args[0]) {
      case FILL -> phase.fill();
      case CATCH_UP -> phase.catchUp();
      case LARGE -> phase.large();
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.exit(0);
  }

  static void createTables(PostgresServer server) throws SQLException {
    server.execute(
        ServerPair.DATABASE,
        "SET ROLE " + ServerPair.ROLE,
        "CREATE TABLE wide (id bigserial PRIMARY KEY, body text NOT NULL)",
        "CREATE TABLE narrow (id int PRIMARY KEY, part int NOT NULL, n int NOT NULL)"
            + " WITH (fillfactor = 50)",
        "CREATE INDEX narrow_by_part ON narrow (part)",
        "INSERT INTO narrow SELECT i, i / "
            + NARROW_ROWS
            + ", 0 FROM generate_series(0, "
            + (NARROW_CLIENTS * NARROW_ROWS - 1)
            + ") i",
        "CREATE TABLE bulk (id int PRIMARY KEY, body text NOT NULL)",
        "CREATE TABLE others (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())",
        "RESET ROLE",
        "ANALYZE");
  }

  // --- a long log ---------------------------------------------------------------------------

  private void fill() throws Exception {
    try (Connection status = connect("")) {
      out.println("@stop b");
      await(status, b -> !b.isOnline());
      AtomicBoolean enough = new AtomicBoolean();
      AtomicLong transactions = new AtomicLong();
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < WIDE_CLIENTS + NARROW_CLIENTS; i++) {
        int number = i;
        clients.add(
            new Thread(
                () -> {
                  try (Connection connection = connect("")) {
                    if (number < WIDE_CLIENTS) {
                      writeWide(connection, number, enough, transactions);
                    } else {
                      writeNarrow(connection, number - WIDE_CLIENTS, enough, transactions);
                    }
                  } catch (SQLException | RuntimeException e) {
                    failure.compareAndSet(null, e);
                  }
                },
                "client-" + i));
      }
      long started = System.nanoTime();
      clients.forEach(Thread::start);
      while (logBytes() < bytes && failure.get() == null) {
        LockSupport.parkNanos(POLL_NANOS);
      }
      enough.set(true);
      for (Thread client : clients) {
        client.join();
      }
      Throwable failed = failure.get();
      if (failed != null) {
        throw new IllegalStateException("a client failed", failed);
      }
      report(
          FILL,
          "the log grew to %d MiB in %.0f s: %d transactions of 32 kB or %d rows",
          logBytes() >> 20,
          seconds(started),
          transactions.get(),
          NARROW_ROWS);
    }
  }

  private static void writeWide(
      Connection connection, int seed, AtomicBoolean enough, AtomicLong transactions)
      throws SQLException {
    Random random = new Random(seed);
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO wide (body) VALUES (?)")) {
      while (!enough.get()) {
        for (int row = 0; row < 4; row++) {
          insert.setString(1, text(random));
          insert.executeUpdate();
        }
        connection.commit();
        transactions.incrementAndGet();
      }
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder(WIDE_CHARACTERS);
    while (text.length() < WIDE_CHARACTERS) {
      text.append(Long.toHexString(random.nextLong()));
    }
    return text.toString();
  }

  /** Captured rows with little in them: small in the log, large on the heap. */
  private static void writeNarrow(
      Connection connection, int part, AtomicBoolean enough, AtomicLong transactions)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE narrow SET n = n + 1 WHERE part = ?")) {
      while (!enough.get()) {
        update.setInt(1, part);
        update.executeUpdate();
        transactions.incrementAndGet();
      }
    }
  }

  private void catchUp() throws SQLException, IOException {
    long opening = System.nanoTime();
    try (Connection status = connect("")) {
      double opened = seconds(opening);
      long behind = logBytes();
      out.println("@start b");
      long started = System.nanoTime();
      await(status, TandemStatus.Backend::hasEverything);
      report(
          CATCH_UP,
          "the engine opened on a log of %d MiB in %.1f s; the replica had everything %.0f s after"
              + " it was started",
          behind >> 20,
          opened,
          seconds(started));
    }
  }

  // --- large transactions -------------------------------------------------------------------

  private void large() throws Exception {
    String limit = "&max_transaction_bytes=" + bytes;
    try (Connection client = connect(limit);
        Connection status = connect(limit)) {
      long rows = bytes / BULK_CHARACTERS;
      Pace others = new Pace(() -> connect(limit));
      try {
        others.awaitWrites(100);
        double alone = others.perSecond();
        String sqlState = insert(client, rows * 11 / 10);
        double refusing = others.perSecond();
        if (!sqlState.equals("54000") || count(client) != 0) {
          throw new IllegalStateException("above the limit: " + sqlState);
        }
        report(
            LARGE,
            "a transaction of %d MiB was refused with 54000; another client wrote %.0f/s before,"
                + " %.0f/s meanwhile, the longest pause was %d ms",
            (rows * 11 / 10 * BULK_CHARACTERS) >> 20,
            alone,
            refusing,
            others.longestMillis());
        long started = System.nanoTime();
        long most = rows * 98 / 100;
        String result = insert(client, most);
        double committed = seconds(started);
        if (!result.isEmpty() || count(client) != most) {
          throw new IllegalStateException("below the limit: " + result);
        }
        double committing = others.perSecond();
        others.end();
        await(status, TandemStatus.Backend::hasEverything);
        report(
            LARGE,
            "one of %d MiB committed in %.0f s and was on the replica after %.0f s; the other"
                + " client wrote %.0f/s meanwhile, the longest pause was %d ms",
            (most * BULK_CHARACTERS) >> 20,
            committed,
            seconds(started),
            committing,
            others.longestMillis());
      } finally {
        others.end();
      }
    }
  }

  /** Empty, or the SQLState of the refusal. */
  private static String insert(Connection client, long rows) throws SQLException {
    client.setAutoCommit(false);
    try (Statement statement = client.createStatement()) {
      statement.executeUpdate(
          "INSERT INTO bulk (id, body) SELECT i, repeat(i::text, "
              + BULK_CHARACTERS
              + " / length(i::text)) FROM generate_series(1, "
              + rows
              + ") i");
      client.commit();
      return "";
    } catch (SQLException e) {
      System.err.println(e.getMessage());
      client.rollback();
      return String.valueOf(e.getSQLState());
    } finally {
      client.setAutoCommit(true);
    }
  }

  private static long count(Connection client) throws SQLException {
    try (Statement statement = client.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM bulk")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  // --- common -------------------------------------------------------------------------------

  private Connection connect(String parameters) throws SQLException {
    return DriverManager.getConnection(url + parameters);
  }

  /** Waits until the replica is as asked. */
  private static void await(Connection status, Predicate<TandemStatus.Backend> asked)
      throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    TandemStatus now = TandemStatus.read(status);
    while (now.backends().stream().filter(b -> b.name().equals("b")).noneMatch(asked)) {
      if (System.nanoTime() > deadline) {
        throw new SQLException("the replica is not as it should be: " + now);
      }
      LockSupport.parkNanos(POLL_NANOS);
      now = TandemStatus.read(status);
    }
  }

  private long logBytes() throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.list(log)) {
      for (Path file : files.toList()) {
        try {
          sum += file.toString().endsWith(".log") ? Files.size(file) : 0;
        } catch (NoSuchFileException truncated) {
          continue;
        }
      }
    }
    return sum;
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  private void report(String phase, String format, Object... values) {
    long now = heap.nowMib();
    out.printf(
        Locale.ROOT,
        "%s: " + format + "; reachable heap at most %d MiB, %d MiB now%n",
        Stream.concat(
                Stream.concat(Stream.of(phase), Stream.of(values)), Stream.of(heap.peakMib(), now))
            .toArray());
  }
}
