package org.tandemdb.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.backend.BackendLink.ApplyRun;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.commit.CommitOutcome.Committed;
import org.tandemdb.commit.CommitOutcome.RolledBack;
import org.tandemdb.commit.CommitOutcome.Why;
import org.tandemdb.entry.Position;
import org.tandemdb.fake.FakeBackend;
import org.tandemdb.fake.FakeLink;

/** The rules of recovery, divergence and truncation over backends in memory. */
class ClusterTest {

  private static ApplyOutcome diverged(ApplyRun run) {
    return new ApplyOutcome.Diverged(run.entries().get(0).position(), "UPDATE t", 1, 0);
  }

  /** Recovery: the steps in their order, for the primary and for a replica. */
  @Test
  void recoveryTakesItsStepsInOrder() {
    ClusterRig rig = new ClusterRig(2);
    rig.logged(1);
    rig.start();
    assertThat(rig.backend(0).journal)
        .startsWith(
            "incarnation",
            "fence",
            "drain",
            "prepared",
            "holdings",
            "link",
            "watermark 1",
            "sequences",
            "check incarnation");
    assertThat(rig.backend(1).journal)
        .startsWith(
            "incarnation",
            "fence",
            "drain",
            "prepared",
            "holdings",
            "link",
            "watermark 1",
            "check incarnation");
  }

  /** Recovery step 2: not drained is not usable. */
  @Test
  void aBackendThatIsNotDrainedIsNotUsed() {
    ClusterRig rig = new ClusterRig(2);
    rig.backend(0).drains = false;
    rig.start();
    assertThat(rig.member(0).state()).isEqualTo(BackendState.OFFLINE);
    assertThat(rig.term().primary()).isSameAs(rig.member(1));
    assertThat(rig.backend(0).journal).doesNotContain("holdings", "link");
  }

  /** Recovery step 3: the log decides about what was left prepared. */
  @Test
  void preparedTransactionsAreResolvedByTheLog() {
    ClusterRig rig = new ClusterRig(1);
    rig.logged(1);
    rig.backend(0).prepared.add(new Position(0, 1));
    rig.backend(0).prepared.add(new Position(0, 2));
    rig.start();
    assertThat(rig.backend(0).journal)
        .containsSubsequence("drain", "commit prepared 0/1", "rollback prepared 0/2", "holdings");
  }

  /** Recovery step 4: who holds more than the log says something else than the log. */
  @Test
  void aMarkerBeyondTheHeadIsRefused() {
    ClusterRig rig = new ClusterRig(2);
    rig.logged(1);
    rig.backend(1).markers.add(new Position(0, 2));
    rig.start();
    assertThat(rig.member(1).state()).isEqualTo(BackendState.DIVERGED);
    assertThat(rig.member(1).note()).contains("0/2").contains("0/1");
  }

  /** Recovery step 4: the same for the watermark. */
  @Test
  void aWatermarkBeyondTheHeadIsRefused() {
    ClusterRig rig = new ClusterRig(2);
    rig.logged(1);
    rig.backend(1).watermark = new Position(0, 2);
    rig.start();
    assertThat(rig.member(1).state()).isEqualTo(BackendState.DIVERGED);
  }

  /** Recovery step 4: another cluster's data is refused. */
  @Test
  void aBackendOfAnotherClusterIsRefused() {
    ClusterRig rig = new ClusterRig(2);
    UUID other = new UUID(9, 9);
    rig.backend(1).clusterId = Optional.of(other);
    rig.start();
    assertThat(rig.member(1).state()).isEqualTo(BackendState.DIVERGED);
    assertThat(rig.member(1).note()).contains(other.toString());
  }

  /** Recovery step 5: above the watermark, minus the markers, in log order. */
  @Test
  void exactlyWhatIsMissingIsApplied() {
    ClusterRig rig = new ClusterRig(1);
    for (int number = 1; number <= 5; number++) {
      rig.logged(number);
    }
    rig.backend(0).watermark = new Position(0, 2);
    rig.backend(0).markers.add(new Position(0, 4));
    rig.start();
    assertThat(rig.backend(0).applied).containsExactly(new Position(0, 3), new Position(0, 5));
    assertThat(rig.backend(0).watermark).isEqualTo(new Position(0, 5));
  }

  /** Recovery step 0: a crash during recovery is seen before ONLINE. */
  @Test
  void aBackendThatCrashedDuringItsRecoveryIsNotUsed() {
    ClusterRig rig = new ClusterRig(2);
    rig.backend(0).crashesInRecovery = true;
    rig.start();
    assertThat(rig.member(0).state()).isEqualTo(BackendState.OFFLINE);
    assertThat(rig.term().primary()).isSameAs(rig.member(1));
  }

