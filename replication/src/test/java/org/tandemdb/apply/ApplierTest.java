package org.tandemdb.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.fake.FakeBackend;
import org.tandemdb.fake.FakeLink;
import org.tandemdb.fake.FakeLog;
import org.tandemdb.fake.ManualEnvironment;

class ApplierTest {
  private static final Duration GATHER = Duration.ofMillis(2);

  private final ManualEnvironment environment = new ManualEnvironment();
  private final FakeLog log = new FakeLog();
  private final FakeLink link = new FakeLink("replica", new ArrayList<>());
  private final Progress confirmed = new Progress(environment, Position.NONE);
  private final Progress applied = new Progress(environment, Position.NONE);

  /** How many entries each run had. */
  private final List<Integer> runs = new ArrayList<>();

  private final Applier applier =
      new Applier(
          log,
          link,
          new FakeBackend("replica", log.clusterId).control(),
          confirmed,
          applied,
          environment,
          new Applier.Options(Duration.ofSeconds(1), Duration.ofSeconds(10), GATHER, 100, 1 << 20));

  @BeforeEach
  void start() {
    link.applying =
        run -> {
          runs.add(run.entries().size());
          return new ApplyOutcome.Applied(run.watermark());
        };
    applier.start();
    environment.settle();
  }

  @Test
  void whatComesAloneIsAppliedAtOnce() {
    confirm(1);
    assertThat(runs).containsExactly(1);

    environment.advance(GATHER);
    confirm(2);
    assertThat(runs).containsExactly(1, 1);
  }

  @Test
  void whatComesOneAfterTheOtherIsAppliedTogether() {
    confirm(1);
    confirm(2);
    environment.advance(GATHER.dividedBy(2));
    confirm(3);
    assertThat(runs).containsExactly(1);

    environment.advance(GATHER.dividedBy(2));
    assertThat(runs).containsExactly(1, 2);
    assertThat(applied.position()).isEqualTo(new Position(0, 3));
  }

  @Test
  void whoeverWaitsForItHasItAtOnce() {
    confirm(1);
    confirm(2);
    CompletableFuture<Void> reader = applied.await(new Position(0, 2)).toCompletableFuture();
    environment.settle();
    assertThat(reader).isCompleted();

    CompletableFuture<Void> early = applied.await(new Position(0, 4)).toCompletableFuture();
    confirm(3);
    confirm(4);
    assertThat(early).isCompleted();
    assertThat(runs).containsExactly(1, 1, 1, 1);
  }

  @Test
  void nothingIsAppliedOnceItIsStopped() {
    confirm(1);
    confirm(2);
    applier.stop();
    environment.advance(GATHER.multipliedBy(2));
    assertThat(runs).containsExactly(1);
    assertThat(applier.ended()).isCompletedWithValue(new Applier.End.Stopped());
  }

  private void confirm(long number) {
    Position position = new Position(0, number);
    log.entries.add(new Entry(position, number, 0, Map.of(), new Entry.Inline(List.of())));
    confirmed.advance(position);
    environment.settle();
  }
}
