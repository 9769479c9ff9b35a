package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.config.Setting;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession.CommitResult;

/**
 * Rule 3f on real servers: a COMMIT that the server has received, and will carry out, is held up in
 * the middle: it waits for a standby that does not exist, and its process is stopped there. To the
 * engine it looks lost.
 */
class InDoubtCommitTest {
  private static final long SIGTERM = 1L << 14;

  private static RunningEngine open(Path directory, String drainDeadline) throws Exception {
    RunningEngine rig =
        new RunningEngine(
            2,
            directory,
            Map.of(
                Setting.MARK_LIMIT, "1s",
                Setting.DRAIN_DEADLINE, drainDeadline,
                Setting.WATERMARK_INTERVAL, "1h"));
    // Tandem's own links wait for no standby; whoever writes a marker does from now on.
    rig.admin(
        0,
        "CREATE FUNCTION tandem.slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " PERFORM set_config('synchronous_commit', 'on', true); RETURN NULL; END $$;"
            + " CREATE TRIGGER slowly AFTER INSERT ON tandem.marker"
            + " FOR EACH ROW EXECUTE FUNCTION tandem.slowly()");
    return rig;
  }

  private static void signal(String signal, int pid) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Integer.toString(pid)).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }

  /** Writes, and gives the server process. */
  private static int write(TestClient client) throws Exception {
    client.write("UPDATE t SET v = v || '-late' WHERE id = 1");
    Request again =
        new Request(
            "UPDATE t SET v = v WHERE id = 2", Request.Markers.QUESTION, java.util.List.of());
    return client
        .executor
        .join(
            client.session.start(again, client.session.plan(again), BeginSpec.READ_WRITE),
            RunningEngine.LIMIT)
        .lease()
        .link()
        .process()
        .pid();
  }

  /** Commits, and stops the process when nothing but this is left in the way of its COMMIT. */
  private static CompletableFuture<CommitResult> stoppedInCommit(
      RunningEngine rig, TestClient client, int pid) throws Exception {
    rig.admin(0, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    rig.admin(0, "SELECT pg_reload_conf()");
    RunningEngine.until(
        () -> rig.servers.rows(0, "SHOW synchronous_standby_names").contains("nobody"));
    CompletableFuture<CommitResult> committed =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return client.commit();
              } catch (java.util.concurrent.TimeoutException e) {
                throw new IllegalStateException(e);
              }
            });
    RunningEngine.until(
        () ->
            rig.holds(0, "SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = " + pid));
    signal("STOP", pid);
    rig.admin(0, "ALTER SYSTEM RESET synchronous_standby_names");
    rig.admin(0, "SELECT pg_reload_conf()");
    return committed;
  }

  /** True when the process has been asked to end, and has not heard of it. */
  private static boolean isToEnd(int pid) throws Exception {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("ShdPnd:"))
        .anyMatch(line -> (Long.parseLong(line.substring(7).strip(), 16) & SIGTERM) != 0);
  }

  private static void isThereOnce(RunningEngine rig) throws Exception {
    rig.copiesAreEqual("t");
    assertThat(rig.servers.rows(0, "SELECT v FROM t ORDER BY id")).containsExactly("a-late", "b");
  }

  /**
   * Rule 3f: the process goes on, and has committed when it is gone: confirmed, and nothing ends.
   */
  @Test
  void aCommitThatSucceedsAfterItsProcessGoesOnIsConfirmed(@TempDir Path directory)
      throws Exception {
    try (RunningEngine rig = open(directory, "20s");
        TestClient client = rig.client()) {
      long epoch = rig.engine.log().epoch();
      int pid = write(client);
      CompletableFuture<CommitResult> committed = stoppedInCommit(rig, client, pid);
      try {
        RunningEngine.until(() -> isToEnd(pid));
        assertThat(committed).isNotDone();
        assertThat(rig.servers.rows(0, "SELECT v FROM t WHERE id = 1")).containsExactly("a");
      } finally {
        signal("CONT", pid);
      }
      assertThat(committed.get(30, TimeUnit.SECONDS)).isInstanceOf(CommitResult.Committed.class);
      assertThat(rig.engine.log().epoch()).as("the epoch").isEqualTo(epoch);
      assertThat(rig.servers.rows(0, "SELECT count(*) FROM tandem.marker WHERE number > 2"))
          .containsExactly("1");
      isThereOnce(rig);
      try (TestClient after = rig.client()) {
        assertThat(after.run("INSERT INTO t VALUES (3, 'after')"))
            .isInstanceOf(CommitResult.Committed.class);
      }
      rig.copiesAreEqual("t");
    }
  }

  /**
   * Rule 3f and recovery 2: the process goes on only after another backend has taken over and holds
   * the entry. It commits late on the old primary, which comes back with it exactly once.
   */
  @Test
  void aCommitThatSucceedsAfterTheFailoverIsNotAppliedAgain(@TempDir Path directory)
      throws Exception {
    try (RunningEngine rig = open(directory, "2s");
        TestClient client = rig.client()) {
      int pid = write(client);
      CompletableFuture<CommitResult> committed = stoppedInCommit(rig, client, pid);
      try {
        assertThat(committed.get(30, TimeUnit.SECONDS)).isInstanceOf(CommitResult.Committed.class);
        assertThat(rig.member(1).state()).isEqualTo(BackendState.ONLINE);
        assertThat(rig.member(0).state()).isNotEqualTo(BackendState.ONLINE);
        assertThat(rig.servers.rows(1, "SELECT v FROM t WHERE id = 1")).containsExactly("a-late");
        assertThat(rig.servers.rows(0, "SELECT v FROM t WHERE id = 1")).containsExactly("a");
      } finally {
        signal("CONT", pid);
      }
      rig.allAreOnline();
      assertThat(rig.engine.cluster().events())
          .filteredOn(e -> e.subject().equals("a") && e.what().startsWith("recovered"))
          .last()
          .satisfies(e -> assertThat(e.what()).startsWith("recovered: 0 entries applied"));
      isThereOnce(rig);
      try (TestClient after = rig.client()) {
        assertThat(after.run("UPDATE t SET v = v || '-after' WHERE id = 1"))
            .isInstanceOf(CommitResult.Committed.class);
      }
      rig.copiesAreEqual("t");
    }
  }
}
