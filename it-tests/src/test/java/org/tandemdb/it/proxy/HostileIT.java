package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that mean no good, or do not know better; and nobody else suffers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileIT {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int MIB = 1 << 20;

  /** DataRow of one text of 1,024 characters. */
  private static final int ROW_BYTES = 1035;

  private ProxyPlace place;

  @BeforeAll
  void start() throws Exception {
    place = ProxyPlace.shared();
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE honest (id bigserial PRIMARY KEY, n int)");
      statement.execute("CREATE TABLE prey (n int PRIMARY KEY, word text)");
      statement.execute("INSERT INTO prey SELECT n, 'x' FROM generate_series(1, 20) n");
    }
  }

  /** Somebody who reads and writes all the time, and says how long the slowest took. */
  private final class Honest implements AutoCloseable {
    private final AtomicBoolean ending = new AtomicBoolean();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicLong slowestNanos = new AtomicLong();
    private final CompletableFuture<Void> work = CompletableFuture.runAsync(this::run);

    private void run() {
      try (Connection connection = place.connect();
          PreparedStatement insert =
              connection.prepareStatement("INSERT INTO honest (n) VALUES (?)")) {
        while (!ending.get()) {
          long begun = System.nanoTime();
          insert.setInt(1, done.incrementAndGet());
          insert.executeUpdate();
          ProxyPlace.rows(connection, "SELECT count(*) FROM honest WHERE id < 10");
          slowestNanos.accumulateAndGet(System.nanoTime() - begun, Math::max);
        }
      } catch (SQLException e) {
        throw new IllegalStateException("after " + done + ": " + e.getMessage(), e);
      }
    }

    void awaitWork(int more) {
      int enough = done.get() + more;
      long deadline = System.nanoTime() + LIMIT_NANOS;
      while (done.get() < enough) {
        assertThat(System.nanoTime()).as("somebody else goes on").isLessThan(deadline);
        assertThat(work).isNotCompletedExceptionally();
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() throws Exception {
      ending.set(true);
      work.get(60, TimeUnit.SECONDS);
      assertThat(TimeUnit.NANOSECONDS.toMillis(slowestNanos.get()))
          .as("the slowest of %s", done)
          .isLessThan(10_000);
    }
  }

  private int sessions() throws SQLException {
    try (Connection connection = place.connect()) {
      return ProxyPlace.rows(connection, "SHOW TANDEM SESSIONS").size();
    }
  }

  /** The proxy has let go of all but {@code expected}, without having to cut anything off. */
  private void awaitSessions(int expected) throws SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
    while (sessions() > expected) {
      assertThat(System.nanoTime()).as("sessions end with their clients").isLessThan(deadline);
    }
  }

  /** What is sent is a client's conversation with some bytes changed, cut or put in. */
  @Test
  void whateverIsSentNobodyElseSuffers() throws Exception {
    long seed = Long.getLong("tandem.fuzz.seed", System.nanoTime());
    System.out.println("HostileIT: -Dtandem.fuzz.seed=" + seed);
    long seconds = Long.getLong("tandem.fuzz.seconds", 3);
    int before = sessions();
    List<String> findings = new ArrayList<>();
    AtomicInteger streams = new AtomicInteger();
    try (Honest honest = new Honest()) {
      honest.awaitWork(1);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      for (long one = seed; System.nanoTime() < end; one++) {
        streams.incrementAndGet();
        new HostileStream(one).play(place.port()).ifPresent(findings::add);
      }
      honest.awaitWork(2);
      assertThat(findings).as("seed %d", seed).isEmpty();
    }
    assertThat(streams.get()).isGreaterThan(10);
    awaitSessions(before);
  }

  @Test
  void aThousandWhoDoNothingCostLittle() throws Exception {
    int count = 1_000;
    List<WireClient> idle = new ArrayList<>();
    long before = memory();
    try (Honest honest = new Honest()) {
      for (int i = 0; i < count; i++) {
        WireClient client = new WireClient(place.port());
        idle.add(client);
        client.startup(3 << 16, "user", "shop", "database", "shop").send();
      }
      for (WireClient client : idle) {
        client.until('Z');
      }
      honest.awaitWork(5);
      // The tests' own half of each is in there, too.
      assertThat((memory() - before) / count).as("bytes of each").isLessThan(60_000);
      assertThat(sessions()).isGreaterThan(count);
    } finally {
      for (WireClient client : idle) {
        client.close();
      }
    }
  }

  /** Half-open connections, and messages of which the rest never comes. */
  @Test
  void whoDoesNotSayWhoHeIsCostsNothingButHisConnection() throws Exception {
    List<WireClient> strangers = new ArrayList<>();
    long before = direct();
    try (Honest honest = new Honest()) {
      for (int i = 0; i < 300; i++) {
        WireClient client = new WireClient(place.port());
        strangers.add(client);
        client.raw(9_000, 3 << 16).send();
      }
      honest.awaitWork(5);
      assertThat(direct() - before).isLessThan(16 * MIB);
    } finally {
      for (WireClient client : strangers) {
        client.close();
      }
    }
  }

  private static long direct() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  /** On the heap, after a collection, and beside it. */
  private static long memory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory() + direct();
  }

  @Test
  void whoGoesInTheMidstOfAnAnswerOrACopyLeavesNothingBehind() throws Exception {
    int before = sessions();
    for (String sql : List.of("COPY prey FROM STDIN", "TABLE pg_class; COPY prey FROM STDIN")) {
      for (int i = 0; i < 10; i++) {
        try (WireClient client = WireClient.ready(place.port())) {
          client.query("SELECT pg_sleep(0.02); " + sql).send();
        }
      }
    }
    awaitSessions(before);
  }

  // --- back-pressure

  /** 200 MiB, of which the client takes nothing for a while: neither does the proxy. */
  @Test
  void aResultThatIsNotReadStaysAtTheServer() throws Exception {
    int rows = 200 * 1024;
    long before = direct();
    try (Honest honest = new Honest();
        WireClient slow = WireClient.ready(place.port())) {
      honest.awaitWork(2);
      slow.query("SELECT repeat('x', 1024) FROM generate_series(1, " + rows + ") AS slow").send();
      awaitClientWrite();
      honest.awaitWork(5);
      assertThat(direct() - before).as("while nothing is read").isLessThan(16 * MIB);
      assertThat(slow.answer().type()).isEqualTo('T');
      long most = 0;
      for (int i = 0; i < 200; i++) {
        slow.skip(1024 * ROW_BYTES);
        most = Math.max(most, direct() - before);
      }
      assertThat(slow.words('Z')).containsExactly("C SELECT " + rows, "ZI");
      assertThat(most).as("while it is read").isLessThan(16 * MIB);
    }
  }

  /** The server that runs it cannot send. */
  private void awaitClientWrite() throws SQLException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    String stuck =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND query LIKE '%AS slow'";
    while (place.rows("a", stuck).isEmpty() && place.rows("b", stuck).isEmpty()) {
      assertThat(System.nanoTime()).as("the server waits").isLessThan(deadline);
    }
  }
}
