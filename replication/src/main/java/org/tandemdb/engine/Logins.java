package org.tandemdb.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.ServerError;
import org.tandemdb.backend.SimpleLinkPool;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.cluster.Cluster;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;

/**
 * Whether a server takes a user with its password, asked once for all who come with the same: the
 * link that finds out is the pool's next. A server that cannot be asked now says nothing, and
 * nobody waits for it. Thread-safe.
 */
final class Logins<L extends BackendLink> {
  private final Cluster<L> cluster;
  private final Duration leaseTimeout;
  private final BiConsumer<Member<L>, Throwable> linkFailed;

  /** Questions that are on their way. */
  private final Map<SimpleLinkPool<L>, CompletableFuture<Void>> asked = new ConcurrentHashMap<>();

  /**
   * @param linkFailed is told of each link that could not be opened, so that a server which is gone
   *     is not asked by the next who comes
   */
  Logins(Cluster<L> cluster, Duration leaseTimeout, BiConsumer<Member<L>, Throwable> linkFailed) {
    this.cluster = cluster;
    this.leaseTimeout = leaseTimeout;
    this.linkFailed = linkFailed;
  }

  /** Fails with what the primary says, if it refuses the pool's user and no other takes it. */
  CompletionStage<Void> of(SimpleLinkPool<L> pool) {
    if (pool.isTaken()) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> other = asked.putIfAbsent(pool, mine);
    if (other != null) {
      return other;
    }
    ask(pool, inService(), null)
        .whenComplete(
            (ok, failure) -> {
              asked.remove(pool, mine);
              if (failure == null) {
                mine.complete(null);
              } else {
                mine.completeExceptionally(ReplicatedSession.unwrap(failure));
              }
            });
    return mine;
  }

  /** The primary first, which knows of a role before the others do. */
  private Deque<Member<L>> inService() {
    Deque<Member<L>> members = new ArrayDeque<>();
    Term<L> term = cluster.term();
    for (Member<L> member : cluster.members()) {
      if (term != null && member.equals(term.primary())) {
        members.addFirst(member);
      } else if (member.state() == BackendState.ONLINE) {
        members.addLast(member);
      }
    }
    // Without a primary nothing is certain: a copy may not have heard of the role yet.
    return term == null ? new ArrayDeque<>() : members;
  }

  /**
   * @param refusal the primary's; null before it has been asked
   */
  private CompletionStage<Void> ask(
      SimpleLinkPool<L> pool, Deque<Member<L>> members, @Nullable Throwable refusal) {
    Member<L> member = members.poll();
    if (member == null) {
      return refusal == null
          ? CompletableFuture.completedFuture(null)
          : CompletableFuture.failedFuture(refusal);
    }
    return pool.lease(member.id(), member.linkEpoch(), leaseTimeout)
        .handle(
            (lease, failure) -> {
              if (failure == null) {
                lease.release(Lease.Disposition.CLEAN);
                return CompletableFuture.<Void>completedFuture(null);
              }
              Throwable said = ReplicatedSession.unwrap(failure);
              boolean refused = isRefusal(said);
              if (!refused) {
                linkFailed.accept(member, said);
              }
              if (refusal == null && !refused) {
                return CompletableFuture.<Void>completedFuture(null);
              }
              return ask(pool, members, refusal == null ? said : refusal).toCompletableFuture();
            })
        .thenCompose(stage -> stage);
  }

  /** Of the user, the password or the database; anything else may be gone in a moment. */
  private static boolean isRefusal(Throwable failure) {
    return ServerError.isLoginRefused(failure)
        || ServerError.sqlState(failure)
            .filter(state -> state.equals("3D000") || state.equals("42501"))
            .isPresent();
  }
}
