package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.engine.pg.Joints;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.it.crash.Tap;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.jdbc.Drivers;

/** CREATE INDEX CONCURRENTLY is on every copy or on none, whatever happens in the middle of it. */
class TasksIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final String INDEXES =
      "SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index"
          + " WHERE indrelid = 'item'::regclass ORDER BY 1";

  private static final Driver DRIVER = Drivers.plain();
  private static ServerPair pair;
  private final ExecutorService background = Executors.newCachedThreadPool();

  @BeforeAll
  static void start() throws IOException, InterruptedException, SQLException {
    pair = ServerPair.start(2, Map.of());
    for (PostgresServer server : pair.servers()) {
      try (Connection owner =
              DriverManager.getConnection(server.url(ServerPair.DATABASE, ServerPair.ROLE));
          Statement statement = owner.createStatement()) {
        statement.execute("CREATE TABLE item (id int PRIMARY KEY, k int, v text)");
        statement.execute("INSERT INTO item SELECT i, i, 'v' || i FROM generate_series(1, 500) i");
        statement.execute("CREATE TABLE heap (k int)");
      }
    }
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @AfterEach
  void nothingRunsOn() {
    background.shutdownNow();
  }

  /** With an engine that ends with its last connection: one test brings its own. */
  private static Connection connect() throws SQLException {
    Connection connection = DRIVER.connect(pair.tandemUrl(), new Properties());
    if (connection == null) {
      throw new SQLException("not a URL of Tandem", "08001");
    }
    return connection;
  }

  private static Connection direct(String server) throws SQLException {
    return DriverManager.getConnection(pair.server(server).url(ServerPair.DATABASE));
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static String ask(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      StringBuilder text = new StringBuilder();
      while (rows.next()) {
        text.append(text.isEmpty() ? "" : "; ").append(rows.getString(1));
      }
      return text.toString();
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }

  private static String indexes() throws SQLException {
    try (Connection connection = connect()) {
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    try (Connection a = direct("a");
        Connection b = direct("b")) {
      String found = ask(a, INDEXES);
      assertThat(ask(b, INDEXES)).isEqualTo(found);
      assertThat(Comparison.of(a, b).findings()).isEmpty();
      for (Connection server : new Connection[] {a, b}) {
        assertThat(ask(server, "SELECT count(*) FROM tandem.task")).isEqualTo("0");
      }
      return found;
    }
  }

  private static String primary() throws SQLException {
    try (Connection connection = connect()) {
      return TandemStatus.read(connection).primary().orElseThrow();
    }
  }

  private Future<?> inBackground(Connection connection, String sql) {
    return background.submit(
        () -> {
          run(connection, sql);
          return null;
        });
  }

  /** Something that the server must wait for before an index is complete. */
  private static Connection reader(String server) throws SQLException {
    Connection reader = direct(server);
    reader.setAutoCommit(false);
    run(reader, "LOCK TABLE item IN ROW EXCLUSIVE MODE");
    return reader;
  }

  private static void awaitHalfDone(String server) throws Exception {
    try (Connection direct = direct(server)) {
      await(
          () ->
              ask(
                      direct,
                      "SELECT count(*) FROM tandem.task t JOIN pg_stat_activity a ON a.pid = t.pid"
                          + " JOIN pg_class c ON c.relname = t.index_name"
                          + " WHERE a.wait_event_type = 'Lock'")
                  .equals("1"));
    }
  }

  @Test
  void writersGoOnWhileThePrimaryBuildsAndTheOthersFollow() throws Exception {
    String primary = primary();
    try (Connection client = connect();
        Connection writer = connect();
        Connection reader = reader(primary)) {
      Future<?> built =
          inBackground(
              client, "CREATE UNIQUE INDEX CONCURRENTLY item_k ON item (k) WHERE v <> 'x'");
      awaitHalfDone(primary);
      for (int i = 1001; i <= 1050; i++) {
        run(writer, "INSERT INTO item VALUES (" + i + ", " + i + ", 'meanwhile')");
      }
      run(writer, "UPDATE item SET k = k + 5000 WHERE id <= 100");
      assertThat(built.isDone()).isFalse();
      reader.rollback();
      built.get(40, TimeUnit.SECONDS);
      run(
          writer,
          "INSERT INTO item VALUES (2000, 1001, 'conflict') ON CONFLICT (k) WHERE v <> 'x'"
              + " DO UPDATE SET v = 'met'");
    }
    assertThat(indexes()).contains("item_k ON public.item USING btree (k) WHERE (v <> 'x'::text)");
    try (Connection client = connect()) {
      run(client, "DROP INDEX CONCURRENTLY item_k");
    }
    assertThat(indexes()).doesNotContain("item_k");
  }

  @Test
  void whatFailsOrIsCancelledLeavesNothingBehind() throws Exception {
    String primary = primary();
    try (Connection client = connect()) {
      run(client, "INSERT INTO item VALUES (3000, 1, 'again'), (3001, 1, 'and again')");
      assertThatThrownBy(
              () -> run(client, "CREATE UNIQUE INDEX CONCURRENTLY item_dup ON item ((k % 3000))"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("23505");
      assertThatThrownBy(() -> run(client, "CREATE INDEX CONCURRENTLY i ON item (nothing)"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("42703");
      try (Connection reader = reader(primary);
          Statement statement = client.createStatement()) {
        Future<?> built =
            background.submit(() -> statement.execute("CREATE INDEX CONCURRENTLY i ON item (k)"));
        awaitHalfDone(primary);
        statement.cancel();
        try (Connection direct = direct(primary)) {
          await(
              () ->
                  ask(
                          direct,
                          "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
                              + " AND query LIKE 'DROP INDEX CONCURRENTLY IF EXISTS%'")
                      .equals("1"));
        }
        reader.rollback();
        assertThatThrownBy(() -> built.get(40, TimeUnit.SECONDS)).hasMessageContaining("cancel");
      }
      assertThat(indexes()).doesNotContain("item_dup").doesNotContain(" i ON ");
      run(
          client,
          "DELETE FROM item WHERE id BETWEEN 3000 AND 3001",
          "CREATE INDEX CONCURRENTLY i ON item (k)",
          "DROP INDEX i");
      assertThatThrownBy(() -> run(client, "CREATE UNIQUE INDEX CONCURRENTLY i ON heap (k)"))
          .hasMessageContaining("first unique index");
    }
  }

  /** What is there already is not taken for what a task has left. */
  @Test
  void anIndexThatIsThereStaysAndABlockIsNoPlaceForIt() throws Exception {
    try (Connection client = connect()) {
      run(client, "CREATE INDEX there ON item (v)");
      assertThatThrownBy(() -> run(client, "CREATE INDEX CONCURRENTLY there ON item (k)"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("42P07");
      run(client, "CREATE INDEX CONCURRENTLY IF NOT EXISTS there ON item (k)");
      assertThat(indexes()).contains("there ON public.item USING btree (v) true");
      client.setAutoCommit(false);
      assertThatThrownBy(() -> run(client, "CREATE INDEX CONCURRENTLY i ON item (k)"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("25001");
      client.rollback();
      client.setAutoCommit(true);
      run(client, "DROP INDEX there");
    }
    indexes();
  }

  /** Its client sees a pause: the index is taken back and built again. */
  @Test
  void aSessionThatIsKilledInTheMiddleBuildsItAgain() throws Exception {
    String primary = primary();
    try (Connection client = connect();
        Connection reader = reader(primary)) {
      Future<?> built = inBackground(client, "CREATE INDEX CONCURRENTLY item_killed ON item (k)");
      awaitHalfDone(primary);
      try (Connection direct = direct(primary)) {
        run(direct, "SELECT pg_terminate_backend(pid) FROM tandem.task");
      }
      reader.rollback();
      built.get(40, TimeUnit.SECONDS);
    }
    assertThat(indexes()).contains("item_killed").contains("(k) true");
    try (Connection client = connect()) {
      run(client, "DROP INDEX item_killed");
    }
  }

  @Test
  void aReplicaThatIsAwayGetsItWhenItComesBack() throws Exception {
    String replica = primary().equals("a") ? "b" : "a";
    try (Connection client = connect()) {
      pair.server(replica).kill9();
      try {
        run(
            client,
            "CREATE INDEX CONCURRENTLY item_away ON item (k, v)",
            "INSERT INTO item VALUES (4000, 4000, 'while it was away')",
            "ANALYZE item");
      } finally {
        pair.server(replica).start();
      }
      assertThat(indexes()).contains("item_away");
      run(client, "DROP INDEX item_away");
    }
  }

  /**
   * † A TASK that was cut off is taken back where it ran, also if all of it was done and only its
   * entry is missing, and is done again: it is on every copy exactly once.
   */
  @Test
  void aPrimaryThatDiesInTheMiddleOrJustBeforeTheEntryHasNothingOfIt() throws Exception {
    String first = primary();
    AtomicBoolean armed = new AtomicBoolean(true);
    Tap.Hook hook =
        (event, arguments, call) -> {
          if (event.equals("link.endTask") && armed.compareAndSet(true, false)) {
            pair.server(first).kill9();
          }
          return call.proceed();
        };
    Joints joints = new Joints(log -> log, port -> Tap.port(port, hook));
    try (Connection client =
        Drivers.over((config, environment) -> PgEngines.open(config, environment, joints))
            .connect(pair.tandemUrl(), new Properties())) {
      run(client, "CREATE INDEX CONCURRENTLY item_entry ON item (v)");
      assertThat(armed.get()).isFalse();
      assertThat(TandemStatus.read(client).primary().orElseThrow()).isNotEqualTo(first);
      pair.server(first).start();
      TandemStatus.awaitEverything(client, LIMIT);
      String second = TandemStatus.read(client).primary().orElseThrow();
      try (Connection reader = reader(second)) {
        Future<?> built = inBackground(client, "CREATE INDEX CONCURRENTLY item_half ON item (k)");
        awaitHalfDone(second);
        pair.server(second).kill9();
        built.get(60, TimeUnit.SECONDS);
      } catch (SQLException e) {
        // The reader's server is gone.
        assertThat(e.getSQLState()).startsWith("08");
      }
      pair.server(second).start();
      TandemStatus.awaitEverything(client, LIMIT);
    }
    assertThat(indexes()).contains("item_entry").contains("item_half").doesNotContain("false");
    try (Connection client = connect()) {
      run(client, "DROP INDEX item_entry", "DROP INDEX item_half");
    }
  }

  /** † The statement has not run yet: whoever is the primary next runs it. */
  @Test
  void aPrimaryThatIsGoneBeforeATaskBeginsCostsItsClientTimeOnly() throws Exception {
    String first = primary();
    AtomicBoolean armed = new AtomicBoolean();
    Tap.Hook hook =
        (event, arguments, call) -> {
          if (event.equals("control.undoTasks") && armed.compareAndSet(true, false)) {
            pair.server(first).kill9();
          }
          return call.proceed();
        };
    Joints joints = new Joints(log -> log, port -> Tap.port(port, hook));
    try (Connection client =
        Drivers.over((config, environment) -> PgEngines.open(config, environment, joints))
            .connect(pair.tandemUrl(), new Properties())) {
      assertThat(TandemStatus.read(client).primary()).contains(first);
      armed.set(true);
      run(client, "CREATE INDEX CONCURRENTLY item_gone ON item (v)");
      assertThat(armed.get()).isFalse();
      assertThat(TandemStatus.read(client).primary().orElseThrow()).isNotEqualTo(first);
      pair.server(first).start();
    }
    assertThat(indexes()).contains("item_gone");
    try (Connection client = connect()) {
      run(client, "DROP INDEX item_gone");
    }
  }
}
