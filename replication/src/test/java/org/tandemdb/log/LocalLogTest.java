package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tandemdb.log.Entries.all;
import static org.tandemdb.log.Entries.chunk;
import static org.tandemdb.log.Entries.entry;
import static org.tandemdb.log.Entries.get;
import static org.tandemdb.log.Entries.staged;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.sim.DirectEnvironment;
import org.tandemdb.sim.SimDisk;

class LocalLogTest {
  private static final Path DIR = Path.of("/log");
  private static final Path FIRST = DIR.resolve("0000000000000001.log");
  private static final LogOptions OPTIONS =
      LogOptions.defaults().withSegmentBytes(64 << 10).withMaxBytes(512 << 10).withCacheBytes(0);

  private final SimDisk disk = new SimDisk(new Random(7));

  private LocalReplicationLog open(LogOptions options) {
    return LocalReplicationLog.open(
        DIR, options, new DirectEnvironment(new Random(8), disk), Runnable::run);
  }

  private LocalReplicationLog started() {
    LocalReplicationLog log = open(OPTIONS);
    get(log.newEpoch(0, new BackendId("a")));
    return log;
  }

  private static AppendOutcome append(LocalReplicationLog log, long epoch, long number, int bytes) {
    return get(log.append(epoch, List.of(entry(epoch, number, bytes))));
  }

  @Test
  void entriesComeBackFromDiskAsTheyWere() {
    LocalReplicationLog log = started();
    List<Entry> batch = List.of(entry(1, 1, 10), entry(1, 5, 60_000), entry(1, 6, 0));
    assertThat(get(log.append(1, batch))).isEqualTo(new AppendOutcome.Durable());
    assertThat(all(log, Position.NONE)).isEqualTo(batch);
    assertThat(all(log, new Position(1, 4))).isEqualTo(batch.subList(1, 3));
    log.close();
    LocalReplicationLog again = open(OPTIONS);
    assertThat(all(again, Position.NONE)).isEqualTo(batch);
    assertThat(again.info().lastPrimary()).isEqualTo("a");
    assertThat(again.info().head()).isEqualTo(new Position(1, 6));
    assertThat(get(again.contains(new Position(1, 5)))).isTrue();
    assertThat(get(again.contains(new Position(1, 4)))).isFalse();
    assertThat(get(again.contains(new Position(2, 1)))).isFalse();
  }

  @Test
  void anOlderEpochIsFenced() {
    LocalReplicationLog log = started();
    assertThat(get(log.newEpoch(1, new BackendId("b")))).isEqualTo(2);
    assertThat(append(log, 1, 1, 10))
        .isInstanceOfSatisfying(
            AppendOutcome.Rejected.class,
            r -> assertThat(r.reason()).isEqualTo(AppendOutcome.Reason.FENCED));
    assertThatThrownBy(() -> get(log.newEpoch(1, new BackendId("c"))))
        .isInstanceOf(LostOwnershipException.class);
  }

  /** Rule: a segment whose sync failed is abandoned; only a new epoch reopens the log. */
  @Test
  void afterAFailedSyncEverythingIsRefusedUntilANewEpoch() {
    LocalReplicationLog log = started();
    append(log, 1, 1, 10);
    disk.failSyncs(1);
    assertThat(append(log, 1, 2, 10)).isInstanceOf(AppendOutcome.Unknown.class);
    assertThat(append(log, 1, 3, 10))
        .isInstanceOfSatisfying(
            AppendOutcome.Rejected.class,
            r -> assertThat(r.reason()).isEqualTo(AppendOutcome.Reason.CLOSED));
    assertThat(log.status().openAfterFailure()).isFalse();
    assertThatThrownBy(() -> get(log.contains(new Position(1, 2))))
        .as("nobody knows")
        .isInstanceOf(TandemException.class);
    assertThat(get(log.newEpoch(1, new BackendId("b")))).isEqualTo(2);
    assertThat(append(log, 2, 4, 10)).isEqualTo(new AppendOutcome.Durable());
  }

