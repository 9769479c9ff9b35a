package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tandemdb.log.Entries.all;
import static org.tandemdb.log.Entries.chunk;
import static org.tandemdb.log.Entries.entry;
import static org.tandemdb.log.Entries.get;
import static org.tandemdb.log.Entries.staged;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.StageId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.sim.DirectEnvironment;
import org.tandemdb.sim.SimDisk;

/**
 * Random work on a bad disk, with crashes anywhere: what the log has answered stays true for ever.
 */
class CrashScheduleTest {
  private static final int SCHEDULES = Integer.getInteger("tandem.log.schedules", 2500);

  @Test
  void whatWasAnsweredStaysTrueThroughEveryCrash() {
    int[] counts = new int[6];
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Schedule schedule = new Schedule(seed);
      try {
        schedule.run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ", " + schedule.history, e);
      }
      counts[0] += schedule.durable.size();
      counts[1] += schedule.rejectedCount;
      counts[2] += schedule.keptUnknown;
      counts[3] += schedule.droppedUnknown;
      counts[4] += schedule.crashes;
      counts[5] += schedule.reopened;
    }
    // A schedule generator that reaches none of these would prove nothing.
    assertThat(counts)
        .as("durable, rejected, kept, dropped, crashes, reopened")
        .satisfies(
            all -> assertThat(java.util.Arrays.stream(all).min().orElse(0)).isGreaterThan(50));
  }

  private static final class Schedule {
    private static final Path DIR = Path.of("/log");
    private static final LogOptions OPTIONS =
        LogOptions.defaults()
            .withSegmentBytes(64 << 10)
            .withMaxBytes(1 << 20)
            .withMaxBatchBytes(256 << 10);

    private final Random random;
    private final SimDisk disk;
    private final List<String> history = new ArrayList<>();
    private final TreeMap<Position, Entry> durable = new TreeMap<>();
    private final TreeSet<Position> absent = new TreeSet<>();
    private final List<List<Entry>> undecided = new ArrayList<>();
    private final Map<StageId, List<List<Change>>> stages = new HashMap<>();
    private Position mayBeGone = Position.NONE;
    private long number;
    private long epoch;
    private @Nullable LocalReplicationLog log;
    private int rejectedCount;
    private int keptUnknown;
    private int droppedUnknown;
    private int crashes;
    private int reopened;

    Schedule(long seed) {
      random = new Random(seed);
      disk = new SimDisk(new Random(seed + 1));
    }

    void run() {
      reopen();
      for (int step = 0; step < 60; step++) {
        try {
          step();
        } catch (SimDisk.CrashedException e) {
          history.add("crashed");
        }
        if (disk.isCrashed()) {
          crashes++;
          disk.restart();
          reopen();
        }
      }
      disk.crash();
      disk.restart();
      reopen();
    }

    private void step() {
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4, 5 -> append(batch());
        case 6, 7 -> stageAndAppend();
        case 8 -> truncate();
        case 9 -> newEpoch();
        case 10 -> disk.failSyncs(1);
        case 11 -> disk.failWrites(1);
        case 12 -> disk.failDirectorySyncs(1);
        case 13 -> disk.capacity(random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(600_000));
        case 14 -> disk.crashAfter(1 + random.nextInt(25));
        case 15 -> restartProcess();
        default -> throw new AssertionError();
      }
    }

    private List<Entry> batch() {
      List<Entry> batch = new ArrayList<>();
      int n = 1 + random.nextInt(4);
      for (int i = 0; i < n; i++) {
        int bytes = random.nextInt(20) == 0 ? 80_000 : random.nextInt(6000);
        batch.add(entry(epoch, ++number, bytes));
      }
      return batch;
    }

    private void append(List<Entry> batch) {
      if (epoch == 0) {
        return;
      }
      List<Entry> copy = List.copyOf(batch);
      undecided.add(copy);
      AppendOutcome outcome = get(log().append(epoch, batch));
      history.add("append " + batch.get(0).position() + "+" + batch.size() + " " + outcome);
      if (outcome instanceof AppendOutcome.Durable) {
        undecided.remove(copy);
        copy.forEach(e -> durable.put(e.position(), e));
      } else if (!disk.isCrashed() && outcome instanceof AppendOutcome.Rejected) {
        undecided.remove(copy);
        copy.forEach(e -> absent.add(e.position()));
        rejectedCount++;
      }
    }

    private void stageAndAppend() {
      StageId id = new StageId(new UUID(random.nextLong(), random.nextLong()));
      List<List<Change>> chunks = new ArrayList<>();
      stages.put(id, chunks);
      int n = 1 + random.nextInt(4);
      for (int i = 0; i < n; i++) {
        List<Change> changes = chunk(random.nextInt(1000), random.nextInt(30_000));
        chunks.add(changes);
        try {
          get(log().stage(id, EntryCodec.encodeChanges(changes)));
        } catch (TandemException e) {
          history.add("stage " + e.code());
        }
        if (random.nextInt(4) == 0) {
          append(batch());
        }
      }
      switch (random.nextInt(5)) {
        case 0 -> log().discard(id);
        case 1 -> history.add("stage left open");
        default -> append(List.of(staged(epoch, ++number, id, n)));
      }
    }

    private void truncate() {
      if (durable.isEmpty()) {
        return;
      }
      List<Position> all = List.copyOf(durable.keySet());
      Position p = all.get(random.nextInt(all.size()));
      mayBeGone = Position.max(mayBeGone, p);
      try {
        get(log().truncateBelow(p));
        history.add("truncated " + p);
      } catch (TandemException e) {
        history.add("truncate " + e.code());
      }
    }

    private void newEpoch() {
      boolean hadFailed = !log().status().openAfterFailure();
      try {
        long next = get(log().newEpoch(epoch, new BackendId("b")));
        history.add("epoch " + next);
        assertThat(next).isEqualTo(epoch + 1);
        epoch = next;
        if (!disk.isCrashed()) {
          reopened += hadFailed ? 1 : 0;
          verify();
        }
      } catch (TandemException e) {
        history.add("epoch " + e.code());
      }
    }

    private void restartProcess() {
      if (random.nextBoolean()) {
        try {
          log().close();
          history.add("closed");
        } catch (TandemException e) {
          history.add("close " + e.code());
        }
      }
      if (!disk.isCrashed()) {
        history.add("killed");
        disk.restart();
        reopen();
      }
    }

    private LocalReplicationLog log() {
      return java.util.Objects.requireNonNull(log);
    }

    /** Opens, perhaps crashing and failing in the middle of it some times. */
    private void reopen() {
      for (int attempt = 0; ; attempt++) {
        if (attempt < 3 && random.nextInt(3) == 0) {
          disk.crashAfter(1 + random.nextInt(30));
        }
        if (attempt < 3 && random.nextInt(6) == 0) {
          disk.failSyncs(1);
        }
        if (attempt >= 3) {
          disk.capacity(Long.MAX_VALUE);
        }
        try {
          log =
              LocalReplicationLog.open(
                  DIR, OPTIONS, new DirectEnvironment(random, disk), Runnable::run);
          history.add("opened " + log.info());
          verify();
          return;
        } catch (SimDisk.CrashedException e) {
          history.add("crashed in open");
          crashes++;
          disk.restart();
        } catch (TandemException e) {
          history.add("open " + e.getMessage());
          assertThat(attempt).as("gives up").isLessThan(5);
          if (e.code() == ErrorCode.LOG_UNREADABLE) {
            assertThat(e).hasMessageContaining("simulated");
          }
          disk.restart();
        }
      }
    }

    private void verify() {
      Position first = log().status().first();
      assertThat(first.isAfter(mayBeGone)).as("truncated too much").isFalse();
      assertThat(log().epoch()).isGreaterThanOrEqualTo(epoch);
      epoch = log().epoch();
      TreeMap<Position, Entry> found = new TreeMap<>();
      Position last = first;
      for (Entry entry : all(log(), first)) {
        assertThat(entry.position().isAfter(last)).as("ordered").isTrue();
        last = entry.position();
        found.put(last, entry);
      }
      assertThat(log().durableHead()).isEqualTo(last);
      decide(found);
      assertThat(found).isEqualTo(new TreeMap<>(durable.tailMap(first, false)));
      assertThat(found.keySet()).noneMatch(absent::contains);
      verifyBodies(found);
      if (disk.isCrashed()) {
        throw new SimDisk.CrashedException();
      }
    }

    /** Whole batches are there or not, and from now on for ever. */
    private void decide(TreeMap<Position, Entry> found) {
      for (List<Entry> batch : undecided) {
        boolean kept = found.containsKey(batch.get(0).position());
        for (Entry entry : batch) {
          assertThat(found.containsKey(entry.position())).as("all or nothing").isEqualTo(kept);
          if (kept) {
            durable.put(entry.position(), entry);
          } else {
            absent.add(entry.position());
          }
        }
        keptUnknown += kept ? 1 : 0;
        droppedUnknown += kept ? 0 : 1;
      }
      undecided.clear();
    }

    private void verifyBodies(TreeMap<Position, Entry> found) {
      for (Entry entry : found.values()) {
        if (entry.body() instanceof Entry.Staged body) {
          List<List<Change>> chunks = new ArrayList<>();
          for (int i = 0; i < body.chunks(); i++) {
            chunks.add(get(log().readStage(body.stage(), i)));
          }
          assertThat(chunks).isEqualTo(stages.get(body.stage()));
        }
      }
    }
  }
}
