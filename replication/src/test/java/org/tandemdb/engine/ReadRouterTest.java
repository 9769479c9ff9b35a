package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.cluster.ClusterRig;
import org.tandemdb.cluster.Member;
import org.tandemdb.entry.Position;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.fake.FakeLink;
import org.tandemdb.session.ReadLevel;

/**
 * Section 5: what a backend must hold for a read of each level. A replica whose applier stands
 * still, and a primary so busy that every read that may goes to the replica.
 */
class ReadRouterTest {
  private static final Duration PATIENCE = Duration.ofMillis(200);
  private ClusterRig rig;
  private ReadRouter<FakeLink> router;
  private Member<FakeLink> primary;
  private Member<FakeLink> replica;

  @BeforeEach
  void start() {
    rig = new ClusterRig(2);
    rig.start();
    router = new ReadRouter<>(rig.cluster, rig.log, rig.environment, PATIENCE);
    router.start();
    primary = rig.member(0);
    replica = rig.member(1);
    primary.busy().addAndGet(100);
    assertThat(serving(new ReadLevel.Strong())).isSameAs(replica);
  }

  private Member<FakeLink> serving(ReadLevel level) {
    return serving(level, Position.NONE);
  }

  private Member<FakeLink> serving(ReadLevel level, Position token) {
    Member<FakeLink> chosen = router.choose(router.needed(level, token), null);
    if (chosen == null) {
      throw new AssertionError("nobody may serve " + level);
    }
    return chosen;
  }

  private CompletableFuture<Void> theReplicaStandsStill() {
    CompletableFuture<Void> held = new CompletableFuture<>();
    rig.backend(1).heldApply = held;
    return held;
  }

  /** Section 5: {@code strong} is served by a replica only when that holds the durable head. */
  @Test
  void aStrongReadGoesToAReplicaOnlyWhenThatHoldsTheDurableHead() {
    CompletableFuture<Void> held = theReplicaStandsStill();
    rig.commit();
    assertThat(serving(new ReadLevel.Strong())).isSameAs(primary);
    held.complete(null);
    rig.environment.settle();
    assertThat(serving(new ReadLevel.Strong())).isSameAs(replica);
  }

  /**
   * Section 5: the durable head, not the confirmed one. What is in the log may have been seen on
   * the primary before its COMMIT was confirmed.
   */
  @Test
  void whatIsDurableAndNotConfirmedYetCountsForAStrongRead() {
    FakeLink client = new FakeLink("client", new ArrayList<>());
    client.holdFinishes = true;
    rig.commit(client);
    assertThat(rig.cluster.confirmed().position()).isLessThan(rig.log.durableHead());
    assertThat(serving(new ReadLevel.Strong())).isSameAs(primary);
    client.answerFinish(new FinishOutcome.Done());
    rig.environment.settle();
    assertThat(serving(new ReadLevel.Strong())).isSameAs(replica);
  }

