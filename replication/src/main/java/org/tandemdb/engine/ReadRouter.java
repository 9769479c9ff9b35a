package org.tandemdb.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.cluster.Cluster;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.ReplicationLog;
import org.tandemdb.session.ReadLevel;

/**
 * Chooses the backend of a read: the least busy of those that hold enough. The primary holds what
 * has been answered; a replica must hold, for {@code strong}, the durable head: what has been sent
 * to the primary may have been seen there. Thread-safe.
 */
final class ReadRouter<L extends BackendLink> {
  private static final Duration SAMPLE = Duration.ofMillis(50);
  private static final int SAMPLES = 2048;

  private final Cluster<L> cluster;
  private final ReplicationLog log;
  private final Environment environment;
  private final Duration patience;
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();
  private volatile boolean closed;

  ReadRouter(Cluster<L> cluster, ReplicationLog log, Environment environment, Duration patience) {
    this.cluster = cluster;
    this.log = log;
    this.environment = environment;
    this.patience = patience;
  }

  /** Begins to remember when what was confirmed, for {@code bounded}. */
  void start() {
    synchronized (samples) {
      samples.addLast(new Sample(environment.nanos(), cluster.confirmed().position()));
      if (samples.size() > SAMPLES) {
        samples.removeFirst();
      }
    }
    if (!closed) {
      environment.scheduler().schedule(SAMPLE, this::start);
    }
  }

  void close() {
    closed = true;
  }

  /** What a backend must hold for a read that begins now. */
  Position needed(ReadLevel level, Position token) {
    if (level instanceof ReadLevel.Strong) {
      if (!log.isOwner()) {
        throw new TandemException(
            ErrorCode.NOT_OWNER, "this process can no longer prove that it owns the cluster");
      }
      return log.durableHead();
    }
    if (level instanceof ReadLevel.Session) {
      return token;
    }
    if (level instanceof ReadLevel.Bounded bounded) {
      return confirmedBefore(environment.nanos() - bounded.staleness().toNanos());
    }
    return Position.NONE;
  }

  private Position confirmedBefore(long nanos) {
    synchronized (samples) {
      // The first one taken after the bound may hold a little more: the safe side.
      for (Sample sample : samples) {
        if (sample.nanos - nanos >= 0) {
          return sample.position;
        }
      }
      return cluster.confirmed().position();
    }
  }

  /**
   * The least busy backend that holds {@code needed} now, or null. The one that the session read
   * from last is kept while no other is freer by more than one statement: its caches are warm.
   */
  @Nullable Member<L> choose(Position needed, @Nullable Member<L> last) {
    Member<L> best = choose(needed);
    if (last == null || best == null || last.equals(best) || !mayRead(last, needed)) {
      return best;
    }
    if (last.weight() == 0 && best.weight() > 0) {
      return best;
    }
    long work = (long) (last.busy().get() - 1) * best.weight();
    return work <= (long) best.busy().get() * last.weight() ? last : best;
  }

  private boolean mayRead(Member<L> member, Position needed) {
    Term<L> term = cluster.term();
    return member.state() == BackendState.ONLINE
        && ((term != null && member.equals(term.primary()))
            || !needed.isAfter(member.applied().position()));
  }

  private @Nullable Member<L> choose(Position needed) {
    Member<L> best = null;
    for (Member<L> member : cluster.members()) {
      if (!mayRead(member, needed)) {
        continue;
      }
      if (best == null || isFreer(member, best)) {
        best = member;
      }
    }
    return best;
  }

  /**
   * By work per weight; the product avoids a division. Where none is freer, by what they have read
   * so far: else all that comes one by one would go to the first. Weight 0 is for when no other
   * holds enough.
   */
  private boolean isFreer(Member<L> a, Member<L> b) {
    if (a.weight() == 0 || b.weight() == 0) {
      return a.weight() > 0;
    }
    long workOfA = (long) a.busy().get() * b.weight();
    long workOfB = (long) b.busy().get() * a.weight();
    return workOfA != workOfB
        ? workOfA < workOfB
        : a.reads().get() * b.weight() < b.reads().get() * a.weight();
  }

  /** Waits a little for a replica to get there, and for a term to open, within {@code limit}. */
  CompletionStage<Member<L>> await(Position needed, Duration limit) {
    long deadline = environment.nanos() + limit.toNanos();
    CompletableFuture<Member<L>> chosen = new CompletableFuture<>();
    tryAgain(needed, deadline, chosen);
    return chosen;
  }

  private void tryAgain(Position needed, long deadline, CompletableFuture<Member<L>> chosen) {
    Member<L> now = choose(needed);
    if (now != null) {
      chosen.complete(now);
      return;
    }
    if (environment.nanos() - deadline >= 0) {
      chosen.completeExceptionally(
          new TandemException(ErrorCode.NO_BACKEND, "no backend holds " + needed + " yet"));
      return;
    }
    Optional<Member<L>> nearest =
        cluster.members().stream()
            .filter(m -> m.state() == BackendState.ONLINE)
            .max((a, b) -> a.applied().position().compareTo(b.applied().position()));
    CompletableFuture<?> term = cluster.awaitTerm().toCompletableFuture();
    CompletableFuture<?> event =
        nearest
            .<CompletableFuture<?>>map(
                m -> m.applied().await(needed, patience).toCompletableFuture())
            .orElseGet(
                () -> {
                  CompletableFuture<Void> later = new CompletableFuture<>();
                  environment.scheduler().schedule(SAMPLE, () -> later.complete(null));
                  return later;
                });
    CompletableFuture<?> first =
        cluster.term() == null ? CompletableFuture.anyOf(term, event) : event;
    // Whatever it was, the question is asked again; the deadline ends it.
    first.whenCompleteAsync(
        (ok, failure) -> tryAgain(needed, deadline, chosen), environment.scheduler());
  }

  private record Sample(long nanos, Position position) {}
}
