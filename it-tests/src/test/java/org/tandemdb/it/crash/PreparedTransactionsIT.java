package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.engine.pg.Joints;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.jdbc.Drivers;
import org.tandemdb.log.AppendOutcome;

/**
 * Recovery step 3 on real servers: a SERIALIZABLE transaction is prepared, and whoever was to end
 * it is gone. The log decides what becomes of it.
 */
class PreparedTransactionsIT {
  private static final String PREPARED =
      "SELECT count(*) = %d FROM pg_prepared_xacts WHERE database = current_database()";
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  /** What happens instead of, or before, a call at a joint; once. */
  private interface Event {
    @Nullable Object happens(Tap.Call call) throws Throwable;
  }

  private final AtomicReference<@Nullable Event> atCommitPrepared = new AtomicReference<>();
  private final AtomicReference<@Nullable Event> atAppend = new AtomicReference<>();

  private Driver driver() {
    Joints joints =
        new Joints(log -> Tap.log(log, this::around), port -> Tap.port(port, this::around));
    return Drivers.over((config, env) -> PgEngines.open(config, env, joints));
  }

  private @Nullable Object around(String name, @Nullable Object[] arguments, Tap.Call call)
      throws Throwable {
    Event event = null;
    if (name.equals("link.finish") && arguments[1] == Decision.COMMIT_PREPARED) {
      event = atCommitPrepared.getAndSet(null);
    } else if (name.equals("log.append")) {
      event = atAppend.getAndSet(null);
    }
    return event == null ? call.proceed() : event.happens(call);
  }

  private static Connection serializable(Site site, Driver driver) throws SQLException {
    // A slow disk is not what this is about: PREPARE TRANSACTION is flushed.
    Connection connection = site.connect(driver, "mark_patience=10s");
    Site.awaitBothHoldEverything(connection);
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    return connection;
  }

  /** Both parts of a token, and its count, without COMMIT. */
  private static void write(Connection connection, String token, int number) throws SQLException {
    String full = "t-" + token + "-" + number + "-0";
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO act (token, part) VALUES ('" + full + "', 1)");
      statement.execute("INSERT INTO act (token, part) VALUES ('" + full + "', 2)");
      statement.execute("UPDATE tally SET n = n + 1 WHERE id = " + number);
    }
  }

  private static void endEverySession(Site site) throws SQLException {
    site.await("a", String.format(PREPARED, 1));
    site.endEveryClientSession("a");
  }

  private static void hasTokens(Site site, String... tokens) throws SQLException {
    for (String server : new String[] {"a", "b"}) {
      for (String token : tokens) {
        site.await(server, "SELECT count(*) = 2 FROM act WHERE token LIKE 't-" + token + "-%'");
      }
      site.await(server, "SELECT count(*) = " + 2 * tokens.length + " FROM act");
      site.await(server, String.format(PREPARED, 0));
    }
  }

  /** Its session ends between the append and COMMIT PREPARED: it is logged, so it is committed. */
  @Test
  void whatIsLoggedIsCommittedWhenItsSessionHasEnded() throws Exception {
    Site site = new Site(pair);
    try (Connection connection = serializable(site, driver())) {
      atCommitPrepared.set(
          call -> {
            endEverySession(site);
            return call.proceed();
          });
      write(connection, "one", 3);
      connection.commit();
      assertThat(atCommitPrepared.get()).isNull();
      write(connection, "two", 3);
      connection.commit();
      Site.awaitBothHoldEverything(connection);
      hasTokens(site, "one", "two");
    }
    site.promisesAreKept();
  }

  /** Its session ends, and the log does not take it: it is rolled back, and its locks are gone. */
  @Test
  void whatIsNotLoggedIsRolledBackWhenItsSessionHasEnded() throws Exception {
    Site site = new Site(pair);
    try (Connection connection = serializable(site, driver())) {
      atAppend.set(
          call -> {
            endEverySession(site);
            return CompletableFuture.completedFuture(
                new AppendOutcome.Rejected(AppendOutcome.Reason.FULL, "no room"));
          });
      write(connection, "one", 3);
      assertThatThrownBy(connection::commit)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53100"));
      connection.rollback();
      write(connection, "two", 3);
      connection.commit();
      Site.awaitBothHoldEverything(connection);
      hasTokens(site, "two");
    }
    site.promisesAreKept();
  }

  /**
   * Its server ends before COMMIT PREPARED, and comes back with it still prepared: it is committed
   * there with its marker, and not applied again.
   */
  @Test
  void whatIsLoggedIsCommittedOnceWhenItsServerComesBack() throws Exception {
    Site site = new Site(pair);
    try (Connection connection = serializable(site, driver())) {
      atCommitPrepared.set(
          call -> {
            site.await("a", String.format(PREPARED, 1));
            site.server("a").kill9();
            return call.proceed();
          });
      write(connection, "one", 3);
      connection.commit();
      write(connection, "two", 3);
      connection.commit();
      site.server("a").start();
      Site.awaitBothHoldEverything(connection);
      hasTokens(site, "one", "two");
    }
    site.recoversWithEveryPromiseKept();
  }

  /** The same, when the log did not take it. */
  @Test
  void whatIsNotLoggedIsRolledBackWhenItsServerComesBack() throws Exception {
    Site site = new Site(pair);
    try (Connection connection = serializable(site, driver())) {
      atAppend.set(
          call -> {
            site.await("a", String.format(PREPARED, 1));
            site.server("a").kill9();
            return CompletableFuture.completedFuture(
                new AppendOutcome.Rejected(AppendOutcome.Reason.FULL, "no room"));
          });
      write(connection, "one", 3);
      assertThatThrownBy(connection::commit)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53100"));
      connection.rollback();
      write(connection, "two", 3);
      connection.commit();
      site.server("a").start();
      Site.awaitBothHoldEverything(connection);
      hasTokens(site, "two");
    }
    site.recoversWithEveryPromiseKept();
  }
}