  /** Section 5: the primary answers strong reads only while the log proves that it is still so. */
  @Test
  void aStrongReadNeedsProofOfOwnershipAndTheOthersDoNot() {
    rig.log.owner = false;
    assertThatThrownBy(() -> serving(new ReadLevel.Strong()))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_OWNER));
    assertThat(serving(new ReadLevel.Session())).isSameAs(replica);
    assertThat(serving(new ReadLevel.Bounded(PATIENCE))).isSameAs(replica);
    assertThat(serving(new ReadLevel.Eventual())).isSameAs(replica);
  }

  /** Section 5: {@code session} needs what the session's token says, and no more. */
  @Test
  void aSessionsReadNeedsWhatTheSessionHasCommittedOrSeen() {
    rig.commit();
    Position before = rig.log.durableHead();
    CompletableFuture<Void> held = theReplicaStandsStill();
    rig.commit();
    Position after = rig.log.durableHead();
    assertThat(serving(new ReadLevel.Session(), before)).isSameAs(replica);
    assertThat(serving(new ReadLevel.Session(), after)).isSameAs(primary);
    held.complete(null);
    rig.environment.settle();
    assertThat(serving(new ReadLevel.Session(), after)).isSameAs(replica);
  }

  /** Section 5: {@code bounded} may lack what is younger than its bound, and nothing older. */
  @Test
  void aBoundedReadMayLackOnlyWhatIsYoungerThanItsBound() {
    ReadLevel bounded = new ReadLevel.Bounded(Duration.ofSeconds(1));
    rig.environment.advance(Duration.ofSeconds(2));
    CompletableFuture<Void> held = theReplicaStandsStill();
    rig.commit();
    assertThat(serving(bounded)).isSameAs(replica);
    rig.environment.advance(Duration.ofMillis(800));
    assertThat(serving(bounded)).isSameAs(replica);
    rig.environment.advance(Duration.ofMillis(300));
    assertThat(serving(bounded)).isSameAs(primary);
    held.complete(null);
    rig.environment.settle();
    assertThat(serving(bounded)).isSameAs(replica);
  }

  /** Section 5: a bound that reaches back beyond what is remembered is met all the same. */
  @Test
  void aBoundBeyondWhatIsRememberedIsStillMet() {
    ReadLevel bounded = new ReadLevel.Bounded(Duration.ofMinutes(5));
    CompletableFuture<Void> held = theReplicaStandsStill();
    rig.commit();
    rig.environment.advance(Duration.ofMinutes(10));
    assertThat(serving(bounded)).isSameAs(primary);
    held.complete(null);
    rig.environment.settle();
    assertThat(serving(bounded)).isSameAs(replica);
  }

  /** Section 5: {@code eventual} is served by anything that is in service. */
  @Test
  void anEventualReadIsServedByAnyBackendInService() {
    theReplicaStandsStill();
    rig.commit();
    rig.environment.advance(Duration.ofMinutes(1));
    assertThat(serving(new ReadLevel.Eventual())).isSameAs(replica);
    rig.backend(1).reachable = false;
    rig.environment.advance(ClusterRig.PROBE.multipliedBy(2));
    assertThat(serving(new ReadLevel.Eventual())).isSameAs(primary);
  }

  /** Section 5: the backend that a session read from last is not kept when it holds too little. */
  @Test
  void theBackendOfTheLastReadIsNotKeptWhenItHoldsTooLittle() {
    primary.busy().set(0);
    theReplicaStandsStill();
    rig.commit();
    Position needed = router.needed(new ReadLevel.Strong(), Position.NONE);
    assertThat(router.choose(needed, replica)).isSameAs(primary);
    assertThat(router.choose(Position.NONE, replica)).isSameAs(replica);
  }

  /** Section 5: without a primary a read waits for the replica, and its wait has an end. */
  @Test
  void withoutAPrimaryAStrongReadWaitsForTheReplicaWithinItsLimit() {
    CompletableFuture<Void> held = theReplicaStandsStill();
    rig.commit();
    // No primary for as long as the replica's recovery, which waits for this, lasts.
    CompletableFuture<Void> drain = new CompletableFuture<>();
    rig.backend(1).heldDrain = drain;
    rig.backend(0).reachable = false;
    rig.environment.advance(ClusterRig.PROBE.multipliedBy(2));
    assertThat(rig.cluster.term()).isNull();
    Position needed = router.needed(new ReadLevel.Strong(), Position.NONE);
    var tooLate = router.await(needed, Duration.ofSeconds(1)).toCompletableFuture();
    var inTime = router.await(needed, Duration.ofSeconds(9)).toCompletableFuture();
    rig.environment.advance(Duration.ofSeconds(2));
    assertThat(tooLate)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_BACKEND));
    assertThat(inTime).isNotDone();
    held.complete(null);
    drain.complete(null);
    rig.environment.advance(Duration.ofSeconds(1));
    assertThat(inTime).isCompletedWithValue(replica);
  }
}
