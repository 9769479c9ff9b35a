package org.tandemdb.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.commit.CommitListener.Resolution;
import org.tandemdb.commit.CommitOutcome.Committed;
import org.tandemdb.commit.CommitOutcome.RolledBack;
import org.tandemdb.commit.CommitOutcome.Why;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.fake.FakeLink;
import org.tandemdb.log.AppendOutcome;

/** The rules of section 3, step 3, each on scripted links. */
class CommitPipelineTest {
  private final CommitRig rig = new CommitRig();

  private FakeLink slow(String name) {
    FakeLink link = rig.link(name);
    link.holdMarks = true;
    return link;
  }

  /** Rule 3b: positions are given when the batch closes; only then are markers sent. */
  @Test
  void everyPositionOfABatchIsGivenBeforeAnyMarkerIsSent() {
    FakeLink first = slow("first");
    rig.commit("first");
    rig.commit("second");
    rig.commit("third");
    // The first batch is still being marked: whoever came later has no position and no marker.
    assertThat(rig.journal).containsExactly("mark first 1");
    assertThat(rig.positions.next(1).number()).isEqualTo(2);
    first.answerMark();
    assertThat(rig.journal).containsSubsequence("mark second 3", "mark third 4");
    // One batch: both were waiting when it closed.
    assertThat(rig.log.batches).hasSize(2);
    assertThat(rig.log.entries.get(1).batch()).isEqualTo(rig.log.entries.get(2).batch());
  }

  /** Rule 3b: a marker proves life after the close, so a batch waits for every one of them. */
  @Test
  void nothingIsAppendedBeforeEveryMarkerOfTheBatchIsAnswered() {
    FakeLink opener = slow("opener");
    rig.commit("opener");
    FakeLink slow = slow("slow");
    rig.commit("quick");
    rig.commit("slow");
    opener.answerMark();
    assertThat(rig.logged()).containsExactly("opener");
    slow.answerMark();
    assertThat(rig.logged()).containsExactly("opener", "quick", "slow");
  }

  /** Rule 3b: a number is never given twice, whether its entry was dropped or rejected. */
  @Test
  void aNumberIsNeverGivenTwice() {
    rig.link("dropped").dead = true;
    assertThat(rig.commit("dropped")).isCompletedWithValueMatching(RolledBack.class::isInstance);
    rig.log.held = true;
    var rejected = rig.commit("rejected");
    rig.log.answer(new AppendOutcome.Rejected(AppendOutcome.Reason.FULL, "full"));
    assertThat(rejected).isCompletedWithValueMatching(RolledBack.class::isInstance);
    rig.log.held = false;
    assertThat(rig.commit("kept"))
        .isCompletedWithValue(new Committed(new Position(rig.pipeline.epoch(), 3)));
    assertThat(rig.link("dropped").marked).containsExactly(new Position(1, 1));
    assertThat(rig.link("rejected").marked).containsExactly(new Position(1, 2));
  }

  /** Rule 3b: a session that fails its marker is rolled back, unlogged, with 40001 to follow. */
  @Test
  void aSessionThatDiedBeforeItsMarkerIsRolledBackAndNeverLogged() {
    rig.link("victim").dead = true;
    var outcome = rig.commit("victim").join();
    assertThat(outcome)
        .isInstanceOfSatisfying(
            RolledBack.class, r -> assertThat(r.why()).isEqualTo(Why.SESSION_LOST));
    // Only now can the one who waited for its row run.
    assertThat(rig.commit("waiter")).isCompletedWithValueMatching(Committed.class::isInstance);
    assertThat(rig.logged()).containsExactly("waiter");
    assertThat(rig.link("victim").decisions).containsExactly(Decision.ROLLBACK);
  }

  /**
   * Rule 3b: a marker written before the close would not prove life. The victim enters while
   * another batch is being marked, dies, and lets its waiter run; both are in the next batch. The
   * waiter must not be logged together with, before or after the victim.
   */
  @Test
  void aSessionThatDiesWhileItWaitsForItsBatchIsNotLoggedNextToItsWaiter() {
    FakeLink opener = slow("opener");
    rig.commit("opener");
    var victim = rig.commit("victim");
    rig.link("victim").dead = true;
    var waiter = rig.commit("waiter");
    opener.answerMark();
    assertThat(victim).isCompletedWithValueMatching(RolledBack.class::isInstance);
    assertThat(waiter).isCompletedWithValueMatching(Committed.class::isInstance);
    assertThat(rig.logged()).containsExactly("opener", "waiter");
  }

