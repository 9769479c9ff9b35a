package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** Autocommit INSERTs of many clients at once, which may share transactions. */
class CombinedInsertsIT {
  private static final int CLIENTS = 12;
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void tables() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS note");
      statement.execute("DROP TABLE IF EXISTS tag");
      statement.execute(
          "CREATE TABLE note (id bigserial PRIMARY KEY, client int NOT NULL, n int NOT NULL,"
              + " made timestamptz NOT NULL DEFAULT now(), UNIQUE (client, n))");
      statement.execute("CREATE TABLE tag (client int, n int, PRIMARY KEY (client, n))");
    }
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  private static PreparedStatement insertNote(Connection connection) throws SQLException {
    return connection.prepareStatement("INSERT INTO note (client, n) VALUES (?, ?)");
  }

  private static int insert(PreparedStatement statement, int client, int n) throws SQLException {
    statement.setInt(1, client);
    statement.setInt(2, n);
    return statement.executeUpdate();
  }

  @Test
  void theyShareTransactionsAndEachGetsItsOwnAnswer() throws Exception {
    int each = 200;
    int repeated = 50;
    AtomicInteger refused = new AtomicInteger();
    long before = position();
    atOnce(
        client -> {
          try (Connection connection = connect();
              PreparedStatement note = insertNote(connection);
              PreparedStatement tag = connection.prepareStatement("INSERT INTO tag VALUES (?, ?)");
              PreparedStatement read =
                  connection.prepareStatement("SELECT count(*) FROM note WHERE client = ?")) {
            for (int n = 0; n < each; n++) {
              assertThat(insert(note, client, n)).isEqualTo(1);
              assertThat(insert(tag, client, n)).isEqualTo(1);
              if (n % repeated == repeated - 1) {
                try {
                  insert(note, client, n);
                } catch (SQLException e) {
                  assertThat(e.getSQLState()).isEqualTo("23505");
                  assertThat(e.getMessage()).contains("note_client_n_key");
                  refused.incrementAndGet();
                }
                read.setInt(1, client);
                try (ResultSet count = read.executeQuery()) {
                  count.next();
                  assertThat(count.getInt(1)).isEqualTo(n + 1);
                }
              }
            }
          }
        });
    assertThat(refused).hasValue(CLIENTS * each / repeated);
    assertThat(position() - before)
        .as("entries for %d rows", 2 * CLIENTS * each)
        .isLessThan(2L * CLIENTS * each);
    equalEverywhere(CLIENTS * each);
  }

  /** Two who wait for a lock have both lanes; one more is in a group, and leaves it. */
  @Test
  void whoWaitsForALockHoldsUpNobody() throws Exception {
    int waiters = 3;
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try (Connection holder = connect();
        PreparedStatement held = insertNote(holder)) {
      holder.setAutoCommit(false);
      for (int client = 0; client < waiters; client++) {
        insert(held, client, 0);
      }
      List<Future<Integer>> waiting = new ArrayList<>();
      for (int client = 0; client < waiters; client++) {
        int mine = client;
        waiting.add(
            threads.submit(
                () -> {
                  try (Connection connection = connect();
                      PreparedStatement note = insertNote(connection)) {
                    return insert(note, mine, 0);
                  }
                }));
      }
      awaitLockWaiters(waiters);
      int each = 50;
      List<Future<Integer>> others = new ArrayList<>();
      for (int client = waiters; client < CLIENTS; client++) {
        int mine = client;
        others.add(
            threads.submit(
                () -> {
                  try (Connection connection = connect();
                      PreparedStatement note = insertNote(connection)) {
                    for (int n = 0; n < each; n++) {
                      insert(note, mine, n);
                    }
                  }
                  return each;
                }));
      }
      for (Future<Integer> other : others) {
        assertThat(other.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(each);
      }
      assertThat(waiting).noneMatch(Future::isDone);
      holder.rollback();
      for (Future<Integer> one : waiting) {
        assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1);
      }
      equalEverywhere((CLIENTS - waiters) * each + waiters);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Some who need a lock come among many who do not, and most likely into groups of them. */
  @Test
  void aGroupGivesUpTheLockThatOneOfThemNeeds() throws Exception {
    int busy = 10;
    int waiters = 6;
    AtomicBoolean stop = new AtomicBoolean();
    List<AtomicInteger> done = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(busy + waiters);
    try (Connection holder = connect();
        PreparedStatement held = insertNote(holder)) {
      holder.setAutoCommit(false);
      for (int i = 0; i < waiters; i++) {
        insert(held, busy + i, 0);
      }
      List<Future<Integer>> others = new ArrayList<>();
      for (int i = 0; i < busy; i++) {
        int client = i;
        AtomicInteger mine = new AtomicInteger();
        done.add(mine);
        others.add(
            threads.submit(
                () -> {
                  try (Connection connection = connect();
                      PreparedStatement note = insertNote(connection)) {
                    while (!stop.get()) {
                      insert(note, client, mine.getAndIncrement());
                    }
                  }
                  return mine.get();
                }));
      }
      awaitAll(done, 20);
      List<Future<Integer>> waiting = new ArrayList<>();
      for (int i = 0; i < waiters; i++) {
        int client = busy + i;
        waiting.add(
            threads.submit(
                () -> {
                  try (Connection connection = connect();
                      PreparedStatement note = insertNote(connection)) {
                    return insert(note, client, 0);
                  }
                }));
      }
      awaitLockWaiters(waiters);
      awaitAll(done, done.stream().mapToInt(AtomicInteger::get).max().orElseThrow() + 20);
      assertThat(waiting).noneMatch(Future::isDone);
      holder.rollback();
      for (Future<Integer> one : waiting) {
        assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1);
      }
      stop.set(true);
      long rows = waiters;
      for (Future<Integer> other : others) {
        rows += other.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      equalEverywhere(rows);
    } finally {
      stop.set(true);
      threads.shutdownNow();
    }
  }

  private static void awaitAll(List<AtomicInteger> counts, int wanted) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (counts.stream().anyMatch(count -> count.get() < wanted)) {
      assertThat(System.nanoTime()).as("%s, wanted %d", counts, wanted).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Members of a group hold links: a group that waited for one more would wait for them. */
  @Test
  void aGroupDoesNotWaitForALinkThatItsMembersHold() throws Exception {
    int links = 8;
    int each = 50;
    ExecutorService threads = Executors.newFixedThreadPool(links);
    List<Connection> connections = new ArrayList<>();
    try (ServerPair small = ServerPair.start(1, Map.of())) {
      String url = small.tandemUrl() + "&max_links_per_backend=" + links + "&lease_timeout=10min";
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE tag (client int, n int, PRIMARY KEY (client, n))");
      }
      List<PreparedStatement> inserts = new ArrayList<>();
      for (int client = 0; client < links; client++) {
        connections.add(DriverManager.getConnection(url));
        inserts.add(connections.get(client).prepareStatement("INSERT INTO tag VALUES (?, ?)"));
        // One after the other, so alone: each keeps the link that it ran on, which are all.
        insert(inserts.get(client), client, 0);
      }
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < links; i++) {
        int client = i;
        running.add(
            threads.submit(
                () -> {
                  int rows = 0;
                  for (int n = 1; n <= each; n++) {
                    rows += insert(inserts.get(client), client, n);
                  }
                  return rows;
                }));
      }
      for (Future<Integer> one : running) {
        assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(each);
      }
      for (Connection connection : connections) {
        connection.close();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** A session that has SET something is not like the others. */
  @Test
  void whoHasSettingsOfItsOwnKeepsThem() throws Exception {
    atOnce(
        client -> {
          try (Connection connection = connect();
              Statement set = connection.createStatement()) {
            set.execute("SET TIME ZONE '" + (client % 2 == 0 ? "UTC" : "Asia/Tokyo") + "'");
            try (PreparedStatement note =
                connection.prepareStatement(
                    "INSERT INTO note (client, n, made) VALUES (?, ?,"
                        + " ('2026-01-01 00:00' || ?)::timestamptz)")) {
              for (int n = 0; n < 50; n++) {
                note.setString(3, ":00");
                insert(note, client, n);
              }
            }
          }
        });
    try (Connection a = direct(0);
        Statement ask = a.createStatement();
        ResultSet rows =
            ask.executeQuery(
                "SELECT count(*) FROM note WHERE made <> CASE WHEN client % 2 = 0 THEN"
                    + " '2026-01-01 00:00:00+00' ELSE '2026-01-01 00:00:00+09' END::timestamptz")) {
      rows.next();
      assertThat(rows.getInt(1)).isZero();
    }
    equalEverywhere(CLIENTS * 50);
  }

  /** One client's work. */
  private interface Work {
    void run(int client) throws Exception;
  }

  private static void atOnce(Work work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    CountDownLatch start = new CountDownLatch(1);
    try {
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int client = i;
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  work.run(client);
                  return client;
                }));
      }
      start.countDown();
      for (Future<Integer> one : running) {
        one.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void awaitLockWaiters(int wanted) throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      int found = 0;
      for (int i = 0; i < 2; i++) {
        try (Connection server = direct(i);
            Statement ask = server.createStatement();
            ResultSet rows = ask.executeQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")) {
          rows.next();
          found += rows.getInt(1);
        }
      }
      if (found >= wanted) {
        return;
      }
      assertThat(System.nanoTime()).as("waiters: %d", found).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static Connection direct(int server) throws SQLException {
    return DriverManager.getConnection(pair.servers().get(server).url(ServerPair.DATABASE));
  }

  private static long position() throws SQLException {
    try (Connection connection = connect()) {
      return TandemStatus.read(connection).backends().stream()
          .mapToLong(
              backend ->
                  Long.parseLong(backend.position().substring(backend.position().indexOf('/') + 1)))
          .max()
          .orElseThrow();
    }
  }

  private static void equalEverywhere(long notes) throws SQLException {
    try (Connection connection = connect()) {
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    try (Connection a = direct(0);
        Connection b = direct(1)) {
      try (Statement ask = a.createStatement();
          ResultSet rows = ask.executeQuery("SELECT count(*) FROM note")) {
        rows.next();
        assertThat(rows.getLong(1)).isEqualTo(notes);
      }
      assertThat(Comparison.of(a, b).findings()).isEmpty();
    }
  }
}
