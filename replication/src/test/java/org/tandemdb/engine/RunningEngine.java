package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.cluster.Member;
import org.tandemdb.config.Setting;
import org.tandemdb.engine.pg.Joints;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.session.SessionExecutor;

/** An engine over real servers, {@code a} its first primary, with a small table {@code t}. */
final class RunningEngine implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(30);

  /** Who asks in between takes the processor from those who are waited for. */
  static final long POLL_NANOS = Duration.ofMillis(2).toNanos();

  final TwoServers servers;
  final Engine<JdbcLink> engine;

  RunningEngine(int count, Path directory, Map<Setting, String> limits) throws Exception {
    this(count, directory, limits, Joints.PLAIN);
  }

  RunningEngine(int count, Path directory, Map<Setting, String> limits, Joints joints)
      throws Exception {
    servers = new TwoServers(count, directory);
    engine = PgEngines.open(servers.config(limits), servers.environment, joints);
    try (TestClient client = client()) {
      client.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
      client.run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    }
    allAreOnline();
    copiesAreEqual("t");
  }

  TestClient client() {
    return new TestClient(engine, new SessionExecutor(servers.environment.scheduler()));
  }

  Member<JdbcLink> member(int index) {
    return engine.cluster().members().get(index);
  }

  void allAreOnline() {
    until(
        () ->
            engine.cluster().term() != null
                && engine.cluster().members().stream()
                    .allMatch(m -> m.state() == BackendState.ONLINE));
  }

  /** Both hold what the log holds, and are in service. */
  void copiesAreEqual(String table) throws Exception {
    engine
        .appliedEverywhere(engine.log().durableHead())
        .toCompletableFuture()
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    String all = "SELECT * FROM " + table + " ORDER BY 1";
    for (int i = 1; i < servers.servers.size(); i++) {
      assertThat(servers.rows(i, all)).isEqualTo(servers.rows(0, all));
    }
    assertThat(engine.cluster().members()).allMatch(m -> m.state() == BackendState.ONLINE);
  }

  /** Asks for a condition again and again until it holds. */
  static void until(Callable<Boolean> condition) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try {
      while (!condition.call()) {
        assertThat(System.nanoTime()).as("the deadline").isLessThan(deadline);
        LockSupport.parkNanos(POLL_NANOS);
      }
    } catch (Exception e) {
      throw new AssertionError("the condition could not be asked for", e);
    }
  }

  /** True when the query's first row begins with {@code t}. */
  boolean holds(int server, String sql) throws SQLException {
    return servers.rows(server, sql).get(0).startsWith("t");
  }

  void admin(int server, String sql) throws SQLException {
    try (Connection connection = direct(server);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A connection that the engine knows nothing of. */
  Connection direct(int server) throws SQLException {
    return servers.servers.get(server).connect();
  }

  @Override
  public void close() throws Exception {
    engine.close();
    servers.close();
  }
}