  /**
   * Rule: the decision is durable. The dropped batch turns up on the medium afterwards, whole and
   * with a valid checksum, and stays dropped.
   */
  @Test
  void aDroppedBatchStaysDroppedWhenTheMediumShowsItLater() {
    LocalReplicationLog log = started();
    append(log, 1, 1, 10);
    byte[] before = disk.content(FIRST);
    disk.failSyncs(1);
    append(log, 1, 2, 10);
    // What the failed sync left in the cache: the batch may be whole there. Take it away for the
    // moment of decision, as a cache does that drops what it could not write.
    byte[] written = disk.content(FIRST).clone();
    assertThat(written).as("the seed keeps it in the cache").isNotEqualTo(before);
    disk.replace(FIRST, before);
    get(log.newEpoch(1, new BackendId("b")));
    assertThat(log.durableHead()).isEqualTo(new Position(1, 1));
    disk.replace(FIRST, written);
    disk.crash();
    disk.restart();
    LocalReplicationLog again = open(OPTIONS);
    assertThat(all(again, Position.NONE)).containsExactly(entry(1, 1, 10));
    assertThat(again.epoch()).isEqualTo(2);
    assertThat(get(again.contains(new Position(1, 2)))).isFalse();
  }

  /** Rule: the decision is durable the other way too: a kept batch survives the lost cache. */
  @Test
  void aKeptBatchSurvivesThoughItsOwnSegmentNeverHeldIt() {
    LocalReplicationLog log = started();
    append(log, 1, 1, 10);
    byte[] before = disk.content(FIRST);
    disk.failSyncs(1);
    append(log, 1, 2, 10);
    assertThat(disk.content(FIRST)).as("the seed keeps it in the cache").isNotEqualTo(before);
    get(log.newEpoch(1, new BackendId("b")));
    assertThat(log.durableHead()).isEqualTo(new Position(1, 2));
    disk.replace(FIRST, before);
    disk.crash();
    disk.restart();
    assertThat(all(open(OPTIONS), Position.NONE)).hasSize(2);
  }

