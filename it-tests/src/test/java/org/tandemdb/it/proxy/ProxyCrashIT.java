package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.proxy.CrashWriter.Kind;
import org.tandemdb.it.server.Ports;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** The proxy's process ends without warning while clients commit, and is started again. */
class ProxyCrashIT {
  private static final Duration LIMIT = Duration.ofSeconds(45);
  private static final int WRITERS = 6;
  private static final int KILLS = 1;
  private static final int ACKNOWLEDGED_BETWEEN = 60;

  private final List<CrashWriter> writers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  @Test
  void whatWasAcknowledgedIsThereOnceAndWhatBecameOfTheRestIsKnown() throws Exception {
    try (ServerPair pair = ProxyPlace.servers(Map.of())) {
      int port = Ports.next();
      Path config = config(pair, port);
      ProxyProcess proxy = ProxyProcess.start(config);
      try {
        createTables(port);
        startWriters(port);
        for (int i = 0; i < KILLS; i++) {
          awaitAcknowledged();
          proxy.kill9();
          proxy = ProxyProcess.start(config);
        }
        awaitAcknowledged();
        stopWriters();
        try (Connection connection = DriverManager.getConnection(plain(port))) {
          TandemStatus.awaitEverything(connection, LIMIT);
          promisesAreKept(pair, connection);
        }
      } finally {
        writers.forEach(CrashWriter::stop); // while there is a proxy for them to end with
        threads.forEach(Thread::interrupt);
        proxy.close();
      }
    }
  }

  private static Path config(ServerPair pair, int port) throws IOException {
    StringBuilder text =
        new StringBuilder("listen: 127.0.0.1:" + port + "\nclients: { auth: trust }\n")
            .append("databases:\n  shop:\n    log: ./proxy-log\n    backends:\n");
    for (PostgresServer server : pair.servers()) {
      String url = server.url(ServerPair.DATABASE);
      text.append("      - { name: ")
          .append(server.name())
          .append(", url: \"")
          .append(url, 0, url.indexOf('?'))
          .append("\", user: keeper, password: keeper }\n");
    }
    return Files.writeString(pair.directory().resolve("proxy.yaml"), text);
  }

  private static String plain(int port) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/shop?user=shop";
  }

  private static void createTables(int port) throws SQLException {
    try (Connection connection = DriverManager.getConnection(plain(port));
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE act (id bigserial PRIMARY KEY, token text NOT NULL, part int NOT NULL,"
              + " at timestamptz NOT NULL DEFAULT now());"
              + " CREATE TABLE tally (id int PRIMARY KEY, n int NOT NULL);"
              + " INSERT INTO tally SELECT i, 0 FROM generate_series(0, 9) i");
    }
  }

  /** One of three writes statements that stand alone; every second is Tandem's driver. */
  private void startWriters(int port) throws IOException {
    String nobody = "127.0.0.1:" + Ports.next();
    for (int i = 0; i < WRITERS; i++) {
      Kind kind = new Kind(i, i % 3 == 0, i % 2 == 0);
      String url =
          kind.tandems()
              ? "jdbc:tandem://" + nobody + ",127.0.0.1:" + port + "/shop?user=shop"
              : plain(port);
      CrashWriter writer = new CrashWriter(kind, url);
      Thread thread = new Thread(writer, "writer-" + i);
      writers.add(writer);
      threads.add(thread);
      thread.start();
    }
  }

  private void awaitAcknowledged() {
    int[] before = writers.stream().mapToInt(writer -> writer.acknowledged().size()).toArray();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    IntPredicate goesOn = i -> writers.get(i).acknowledged().size() > before[i];
    while (sum() < ACKNOWLEDGED_BETWEEN + Arrays.stream(before).sum()
        || !IntStream.range(0, WRITERS).allMatch(goesOn)) {
      assertThat(System.nanoTime())
          .as(() -> "all writers go on: " + where(before))
          .isLessThan(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }

  /** What each writer is in the midst of, if it has written nothing since. */
  private String where(int[] before) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < WRITERS; i++) {
      CrashWriter writer = writers.get(i);
      if (writer.acknowledged().size() == before[i]) {
        text.append(threads.get(i).getName()).append(' ').append(writer.surprises());
        for (StackTraceElement frame : threads.get(i).getStackTrace()) {
          text.append("\n  ").append(frame);
        }
      }
    }
    return text.toString();
  }

  private int sum() {
    return writers.stream().mapToInt(writer -> writer.acknowledged().size()).sum();
  }

  private void stopWriters() throws InterruptedException {
    writers.forEach(CrashWriter::stop);
    for (Thread thread : threads) {
      thread.join(LIMIT.toMillis());
      assertThat(thread.isAlive()).as(thread.getName()).isFalse();
    }
  }

  private void promisesAreKept(ServerPair pair, Connection proxied) throws SQLException {
    try (Connection a = DriverManager.getConnection(pair.server("a").url(ServerPair.DATABASE));
        Connection b = DriverManager.getConnection(pair.server("b").url(ServerPair.DATABASE))) {
      assertThat(Comparison.of(a, b).findings()).isEmpty();
      Map<String, String> found = partsByToken(a);
      found.forEach(
          (token, parts) ->
              assertThat(parts).as(token).isEqualTo(token.startsWith("t") ? "1+2" : "1"));
      for (CrashWriter writer : writers) {
        assertThat(writer.surprises()).isEmpty();
        assertThat(found.keySet()).containsAll(writer.acknowledged());
        assertThat(writer.denied()).noneMatch(found::containsKey);
        outcomesAreKnown(proxied, writer, found);
      }
      assertThat(
              ProxyPlace.rows(
                  a,
                  "SELECT id FROM tally t WHERE n <> (SELECT count(*) FROM act WHERE part = 2 AND"
                      + " split_part(token, '-', 2) = t.id::text)"))
          .isEmpty();
    }
  }

  /** Also of those to whose COMMIT nothing was answered. */
  private static void outcomesAreKnown(
      Connection proxied, CrashWriter writer, Map<String, String> found) throws SQLException {
    for (Map.Entry<String, String> one : writer.asked().entrySet()) {
      assertThat(ProxyPlace.rows(proxied, "SHOW TANDEM OUTCOME '" + one.getValue() + "'").get(0))
          .as(one.getKey())
          .startsWith(found.containsKey(one.getKey()) ? "committed|" : "not committed|");
    }
  }

  private static Map<String, String> partsByToken(Connection connection) throws SQLException {
    Map<String, String> found = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT token, string_agg(part::text, '+' ORDER BY part) FROM act GROUP BY 1")) {
      while (rows.next()) {
        found.put(rows.getString(1), rows.getString(2));
      }
    }
    return found;
  }
}
