package org.tandemdb.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.tandemdb.apply.Applier;
import org.tandemdb.commit.CommitOutcome;
import org.tandemdb.commit.CommitPipeline;
import org.tandemdb.commit.Submission;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.fake.FakeBackend;
import org.tandemdb.fake.FakeLink;
import org.tandemdb.fake.FakeLog;
import org.tandemdb.fake.ManualEnvironment;

/** A cluster over backends in memory; {@code a} becomes the first primary. */
public final class ClusterRig {
  public static final Duration PROBE = Duration.ofMillis(500);

  public final ManualEnvironment environment = new ManualEnvironment();
  public final FakeLog log = new FakeLog();
  public final List<FakeBackend> backends = new ArrayList<>();
  public final Cluster<FakeLink> cluster;

  public ClusterRig(int count) {
    this(count, Duration.ZERO);
  }

  public ClusterRig(int count, Duration logKeep) {
    for (int i = 0; i < count; i++) {
      backends.add(new FakeBackend(Character.toString('a' + i), log.clusterId));
    }
    // What numbers were given before is for the cluster to ask when it is made: see fill.
    cluster =
        new Cluster<>(
            backends,
            Collections.nCopies(count, 1),
            log,
            environment,
            new ClusterOptions(
                new CommitPipeline.Options(Duration.ofMillis(20), Duration.ofSeconds(10), 64),
                new Applier.Options(
                    Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ZERO, 100, 1000),
                PROBE,
                Duration.ofSeconds(2),
                PROBE,
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                logKeep,
                Duration.ofSeconds(60),
                1000),
            List::of);
  }

  public void start() {
    cluster.start();
    environment.settle();
  }

  public Term<FakeLink> term() {
    Term<FakeLink> term = cluster.term();
    if (term == null) {
      throw new AssertionError("no term is open");
    }
    return term;
  }

  public FakeBackend backend(int index) {
    return backends.get(index);
  }

  public Member<FakeLink> member(int index) {
    return cluster.members().get(index);
  }

  /** An entry that an earlier life of the cluster has logged. */
  Entry logged(long number) {
    Entry entry = entry(new Position(0, number), number);
    log.entries.add(entry);
    return entry;
  }

  static Entry entry(Position position, long batch) {
    return new Entry(position, batch, 0, Map.of(), new Entry.Inline(List.of()));
  }

  public CompletableFuture<CommitOutcome> commit() {
    return commit(new FakeLink("client", new ArrayList<>()));
  }

  public CompletableFuture<CommitOutcome> commit(FakeLink link) {
    CompletableFuture<CommitOutcome> answer =
        term().pipeline().commit(new Transaction(link)).toCompletableFuture();
    environment.settle();
    return answer;
  }

  private record Transaction(FakeLink link) implements Submission {
    @Override
    public boolean prepare() {
      return false;
    }

    @Override
    public Entry entry(Position position, long batch, String clock) {
      return ClusterRig.entry(position, batch);
    }
  }
}
