package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** What a client sees of links, servers and a proxy that end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ProxyFailoverIT {
  private ProxyPlace place;

  @BeforeAll
  void start() throws Exception {
    place = new ProxyPlace();
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE fail (n int PRIMARY KEY, who text)");
    }
  }

  @AfterAll
  void stop() {
    place.close();
  }

  private String primary() throws SQLException {
    try (Connection connection = place.connect()) {
      return ProxyPlace.rows(connection, "SHOW TANDEM STATUS").stream()
          .filter(row -> row.contains("|primary|ONLINE"))
          .findFirst()
          .orElseThrow()
          .substring(0, 1);
    }
  }

  /** Links carry the name that their client gives itself. */
  private void endLinks(String server) throws SQLException {
    place.rows(
        server,
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            + " WHERE application_name IN ('tandem client', 'PostgreSQL JDBC Driver')"
            + " AND pid <> pg_backend_pid()");
  }

  private static void isState(
      String state, org.assertj.core.api.ThrowableAssert.ThrowingCallable c) {
    assertThatThrownBy(c)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state));
  }

  @Test
  @Order(1)
  void aLinkThatIsEndedCostsATransactionAndNobodyElseAnything() throws Exception {
    String primary = primary();
    try (Connection idle = place.connect();
        Connection busy = place.connect();
        Statement onIdle = idle.createStatement();
        Statement onBusy = busy.createStatement()) {
      onIdle.execute("INSERT INTO fail VALUES (1, 'idle')");
      busy.setAutoCommit(false);
      onBusy.execute("INSERT INTO fail VALUES (2, 'lost')");
      endLinks(primary);
      isState("40001", () -> onBusy.execute("INSERT INTO fail VALUES (3, 'lost')"));
      // Said again: what is sent meanwhile, somebody may have kept to himself.
      isState("40001", () -> onBusy.execute("SELECT 1"));
      busy.rollback();
      onBusy.execute("INSERT INTO fail VALUES (4, 'again')");
      busy.commit();
      onIdle.execute("INSERT INTO fail VALUES (5, 'idle')");
      assertThat(ProxyPlace.rows(idle, "SELECT n FROM fail ORDER BY n"))
          .containsExactly("1", "4", "5");
    }
    assertThat(primary()).isEqualTo(primary);
  }

  /** pgbench does not look at what comes of it, nor do frameworks that ask for metadata. */
  @Test
  @Order(2)
  void aTransactionThatIsLostWhenAStatementIsPreparedIsToldOfItWhenOneRuns() throws Exception {
    String primary = primary();
    try (WireClient client = WireClient.ready(place.port())) {
      begunAndLost(client, primary);
      client.parse("s1", "INSERT INTO fail VALUES (20, 'lost')").sync().send();
      assertThat(client.words('Z')).containsExactly("1", "ZE");
      client.bind("", "s1").describe('P', "").execute("", 0).sync().send();
      assertThat(client.words('Z')).containsExactly("E 40001", "ZE");
      client.query("ROLLBACK").send();
      assertThat(client.words('Z')).containsExactly("C ROLLBACK", "ZI");
      client.bind("", "s1").execute("", 0).sync().send();
      assertThat(client.words('Z')).containsExactly("2", "C INSERT 0 1", "ZI");

      begunAndLost(client, primary);
      client.parse("s2", "SELECT 1").sync().send();
      assertThat(client.words('Z')).containsExactly("1", "ZE");
      client.query("COMMIT").send();
      assertThat(client.words('Z')).containsExactly("E 40001", "ZI");
      client.query("DELETE FROM fail WHERE n = 20").send();
      assertThat(client.words('Z')).containsExactly("C DELETE 1", "ZI");
    }
  }

  private void begunAndLost(WireClient client, String primary) throws Exception {
    client.query("BEGIN").query("UPDATE fail SET who = 'lost'").send();
    client.until('Z');
    client.until('Z');
    endLinks(primary);
  }

  @Test
  @Order(2)
  void aSessionThatHasATemporaryTableLearnsThatItIsGone() throws Exception {
    try (Connection connection = place.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMP TABLE mine (n int)");
      statement.execute("INSERT INTO mine VALUES (1)");
      assertThat(ProxyPlace.rows(connection, "SELECT n FROM mine")).containsExactly("1");
      endLinks(primary());
      isState("57P01", () -> statement.execute("INSERT INTO fail VALUES (6, 'x')"));
      statement.execute("INSERT INTO fail VALUES (6, 'after')");
    }
  }

  /** Writers never see the failover: each statement is its own transaction. */
  @Test
  @Order(3)
  void aPrimaryThatIsKilledIsAPauseToStatementsOnTheirOwn() throws Exception {
    String primary = primary();
    AtomicInteger done = new AtomicInteger();
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              try (Connection connection = place.connect();
                  PreparedStatement insert =
                      connection.prepareStatement("INSERT INTO fail VALUES (?, 'writer')")) {
                for (int i = 100; i < 400; i++) {
                  insert.setInt(1, i);
                  insert.executeUpdate();
                  done.incrementAndGet();
                }
              } catch (SQLException e) {
                throw new IllegalStateException("row " + done.get() + ": " + e.getMessage(), e);
              }
            });
    try (WireClient listener = WireClient.ready(place.port());
        Connection idle = place.connect();
        Connection open = place.connect();
        Statement inBlock = open.createStatement()) {
      assertThat(ProxyPlace.rows(idle, "SELECT 1")).containsExactly("1");
      listener.query("LISTEN news").send();
      listener.until('Z');
      open.setAutoCommit(false);
      inBlock.execute("INSERT INTO fail VALUES (7, 'lost')");
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (done.get() < 20) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        assertThat(writer).isNotCompletedExceptionally();
      }
      place.server(primary).kill9();
      writer.get(60, TimeUnit.SECONDS);
      isState("40001", () -> inBlock.execute("INSERT INTO fail VALUES (8, 'lost')"));
      open.rollback();
      assertThat(
              ProxyPlace.rows(
                  idle, "SELECT count(*), min(n) FROM fail WHERE who IN ('writer', 'lost')"))
          .containsExactly("300|100");
      // Another link listens on the next primary, and something may have been missed meanwhile.
      assertThat(listener.answer().toString()).isEqualTo("N 01000");
      ProxyPlace.rows(idle, "SELECT pg_notify('news', 'again')");
      assertThat(listener.answer().notification()).isEqualTo("news: again");
    }
    assertThat(primary()).isNotEqualTo(primary);
    place.server(primary).start();
    place.assertEqualCopies();
    try (Connection connection = place.connect()) {
      assertThat(String.join("\n", ProxyPlace.rows(connection, "SHOW TANDEM EVENTS")))
          .as("the story of the failover, in order")
          .containsSubsequence(
              "|cluster|epoch ",
              " ends: ",
              "|cluster|epoch ",
              ": " + primary() + " is primary",
              "|" + primary + "|recovered: ",
              "|" + primary + "|ONLINE");
    }
  }

  @Test
  @Order(4)
  void whoIsInATransactionMayEndItWhenTheProxyStops() throws Exception {
    try (Connection idle = place.connect();
        Connection open = place.connect();
        Statement statement = open.createStatement()) {
      open.setAutoCommit(false);
      statement.execute("INSERT INTO fail VALUES (9, 'last')");
      CompletableFuture<Void> stopped =
          CompletableFuture.runAsync(() -> place.proxy().close(java.time.Duration.ofSeconds(20)));
      assertIdleEnds(idle);
      statement.execute("INSERT INTO fail VALUES (10, 'last')");
      open.commit();
      stopped.get(30, TimeUnit.SECONDS);
      assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
      assertThatThrownBy(place::connect).isInstanceOf(SQLException.class);
    }
  }

  private static void assertIdleEnds(Connection idle) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try (Statement statement = idle.createStatement()) {
        statement.execute("SELECT 1");
      } catch (SQLException e) {
        assertThat(e.getSQLState()).as(e.getMessage()).isIn("57P01", "08006", "08003");
        return;
      }
      assertThat(System.nanoTime()).as("the idle are sent away").isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }
}
