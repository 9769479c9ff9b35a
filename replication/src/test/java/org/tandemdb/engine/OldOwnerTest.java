package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.Setting;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.entry.Position;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.SessionExecutor;

/**
 * Recovery 1 and 2 over two real servers and two engines: a session of the first engine was stopped
 * with its marker written and COMMIT on the way to it, and wakes up in the second engine's time.
 */
class OldOwnerTest {

  private static void signal(String signal, int pid) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Integer.toString(pid)).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }

  private static TestClient client(TwoServers servers, Engine<JdbcLink> engine) {
    return new TestClient(engine, new SessionExecutor(servers.environment.scheduler()));
  }

  private static boolean allOnline(Engine<JdbcLink> engine) {
    return engine.cluster().members().stream().allMatch(m -> m.state() == BackendState.ONLINE);
  }

  /** Marks a transaction that no log will ever hold, and sends COMMIT to its stopped process. */
  private static int zombie(Engine<JdbcLink> engine, TestClient client) throws Exception {
    client.write("INSERT INTO t VALUES (666, 'zombie')");
    Request again =
        new Request("UPDATE t SET v = v WHERE id = 1", Request.Markers.QUESTION, List.of());
    JdbcLink link =
        client
            .executor
            .join(
                client.session.start(again, client.session.plan(again), BeginSpec.READ_WRITE),
                RunningEngine.LIMIT)
            .lease()
            .link();
    Position head = engine.log().durableHead();
    Position next = new Position(head.epoch(), head.number() + 1);
    assertThat(link.mark(next, false).toCompletableFuture().get(20, TimeUnit.SECONDS))
        .isInstanceOf(MarkOutcome.Marked.class);
    int pid = link.process().pid();
    signal("STOP", pid);
    var sent = link.finish(next, Decision.COMMIT);
    assertThat(sent.toCompletableFuture()).isNotDone();
    return pid;
  }

  @Test
  void aSessionOfAnOldOwnerThatWakesUpInTheNextOnesTimeChangesNothing(@TempDir Path directory)
      throws Exception {
    try (TwoServers servers = new TwoServers(2, directory)) {
      ClusterConfig config =
          servers.config(
              Map.of(Setting.DRAIN_DEADLINE, "1s", Setting.CONTROL_SOCKET_TIMEOUT, "5s"));
      int pid;
      try (Engine<JdbcLink> first = PgEngines.open(config, servers.environment)) {
        try (TestClient client = client(servers, first)) {
          client.run("CREATE TABLE t (id int PRIMARY KEY, v text)");
          client.run("INSERT INTO t VALUES (1, 'a')");
        }
        RunningEngine.until(() -> allOnline(first));
        pid = zombie(first, client(servers, first));
      }
      try (Engine<JdbcLink> second = PgEngines.open(config, servers.environment);
          TestClient client = client(servers, second)) {
        BackendState meanwhile;
        try {
          assertThat(client.run("UPDATE t SET v = 'second' WHERE id = 1"))
              .isInstanceOf(CommitResult.Committed.class);
          meanwhile = second.cluster().members().get(0).state();
        } finally {
          signal("CONT", pid);
        }
        RunningEngine.until(() -> allOnline(second));
        assertThat(client.run("INSERT INTO t VALUES (2, 'after')"))
            .isInstanceOf(CommitResult.Committed.class);
        second
            .appliedEverywhere(second.log().durableHead())
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
        for (int server = 0; server < 2; server++) {
          assertThat(servers.rows(server, "SELECT * FROM t ORDER BY id"))
              .containsExactly("1|second", "2|after");
        }
        assertThat(meanwhile).as("not drained, not used").isNotEqualTo(BackendState.ONLINE);
      }
    }
  }
}
