package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tandemdb.engine.pg.Joints;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.entry.Position;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.jdbc.Drivers;

/**
 * A pool full of links that are dead without anybody's knowing: an autocommit statement that finds
 * one of them must not run again on the next before it is known what was lost.
 */
class LostLinksIT {
  /** More than the attempts that a statement has. */
  private static final int LINKS = 40;

  private static final long LIMIT_SECONDS = 60;
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  /** Where an autocommit statement may find that its link is dead. */
  private enum Write {
    /** Under the INSERT that travels with its marker. */
    PREPARED_INSERT,
    /** Under the statement itself. */
    PLAIN_INSERT,
    /** Under the COMMIT of a transaction that wrote nothing. */
    UPDATE_OF_NO_ROW;

    void run(Connection connection) throws SQLException {
      switch (this) {
        case PREPARED_INSERT -> insert(connection, "s-lost");
        case PLAIN_INSERT -> {
          try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO act (token, part) VALUES ('s-lost', 1)");
          }
        }
        case UPDATE_OF_NO_ROW -> {
          try (Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate("UPDATE tally SET n = 1 WHERE id = 99")).isZero();
          }
          insert(connection, "s-lost");
        }
      }
    }
  }

  private static void insert(Connection connection, String token) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("INSERT INTO act (token, part) VALUES (?, 1)")) {
      statement.setString(1, token);
      assertThat(statement.executeUpdate()).isEqualTo(1);
    }
  }

  /** Section 6: run again only when it is known what was lost; the client sees a pause. */
  @ParameterizedTest
  @EnumSource
  void anAutocommitStatementWaitsForTheVerdictOnAPrimaryThatWasKilled(Write write)
      throws Exception {
    Site site = new Site(pair);
    Loss loss = new Loss(write, () -> pair.server("a").kill9());
    Driver driver = loss.driver();
    try (Connection keeper = poolOf(site, driver);
        Connection client = connect(site, driver)) {
      loss.happens();
      CompletableFuture<Void> written =
          CompletableFuture.runAsync(
              () -> {
                try {
                  write.run(client);
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(loss.probed.await(LIMIT_SECONDS, TimeUnit.SECONDS)).as("probed").isTrue();
      assertThatThrownBy(() -> written.get(500, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(loss.triesSince.get()).as("tries since").isEqualTo(loss.atCommit ? 0 : 1);
      loss.verdict.complete(null);
      written.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      assertThat(keeper.isValid(10)).isTrue();
    } finally {
      pair.server("a").start();
    }
    site.recoversWithEveryPromiseKept();
  }

  /** Sections 5 and 6: sessions that an administrator ended are not a dead server. */
  @ParameterizedTest
  @EnumSource
  void anAutocommitStatementOutlivesTheEndOfEverySession(Write write) throws Exception {
    Site site = new Site(pair);
    Loss loss = new Loss(write, () -> site.endEveryClientSession("a"));
    loss.verdict.complete(null);
    Driver driver = loss.driver();
    try (Connection keeper = poolOf(site, driver);
        Connection client = connect(site, driver)) {
      loss.happens();
      write.run(client);
      assertThat(keeper.isValid(10)).isTrue();
      Site.awaitBothHoldEverything(keeper);
    }
    site.recoversWithEveryPromiseKept();
  }

  /** Where it is wanted, and all that the client has seen is so again. */
  @Test
  void aTransactionIsReplayedOnTheNextPrimary() throws Exception {
    Site site = new Site(pair);
    try (Connection client = site.connect(Drivers.plain(), "replay_statements=100")) {
      Site.awaitBothHoldEverything(client);
      client.setAutoCommit(false);
      insert(client, "s-0-1-1");
      try (Statement statement = client.createStatement()) {
        statement.execute("SET LOCAL \"app.tenant\" = 'it''s'");
        statement.execute("SAVEPOINT here");
        insert(client, "s-0-1-2");
        statement.execute("ROLLBACK TO here");
        try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM act")) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getInt(1)).isEqualTo(1);
        }
        pair.server("a").kill9();
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT count(*), current_setting('app.tenant') FROM act WHERE part = 1")) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getInt(1)).isEqualTo(1);
          assertThat(rows.getString(2)).isEqualTo("it's");
        }
      }
      insert(client, "s-0-1-3");
      client.commit();
      try (Statement statement = client.createStatement();
          ResultSet rows = statement.executeQuery("SELECT token FROM act ORDER BY token")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("s-0-1-1");
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("s-0-1-3");
        assertThat(rows.next()).isFalse();
      }
    } finally {
      pair.server("a").start();
    }
    site.recoversWithEveryPromiseKept();
  }

  private static Connection connect(Site site, Driver driver) throws SQLException {
    // Nobody but a client finds out.
    return site.connect(driver, "probe_interval=1h", "watermark_interval=1h");
  }

  /** An engine whose pool holds many links to the primary; it lives as long as the connection. */
  private static Connection poolOf(Site site, Driver driver) throws SQLException {
    Connection keeper = connect(site, driver);
    Site.awaitBothHoldEverything(keeper);
    List<Connection> clients = new ArrayList<>();
    for (int i = 0; i < LINKS; i++) {
      Connection client = connect(site, driver);
      clients.add(client);
      insert(client, "s-0-98-" + i);
    }
    for (Connection client : clients) {
      client.close();
    }
    site.await("a", "SELECT count(*) >= " + LINKS + " FROM (" + Site.CLIENT_SESSIONS + ") s");
    return keeper;
  }

  /** What ends the links. */
  private interface Event {
    void happens() throws Exception;
  }

  /** Lets the links die at the right moment, and holds back the verdict of the next probe. */
  private static final class Loss {
    final CountDownLatch probed = new CountDownLatch(1);
    final CompletableFuture<Void> verdict = new CompletableFuture<>();
    final AtomicInteger triesSince = new AtomicInteger();
    final boolean atCommit;
    private final Event event;
    private final AtomicReference<@Nullable Event> atFinish = new AtomicReference<>();
    private volatile boolean happened;

    Loss(Write write, Event event) {
      this.atCommit = write == Write.UPDATE_OF_NO_ROW;
      this.event = event;
    }

    void happens() throws Exception {
      if (atCommit) {
        atFinish.set(event);
      } else {
        happened = true;
        event.happens();
      }
    }

    Driver driver() {
      Joints joints =
          new Joints(
              log -> log,
              port ->
                  Tap.port(
                      port,
                      port.id().name().equals("a") ? this::around : (e, a, c) -> c.proceed()));
      return Drivers.over((config, env) -> PgEngines.open(config, env, joints));
    }

    private @Nullable Object around(String name, @Nullable Object[] arguments, Tap.Call call)
        throws Throwable {
      if (name.equals("link.finish") && Position.NONE.equals(arguments[0])) {
        Event now = atFinish.getAndSet(null);
        if (now != null) {
          happened = true;
          now.happens();
        }
      }
      if (happened && (name.equals("link.begin") || name.equals("port.open"))) {
        triesSince.incrementAndGet();
      }
      if (happened && name.equals("control.probe")) {
        probed.countDown();
        return verdict.thenCompose(
            ok -> {
              try {
                return (CompletionStage<?>) call.proceed();
              } catch (Throwable e) {
                return CompletableFuture.failedFuture(e);
              }
            });
      }
      return call.proceed();
    }
  }
}