  @Test
  void damageBeforeTheLastDurableBatchIsCorruptionAndNamesTheFile() {
    LocalReplicationLog log = started();
    append(log, 1, 1, 100);
    append(log, 1, 2, 100);
    append(log, 1, 3, 100);
    // Behind header and epoch record: inside the first entry.
    disk.corrupt(FIRST, SegmentHeader.BYTES + 32 + 60);
    disk.restart();
    assertThatThrownBy(() -> open(OPTIONS))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LOG_UNREADABLE))
        .hasMessageContaining(FIRST.toString())
        .hasMessageContaining("offset 4128");
  }

  @Test
  void aSecondOwnerIsToldWhoTheFirstIs() {
    open(OPTIONS.withOwner("proxy 17 on host db1"));
    assertThatThrownBy(() -> open(OPTIONS))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_OWNER))
        .hasMessageContaining("proxy 17 on host db1 since 1970");
  }

  @Test
  void theLogOfAnotherClusterIsRefused() {
    open(OPTIONS.withCluster(new UUID(1, 1))).close();
    assertThatThrownBy(() -> open(OPTIONS.withCluster(new UUID(2, 2))))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_CLUSTER));
    open(OPTIONS.withCluster(new UUID(1, 1))).close();
  }

  @Test
  void aFullLogRejectsAndGoesOnAfterTruncation() {
    LocalReplicationLog log = started();
    long number = 0;
    AppendOutcome outcome = new AppendOutcome.Durable();
    while (outcome instanceof AppendOutcome.Durable) {
      outcome = append(log, 1, ++number, 20_000);
      assertThat(number).isLessThan(100);
    }
    assertThat(((AppendOutcome.Rejected) outcome).reason()).isEqualTo(AppendOutcome.Reason.FULL);
    get(log.truncateBelow(log.durableHead()));
    assertThat(log.status().first()).isNotEqualTo(Position.NONE);
    assertThat(append(log, 1, ++number, 20_000)).isEqualTo(new AppendOutcome.Durable());
    assertThatThrownBy(() -> all(log, Position.NONE)).isInstanceOf(TruncatedException.class);
    assertThatThrownBy(() -> get(log.contains(new Position(1, 1))))
        .isInstanceOf(TruncatedException.class);
  }

  @Test
  void aFullDiskRejectsBeforeAnythingIsWritten() {
    LocalReplicationLog log = started();
    disk.capacity(100_000);
    assertThat(append(log, 1, 1, 40_000)).isEqualTo(new AppendOutcome.Durable());
    assertThat(append(log, 1, 2, 40_000)).isInstanceOf(AppendOutcome.Rejected.class);
    disk.crash();
    disk.restart();
    // Too small for a whole segment: the log opens all the same.
    disk.capacity(120_000);
    LocalReplicationLog again = open(OPTIONS);
    assertThat(all(again, Position.NONE)).containsExactly(entry(1, 1, 40_000));
  }

  /** Rule: truncation never passes the first chunk of a stage that is open, or not yet applied. */
  @Test
  void truncationStopsAtAStageThatIsOpenOrBelongsToALaterEntry() {
    LocalReplicationLog log = started();
    StageId id = new StageId(new UUID(3, 4));
    append(log, 1, 1, 10);
    get(log.stage(id, EntryCodec.encodeChanges(chunk(9, 1000))));
    for (int i = 2; i < 12; i++) {
      append(log, 1, i, 20_000);
    }
    get(log.truncateBelow(new Position(1, 11)));
    assertThat(log.status().first()).as("open").isEqualTo(Position.NONE);
    get(log.append(1, List.of(staged(1, 12, id, 1))));
    get(log.truncateBelow(new Position(1, 11)));
    assertThat(log.status().first()).as("later entry").isEqualTo(Position.NONE);
    assertThat(get(log.readStage(id, 0))).isEqualTo(chunk(9, 1000));
    log.close();
    LocalReplicationLog again = open(OPTIONS);
    assertThat(get(again.readStage(id, 0))).isEqualTo(chunk(9, 1000));
    get(again.newEpoch(1, new BackendId("a")));
    append(again, 2, 13, 10);
    get(again.truncateBelow(new Position(1, 12)));
    assertThat(again.status().first()).as("applied").isEqualTo(new Position(1, 12));
  }

  /** Rule: a stage keeps its own segments and what follows, over all its chunks, and no older. */
  @Test
  void anOpenStageKeepsTheSegmentsOfAllItsChunksAndLetsOlderOnesGo() {
    LocalReplicationLog log = open(OPTIONS.withMaxBytes(2 << 20));
    get(log.newEpoch(0, new BackendId("a")));
    StageId id = new StageId(new UUID(3, 4));
    for (int i = 1; i <= 6; i++) {
      append(log, 1, i, 30_000);
    }
    for (int i = 0; i < 4; i++) {
      get(log.stage(id, EntryCodec.encodeChanges(chunk(i, 30_000))));
    }
    append(log, 1, 7, 10);
    get(log.truncateBelow(log.durableHead()));
    assertThat(log.status().first()).isGreaterThan(Position.NONE).isLessThan(new Position(1, 7));
    // Its commit makes it the entry's: nothing of it goes before that is applied everywhere.
    get(log.append(1, List.of(staged(1, 8, id, 4))));
    get(log.truncateBelow(new Position(1, 7)));
    log.close();
    LocalReplicationLog again = open(OPTIONS);
    for (int i = 0; i < 4; i++) {
      assertThat(get(again.readStage(id, i))).isEqualTo(chunk(i, 30_000));
    }
  }

  @Test
  void aDiscardedStageLetsTruncationPassAndCannotBeCommitted() {
    LocalReplicationLog log = started();
    StageId id = new StageId(new UUID(3, 4));
    append(log, 1, 1, 10);
    get(log.stage(id, EntryCodec.encodeChanges(chunk(9, 1000))));
    log.discard(id);
    for (int i = 2; i < 12; i++) {
      append(log, 1, i, 20_000);
    }
    get(log.truncateBelow(new Position(1, 11)));
    assertThat(log.status().first()).isNotEqualTo(Position.NONE);
    assertThat(get(log.append(1, List.of(staged(1, 12, id, 1)))))
        .isInstanceOf(AppendOutcome.Rejected.class);
  }

  @Test
  void positionsMustGrow() {
    LocalReplicationLog log = started();
    append(log, 1, 2, 1);
    assertThatThrownBy(() -> append(log, 1, 2, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> log.append(1, List.of(entry(2, 3, 1))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aClosedLogOwnsNothingAndRejects() {
    LocalReplicationLog log = started();
    log.close();
    assertThat(log.isOwner()).isFalse();
    assertThatThrownBy(() -> get(log.head())).isInstanceOf(LostOwnershipException.class);
    assertThat(append(log, 1, 1, 1)).isInstanceOf(AppendOutcome.Rejected.class);
  }
}