  /** Rule 3c: nor is a waiter logged after one that died silently between append and COMMIT. */
  @Test
  void nobodyIsLoggedAfterOneWhoseCommitIsLost() {
    rig.link("victim").holdFinishes = true;
    var victim = rig.commit("victim");
    assertThat(rig.logged()).containsExactly("victim");
    // Its server process dies: its locks are free, and its waiter runs and asks to be committed.
    var waiter = rig.commit("waiter");
    rig.link("victim").answerFinish(new FinishOutcome.InDoubt("connection reset"));
    assertThat(rig.epochEnds).hasSize(1);
    assertThat(rig.logged()).containsExactly("victim");
    rig.pipeline.end("epoch over");
    assertThat(waiter.join())
        .isInstanceOfSatisfying(
            RolledBack.class, r -> assertThat(r.why()).isEqualTo(Why.SESSION_LOST));
    assertThat(rig.link("waiter").severed).isTrue();
    assertThat(rig.logged()).containsExactly("victim");
    // The entry is committed: its client hears so when a primary holds it.
    assertThat(victim).isNotDone();
    rig.pipeline.settle(p -> true, true);
    assertThat(victim).isCompletedWithValue(new Committed(new Position(1, 1)));
  }

  /** Rule 3b: who is late leaves the batch, and is marked again in a later one. */
  @Test
  void aLateSessionLeavesItsBatchAndIsMarkedAgain() {
    FakeLink opener = slow("opener");
    rig.commit("opener");
    FakeLink late = slow("late");
    var answer = rig.commit("late");
    var quick = rig.commit("quick");
    opener.answerMark();
    assertThat(quick).isNotDone();
    rig.environment.advance(CommitRig.PATIENCE.multipliedBy(2));
    assertThat(quick).isDone();
    assertThat(rig.logged()).containsExactly("opener", "quick");
    assertThat(answer).isNotDone();
    assertThat(late.severed).isFalse();

    late.answerMark();
    // The old marker proves nothing about a later moment: it is asked again.
    assertThat(late.marked).containsExactly(new Position(1, 2), new Position(1, 4));
    assertThat(answer).isNotDone();
    late.answerMark();
    assertThat(answer).isCompletedWithValue(new Committed(new Position(1, 4)));
    assertThat(rig.logged()).containsExactly("opener", "quick", "late");
  }

  /** Rule 3b: only the hard limit ends a late session. */
  @Test
  void onlyTheHardLimitEndsALateSession() {
    FakeLink late = slow("late");
    var answer = rig.commit("late");
    rig.environment.advance(CommitRig.HARD_LIMIT.dividedBy(2));
    assertThat(late.severed).isFalse();
    assertThat(answer).isNotDone();
    rig.environment.advance(CommitRig.HARD_LIMIT);
    assertThat(late.severed).isTrue();
    assertThat(answer).isCompletedWithValueMatching(RolledBack.class::isInstance);
    assertThat(rig.logged()).isEmpty();
  }

  /** Rule 3b: one that was prepared under its old position cannot be marked again. */
  @Test
  void aLatePreparedSessionIsRolledBackPrepared() {
    FakeLink late = slow("late");
    var answer = rig.commit("late", true);
    rig.environment.advance(CommitRig.PATIENCE.multipliedBy(2));
    late.answerMark();
    assertThat(answer).isCompletedWithValueMatching(RolledBack.class::isInstance);
    assertThat(late.decisions).containsExactly(Decision.ROLLBACK_PREPARED);
    assertThat(late.marked).hasSize(1);
  }

  /** Rule 3b: the watermark never passes a marker that was asked for and is not answered. */
  @Test
  void theWatermarkStaysBelowAnOutstandingMarker() {
    FakeLink late = slow("late");
    rig.commit("late");
    rig.environment.advance(CommitRig.PATIENCE.multipliedBy(2));
    rig.commit("quick");
    assertThat(rig.confirmed).containsExactly(new Position(1, 2));
    assertThat(rig.pipeline.notAboveOutstanding(new Position(1, 2))).isEqualTo(new Position(1, 0));
    late.holdMarks = false;
    late.answerMark();
    assertThat(rig.pipeline.notAboveOutstanding(new Position(1, 3))).isEqualTo(new Position(1, 3));
    slow("marking");
    rig.commit("marking");
    assertThat(rig.pipeline.notAboveOutstanding(new Position(1, 9))).isEqualTo(new Position(1, 3));
  }

