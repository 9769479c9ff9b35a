package org.tandemdb.proxy.pg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.cluster.Member;
import org.tandemdb.entry.Position;
import org.tandemdb.session.EngineSession.CommitResult;

/** The engine, unchanged, over links that are not JDBC's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NettyLinkTest {
  private NettyCluster cluster;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster = new NettyCluster(directory);
    try (RelayingClient client = new RelayingClient(cluster)) {
      client.write(
          "CREATE TABLE orders (id bigserial PRIMARY KEY, item text, at timestamptz DEFAULT"
              + " now())");
      assertThat(client.commit()).isInstanceOf(CommitResult.Committed.class);
    }
  }

  @AfterAll
  void stop() throws Exception {
    cluster.close();
  }

  @Test
  void aCapturedInsertIsOnBothServersAndShowsNothingThatItsClientDidNotAskFor() throws Exception {
    try (RelayingClient client = new RelayingClient(cluster)) {
      PgResult plain = client.write("INSERT INTO orders (item) VALUES ('pen')");
      assertThat(plain.tag()).isEqualTo("INSERT 0 1");
      assertThat(plain.columns()).isEmpty();
      assertThat(plain.rows()).isEmpty();
      assertThat(client.commit()).isInstanceOf(CommitResult.Committed.class);

      PgResult asked = client.write("INSERT INTO orders (item) VALUES ($1) RETURNING item", "ink");
      assertThat(asked.columns()).containsExactly("item");
      assertThat(asked.rows()).containsExactly(List.of("ink"));
      assertEqualEverywhere(client.commit());
      assertThat(client.read("SELECT count(*) FROM orders WHERE item IN ('pen', 'ink')").rows())
          .containsExactly(List.of("2"));
    }
  }

  @Test
  void aTransactionIsOnBothServersAndARolledBackOneOnNone() throws Exception {
    try (RelayingClient client = new RelayingClient(cluster)) {
      client.write("INSERT INTO orders (item) VALUES ('cup'), ('jug')");
      assertThat(client.write("UPDATE orders SET item = item || '!' WHERE item = 'cup'").count())
          .isEqualTo(1);
      client.write("DELETE FROM orders WHERE item = 'jug'");
      CommitResult committed = client.commit();
      client.write("INSERT INTO orders (item) VALUES ('never')");
      client.rollback();
      assertEqualEverywhere(committed);
      assertThat(cluster.rows(1, "SELECT item FROM orders WHERE item IN ('cup!', 'jug', 'never')"))
          .containsExactly("cup!");
    }
  }

  private void assertEqualEverywhere(CommitResult result) throws Exception {
    Position position = ((CommitResult.Committed) result).position().orElseThrow();
    for (Member<NettyLink> member : cluster.engine.cluster().members()) {
      member.applied().await(position).toCompletableFuture().get(30, TimeUnit.SECONDS);
      assertThat(member.note()).isEmpty();
    }
    String all = "SELECT * FROM orders ORDER BY id";
    assertThat(cluster.rows(0, all)).isNotEmpty().isEqualTo(cluster.rows(1, all));
  }

  /** The tag decides: the server answers COMMIT of a failed transaction without any error. */
  /** † The next one to use the link may be another client. */
  @Test
  void aCancelThatComesLateEndsNothingThatWasSentAfterIt() throws Exception {
    NettyLink link = openLink();
    for (int i = 0; i < 30; i++) {
      link.cancel();
      assertThat(RelayingClient.join(link.query("SELECT 1 FROM pg_sleep(0.02)", List.of())).rows())
          .hasSize(1);
    }
    link.sever();
  }

  @Test
  void aCommitThatIsAnsweredByRollbackHasFailed() throws Exception {
    NettyLink link = openLink();
    RelayingClient.join(link.begin(BeginSpec.READ_WRITE));
    assertThatThrownBy(() -> RelayingClient.join(link.query("SELECT 1/0", List.of())))
        .hasCauseInstanceOf(SQLException.class)
        .hasMessageContaining("division by zero");
    assertThat(RelayingClient.join(link.finish(Position.NONE, Decision.COMMIT)))
        .isInstanceOf(FinishOutcome.Failed.class);
    assertThat(link.isUsable()).isTrue();
    link.sever();
  }

  @Test
  void aCommitOnALostConnectionIsInDoubt() throws Exception {
    NettyLink link = openLink();
    RelayingClient.join(link.begin(BeginSpec.READ_WRITE));
    RelayingClient.join(link.query("SELECT 1", List.of()));
    cluster.rows(0, "SELECT pg_terminate_backend(" + link.process().pid() + ", 10000)::text");
    assertThat(RelayingClient.join(link.finish(Position.NONE, Decision.COMMIT)))
        .isInstanceOf(FinishOutcome.InDoubt.class);
    assertThat(link.isUsable()).isFalse();
    link.rollback().toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  @Test
  void aMarkerInAFailedTransactionIsRefused() throws Exception {
    NettyLink link = openLink();
    RelayingClient.join(link.begin(BeginSpec.READ_WRITE));
    assertThatThrownBy(() -> RelayingClient.join(link.query("SELECT 1/0", List.of())))
        .isInstanceOf(ExecutionException.class);
    assertThat(RelayingClient.join(link.mark(new Position(1, 1_000_000), false)))
        .isInstanceOfSatisfying(
            MarkOutcome.Refused.class,
            refused -> assertThat(refused.sqlState()).isEqualTo("25P02"));
    link.sever();
  }

  @Test
  void aCancelEndsTheStatementAndNotTheLink() throws Exception {
    NettyLink link = openLink();
    CompletableFuture<PgResult> sleeping =
        link.query("SELECT pg_sleep(300)", List.of()).toCompletableFuture();
    // A cancel that comes before the statement runs is lost, as with any client.
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    String active =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = "
            + link.process().pid();
    while (cluster.rows(0, active).isEmpty()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
    link.cancel();
    assertThatThrownBy(() -> RelayingClient.join(sleeping))
        .cause()
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
    assertThat(RelayingClient.join(link.clock())).startsWith("2");
    link.sever();
  }

  @Test
  void aSeveredLinkFailsWhatIsInFlight() throws Exception {
    NettyLink link = openLink();
    CompletableFuture<PgResult> sleeping =
        link.query("SELECT pg_sleep(300)", List.of()).toCompletableFuture();
    link.sever();
    assertThatThrownBy(() -> RelayingClient.join(sleeping)).hasCauseInstanceOf(SQLException.class);
    assertThat(link.isUsable()).isFalse();
  }

  @Test
  void whoIsOfAnotherEpochOrIncarnationDoesNotEnter() {
    Member<NettyLink> member = cluster.engine.cluster().members().get(0);
    NettyPort port = cluster.ports.get(0);
    assertThatThrownBy(
            () ->
                RelayingClient.join(
                    port.open(
                        "postgres",
                        "",
                        "test",
                        member.linkEpoch() - 1,
                        member.incarnation().orElseThrow())))
        .hasCauseInstanceOf(FencedException.class);
    assertThatThrownBy(
            () ->
                RelayingClient.join(
                    port.open(
                        "postgres", "", "test", member.linkEpoch(), new java.util.UUID(1, 2))))
        .hasCauseInstanceOf(IncarnationException.class);
  }

  private NettyLink openLink() throws Exception {
    Member<NettyLink> member = cluster.engine.cluster().members().get(0);
    return RelayingClient.join(
        cluster
            .ports
            .get(0)
            .open("postgres", "", "test", member.linkEpoch(), member.incarnation().orElseThrow()));
  }
}
