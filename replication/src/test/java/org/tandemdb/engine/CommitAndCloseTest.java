package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.config.Setting;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.SessionExecutor;

/**
 * A pool closes or aborts a connection whose thread is in the middle of a COMMIT: that thread's
 * transaction comes to its end, and nobody else notices.
 */
class CommitAndCloseTest {
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private RunningEngine rig;
  private TestClient client;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    rig = new RunningEngine(2, directory, Map.of());
    client = new TestClient(rig.engine, new SessionExecutor(tasks::add));
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    rig.close();
  }

  /** Runs the link's work here, one task after the other, until {@code commit} is answered. */
  private CommitResult answer(CompletableFuture<CommitResult> commit) throws Exception {
    long deadline = System.nanoTime() + RunningEngine.LIMIT.toNanos();
    while (!commit.isDone()) {
      Runnable task = tasks.poll(1, TimeUnit.MILLISECONDS);
      if (task != null) {
        task.run();
      }
      assertThat(System.nanoTime()).as("the deadline").isLessThan(deadline);
    }
    return commit.join();
  }

  @Test
  void aRollbackByAnotherThreadWaitsForTheCommit() throws Exception {
    long epoch = rig.engine.log().epoch();
    client.write("INSERT INTO t VALUES (3, 'c')");
    CompletableFuture<CommitResult> commit = client.session.commit().toCompletableFuture();
    CompletableFuture<Void> rollback = client.session.rollback().toCompletableFuture();
    assertThat(rollback).isNotDone();
    assertThat(answer(commit)).isInstanceOf(CommitResult.Committed.class);
    rollback.get(RunningEngine.LIMIT.toSeconds(), TimeUnit.SECONDS);
    rig.copiesAreEqual("t");
    assertThat(rig.servers.rows(0, "SELECT v FROM t WHERE id = 3")).containsExactly("c");
    assertThat(rig.engine.log().epoch()).isEqualTo(epoch);
  }

  @Test
  void aCloseByAnotherThreadLetsTheCommitComeToItsEnd() throws Exception {
    long epoch = rig.engine.log().epoch();
    client.write("INSERT INTO t VALUES (3, 'c')");
    CompletableFuture<CommitResult> commit = client.session.commit().toCompletableFuture();
    client.close();
    assertThat(answer(commit)).isInstanceOf(CommitResult.Committed.class);
    rig.copiesAreEqual("t");
    assertThat(rig.servers.rows(0, "SELECT v FROM t WHERE id = 3")).containsExactly("c");
    assertThat(rig.engine.log().epoch()).isEqualTo(epoch);
  }

  /** Who has gone while it waited in line must not keep what it gets then. */
  @Test
  void aLinkThatComesToASessionWhichIsClosedMeanwhileIsNotLost(@TempDir Path other)
      throws Exception {
    Map<Setting, String> few =
        Map.of(Setting.MAX_LINKS_PER_BACKEND, "2", Setting.LEASE_TIMEOUT, "3s");
    try (RunningEngine crowded = new RunningEngine(1, other, few);
        TestClient first = crowded.client();
        TestClient second = crowded.client()) {
      first.read("SELECT 1");
      second.read("SELECT 1");
      TestClient gone = crowded.client();
      var waiting = gone.session.read(false).toCompletableFuture();
      assertThat(waiting).isNotDone();
      gone.close();
      first.close();
      assertThatThrownBy(() -> gone.executor.join(waiting, RunningEngine.LIMIT))
          .hasMessageContaining("closed");
      try (TestClient next = crowded.client()) {
        assertThat(next.read("SELECT 2")).containsExactly("2");
        assertThat(second.read("SELECT 3")).containsExactly("3");
      }
    }
  }
}
