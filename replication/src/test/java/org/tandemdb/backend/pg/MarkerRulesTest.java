package org.tandemdb.backend.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.BackendLink.Isolation;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.NotDrainedException;
import org.tandemdb.backend.Reservation;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.TableName;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.error.TandemException;

/** What section 3 asks of marker, fence and incarnation, on a real server. */
class MarkerRulesTest {
  private static final UUID CLUSTER = new UUID(7, 7);
  private static final long POLL_NANOS = Duration.ofMillis(2).toNanos();
  private static EmbeddedPostgres server;
  private static SystemEnvironment environment;
  private static int databases;

  private String database;
  private PgBackend backend;
  private UUID incarnation;
  private long recovery;

  @BeforeAll
  static void startServer() throws Exception {
    // As it comes: without prepared transactions. What is not flushed is lost in a crash.
    server =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "off")
            .setServerConfig("wal_writer_delay", "10s")
            .start();
    environment = new SystemEnvironment("rules", 8);
    try (Connection c = server.getPostgresDatabase().getConnection();
        Statement s = c.createStatement()) {
      s.execute("CREATE ROLE shopper LOGIN");
    }
  }

  @AfterAll
  static void stopServer() throws IOException {
    environment.close();
    server.close();
  }

  @BeforeEach
  void prepare() throws Exception {
    database = "rules" + ++databases;
    try (Connection c = server.getPostgresDatabase().getConnection();
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE " + database);
    }
    backend = backend(Map.of());
    await(backend.control().initialise(CLUSTER));
    sql("CREATE TABLE t (id int PRIMARY KEY, v text); GRANT ALL ON t TO PUBLIC");
    recover(1);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private PgBackend backend(Map<String, String> properties) {
    return new PgBackend(
        new BackendId("a"),
        environment,
        CLUSTER,
        server.getJdbcUrl("postgres", database).replaceAll("\\?.*", ""),
        "postgres",
        "",
        properties,
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(2));
  }

  /** † Texts of money are in the log: section 4. */
  @Test
  void everyLinkReadsMoneyAsTheClusterDoes() throws Exception {
    sql("ALTER DATABASE " + database + " SET lc_monetary = 'C.utf8'");
    try (PgBackend other =
        new PgBackend(
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
            "a test",
            "POSIX")) {
      for (JdbcLink link :
          List.of(
              await(other.open("shopper", "", "client", 1, incarnation)),
              await(other.openOwn(1, incarnation)))) {
        try (Statement statement = link.connection().createStatement();
            ResultSet rows = statement.executeQuery("SHOW lc_monetary")) {
          rows.next();
          assertThat(rows.getString(1)).isEqualTo("POSIX");
        }
        link.connection().close();
      }
    }
  }

  /** Its own engine would lose it: an address may lead to another server than it did. */
  @Test
  void anotherClustersServerIsLeftAsItIs() throws Exception {
    UUID stranger = new UUID(8, 8);
    try (PgBackend other =
        new PgBackend(
            new BackendId("a"),
            environment,
            stranger,
            server.getJdbcUrl("postgres", database).replaceAll("\\?.*", ""),
            "postgres",
            "",
            Map.of(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(2))) {
      assertThatThrownBy(() -> await(other.control().writeIncarnation(UUID.randomUUID())))
          .hasCauseInstanceOf(BackendUnreachableException.class)
          .hasMessageContaining("belongs to cluster " + CLUSTER + ", not to " + stranger);
    }
    assertThat(one("SELECT value FROM tandem.incarnation")).isEqualTo(incarnation.toString());
    assertThat(one("SELECT epoch FROM tandem.fence")).isEqualTo("1");
  }

  private void recover(long epoch) throws Exception {
    incarnation = UUID.randomUUID();
    await(backend.control().writeIncarnation(incarnation));
    recovery = await(backend.control().raiseFence(epoch));
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private JdbcLink link(long epoch) throws Exception {
    return await(backend.open("shopper", "", "client", epoch, incarnation));
  }

  private Connection admin() throws SQLException {
    return server.getDatabase("postgres", database).getConnection();
  }

  private void sql(String sql) throws SQLException {
    try (Connection c = admin();
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private String one(String sql) throws SQLException {
    try (Connection c = admin()) {
      return one(c, sql);
    }
  }

  private static String one(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      return r.next() ? String.valueOf(r.getString(1)) : "";
    }
  }

  private static String state(JdbcLink link, String sql) {
    SQLException e = catchThrowableOfType(SQLException.class, () -> one(link.connection(), sql));
    return e == null ? "no error" : String.valueOf(e.getSQLState());
  }

  private static void insert(JdbcLink link, int id) throws Exception {
    await(link.begin(BeginSpec.READ_WRITE));
    try (Statement s = link.connection().createStatement()) {
      s.execute("INSERT INTO t VALUES (" + id + ", 'x')");
    }
  }

  static void signal(String signal, int pid) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Integer.toString(pid)).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }

  /** Rule 3b: a client cannot write a marker, by guessing or through a DO block. */
  @Test
  void aClientCannotForgeAMarker() throws Exception {
    JdbcLink link = link(1);
    assertThat(state(link, "SELECT tandem.mark(1, 5, 'guess')")).isEqualTo("TD003");
    assertThat(state(link, "SELECT tandem.mark(1, 5, NULL)")).isEqualTo("TD003");
    assertThat(state(link, "SELECT tandem.enter(1, '" + incarnation + "', 'guess')"))
        .isEqualTo("TD003");
    assertThat(state(link, "DO $$ BEGIN EXECUTE 'SELECT tandem.mark(1, 5, ''x'')'; END $$"))
        .isEqualTo("TD003");
    assertThat(state(link, "INSERT INTO tandem.marker VALUES (1, 5)")).isEqualTo("42501");
    assertThat(one("SELECT count(*) FROM tandem.marker")).isEqualTo("0");
    link.sever();
  }

  /** Rule 3b: nor can it read what would let it. */
  @Test
  void aClientCannotReadASecret() throws Exception {
    JdbcLink link = link(1);
    for (String table :
        new String[] {"link", "pass", "marker", "fence", "watermark", "floor", "touched"}) {
      assertThat(state(link, "SELECT * FROM tandem." + table)).isEqualTo("42501");
      assertThat(state(link, "DO $$ BEGIN EXECUTE 'SELECT * FROM tandem." + table + "'; END $$"))
          .isEqualTo("42501");
    }
    link.sever();
  }

  /** Rows come out of a trace with the rights of Tandem's role, so nobody else may end one. */
  @Test
  void aClientCannotReadRowsThroughATrace() throws Exception {
    JdbcLink link = link(1);
    for (String secret : new String[] {"'guess'", "NULL"}) {
      String end =
          "SELECT * FROM tandem.trace_end("
              + secret
              + ", tandem.trace_begin(tandem.trace_settings()), tandem.trace_settings())";
      assertThat(state(link, end)).isEqualTo("TD003");
    }
    link.sever();
  }

  /** Rule 3b: nor in the text of a query, whatever mode an operator asks the driver for. */
  @Test
  void aSecretIsNeverInAQuerysText() throws Exception {
    backend.close();
    backend = backend(Map.of("preferQueryMode", "extended"));
    recover(1);
    JdbcLink link = link(1);
    String secret = one("SELECT secret FROM tandem.link WHERE pid = " + link.process().pid());
    assertThat(secret).hasSizeGreaterThan(15);
    String seen =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%"
            + secret
            + "%' AND pid <> pg_backend_pid()";
    assertThat(one(seen)).isEqualTo("0");
    insert(link, 1);
    assertThat(await(link.mark(new Position(1, 1), false))).isInstanceOf(MarkOutcome.Marked.class);
    assertThat(one(seen)).isEqualTo("0");
    await(link.rollback());
    link.sever();
  }

  /**
   * Rule 3b: a client may have the server quote parameters in errors. A marker that fails then
   * tells its secret in the error, so that link must be worthless.
   */
  @Test
  void aLinkWhoseSecretWasQuotedInAnErrorIsWorthless() throws Exception {
    JdbcLink link = link(1);
    one(link.connection(), "SELECT set_config('log_parameter_max_length_on_error', '-1', false)");
    String secret = one("SELECT secret FROM tandem.link WHERE pid = " + link.process().pid());
    await(backend.control().raiseWatermark(new Position(1, 9), true));
    insert(link, 1);
    MarkOutcome outcome = await(link.mark(new Position(1, 5), false));
    assertThat(outcome).isInstanceOf(MarkOutcome.Refused.class);
    if (((MarkOutcome.Refused) outcome).message().contains(secret)) {
      assertThat(link.isUsable()).isFalse();
    }
    link.sever();
  }

  /** Rule 3b: a marker at or below the watermark fails. */
  @Test
  void aMarkerAtOrBelowTheWatermarkFails() throws Exception {
    await(backend.control().raiseWatermark(new Position(1, 5), true));
    JdbcLink link = link(1);
    for (int number : new int[] {4, 5}) {
      insert(link, number);
      assertThat(await(link.mark(new Position(1, number), false)))
          .isInstanceOfSatisfying(
              MarkOutcome.Refused.class, r -> assertThat(r.sqlState()).isEqualTo("TD004"));
      await(link.rollback());
    }
    insert(link, 6);
    assertThat(await(link.mark(new Position(1, 6), false))).isInstanceOf(MarkOutcome.Marked.class);
    link.sever();
  }

  /** Rule 3b: checked as it is now, also where the transaction's snapshot is older. */
  @Test
  void anOldSnapshotDoesNotHideTheWatermark() throws Exception {
    JdbcLink link = link(1);
    await(link.begin(new BeginSpec(Isolation.REPEATABLE_READ, false, false)));
    assertThat(one(link.connection(), "SELECT count(*) FROM t")).isEqualTo("0");
    await(backend.control().raiseWatermark(new Position(1, 5), true));
    assertThat(await(link.mark(new Position(1, 5), false)))
        .isInstanceOfSatisfying(
            MarkOutcome.Refused.class, r -> assertThat(r.sqlState()).isEqualTo("TD004"));
    link.sever();
  }

  /** Rule 3b: inserts, then checks: a watermark raised while the insert waits is seen. */
  @Test
  void theMarkerIsInsertedBeforeTheWatermarkIsChecked() throws Exception {
    JdbcLink link = link(1);
    insert(link, 1);
    CompletableFuture<MarkOutcome> outcome;
    try (Connection blocker = admin()) {
      blocker.setAutoCommit(false);
      one(blocker, "WITH l AS (SELECT 1) SELECT 1 FROM l");
      try (Statement s = blocker.createStatement()) {
        s.execute("LOCK TABLE tandem.marker IN SHARE MODE");
      }
      outcome = link.mark(new Position(1, 5), false).toCompletableFuture();
      awaitLockOf(link.process().pid());
      one("SELECT setval('tandem.floor', 9)");
      blocker.rollback();
    }
    assertThat(await(outcome))
        .isInstanceOfSatisfying(
            MarkOutcome.Refused.class, r -> assertThat(r.sqlState()).isEqualTo("TD004"));
    link.sever();
  }

  private void awaitLockOf(int pid) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!one("SELECT wait_event_type FROM pg_stat_activity WHERE pid = " + pid).equals("Lock")) {
      assertThat(System.nanoTime()).as("waiting for a lock").isLessThan(deadline);
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** Recovery 1: whoever comes with an older epoch does not get in. */
  @Test
  void anOlderEpochDoesNotEnter() throws Exception {
    await(backend.control().raiseFence(2));
    assertThatThrownBy(() -> link(1))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(FencedException.class);
    assertThatThrownBy(() -> await(backend.control().raiseFence(1)))
        .hasCauseInstanceOf(FencedException.class);
  }

  /** Rule 5: nobody enters another incarnation of the server. */
  @Test
  void nobodyEntersAnotherIncarnation() throws Exception {
    sql("DELETE FROM tandem.incarnation");
    assertThatThrownBy(() -> link(1)).hasCauseInstanceOf(IncarnationException.class);
  }

  /**
   * Recovery 2: a link that is entering while the fence is raised holds the fence row FOR SHARE, so
   * that the raise waits, sees it registered, and the drain ends it.
   */
  @Test
  void aLinkThatEntersWhileTheFenceIsRaisedIsDrained() throws Exception {
    try (Connection entering = admin()) {
      int pid = Integer.parseInt(one(entering, "SELECT pg_backend_pid()"));
      sql("INSERT INTO tandem.pass VALUES (" + pid + ", 'secret')");
      entering.setAutoCommit(false);
      one(entering, "SELECT tandem.enter(1, '" + incarnation + "', 'secret')");
      var raised = backend.control().raiseFence(2).toCompletableFuture();
      assertThat(one("SELECT 1")).isEqualTo("1");
      assertThatThrownBy(() -> raised.get(500, TimeUnit.MILLISECONDS))
          .isInstanceOf(java.util.concurrent.TimeoutException.class);
      entering.commit();
      recovery = await(raised);
      await(backend.control().drain(recovery, Duration.ofSeconds(10)));
      assertThatThrownBy(() -> one(entering, "SELECT 1")).isInstanceOf(SQLException.class);
    }
  }

  /**
   * Recovery 1 and 2: an old owner's session that was stopped with its marker written is not
   * drained while it is stopped, and cannot commit when it wakes up.
   */
  @Test
  void aStoppedSessionOfAnOldOwnerCannotCommitWhenItWakesUp() throws Exception {
    JdbcLink old = link(1);
    insert(old, 1);
    assertThat(await(old.mark(new Position(1, 1), false))).isInstanceOf(MarkOutcome.Marked.class);
    signal("STOP", old.process().pid());
    try {
      recover(2);
      assertThatThrownBy(() -> await(backend.control().drain(recovery, Duration.ofMillis(500))))
          .hasCauseInstanceOf(NotDrainedException.class);
    } finally {
      signal("CONT", old.process().pid());
    }
    await(backend.control().drain(recovery, Duration.ofSeconds(10)));
    // Recovery applies the entry and deletes the marker; the old owner wakes up and commits.
    assertThat(await(old.finish(new Position(1, 1), Decision.COMMIT)))
        .isNotInstanceOf(FinishOutcome.Done.class);
    assertThat(one("SELECT count(*) FROM t")).isEqualTo("0");
    assertThat(one("SELECT count(*) FROM tandem.marker")).isEqualTo("0");
  }

  /** Rule 3f: a stopped server process may still commit: it is not gone before it is gone. */
  @Test
  void anInDoubtCommitIsNotAbsentWhileItsProcessLives() throws Exception {
    JdbcLink link = link(1);
    insert(link, 1);
    await(link.mark(new Position(1, 1), false));
    signal("STOP", link.process().pid());
    CompletableFuture<FinishOutcome> commit;
    try {
      commit = link.finish(new Position(1, 1), Decision.COMMIT).toCompletableFuture();
      assertThat(await(backend.control().holds(new Position(1, 1)))).isFalse();
      assertThatThrownBy(() -> await(backend.control().end(link.process(), Duration.ofMillis(500))))
          .hasCauseInstanceOf(NotDrainedException.class);
    } finally {
      signal("CONT", link.process().pid());
    }
    await(backend.control().end(link.process(), Duration.ofSeconds(10)));
    boolean held = await(backend.control().holds(new Position(1, 1)));
    assertThat(one("SELECT count(*) FROM t")).isEqualTo(held ? "1" : "0");
    FinishOutcome outcome = await(commit);
    assertThat(outcome instanceof FinishOutcome.Done && !held).isFalse();
  }

  /** Rule 3e: a transaction that ends in ROLLBACK at COMMIT is no commit. */
  @Test
  void aCommitThatTheServerAnswersWithRollbackFails() throws Exception {
    JdbcLink link = link(1);
    insert(link, 1);
    await(link.mark(new Position(1, 1), false));
    assertThat(state(link, "SELECT 1/0")).isEqualTo("22012");
    assertThat(await(link.finish(new Position(1, 1), Decision.COMMIT)))
        .isInstanceOf(FinishOutcome.Failed.class);
    assertThat(one("SELECT count(*) FROM t")).isEqualTo("0");

    // Nor is one that is not there any more.
    insert(link, 2);
    await(link.mark(new Position(1, 2), false));
    try (Statement s = link.connection().createStatement()) {
      s.execute("ROLLBACK");
    }
    assertThat(await(link.finish(new Position(1, 2), Decision.COMMIT)))
        .isInstanceOf(FinishOutcome.Failed.class);
    link.sever();
  }

  /** Rule 6: without prepared transactions SERIALIZABLE is refused, and says what to do. */
  @Test
  void serializableIsRefusedWherePreparedTransactionsAreOff() throws Exception {
    JdbcLink link = link(1);
    assertThatThrownBy(() -> await(link.begin(new BeginSpec(Isolation.SERIALIZABLE, false, false))))
        .cause()
        .isInstanceOfSatisfying(
            TandemException.class,
            e -> {
              assertThat(e.sqlState()).isEqualTo("0A000");
              assertThat(e).hasMessageContaining("max_prepared_transactions");
            });
    await(link.begin(new BeginSpec(Isolation.SERIALIZABLE, true, false)));
    await(link.rollback());
    await(link.begin(BeginSpec.READ_WRITE));
    await(link.rollback());
    link.sever();
  }

  /**
   * Rule 5 and section 4: a crash loses the tail of a sequence too. No value of it is handed out
   * again, although the primary itself keeps no reservation.
   */
  @Test
  void aSequenceGoesOnAboveWhatACrashMayHaveLost() throws Exception {
    sql("CREATE SEQUENCE s; CREATE SEQUENCE small AS smallint MAXVALUE 10; CREATE SEQUENCE unused");
    one("SELECT nextval('small')");
    sql("CHECKPOINT");
    long last = 0;
    try (Connection c = admin();
        Statement s = c.createStatement()) {
      s.execute("SET synchronous_commit = off");
      // Far ahead of the 32 values that the server notes beforehand.
      last = Long.parseLong(one(c, "SELECT max(nextval('s')) FROM generate_series(1, 400)"));
      crash(Integer.parseInt(one(c, "SELECT pg_backend_pid()")));
    }
    assertThat(
            Long.parseLong(
                one("SELECT coalesce(last_value, 0) FROM pg_sequences WHERE sequencename = 's'")))
        .as("the crash lost nothing, so this proves nothing")
        .isLessThan(last);
    // What the log would put back: a value of the sequence that survived covers a stretch beyond.
    one("SELECT nextval('s')");
    backend.close();
    backend = backend(Map.of());
    recover(2);
    assertThat(Long.parseLong(one("SELECT nextval('s')"))).isGreaterThan(last);
    assertThat(one("SELECT last_value FROM small")).isEqualTo("10");
    assertThat(one("SELECT nextval('unused')")).isEqualTo("1");
    long now = Long.parseLong(one("SELECT nextval('s')"));
    // Only a crash costs values, not every recovery.
    recover(3);
    assertThat(Long.parseLong(one("SELECT nextval('s')"))).isEqualTo(now + 1);
  }

  /**
   * † No value is given twice after DDL that gave a sequence another name either, or two of them
   * each other's: what is reserved goes by names.
   */
  @Test
  void aReservationFollowsItsSequenceToAnotherName() throws Exception {
    String ddlEnds = "; SELECT tandem.maintain_tracing(100)";
    sql(
        "CREATE SCHEMA old; CREATE SEQUENCE a; CREATE SEQUENCE b; CREATE SEQUENCE old.c;"
            + " CREATE SEQUENCE down INCREMENT -1; CREATE SEQUENCE gone"
            + ddlEnds);
    await(
        backend
            .control()
            .reserve(
                List.of(
                    new Reservation(new TableName("public", "a"), 5000, true),
                    new Reservation(new TableName("public", "b"), 70, true),
                    new Reservation(new TableName("old", "c"), 300, true),
                    new Reservation(new TableName("public", "down"), -40, false),
                    new Reservation(new TableName("public", "gone"), 9, true))));
    sql(
        "ALTER SEQUENCE a RENAME TO x; ALTER SEQUENCE b RENAME TO a; ALTER SEQUENCE x RENAME TO b;"
            + " ALTER SCHEMA old RENAME TO renamed; ALTER SEQUENCE down RENAME TO lower;"
            + " DROP SEQUENCE gone");
    // As an entry carries it that uses a sequence under its new name in the transaction of the DDL.
    await(
        backend
            .control()
            .reserve(List.of(new Reservation(new TableName("public", "lower"), -55, false))));
    sql("SELECT 1" + ddlEnds);
    await(backend.control().advanceSequences());
    assertThat(
            one(
                "SELECT concat_ws(' ', nextval('a'), nextval('b'), nextval('renamed.c'),"
                    + " nextval('lower'))"))
        .isEqualTo("71 5001 301 -56");
    assertThat(one("SELECT count(*) FROM tandem.reservation")).isEqualTo("5");
  }

  private void crash(int pid) throws Exception {
    signal("KILL", pid);
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    boolean up = false;
    while (!up) {
      assertThat(System.nanoTime()).as("the server comes back").isLessThan(deadline);
      try {
        up = one("SELECT count(*) FROM tandem.incarnation").equals("0");
      } catch (SQLException e) {
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
  }
}
