package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.tandemdb.it.server.Ports;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.jdbc.NotificationApi;
import org.tandemdb.jdbc.NotificationApi.Notification;

/** What is notified reaches Tandem's driver through a proxy, which may end in between. */
class ProxiedNotificationsIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static ServerPair pair;
  private static Path config;
  private static ProxyProcess proxy;
  private static int port;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ProxyPlace.servers(Map.of());
    port = Ports.next();
    config = Files.writeString(pair.directory().resolve("proxy.yaml"), yaml());
    proxy = ProxyProcess.start(config);
  }

  @AfterAll
  static void end() throws IOException, InterruptedException {
    if (proxy != null) {
      proxy.close();
    }
    pair.close();
  }

  private static String yaml() {
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
    return text.toString();
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:tandem://127.0.0.1:" + port + "/shop?user=shop");
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

  private static void awaitWarning(Connection listener, String text) throws SQLException {
    long before = System.nanoTime();
    assertThat(api(listener).getNotifications((int) LIMIT.toMillis())).isEmpty();
    assertThat(System.nanoTime() - before).as("it ends early").isLessThan(LIMIT.toNanos());
    SQLWarning warning = listener.getWarnings();
    assertThat((Throwable) warning).isNotNull();
    assertThat(warning.getSQLState()).isEqualTo("01000");
    assertThat(warning.getMessage()).contains(text).contains("may have been missed");
    listener.clearWarnings();
    assertThat((Throwable) listener.getWarnings()).isNull();
  }

  @Test
  void whatIsNotifiedIsHandedOutByTandemsInterfaceAndByTheVendors() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      assertThat(listener.isWrapperFor(NotificationApi.class)).isTrue();
      run(listener, "LISTEN news", "LISTEN \"a & b\"");
      assertThat(api(listener).getNotifications()).isEmpty();
      long before = System.nanoTime();
      assertThat(api(listener).getNotifications(60)).isEmpty();
      assertThat(System.nanoTime() - before).isGreaterThan(Duration.ofMillis(60).toNanos());
      run(other, "NOTIFY news, 'one'", "NOTIFY \"a & b\"", "NOTIFY quiet", "NOTIFY news, 'two'");
      assertThat(until(listener, "news:two")).containsExactly("news:one", "a & b:", "news:two");
      run(listener, "UNLISTEN *", "LISTEN last");
      run(other, "NOTIFY news", "NOTIFY last");
      var vendors = listener.unwrap(PGConnection.class).getNotifications((int) LIMIT.toMillis());
      assertThat(vendors).hasSize(1);
      assertThat(vendors[0].getName()).isEqualTo("last");
      listener.setAutoCommit(false);
      run(listener, "SELECT 1");
      assertThat(api(listener).getNotifications(0)).as("it does not wait then").isEmpty();
    }
  }

  @Test
  void closeEndsAWait() throws Exception {
    Connection listener = connect();
    run(listener, "LISTEN closed");
    NotificationApi api = api(listener);
    CompletableFuture<List<Notification>> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return api.getNotifications(0);
              } catch (SQLException e) {
                throw new IllegalStateException(e.getSQLState(), e);
              }
            });
    assertThat(waiting).isNotDone();
    listener.close();
    assertThatThrownBy(() -> waiting.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessage("08003");
    assertThatThrownBy(api::getNotifications)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"));
    try (Connection other = connect()) {
      // The one that waited has not connected again.
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (ProxyPlace.rows(other, "SHOW TANDEM SESSIONS").size() > 1) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
      }
    }
  }

  /** The connection is made again, and listens to what the lost one did. */
  @Test
  void aListenerOutlivesItsProxyAndIsWarned() throws Exception {
    try (Connection listener = connect()) {
      run(listener, "LISTEN gone", "LISTEN \"Two & two=4\"", "UNLISTEN gone");
      proxy.kill9();
      proxy = ProxyProcess.start(config);
      awaitWarning(listener, "the proxy was lost");
      try (Connection other = connect()) {
        run(other, "NOTIFY gone", "NOTIFY \"Two & two=4\", 'again'");
        assertThat(until(listener, "Two & two=4:again")).containsExactly("Two & two=4:again");
      }
    }
  }

  @Test
  void aListenerIsWarnedWhenThePrimaryIsLost() throws Exception {
    try (Connection listener = connect();
        Connection other = connect()) {
      run(listener, "LISTEN news");
      TandemStatus.awaitEverything(other, LIMIT);
      PostgresServer primary = pair.server(TandemStatus.read(other).primary().orElseThrow());
      primary.kill9();
      awaitWarning(listener, "the server");
      run(other, "NOTIFY news, 'after'");
      assertThat(until(listener, "news:after")).containsExactly("news:after");
      primary.start();
      TandemStatus.awaitEverything(other, LIMIT);
    }
  }
}
