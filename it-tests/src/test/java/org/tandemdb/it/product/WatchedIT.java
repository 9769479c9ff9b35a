package org.tandemdb.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.jdbc.TandemDataSource;
import org.tandemdb.metrics.TandemMetrics;

/** Where reads go and how one says so, what a pool sets, what can be seen, and batches. */
class WatchedIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String WATCHED = "watched";
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void table() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "DROP TABLE IF EXISTS note");
      run(
          connection,
          "CREATE TABLE note (id serial PRIMARY KEY, n int NOT NULL CHECK (n < 1000000), t text,"
              + " at timestamptz DEFAULT clock_timestamp())");
      run(connection, "INSERT INTO note (n, t) VALUES (1, 'old')");
      TandemStatus.awaitEverything(connection, LIMIT);
    }
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "no row";
    }
  }

  private static void assertFails(Connection connection, String sql, String state, String words) {
    assertThatThrownBy(() -> run(connection, sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).as(sql).isEqualTo(state))
        .message()
        .contains(words);
  }

  /** Reads so far, by backend: the primary's, and the replica's. */
  private record Reads(long primary, long replica) {
    static Reads of(Connection connection) throws SQLException {
      long primary = 0;
      long replica = 0;
      for (TandemStatus.Backend backend : TandemStatus.read(connection).backends()) {
        primary += backend.isPrimary() ? backend.reads() : 0;
        replica += backend.isPrimary() ? 0 : backend.reads();
      }
      return new Reads(primary, replica);
    }
  }

  @Test
  void readsOfNewSessionsAreSharedOutAmongTheCopies() throws SQLException {
    try (Connection watch = connect()) {
      Reads before = Reads.of(watch);
      for (int i = 0; i < 10; i++) {
        try (Connection one = connect()) {
          text(one, "SELECT t FROM note");
        }
      }
      Reads after = Reads.of(watch);
      assertThat(after.primary() - before.primary()).isBetween(1L, 9L);
      assertThat(after.replica() - before.replica()).isBetween(1L, 9L);
    }
  }

  @Test
  void aHintSendsOneStatementToThePrimary() throws SQLException {
    try (Connection connection = connect()) {
      Reads before = Reads.of(connection);
      for (int i = 0; i < 10; i++) {
        assertThat(text(connection, "/* tandem: primary */ SELECT t FROM note")).isEqualTo("old");
      }
      Reads after = Reads.of(connection);
      assertThat(after.primary() - before.primary()).isEqualTo(10);
      assertThat(after.replica()).isEqualTo(before.replica());
    }
  }

  @Test
  void aReplicaThatLagsServesWhoAsksForNoMore() throws SQLException {
    try (Connection writer = connect();
        Connection block =
            DriverManager.getConnection(pair.server(replica(writer)).url(ServerPair.DATABASE));
        Connection reader = connect()) {
      block.setAutoCommit(false);
      run(block, "SELECT * FROM note FOR UPDATE");
      run(writer, "UPDATE note SET t = 'new' WHERE id = 1");
      // Whoever comes anew is sent to the one that has read less: the replica, after this.
      for (int i = 0; i < 10_000 && !hasReadMore(reader); i++) {
        assertThat(text(reader, "SELECT t FROM note")).isEqualTo("new");
      }
      assertThat(freshly("/* tandem: consistency=eventual */ SELECT t FROM note")).isEqualTo("old");
      try (Connection session = connect()) {
        assertThat(text(session, "SHOW tandem.consistency")).isEqualTo("strong");
        run(session, "SET tandem.consistency = 'eventual'");
        assertThat(text(session, "SELECT t FROM note")).isEqualTo("old");
        assertThat(text(session, "/* tandem: consistency=strong */ SELECT t FROM note"))
            .isEqualTo("new");
        run(session, "RESET tandem.consistency");
        assertThat(text(session, "SELECT t FROM note")).isEqualTo("new");
      }
      try (Connection session = connect()) {
        session.setReadOnly(true);
        session.setAutoCommit(false);
        assertThat(text(session, "/* tandem: consistency=eventual */ SELECT t FROM note"))
            .isEqualTo("old");
        assertThat(text(session, "SELECT t FROM note")).isEqualTo("old");
        assertFails(session, "/* tandem: primary */ SELECT t FROM note", "25001", "first query");
        session.rollback();
      }
      block.rollback();
      TandemStatus.awaitEverything(writer, LIMIT);
    }
  }

  /** True if the primary has, by more than this test's own reads. */
  private static boolean hasReadMore(Connection connection) throws SQLException {
    Reads reads = Reads.of(connection);
    return reads.primary() > reads.replica() + 10;
  }

  private static String freshly(String sql) throws SQLException {
    try (Connection connection = connect()) {
      return text(connection, sql);
    }
  }

  private static String replica(Connection connection) throws SQLException {
    return TandemStatus.read(connection).backends().stream()
        .filter(backend -> !backend.isPrimary())
        .findFirst()
        .orElseThrow()
        .name();
  }

  @Test
  void aLevelOrHintThatIsNotKnownIsAnErrorThatNamesThoseThatAre() throws SQLException {
    try (Connection connection = connect()) {
      assertFails(connection, "/* tandem: fresh */ SELECT 1", "42601", "'primary'");
      assertFails(connection, "/* tandem: consistency=best */ SELECT 1", "22023", "eventual");
      assertFails(connection, "SET tandem.consistency = 'best'", "22023", "eventual");
      assertFails(connection, "SET tandem.level = 'strong'", "0A000", "tandem.consistency");
      run(connection, "SET tandem.consistency = 'bounded:5s'");
      connection.setAutoCommit(false);
      run(connection, "SET tandem.consistency TO session");
      assertThat(text(connection, "SHOW tandem.consistency")).isEqualTo("session");
      connection.rollback();
      assertThat(text(connection, "SHOW tandem.consistency")).isEqualTo("bounded:5s");
      connection.setAutoCommit(true);
      run(connection, "DISCARD ALL");
      assertThat(text(connection, "SHOW tandem.consistency")).isEqualTo("strong");
    }
  }

  @Test
  void aPoolSetsTheDataSourcesProperties() throws SQLException {
    String url = pair.tandemUrl();
    int log = url.indexOf("log=");
    HikariConfig config = new HikariConfig();
    config.setDataSourceClassName(TandemDataSource.class.getName());
    config.addDataSourceProperty("url", url.substring(0, log - 1));
    config.addDataSourceProperty("log", pair.directory().resolve("log").toString());
    config.addDataSourceProperty("names", "a,b");
    config.addDataSourceProperty("maxLinksPerBackend", "100");
    config.setMaximumPoolSize(1);
    try (HikariDataSource pool = new HikariDataSource(config);
        Connection connection = pool.getConnection()) {
      assertThat(text(connection, "SELECT t FROM note")).isEqualTo("old");
    }
  }

  private static double meter(MeterRegistry registry, String name, String... tags) {
    return registry.get(name).tags(tags).meter().measure().iterator().next().getValue();
  }

  @Test
  void metersAndBeansMoveWithTheClusterAndGoWithItsEngine() throws Exception {
    MeterRegistry registry = new SimpleMeterRegistry();
    // Of a name of its own: other clusters of this process have meters, too.
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + WATCHED + " OWNER " + ServerPair.ROLE);
    }
    String url = pair.tandemUrl(WATCHED, pair.directory().resolve("watched-log"));
    try (TandemMetrics metrics = new TandemMetrics();
        Connection connection = DriverManager.getConnection(url)) {
      run(connection, "CREATE TABLE note (id serial PRIMARY KEY, n int, t text)");
      run(connection, "INSERT INTO note (n, t) VALUES (1, 'old')");
      TandemStatus.awaitEverything(connection, LIMIT);
      metrics.bindTo(registry);
      String primary = TandemStatus.read(connection).primary().orElseThrow();
      double commits = meter(registry, "tandem.commits", "cluster", WATCHED);
      double writes =
          meter(registry, "tandem.backend.writes", "cluster", WATCHED, "backend", primary);
      double reads =
          meter(registry, "tandem.backend.reads", "cluster", WATCHED, "backend", primary);
      run(connection, "UPDATE note SET t = 'other' WHERE id = 1");
      text(connection, "/* tandem: primary */ SELECT t FROM note");
      assertThat(meter(registry, "tandem.commits", "cluster", WATCHED)).isEqualTo(commits + 1);
      assertThat(meter(registry, "tandem.backend.writes", "cluster", WATCHED, "backend", primary))
          .isEqualTo(writes + 1);
      assertThat(meter(registry, "tandem.backend.reads", "cluster", WATCHED, "backend", primary))
          .isEqualTo(reads + 1);
      assertThat(
              meter(
                  registry,
                  "tandem.backend.links",
                  "cluster",
                  WATCHED,
                  "backend",
                  primary,
                  "state",
                  "in_use"))
          .isGreaterThanOrEqualTo(1);
      assertThat(
              meter(
                  registry, "tandem.backend.links.waiting", "cluster", WATCHED, "backend", primary))
          .isZero();
      assertThat(
              meter(
                  registry,
                  "tandem.backend.state",
                  "cluster",
                  WATCHED,
                  "backend",
                  primary,
                  "state",
                  "online"))
          .isEqualTo(1);
      TandemStatus.awaitEverything(connection, LIMIT);
      assertThat(
              meter(
                  registry,
                  "tandem.backend.lag.entries",
                  "cluster",
                  WATCHED,
                  "backend",
                  replica(connection)))
          .isZero();
      assertThat(
              meter(
                  registry,
                  "tandem.backend.lag",
                  "cluster",
                  WATCHED,
                  "backend",
                  replica(connection)))
          .isZero();
      assertFailoverIsSeen(connection, registry, primary);
      assertBeans(connection);
    }
  }

  private static void assertFailoverIsSeen(
      Connection connection, MeterRegistry registry, String primary)
      throws SQLException, IOException, InterruptedException {
    double failovers = meter(registry, "tandem.failovers", "cluster", WATCHED);
    PostgresServer killed = pair.server(primary);
    killed.kill9();
    try {
      run(connection, "INSERT INTO note (n) VALUES (2)");
      assertThat(meter(registry, "tandem.failovers", "cluster", WATCHED))
          .isGreaterThanOrEqualTo(failovers + 1);
      assertThat(meter(registry, "tandem.backend.primary", "cluster", WATCHED, "backend", primary))
          .isZero();
      assertThat(
              meter(
                  registry,
                  "tandem.backend.state",
                  "cluster",
                  WATCHED,
                  "backend",
                  primary,
                  "state",
                  "online"))
          .isZero();
    } finally {
      killed.start();
    }
    TandemStatus.awaitEverything(connection, LIMIT);
  }

  private static void assertBeans(Connection connection) throws JMException, SQLException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName cluster = new ObjectName("org.tandemdb:type=Cluster,name=" + WATCHED);
    String primary = TandemStatus.read(connection).primary().orElseThrow();
    assertThat(server.getAttribute(cluster, "Primary")).isEqualTo(primary);
    assertThat(server.getAttribute(cluster, "Writable")).isEqualTo(true);
    assertThat((String[]) server.getAttribute(cluster, "Backends")).containsExactly("a", "b");
    ObjectName backend =
        new ObjectName("org.tandemdb:type=Backend,cluster=" + WATCHED + ",name=" + primary);
    assertThat(server.getAttribute(backend, "State")).isEqualTo("ONLINE");
    assertThat(server.getAttribute(backend, "LagEntries")).isEqualTo(0L);
  }

  @Test
  void metersGoWithTheEngine() throws Exception {
    MeterRegistry registry = new SimpleMeterRegistry();
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE brief OWNER " + ServerPair.ROLE);
    }
    String url = pair.tandemUrl("brief", pair.directory().resolve("brief-log"));
    try (TandemMetrics metrics = new TandemMetrics()) {
      metrics.bindTo(registry);
      try (Connection connection = DriverManager.getConnection(url)) {
        assertThat(connection.isValid(5)).isTrue();
        assertThat(meter(registry, "tandem.writable", "cluster", "brief")).isEqualTo(1);
      }
      // Another configuration closes the one that nobody uses any more.
      try (Connection connection = DriverManager.getConnection(url + "&events_kept=50")) {
        assertThat(connection.isValid(5)).isTrue();
        assertThat(registry.find("tandem.writable").tags("cluster", "brief").meters()).hasSize(1);
        assertThat(beans("brief")).hasSize(2);
        assertThat(beans("brief-2")).as("the first engine's are gone").isEmpty();
      }
    }
    assertThat(registry.getMeters()).extracting(Meter::getId).isEmpty();
  }

  private static Set<ObjectName> beans(String cluster) throws JMException {
    return ManagementFactory.getPlatformMBeanServer()
        .queryNames(new ObjectName("org.tandemdb:type=Backend,cluster=" + cluster + ",*"), null);
  }

  @Test
  void aBatchIsOneTripForManyAndEqualOnEveryCopy() throws SQLException {
    try (Connection connection = connect()) {
      long before = writes(connection);
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
              connection.prepareStatement("INSERT INTO note (n, t) VALUES (?, ?)");
          PreparedStatement update =
              connection.prepareStatement("UPDATE note SET t = ? WHERE id = ?")) {
        for (int i = 0; i < 300; i++) {
          insert.setInt(1, i);
          insert.setString(2, i % 7 == 0 ? null : "row " + i);
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).hasSize(300).containsOnly(1);
        for (int i = 0; i < 100; i++) {
          update.setString(1, "changed " + i);
          update.setInt(2, i % 2 == 0 ? 1 : -1);
          update.addBatch();
        }
        assertThat(update.executeBatch()).hasSize(100).contains(1, 0);
      }
      assertThat(writes(connection) - before).as("400 elements").isLessThan(20);
      connection.commit();
      assertThat(text(connection, "SELECT count(*) FROM note")).isEqualTo("301");
      assertThat(text(connection, "SELECT count(*) FROM note WHERE t = 'row ' || n"))
          .isEqualTo("257");
      assertThat(text(connection, "SELECT t FROM note WHERE id = 1")).isEqualTo("changed 98");
      connection.commit();
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    assertEqualCopies();
  }

  /** Statements that ran on the primary so far. */
  private static long writes(Connection connection) throws SQLException {
    return TandemStatus.read(connection).backends().stream()
        .mapToLong(TandemStatus.Backend::writes)
        .sum();
  }

  @Test
  void aBatchThatFailsLeavesWhatPostgresqlLeaves() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(connection, "SAVEPOINT before");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO note (n) VALUES (?)")) {
        for (int i = 0; i < 200; i++) {
          insert.setInt(1, i == 77 ? 1_000_000 : i);
          insert.addBatch();
        }
        assertThatThrownBy(insert::executeBatch)
            .isInstanceOfSatisfying(
                BatchUpdateException.class,
                e -> {
                  assertThat(e.getSQLState()).isEqualTo("23514");
                  assertThat(e.getMessage()).contains("Batch entry").contains("1000000");
                });
      }
      assertFails(connection, "SELECT 1", "25P02", "abort");
      run(connection, "ROLLBACK TO before");
      assertThat(text(connection, "SELECT count(*) FROM note")).isEqualTo("1");
      connection.commit();
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    assertEqualCopies();
  }

  private static void assertEqualCopies() throws SQLException {
    List<String> urls = new ArrayList<>();
    pair.servers().forEach(server -> urls.add(server.url(ServerPair.DATABASE)));
    try (Connection a = DriverManager.getConnection(urls.get(0));
        Connection b = DriverManager.getConnection(urls.get(1))) {
      assertThat(Comparison.of(a, b).findings()).isEmpty();
    }
  }
}
