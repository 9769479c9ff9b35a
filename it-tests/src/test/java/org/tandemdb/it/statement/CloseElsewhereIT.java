package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** Connections are closed and aborted by another thread while their own is in a statement. */
class CloseElsewhereIT {
  private static final int CLIENTS = 4;
  private static final int CLOSES = 150;
  private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsLostOrLentToOthersWhenConnectionsEndInTheMiddle(boolean abort) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try (ServerPair pair = ServerPair.start(2, Map.of())) {
      try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)");
        for (int i = 0; i < CLIENTS; i++) {
          statement.execute("INSERT INTO counter VALUES (" + i + ", 0)");
        }
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReferenceArray<Connection> open = new AtomicReferenceArray<>(CLIENTS);
        List<Future<int[]>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
          int client = i;
          clients.add(threads.submit(() -> count(pair.tandemUrl(), client, open, stop)));
        }
        Random random = new Random(1);
        for (int closes = 0; closes < CLOSES; ) {
          Connection victim = open.getAndSet(random.nextInt(CLIENTS), null);
          if (victim != null) {
            closes++;
            if (abort) {
              victim.abort(Runnable::run);
            } else {
              victim.close();
            }
          }
          LockSupport.parkNanos(random.nextInt(2_000_000));
        }
        stop.set(true);
        for (int i = 0; i < CLIENTS; i++) {
          int[] seen = clients.get(i).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
          try (ResultSet row = statement.executeQuery("SELECT n FROM counter WHERE id = " + i)) {
            row.next();
            // Who is closed in the middle does not learn what became of the statement.
            assertThat(row.getInt(1)).isBetween(seen[0], seen[0] + seen[1]);
          }
        }
        judge(pair, connection);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Statements that succeeded and that failed. */
  private static int[] count(
      String url, int client, AtomicReferenceArray<Connection> open, AtomicBoolean stop)
      throws SQLException {
    int[] seen = new int[2];
    while (!stop.get()) {
      try (Connection connection = DriverManager.getConnection(url);
          PreparedStatement update =
              connection.prepareStatement("UPDATE counter SET n = n + 1 WHERE id = ?")) {
        update.setInt(1, client);
        open.set(client, connection);
        while (!stop.get()) {
          try {
            update.executeUpdate();
            seen[0]++;
          } catch (SQLException e) {
            seen[1]++;
            break;
          }
        }
      }
    }
    return seen;
  }

  private static void judge(ServerPair pair, Connection connection) throws SQLException {
    TandemStatus.awaitEverything(connection, LIMIT);
    assertThat(TandemStatus.read(connection).events())
        .noneMatch(event -> event.text().contains(" ends: "));
    try (Connection a =
            DriverManager.getConnection(pair.servers().get(0).url(ServerPair.DATABASE));
        Connection b = DriverManager.getConnection(pair.servers().get(1).url(ServerPair.DATABASE));
        Statement ask = a.createStatement()) {
      // A statement whose client has gone may be committed behind its back, and a little later.
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while ((leftOpen(ask) > 0 || !Comparison.of(a, b).findings().isEmpty())
          && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(POLL_NANOS);
      }
      assertThat(leftOpen(ask)).as("transactions left open").isZero();
      assertThat(Comparison.of(a, b).findings()).isEmpty();
    }
  }

  private static int leftOpen(Statement ask) throws SQLException {
    try (ResultSet left =
        ask.executeQuery(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")) {
      left.next();
      return left.getInt(1);
    }
  }
}