  /** Rule 3c: a batch is appended only when every COMMIT of the one before it is confirmed. */
  @Test
  void aBatchIsAppendedOnlyWhenEveryCommitBeforeItIsConfirmed() {
    FakeLink opener = slow("opener");
    rig.commit("opener");
    rig.link("one").holdFinishes = true;
    rig.link("two").holdFinishes = true;
    rig.commit("one");
    rig.commit("two");
    opener.answerMark();
    rig.commit("next");
    // Marked already, which overlaps; not appended.
    assertThat(rig.journal).contains("mark next 4");
    rig.link("one").answerFinish(new FinishOutcome.Done());
    assertThat(rig.logged()).containsExactly("opener", "one", "two");
    rig.link("two").answerFinish(new FinishOutcome.Done());
    assertThat(rig.logged()).containsExactly("opener", "one", "two", "next");
  }

  /** Rule 3e: appliers hear of a batch when its COMMITs are confirmed, not when it is durable. */
  @Test
  void aBatchIsConfirmedAfterItsLastCommit() {
    rig.link("one").holdFinishes = true;
    var answer = rig.commit("one");
    assertThat(rig.logged()).containsExactly("one");
    assertThat(rig.confirmed).isEmpty();
    assertThat(answer).isNotDone();
    rig.link("one").answerFinish(new FinishOutcome.Done());
    assertThat(rig.confirmed).containsExactly(new Position(1, 1));
    assertThat(answer).isDone();
  }

  /** Rule 3d: a rejected append is provably not written: rolled back, answered with an error. */
  @Test
  void aRejectedAppendRollsBackWithTheReason() {
    rig.log.held = true;
    var answer = rig.commit("one");
    rig.log.answer(new AppendOutcome.Rejected(AppendOutcome.Reason.FULL, "disk full"));
    assertThat(answer.join()).isEqualTo(new RolledBack(Why.LOG_FULL, "disk full", null));
    assertThat(rig.link("one").decisions).containsExactly(Decision.ROLLBACK);
    assertThat(rig.epochEnds).isEmpty();
    rig.log.held = false;
    assertThat(rig.commit("two")).isCompletedWithValueMatching(Committed.class::isInstance);
  }

  /** Rule 3d: fenced means deposed: rolled back, and nothing more of this epoch. */
  @Test
  void aFencedAppendEndsTheEpoch() {
    rig.log.newEpoch(1, new org.tandemdb.entry.BackendId("b"));
    var answer = rig.commit("one");
    assertThat(answer).isCompletedWithValueMatching(RolledBack.class::isInstance);
    assertThat(rig.epochEnds).hasSize(1);
  }

  /**
   * Rule 3d: an append that ended unknown: nothing is rolled back or answered, the epoch ends, and
   * the reopened log decides, here for it.
   */
  @Test
  void anUnknownAppendIsDecidedByTheReopenedLogForIt() {
    List<Entry> batch = unknownAppend();
    rig.log.wrote(batch);
    rig.pipeline.settle(p -> p.number() == 1, true);
    assertThat(unknown).isCompletedWithValue(new Committed(new Position(1, 1)));
  }

  /** Rule 3d: the same, decided against it. */
  @Test
  void anUnknownAppendIsDecidedByTheReopenedLogAgainstIt() {
    unknownAppend();
    rig.pipeline.settle(p -> p.number() == 1, false);
    assertThat(unknown).isCompletedWithValueMatching(RolledBack.class::isInstance);
  }

  private java.util.concurrent.CompletableFuture<CommitOutcome> unknown =
      new java.util.concurrent.CompletableFuture<>();

  private List<Entry> unknownAppend() {
    rig.log.held = true;
    unknown = rig.commit("one");
    List<Entry> batch = rig.log.batches.get(0);
    rig.log.answer(new AppendOutcome.Unknown("fsync failed"));
    assertThat(unknown).isNotDone();
    assertThat(rig.link("one").decisions).isEmpty();
    assertThat(rig.epochEnds).hasSize(1);
    // Nothing may be logged after it before that is decided.
    rig.log.held = false;
    var next = rig.commit("next");
    assertThat(rig.log.batches).hasSize(1);
    rig.pipeline.end("unknown append");
    assertThat(next).isCompletedWithValueMatching(RolledBack.class::isInstance);
    assertThat(unknown).isNotDone();
    assertThat(rig.pipeline.undecided()).containsExactly(new Position(1, 1));
    return batch;
  }

