package org.tandemdb.commit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.commit.CommitListener.Resolution;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.fake.FakeLink;
import org.tandemdb.fake.FakeLog;
import org.tandemdb.fake.ManualEnvironment;

/** A pipeline over scripted links and a log in memory, with a journal of what happened. */
final class CommitRig {
  static final Duration PATIENCE = Duration.ofMillis(20);
  static final Duration HARD_LIMIT = Duration.ofSeconds(10);

  final ManualEnvironment environment = new ManualEnvironment();
  final FakeLog log = new FakeLog();
  final List<String> journal = new ArrayList<>();
  final List<String> epochEnds = new ArrayList<>();
  final List<Position> confirmed = new ArrayList<>();
  final Map<String, FakeLink> links = new HashMap<>();
  final PositionSource positions = new PositionSource(Position.NONE);
  Resolution resolution = Resolution.ABSENT;
  final CommitPipeline pipeline;

  CommitRig() {
    long epoch = log.newEpoch(0, new BackendId("a")).toCompletableFuture().join();
    pipeline =
        new CommitPipeline(
            epoch,
            log,
            environment,
            positions,
            new Listener(),
            new CommitPipeline.Options(PATIENCE, HARD_LIMIT, 64));
  }

  FakeLink link(String name) {
    return links.computeIfAbsent(name, n -> new FakeLink(n, journal));
  }

  CompletableFuture<CommitOutcome> commit(String name) {
    return commit(name, false);
  }

  CompletableFuture<CommitOutcome> commit(String name, boolean prepare) {
    FakeLink link = link(name);
    return pipeline.commit(new Transaction(link, prepare)).toCompletableFuture();
  }

  /** Names of the transactions in the log, in its order. */
  List<String> logged() {
    return log.entries.stream().map(CommitRig::nameOf).toList();
  }

  static String nameOf(Entry entry) {
    return entry.settings().getOrDefault("transaction", "?");
  }

  private record Transaction(FakeLink link, boolean prepare) implements Submission {
    @Override
    public Entry entry(Position position, long batch, String clock) {
      return new Entry(
          position, batch, 0, Map.of("transaction", link.name), new Entry.Inline(List.of()));
    }
  }

  private final class Listener implements CommitListener {
    @Override
    public void confirmed(Position batchEnd, List<Entry> batch) {
      journal.add("confirmed " + batchEnd.number());
      confirmed.add(batchEnd);
    }

    @Override
    public CompletionStage<Resolution> resolveInDoubt(BackendLink link, Position position) {
      journal.add("resolve " + ((FakeLink) link).name);
      return CompletableFuture.completedFuture(resolution);
    }

    @Override
    public void epochMustEnd(String reason) {
      epochEnds.add(reason);
    }
  }
}