  /** A probe that was under way when a recovery began says nothing about what that made. */
  @Test
  void aProbeFromBeforeARecoveryDoesNotUndoIt() {
    ClusterRig rig = new ClusterRig(1);
    rig.start();
    CompletableFuture<Void> probe = new CompletableFuture<>();
    rig.backend(0).heldProbe = probe;
    rig.environment.advance(ClusterRig.PROBE);
    FakeLink client = new FakeLink("client", new ArrayList<>());
    client.holdFinishes = true;
    var answer = rig.commit(client);
    // The epoch ends; the same server is recovered, and in the middle of that the probe fails.
    CompletableFuture<Void> drain = new CompletableFuture<>();
    rig.backend(0).heldDrain = drain;
    client.answerFinish(new FinishOutcome.InDoubt("reset"));
    rig.environment.settle();
    assertThat(rig.cluster.term()).isNull();
    CompletableFuture<Void> again = new CompletableFuture<>();
    rig.backend(0).heldProbe = again;
    probe.completeExceptionally(new IllegalStateException("another incarnation"));
    again.completeExceptionally(new IllegalStateException("another incarnation"));
    rig.environment.settle();
    rig.backend(0).heldProbe = null;
    rig.backend(0).heldDrain = null;
    drain.complete(null);
    rig.environment.settle();
    assertThat(rig.cluster.term()).isNotNull();
    assertThat(answer).isCompletedWithValueMatching(Committed.class::isInstance);
  }

  /** Section 3f: an in-doubt COMMIT whose entry is absent is applied by the next epoch. */
  @Test
  void aCommitThatWasLostIsAppliedByTheNextEpochAndAnsweredThen() {
    ClusterRig rig = new ClusterRig(1);
    rig.start();
    FakeLink client = new FakeLink("client", new ArrayList<>());
    client.holdFinishes = true;
    var answer = rig.commit(client);
    client.answerFinish(new FinishOutcome.InDoubt("reset"));
    rig.environment.settle();
    assertThat(rig.backend(0).journal).containsSubsequence("end", "holds", "incarnation", "fence");
    assertThat(rig.backend(0).applied).containsExactly(new Position(1, 1));
    assertThat(rig.log.epoch()).isEqualTo(2);
    assertThat(answer).isCompletedWithValueMatching(Committed.class::isInstance);
  }

  /** Section 3f: while the server process lives it may still commit, so absence is not asked. */
  @Test
  void aMarkerIsNotLookedUpWhileTheServerProcessLives() {
    ClusterRig rig = new ClusterRig(2);
    rig.start();
    FakeLink client = new FakeLink("client", new ArrayList<>());
    client.holdFinishes = true;
    var answer = rig.commit(client);
    rig.backend(0).drains = false;
    client.answerFinish(new FinishOutcome.InDoubt("reset"));
    rig.environment.settle();
    assertThat(rig.backend(0).journal).doesNotContain("holds");
    assertThat(rig.backend(0).applied).isEmpty();
    assertThat(rig.term().primary()).isSameAs(rig.member(1));
    assertThat(answer).isCompletedWithValueMatching(Committed.class::isInstance);
  }

  @Test
  void eventsAndNotesAreWrittenForAnOperator() {
    ClusterRig rig = new ClusterRig(2);
    rig.start();
    CompletableFuture<Void> probe = new CompletableFuture<>();
    rig.backend(0).heldProbe = probe;
    rig.backend(0).drains = false;
    rig.environment.advance(ClusterRig.PROBE);
    probe.completeExceptionally(
        new CompletionException(
            new BackendUnreachableException(
                "probe of a: java.net.ConnectException: Connection refused", null)));
    rig.environment.settle();
    assertThat(rig.term().primary()).isSameAs(rig.member(1));
    List<String> texts =
        rig.cluster.events().stream().map(e -> e.subject() + " " + e.what()).toList();
    assertThat(texts)
        .contains(
            "a OFFLINE: probe of a: Connection refused",
            "cluster epoch 1 ends: a is offline: probe of a: Connection refused",
            "b CATCHING_UP: being recovered, to become primary")
        .noneMatch(text -> text.contains("Exception") || text.startsWith("b OFFLINE"));
    assertThat(rig.cluster.members()).noneMatch(member -> member.note().contains("Exception"));
  }

