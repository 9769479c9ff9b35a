package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.sql.PooledConnection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.jdbc.NotificationApi;
import org.tandemdb.jdbc.NotificationApi.Notification;
import org.tandemdb.jdbc.TandemConnectionPoolDataSource;

/** What is notified reaches the connections that listen, with an engine in the application. */
class NotificationsIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);

  /** Backends of other engines, of databases of the same name. */
  private static final Set<ObjectName> OTHERS = new HashSet<>();

  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException, JMException {
    pair = ServerPair.start(2, Map.of("max_prepared_transactions", "10"));
    OTHERS.addAll(backends());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  private static NotificationApi api(Connection connection) throws SQLException {
    return connection.unwrap(NotificationApi.class);
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Channel and payload of all until {@code last}. */
  private static List<String> until(Connection connection, String last) throws SQLException {
    List<String> got = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!got.contains(last)) {
      assertThat(System.nanoTime()).as("%s, and not yet %s", got, last).isLessThan(deadline);
      for (Notification one : api(connection).getNotifications(1_000)) {
        got.add(one.channel() + ":" + one.payload());
      }
    }
    return got;
  }

  private static void isState(String state, SqlWork work) {
    assertThatThrownBy(work::run)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).as("%s", e).isEqualTo(state));
  }

  private interface SqlWork {
    void run() throws SQLException;
  }

  @Test
  void whoeverListensGetsWhatIsNotifiedInOrderAndNobodyElse() throws Exception {
    try (Connection one = connect();
        Connection two = connect();
        Connection other = connect()) {
      run(one, "LISTEN news");
      run(two, "LISTEN \"News\"", "LISTEN news");
      run(other, "NOTIFY news, 'first'", "NOTIFY \"News\", 'é€😀'", "NOTIFY quiet, 'nobody'");
      run(other, "SELECT pg_notify('news', 'last')", "NOTIFY news");
      assertThat(until(one, "news:")).containsExactly("news:first", "news:last", "news:");
      assertThat(until(two, "news:"))
          .containsExactly("news:first", "News:é€😀", "news:last", "news:");
      assertThat(api(other).getNotifications()).isEmpty();
      run(one, "NOTIFY news, 'own'");
      assertThat(until(one, "news:own")).containsExactly("news:own");
    }
  }

  @Test
  void aNotificationSaysWhichServerProcessItCameFrom() throws Exception {
    try (Connection listener = connect()) {
      run(listener, "LISTEN pids");
      String primary = TandemStatus.read(listener).primary().orElseThrow();
      try (Connection direct =
          DriverManager.getConnection(pair.server(primary).url(ServerPair.DATABASE))) {
        run(direct, "NOTIFY pids, 'direct'");
        List<Notification> got = api(listener).getNotifications((int) LIMIT.toMillis());
        assertThat(got)
            .containsExactly(
                new Notification(
                    "pids", "direct", direct.unwrap(PGConnection.class).getBackendPID()));
      }
    }
  }

  @Test
  void listenAndUnlistenHoldFromTheirCommitOn() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      listener.setAutoCommit(false);
      run(listener, "LISTEN kept");
      run(other, "LISTEN kept"); // after the other one, so it hears after it
      run(other, "NOTIFY kept, 'too early'");
      until(other, "kept:too early");
      listener.commit();
      run(listener, "LISTEN never");
      listener.rollback();
      run(other, "NOTIFY never, 'rolled back'", "NOTIFY kept, 'one'");
      assertThat(until(listener, "kept:one")).containsExactly("kept:one");

      run(listener, "UNLISTEN kept");
      run(other, "NOTIFY kept, 'two'");
      assertThat(until(listener, "kept:two")).containsExactly("kept:two");
      listener.rollback();
      run(other, "NOTIFY kept, 'three'");
      assertThat(until(listener, "kept:three")).containsExactly("kept:three");

      run(listener, "UNLISTEN kept", "LISTEN other");
      listener.commit();
      run(other, "NOTIFY kept, 'four'", "NOTIFY never, 'still'", "NOTIFY other, 'five'");
      assertThat(until(listener, "other:five")).containsExactly("other:five");
    }
  }

  @Test
  void rollbackToASavepointTakesBackWhatWasListenedToSince() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      listener.setAutoCommit(false);
      run(listener, "LISTEN before");
      Savepoint savepoint = listener.setSavepoint("s");
      run(listener, "LISTEN since", "UNLISTEN before");
      listener.rollback(savepoint);
      run(listener, "LISTEN after");
      // The name is that of the first one again once the second is released.
      run(listener, "SAVEPOINT n", "LISTEN nested", "SAVEPOINT n", "RELEASE n", "ROLLBACK TO n");
      listener.commit();
      run(other, "NOTIFY since", "NOTIFY nested", "NOTIFY before", "NOTIFY after");
      assertThat(until(listener, "after:")).containsExactly("before:", "after:");
    }
  }

  @Test
  void whatIsNotifiedInATransactionComesAtItsCommitOnce() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      run(listener, "CREATE TABLE told (n int PRIMARY KEY)", "LISTEN told");
      other.setAutoCommit(false);
      run(other, "INSERT INTO told VALUES (1)", "NOTIFY told, 'rolled back'");
      other.rollback();
      run(other, "INSERT INTO told VALUES (1)", "NOTIFY told, 'committed'");
      assertThat(api(listener).getNotifications(100)).isEmpty();
      other.commit();
      run(other, "NOTIFY told, 'end'");
      other.commit();
      assertThat(until(listener, "told:end")).containsExactly("told:committed", "told:end");
      try (Statement statement = listener.createStatement();
          ResultSet row = statement.executeQuery("SELECT count(*) FROM told")) {
        row.next();
        assertThat(row.getInt(1)).isEqualTo(1);
      }
    }
  }

  @Test
  void aWaitEndsInTimeOrWithTheFirstNotification() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      run(listener, "LISTEN waited");
      assertThat(api(listener).getNotifications()).isEmpty();
      assertThat(api(listener).getNotifications(-5)).isEmpty();
      long before = System.nanoTime();
      assertThat(api(listener).getNotifications(60)).isEmpty();
      assertThat(System.nanoTime() - before).isGreaterThan(Duration.ofMillis(60).toNanos());
      CompletableFuture<List<Notification>> waiting = waiting(listener, 0);
      // A connection is of use to another thread while one waits.
      run(listener, "SELECT 1");
      assertThat(waiting).isNotDone();
      run(other, "NOTIFY waited, 'now'");
      assertThat(waiting.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .extracting(Notification::payload)
          .containsExactly("now");
    }
  }

  private static CompletableFuture<List<Notification>> waiting(Connection listener, int millis)
      throws SQLException {
    NotificationApi api = api(listener);
    CompletableFuture<List<Notification>> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                answer.complete(api.getNotifications(millis));
              } catch (SQLException e) {
                answer.completeExceptionally(e);
              }
            });
    thread.start();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
    return answer;
  }

  @Test
  void closeEndsAWaitAndGivesTheLinkBack() throws Exception {
    try (Connection other = connect()) {
      run(other, "SELECT 1");
      awaitLinksInUse(1); // what others have listened with is given back, too
      Connection listener = connect();
      run(listener, "LISTEN closed");
      awaitLinksInUse(2);
      CompletableFuture<List<Notification>> waiting = waiting(listener, 0);
      NotificationApi api = api(listener);
      listener.close();
      assertThatThrownBy(() -> waiting.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"));
      isState("08003", api::getNotifications);
      isState("08003", () -> listener.unwrap(NotificationApi.class));
      awaitLinksInUse(1);
    }
  }

  private static Set<ObjectName> backends() throws JMException {
    return ManagementFactory.getPlatformMBeanServer()
        .queryNames(new ObjectName("org.tandemdb:type=Backend,*"), null);
  }

  private static void awaitLinksInUse(int wanted) throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    Set<ObjectName> own = new HashSet<>(backends());
    own.removeAll(OTHERS);
    assertThat(own).hasSize(2);
    long deadline = System.nanoTime() + LIMIT.toNanos();
    int inUse = -1;
    while (inUse != wanted) {
      assertThat(System.nanoTime()).as("links in use: %s", inUse).isLessThan(deadline);
      inUse = 0;
      for (ObjectName backend : own) {
        inUse += (Integer) server.getAttribute(backend, "LinksInUse");
      }
    }
  }

  @Test
  void unlistenAndDiscardAllLeaveAll() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      run(listener, "LISTEN a", "LISTEN b", "LISTEN c", "UNLISTEN a");
      run(other, "NOTIFY a", "NOTIFY b");
      assertThat(until(listener, "b:")).containsExactly("b:");
      run(listener, "UNLISTEN *", "LISTEN d");
      run(other, "NOTIFY b", "NOTIFY c", "NOTIFY d");
      assertThat(until(listener, "d:")).containsExactly("d:");
      run(listener, "DISCARD ALL", "LISTEN e");
      run(other, "NOTIFY d", "NOTIFY e");
      assertThat(until(listener, "e:")).containsExactly("e:");
    }
  }

  @Test
  void theNextClientOfAPooledConnectionListensToNothing() throws Exception {
    TandemConnectionPoolDataSource source = new TandemConnectionPoolDataSource();
    source.setUrl(pair.tandemUrl());
    PooledConnection pooled = source.getPooledConnection();
    try (Connection other = connect();
        Connection same = connect()) {
      run(same, "LISTEN pooled");
      try (Connection first = pooled.getConnection()) {
        run(first, "LISTEN pooled");
        run(other, "NOTIFY pooled, 'unread'");
        until(same, "pooled:unread"); // the first has it, too, or is about to
      }
      try (Connection second = pooled.getConnection()) {
        run(other, "NOTIFY pooled, 'not his'");
        until(same, "pooled:not his");
        assertThat(api(second).getNotifications()).isEmpty();
        run(second, "LISTEN pooled");
        run(other, "NOTIFY pooled, 'his'");
        assertThat(until(second, "pooled:his")).containsExactly("pooled:his");
      }
    } finally {
      pooled.close();
    }
  }

  @Test
  void whatIsLeftUnreadIsBoundedAndALossIsToldOnce() throws Exception {
    try (Connection lazy = connect();
        Connection eager = connect();
        Connection other = connect()) {
      run(lazy, "LISTEN flood");
      run(eager, "LISTEN flood"); // after the other one, so it hears after it
      String filler = "x".repeat(7_000);
      other.setAutoCommit(false);
      for (int i = 0; i < 300; i++) {
        run(other, "NOTIFY flood, '" + i + " " + filler + "'");
        if (i % 50 == 49) {
          other.commit();
          until(eager, "flood:" + i + " " + filler);
        }
      }
      List<Notification> kept = api(lazy).getNotifications();
      assertThat(kept.size()).isBetween(100, 200);
      assertThat(kept.get(0).payload()).startsWith("0 ");
      assertThat(kept.get(kept.size() - 1).payload()).startsWith(kept.size() - 1 + " ");
      isState("53400", () -> api(lazy).getNotifications());
      assertThat(api(lazy).getNotifications()).isEmpty();
      run(other, "NOTIFY flood, 'again'");
      other.commit();
      assertThat(until(lazy, "flood:again")).containsExactly("flood:again");
    }
  }

  /** The link alone is lost: somebody has ended the server process. */
  @Test
  void aListenerWhoseLinkIsEndedIsWarnedAndGoesOn() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      run(listener, "LISTEN \"ended link\"");
      for (PostgresServer server : pair.servers()) {
        server.execute(
            ServerPair.DATABASE,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE query = 'LISTEN \"ended link\"'");
      }
      awaitWarning(listener);
      run(other, "NOTIFY \"ended link\", 'again'");
      assertThat(until(listener, "ended link:again")).containsExactly("ended link:again");
    }
  }

  /** A wait for notifications ends early, so that its caller can look at the warning. */
  private static void awaitWarning(Connection listener) throws SQLException {
    long before = System.nanoTime();
    assertThat(api(listener).getNotifications((int) LIMIT.toMillis())).isEmpty();
    assertThat(System.nanoTime() - before).as("it ends early").isLessThan(LIMIT.toNanos());
    SQLWarning warning = listener.getWarnings();
    assertThat((Throwable) warning).isNotNull();
    assertThat(warning.getSQLState()).isEqualTo("01000");
    assertThat(warning.getMessage()).contains("may have been missed");
    listener.clearWarnings();
    assertThat((Throwable) listener.getWarnings()).isNull();
  }

  /** Killed, it is gone at once; stopped, its socket says nothing. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aListenerGoesOnOnTheNextPrimaryAndIsWarned(boolean killed) throws Exception {
    try (ServerPair own = ServerPair.start(2, Map.of("max_prepared_transactions", "10"));
        Connection listener = DriverManager.getConnection(own.tandemUrl());
        Connection other = DriverManager.getConnection(own.tandemUrl())) {
      run(other, "CREATE TABLE item (n int PRIMARY KEY)");
      run(listener, "LISTEN news");
      run(other, "NOTIFY news, 'before'");
      assertThat(until(listener, "news:before")).containsExactly("news:before");
      TandemStatus.awaitEverything(other, LIMIT);
      PostgresServer primary = own.server(TandemStatus.read(other).primary().orElseThrow());
      if (killed) {
        primary.kill9();
      } else {
        primary.pause();
      }
      try {
        CompletableFuture<Void> writer =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    run(other, "INSERT INTO item VALUES (1)");
                  } catch (SQLException e) {
                    throw new IllegalStateException(e);
                  }
                });
        awaitWarning(listener);
        writer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(TandemStatus.read(other).primary()).isNotEmpty();
        assertThat(TandemStatus.read(other).primary().get()).isNotEqualTo(primary.name());
        run(other, "NOTIFY news, 'after'");
        assertThat(until(listener, "news:after")).containsExactly("news:after");
      } finally {
        if (!killed) {
          primary.resume();
        }
      }
    }
  }

  @Test
  void theVendorsInterfaceIsRefusedAndTandemsIsNamed() throws Exception {
    try (Connection connection = connect()) {
      assertThat(connection.isWrapperFor(NotificationApi.class)).isTrue();
      assertThatThrownBy(() -> connection.unwrap(PGConnection.class))
          .hasMessageContaining(NotificationApi.class.getName());
    }
  }
}
