package org.tandemdb.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.fake.FakeLog;

class BackgroundLogTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final FakeLog disk = new FakeLog();
  private final BlockingQueue<Runnable> answers = new LinkedBlockingQueue<>();

  @Test
  void theCallerIsAnsweredWhereItWants() throws Exception {
    try (BackgroundLog log = new BackgroundLog(disk, answers::add)) {
      CompletableFuture<AppendOutcome> outcome = append(log, 1);
      CompletableFuture<Thread> answered = outcome.thenApply(ok -> Thread.currentThread());

      Runnable answer = answers.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(answer).isNotNull();
      assertThat(outcome).isNotDone();
      answer.run();

      assertThat(outcome).isCompletedWithValueMatching(AppendOutcome.Durable.class::isInstance);
      assertThat(answered).isCompletedWithValue(Thread.currentThread());
      assertThat(log.durableHead()).isEqualTo(new Position(1, 1));
    }
  }

  @Test
  void nothingIsWrittenOnTheCallersThread() {
    BlockingQueue<Thread> writers = new LinkedBlockingQueue<>();
    Executor there =
        task -> {
          writers.add(Thread.currentThread());
          task.run();
        };
    try (BackgroundLog log = new BackgroundLog(disk, there)) {
      assertThat(append(log, 1)).succeedsWithin(SOON);
      assertThat(log.contains(new Position(1, 1)).toCompletableFuture())
          .succeedsWithin(SOON)
          .isEqualTo(true);
    }
    assertThat(writers)
        .hasSize(2)
        .allSatisfy(writer -> assertThat(writer.getName()).isEqualTo("tandem-log"));
  }

  @Test
  void whoAsksTooLateIsRefused() {
    BackgroundLog log = new BackgroundLog(disk, Runnable::run);
    log.close();
    assertThat(append(log, 1))
        .succeedsWithin(SOON)
        .isEqualTo(new AppendOutcome.Rejected(AppendOutcome.Reason.CLOSED, "the log is closed"));
    assertThat(log.contains(new Position(1, 1)).toCompletableFuture())
        .failsWithin(SOON)
        .withThrowableThat()
        .withCauseInstanceOf(LostOwnershipException.class);
  }

  @Test
  void anAnswerThatNobodyTakesIsStillGiven() {
    BackgroundLog log =
        new BackgroundLog(
            disk,
            task -> {
              throw new RejectedExecutionException("the loop has ended");
            });
    assertThat(append(log, 1)).succeedsWithin(SOON).isInstanceOf(AppendOutcome.Durable.class);
    log.close();
  }

  private CompletableFuture<AppendOutcome> append(BackgroundLog log, long number) {
    if (log.epoch() == 0) {
      log.newEpoch(0, new BackendId("a")).toCompletableFuture().join();
    }
    return log.append(1, List.of(entry(number))).toCompletableFuture();
  }

  private static Entry entry(long number) {
    return new Entry(new Position(1, number), number, 0, Map.of(), new Entry.Inline(List.of()));
  }
}