  /** What fails again and again is said once, or the events of the day would be gone. */
  @Test
  void aClusterWithoutServersDoesNotFillItsEvents() {
    ClusterRig rig = new ClusterRig(2);
    rig.backends.forEach(backend -> backend.reachable = false);
    rig.start();
    int told = rig.cluster.events().size();
    for (int i = 0; i < 20; i++) {
      rig.environment.advance(ClusterRig.PROBE);
    }
    assertThat(rig.cluster.events()).hasSize(told);
  }

  /** Section 4: one replica that does not hold what it should is out, and only that one. */
  @Test
  void oneDivergedReplicaIsOutWithItsReasonAndTheOthersGoOn() {
    ClusterRig rig = new ClusterRig(3);
    rig.start();
    rig.backend(1).applying = ClusterTest::diverged;
    assertThat(rig.commit()).isCompletedWithValueMatching(Committed.class::isInstance);
    assertThat(rig.member(1).state()).isEqualTo(BackendState.DIVERGED);
    assertThat(rig.member(1).note())
        .contains("1/1", "UPDATE t", "changed 0 rows", "the primary changed 1");
    assertThat(rig.member(2).state()).isEqualTo(BackendState.ONLINE);
    assertThat(rig.cluster.halted()).isEmpty();
    assertThat(rig.commit()).isCompletedWithValueMatching(Committed.class::isInstance);
    assertThat(rig.backend(2).applied).hasSize(2);
  }

  /** Section 4: the same entry failing on all replicas stops writes; nothing is emptied. */
  @Test
  void theSameEntryFailingOnEveryReplicaStopsWritesAndEmptiesNothing() {
    ClusterRig rig = new ClusterRig(3);
    rig.start();
    rig.backend(1).applying = ClusterTest::diverged;
    rig.backend(2).applying = ClusterTest::diverged;
    assertThat(rig.commit()).isCompletedWithValueMatching(Committed.class::isInstance);
    assertThat(rig.cluster.halted()).get().asString().contains("1/1");
    assertThat(rig.cluster.events()).anyMatch(e -> e.what().startsWith("ALARM"));
    assertThat(rig.member(0).state()).isEqualTo(BackendState.ONLINE);
    assertThat(rig.member(2).state()).isNotEqualTo(BackendState.DIVERGED);
    assertThat(rig.commit().join())
        .isInstanceOfSatisfying(RolledBack.class, r -> assertThat(r.why()).isEqualTo(Why.HALTED));
    rig.environment.advance(Duration.ofSeconds(5));
    assertThat(rig.member(2).state()).isNotEqualTo(BackendState.DIVERGED);
    assertThat(rig.log.entries).hasSize(1);
  }

  /** Section 4: it counts the same when the last one fails while it is being recovered. */
  @Test
  void anEntryThatFailsInTheRecoveryOfTheLastReplicaStopsWritesToo() {
    ClusterRig rig = new ClusterRig(3);
    rig.start();
    rig.backend(2).reachable = false;
    rig.environment.advance(ClusterRig.PROBE.multipliedBy(2));
    assertThat(rig.member(2).state()).isEqualTo(BackendState.OFFLINE);
    rig.backend(1).applying = ClusterTest::diverged;
    rig.commit();
    assertThat(rig.member(1).state()).isEqualTo(BackendState.DIVERGED);
    rig.backend(2).applying = ClusterTest::diverged;
    rig.backend(2).reachable = true;
    rig.environment.advance(ClusterRig.PROBE.multipliedBy(4));
    assertThat(rig.cluster.halted()).isPresent();
    assertThat(rig.member(2).state()).isNotEqualTo(BackendState.DIVERGED);
  }

  /** Section 4: two replicas that fail at different entries have each diverged. */
  @Test
  void replicasThatFailAtDifferentEntriesDoNotStopWrites() {
    ClusterRig rig = new ClusterRig(3);
    rig.start();
    rig.backend(1).applying = ClusterTest::diverged;
    rig.commit();
    rig.backend(2).applying = ClusterTest::diverged;
    rig.commit();
    assertThat(rig.cluster.halted()).isEmpty();
    assertThat(rig.member(2).state()).isEqualTo(BackendState.DIVERGED);
  }

