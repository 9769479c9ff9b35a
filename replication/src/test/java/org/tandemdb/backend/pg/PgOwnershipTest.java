package org.tandemdb.backend.pg;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.SystemEnvironment;

/** Section 7: a session advisory lock gives a second engine a clear error that names the owner. */
class PgOwnershipTest {
  private static final UUID CLUSTER = new UUID(-7, -9);
  private static EmbeddedPostgres server;
  private static SystemEnvironment environment;
  private static int databases;

  private String database = "";
  private PgBackend first;
  private PgBackend second;

  @BeforeAll
  static void startServer() throws Exception {
    server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    environment = new SystemEnvironment("ownership", 8);
    admin("postgres", "CREATE ROLE stranger LOGIN");
  }

  @AfterAll
  static void stopServer() throws IOException {
    environment.close();
    server.close();
  }

  @BeforeEach
  void prepare() throws Exception {
    database = "owned" + ++databases;
    admin("postgres", "CREATE DATABASE " + database);
    first = engine("process 1 on here");
    second = engine("process 2 on there");
    await(first.control().initialise(CLUSTER));
  }

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  private PgBackend engine(String owner) {
    return new PgBackend(
        new BackendId("a"),
        environment,
        CLUSTER,
        server.getJdbcUrl("postgres", database).replaceAll("\\?.*", ""),
        "postgres",
        "",
        Map.of(),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(2),
        owner,
        "");
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static UUID recover(PgBackend engine, long epoch) throws Exception {
    UUID incarnation = UUID.randomUUID();
    await(engine.control().writeIncarnation(incarnation));
    await(engine.control().raiseFence(epoch));
    return incarnation;
  }

  private Optional<String> ownerSeenBy(PgBackend engine) throws Exception {
    return await(engine.control().inspect()).owner();
  }

  private static String admin(String database, String sql) throws SQLException {
    try (Connection c = server.getDatabase("postgres", database).getConnection();
        Statement s = c.createStatement()) {
      if (!s.execute(sql)) {
        return "";
      }
      try (ResultSet row = s.getResultSet()) {
        return row.next() ? String.valueOf(row.getString(1)) : "";
      }
    }
  }

  @Test
  void whoComesSecondIsToldWhoTheOwnerIsAndHowToEndItsSession() throws Exception {
    assertThat(ownerSeenBy(second)).isEmpty();
    recover(first, 1);
    String pid = admin(database, "SELECT pid FROM tandem.owner");
    assertThat(ownerSeenBy(second))
        .hasValue(
            "process 1 on here. If that is gone for good, end its session there: SELECT"
                + " pg_terminate_backend("
                + pid
                + ")");
    admin(database, "SELECT pg_terminate_backend(" + pid + ")");
    assertThat(ownerSeenBy(second)).as("the operator has ended it").isEmpty();
  }

  @Test
  void theLockEndsWithItsEngineAndNoLateProbeTakesItAgain() throws Exception {
    UUID incarnation = recover(first, 1);
    first.close();
    first
        .control()
        .probe(incarnation)
        .toCompletableFuture()
        .handle((ok, failure) -> failure)
        .get(20, TimeUnit.SECONDS);
    assertThat(ownerSeenBy(second)).isEmpty();
  }

  @Test
  void aLostLockIsTakenAgainByTheNextProbe() throws Exception {
    UUID incarnation = recover(first, 1);
    admin(database, "SELECT pg_terminate_backend(pid) FROM tandem.owner");
    first
        .control()
        .probe(incarnation)
        .toCompletableFuture()
        .handle((ok, failure) -> failure)
        .get(20, TimeUnit.SECONDS);
    await(first.control().probe(incarnation));
    assertThat(ownerSeenBy(second)).hasValueSatisfying(s -> assertThat(s).contains("process 1 "));
  }

  /** After a takeover the error must not name the one that was deposed. */
  @Test
  void whoIsDeposedGivesTheLockToItsSuccessor() throws Exception {
    UUID old = recover(first, 1);
    UUID fresh = recover(second, 2);
    assertThat(
            first
                .control()
                .probe(old)
                .toCompletableFuture()
                .handle((ok, failure) -> failure)
                .get(20, TimeUnit.SECONDS))
        .isInstanceOf(IncarnationException.class);
    PgBackend third = engine("process 3");
    try {
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      String owner;
      do {
        await(second.control().probe(fresh));
        owner = ownerSeenBy(third).orElse("");
        assertThat(System.nanoTime()).as(owner).isLessThan(deadline);
        LockSupport.parkNanos(2_000_000);
      } while (!owner.contains("process 2 "));
    } finally {
      third.close();
    }
  }

  /** Any user may take any advisory lock; that must not keep the cluster from starting. */
  @Test
  void aStrangersLockIsNobodys() throws Exception {
    recover(first, 1);
    String key =
        admin(
            database,
            "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype ="
                + " 'advisory' AND pid = (SELECT pid FROM tandem.owner)");
    first.close();
    try (Connection stranger = server.getDatabase("stranger", database).getConnection();
        Statement lock = stranger.createStatement()) {
      lock.execute("SELECT pg_advisory_lock(" + key + ")");
      assertThat(ownerSeenBy(second)).isEmpty();
      UUID incarnation = recover(second, 2);
      await(second.control().probe(incarnation));
    }
  }

  /** What an earlier build has made is without the table. */
  @Test
  void aSchemaWithoutTheTableGetsIt() throws Exception {
    admin(database, "DROP TABLE tandem.owner");
    assertThat(ownerSeenBy(second)).isEmpty();
    recover(first, 1);
    assertThat(ownerSeenBy(second)).isPresent();
  }
}