  /** Rule 3d: an append that is in flight when the epoch ends is waited for. */
  @Test
  void theEpochIsQuietOnlyWhenNoAppendIsInFlight() {
    rig.log.held = true;
    var answer = rig.commit("one");
    var quiet = rig.pipeline.end("promotion").toCompletableFuture();
    assertThat(quiet).isNotDone();
    rig.log.answer(new AppendOutcome.Durable());
    assertThat(quiet).isDone();
    // The old primary must not get it any more: recovery applies it.
    assertThat(rig.link("one").decisions).isEmpty();
    assertThat(answer).isNotDone();
    assertThat(rig.pipeline.undecided()).containsExactly(new Position(1, 1));
  }

  /** Rule 3e: the tag must be COMMIT; a transaction that ended in ROLLBACK is not confirmed. */
  @Test
  void aCommitThatAnsweredRollbackIsInDoubtAndNotConfirmed() {
    rig.link("one").holdFinishes = true;
    var answer = rig.commit("one");
    rig.link("one").answerFinish(new FinishOutcome.Failed("25P02", "the tag was ROLLBACK"));
    assertThat(rig.confirmed).isEmpty();
    assertThat(answer).isNotDone();
    assertThat(rig.epochEnds).hasSize(1);
  }

  /** Rule 3f: in doubt, and its marker is there: confirmed, go on. */
  @Test
  void anInDoubtCommitWhoseMarkerIsPresentIsConfirmed() {
    rig.resolution = Resolution.PRESENT;
    rig.link("one").holdFinishes = true;
    var answer = rig.commit("one");
    rig.link("one").answerFinish(new FinishOutcome.InDoubt("reset"));
    assertThat(answer).isCompletedWithValue(new Committed(new Position(1, 1)));
    assertThat(rig.epochEnds).isEmpty();
    assertThat(rig.commit("two")).isCompletedWithValueMatching(Committed.class::isInstance);
  }

  /** Rule 3f: in doubt, and nobody can be asked: as absent. */
  @Test
  void anInDoubtCommitThatCannotBeLookedUpEndsTheEpoch() {
    rig.resolution = Resolution.UNREACHABLE;
    rig.link("one").holdFinishes = true;
    var answer = rig.commit("one");
    rig.link("one").answerFinish(new FinishOutcome.InDoubt("reset"));
    assertThat(answer).isNotDone();
    assertThat(rig.epochEnds).hasSize(1);
    rig.pipeline.end("over");
    rig.pipeline.abandon("no primary");
    assertThat(answer).isCompletedWithValueMatching(CommitOutcome.Unknown.class::isInstance);
  }

  /** Rule 3f: a COMMIT that gets no answer is in doubt after the hard limit, not for ever. */
  @Test
  void aCommitWithoutAnswerIsSeveredAtTheHardLimit() {
    rig.link("one").holdFinishes = true;
    rig.commit("one");
    rig.environment.advance(CommitRig.HARD_LIMIT.dividedBy(2));
    assertThat(rig.journal).doesNotContain("resolve one");
    rig.environment.advance(CommitRig.HARD_LIMIT);
    assertThat(rig.journal).containsSubsequence("sever one", "resolve one");
  }

  /** Rule 6: what is prepared is committed as such. */
  @Test
  void aSerializableTransactionIsCommittedPrepared() {
    rig.commit("one", true);
    assertThat(rig.link("one").decisions).containsExactly(Decision.COMMIT_PREPARED);
  }

  /**
   * Rule 6: when PREPARE has no answer the transaction may stand prepared, with its locks and
   * without a session; only recovery resolves it, so the epoch ends.
   */
  @Test
  void aPreparedTransactionThatMayBeLeftBehindEndsTheEpoch() {
    FakeLink link = slow("one");
    var answer = rig.commit("one", true);
    link.severed = true;
    link.answerMark(new MarkOutcome.Refused("08006", "connection reset", null));
    assertThat(answer).isCompletedWithValueMatching(RolledBack.class::isInstance);
    assertThat(rig.epochEnds).hasSize(1);
  }
}