  /** Section 7: truncated only below what every backend holds durably. */
  @Test
  void theLogIsTruncatedOnlyBelowEveryBackendsDurableWatermark() {
    ClusterRig rig = new ClusterRig(3);
    rig.start();
    rig.commit();
    rig.environment.advance(Duration.ofSeconds(3));
    assertThat(rig.log.truncatedBelow).isEqualTo(new Position(1, 1));
    // Applied is not durable: until the watermark is committed the log keeps everything.
    rig.commit();
    assertThat(rig.backend(1).applied).hasSize(2);
    assertThat(rig.log.truncatedBelow).isEqualTo(new Position(1, 1));
    // One is away: what it may lack stays, whatever the others hold.
    rig.backend(2).reachable = false;
    rig.environment.advance(ClusterRig.PROBE.multipliedBy(2));
    assertThat(rig.member(2).state()).isEqualTo(BackendState.OFFLINE);
    rig.commit();
    rig.environment.advance(Duration.ofSeconds(5));
    assertThat(rig.member(1).durable()).isEqualTo(new Position(1, 3));
    assertThat(rig.log.truncatedBelow).isEqualTo(rig.member(2).durable());
    assertThat(rig.log.truncatedBelow.number()).isLessThan(3);
    // Near the size limit the one that is away falls off the end.
    rig.log.bytes = 90;
    rig.commit();
    rig.environment.advance(Duration.ofSeconds(5));
    assertThat(rig.log.truncatedBelow).isEqualTo(new Position(1, 4));
  }

  /** Who has lost the answer to a COMMIT may ask for it when every backend has everything again. */
  @Test
  void theLogKeepsForAWhileWhatEveryBackendHoldsAsLongAsThereIsRoom() {
    ClusterRig rig = new ClusterRig(2, Duration.ofMinutes(10));
    rig.start();
    for (int i = 0; i < 10; i++) {
      rig.commit();
      rig.environment.advance(Duration.ofMinutes(1));
    }
    assertThat(rig.log.truncatedBelow).isEqualTo(Position.NONE);
    for (int i = 0; i < 3; i++) {
      rig.commit();
      rig.environment.advance(Duration.ofMinutes(1));
    }
    assertThat(rig.log.truncatedBelow.number()).isBetween(1L, 3L);
    rig.log.bytes = 10;
    rig.commit();
    rig.environment.advance(Duration.ofSeconds(5));
    assertThat(rig.log.truncatedBelow).isEqualTo(new Position(1, 14));
  }

  /** Section 3b: the watermark that is written stays below an outstanding marker. */
  @Test
  void theWatermarkThatIsWrittenStaysBelowAnOutstandingMarker() {
    ClusterRig rig = new ClusterRig(1);
    rig.start();
    FakeLink late = new FakeLink("late", new ArrayList<>());
    late.holdMarks = true;
    rig.commit(late);
    rig.environment.advance(Duration.ofMillis(100));
    rig.commit();
    rig.environment.advance(Duration.ofSeconds(5));
    assertThat(rig.member(0).applied().position()).isEqualTo(new Position(1, 2));
    assertThat(rig.backend(0).watermark).isLessThan(new Position(1, 1));
    late.holdMarks = false;
    late.answerMark();
    rig.environment.advance(Duration.ofSeconds(5));
    assertThat(rig.backend(0).watermark).isEqualTo(new Position(1, 3));
  }

  /** Section 3e: a replica gets an entry when its COMMIT is confirmed, not when it is durable. */
  @Test
  void aReplicaGetsAnEntryOnlyAfterItsCommitIsConfirmed() {
    ClusterRig rig = new ClusterRig(2);
    rig.start();
    FakeLink client = new FakeLink("client", new ArrayList<>());
    client.holdFinishes = true;
    rig.commit(client);
    assertThat(rig.log.entries).hasSize(1);
    rig.environment.advance(Duration.ofSeconds(1));
    assertThat(rig.backend(1).applied).isEmpty();
    client.answerFinish(new FinishOutcome.Done());
    rig.environment.settle();
    assertThat(rig.backend(1).applied).containsExactly(new Position(1, 1));
  }

  /** Section 6: an applier that stays blocked goes on serially, then ends those in its way. */
  @Test
  void readersThatBlockAnApplierForTooLongAreEnded() {
    ClusterRig rig = new ClusterRig(2);
    rig.start();
    FakeBackend replica = rig.backend(1);
    List<Boolean> serially = new ArrayList<>();
    replica.applying =
        run -> {
          serially.add(run.serially());
          // Each attempt takes its whole lock time-out.
          rig.environment.advance(Duration.ofSeconds(1));
          return replica.journal.contains("end blockers")
              ? replica.applyAll(run)
              : new ApplyOutcome.Blocked("lock time-out");
        };
    rig.commit();
    assertThat(serially.get(0)).isFalse();
    assertThat(serially.subList(1, serially.size())).isNotEmpty().containsOnly(true);
    assertThat(serially).hasSizeBetween(10, 14);
    assertThat(replica.applied).containsExactly(new Position(1, 1));
    assertThat(rig.member(1).state()).isEqualTo(BackendState.ONLINE);
  }
}
