package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.config.Setting;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.session.EngineSession.CommitResult;

/** Sections 4 and 6 on real replicas: who stands in an applier's way, and what it cannot apply. */
class ApplierRulesTest {
  private static final String BLOCKED =
      "SELECT count(*) > 0 FROM pg_stat_activity"
          + " WHERE application_name = 'tandem applier' AND datname = current_database()"
          + " AND wait_event_type = 'Lock'";

  /** A reader in the middle of its transaction. */
  private static Connection reader(RunningEngine rig) throws Exception {
    Connection connection = rig.direct(1);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT * FROM t");
    }
    return connection;
  }

  /**
   * Section 6: a reader that blocks an applier for longer than {@code max_apply_delay} is ended.
   */
  @Test
  void aReaderThatBlocksAnApplierForTooLongIsEnded(@TempDir Path directory) throws Exception {
    try (RunningEngine rig =
            new RunningEngine(
                2,
                directory,
                Map.of(Setting.APPLY_LOCK_TIMEOUT, "100ms", Setting.MAX_APPLY_DELAY, "1s"));
        TestClient client = rig.client();
        Connection reader = reader(rig)) {
      long began = System.nanoTime();
      client.run("ALTER TABLE t ADD COLUMN more int");
      RunningEngine.until(() -> !reader.isValid(5));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
      rig.copiesAreEqual("t");
      assertThat(rig.member(1).note()).isEmpty();
    }
  }

  /** Section 6: until then an applier gives up its locks, tries again, and ends nobody. */
  @Test
  void anApplierThatMeetsALockTriesAgainAndEndsNobodyBeforeItsTime(@TempDir Path directory)
      throws Exception {
    try (RunningEngine rig =
            new RunningEngine(
                2,
                directory,
                Map.of(Setting.APPLY_LOCK_TIMEOUT, "100ms", Setting.MAX_APPLY_DELAY, "1h"));
        TestClient client = rig.client();
        Connection reader = reader(rig)) {
      client.run("ALTER TABLE t ADD COLUMN more int");
      client.run("UPDATE t SET more = 1 WHERE id = 1");
      String since =
          "SELECT xact_start FROM pg_stat_activity"
              + " WHERE application_name = 'tandem applier' AND datname = current_database()";
      RunningEngine.until(() -> rig.holds(1, BLOCKED));
      for (int i = 0; i < 3; i++) {
        var before = rig.servers.rows(1, since);
        RunningEngine.until(
            () -> !rig.servers.rows(1, since).equals(before) && rig.holds(1, BLOCKED));
      }
      assertThat(reader.isValid(5)).isTrue();
      assertThat(rig.member(1).state()).isEqualTo(BackendState.ONLINE);
      reader.commit();
      rig.copiesAreEqual("t");
    }
  }

  /**
   * Section 4: an entry that fails on all replicas stops writes, and the cluster is not emptied.
   */
  @Test
  void theSameEntryFailingOnEveryReplicaStopsWritesAndReadsGoOn(@TempDir Path directory)
      throws Exception {
    try (RunningEngine rig = new RunningEngine(3, directory, Map.of());
        TestClient client = rig.client()) {
      rig.admin(1, "DELETE FROM t WHERE id = 1");
      rig.admin(2, "DELETE FROM t WHERE id = 1");
      assertThat(client.run("UPDATE t SET v = 'x' WHERE id = 1"))
          .isInstanceOf(CommitResult.Committed.class);
      RunningEngine.until(() -> rig.engine.cluster().halted().isPresent());
      assertThat(rig.engine.cluster().halted().orElseThrow())
          .contains(rig.engine.log().durableHead().toString(), "changed 0", "changed 1");
      assertThat(client.run("UPDATE t SET v = 'y' WHERE id = 2"))
          .isInstanceOfSatisfying(
              CommitResult.RolledBack.class,
              r -> assertThat(r.sqlState()).isEqualTo(ErrorCode.WRITES_STOPPED.sqlState()));
      assertThat(rig.member(0).state()).isEqualTo(BackendState.ONLINE);
      assertThat(rig.engine.cluster().members())
          .filteredOn(m -> m.state() == BackendState.DIVERGED)
          .hasSize(1);
      assertThat(client.read("SELECT v FROM t ORDER BY id")).containsExactly("x", "b");
    }
  }
}
