package org.tandemdb.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.cluster.Member;
import org.tandemdb.cluster.Term;
import org.tandemdb.entry.Position;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.ReadLevel;

/**
 * Where a session reads, and what it has seen: nothing older than that is shown to it again. Owned
 * by one thread at a time.
 */
final class SessionReads<L extends BackendLink> {
  private final Engine<L> engine;
  private final SessionLinks<L> links;
  private ReadLevel level;
  private Position token = Position.NONE;
  private @Nullable Member<L> last;

  /** Leases that are read on now: of a READ ONLY transaction, and for a question beside it. */
  private final List<Lease<L>> open = new ArrayList<>(2);

  SessionReads(Engine<L> engine, SessionLinks<L> links) {
    this.engine = engine;
    this.links = links;
    this.level = engine.config().consistency();
  }

  /** A link that is new enough; at once where it can be. */
  CompletionStage<Lease<L>> read() {
    Position needed;
    try {
      needed = engine.router().needed(level, token);
    } catch (TandemException e) {
      return CompletableFuture.failedFuture(e);
    }
    Member<L> member = engine.router().choose(needed, last);
    if (member != null) {
      Lease<L> lease = links.held(member, member.linkEpoch());
      if (lease != null) {
        return readOn(member, lease);
      }
    }
    return readWhenPossible(needed, engine.failoverDeadline());
  }

  CompletionStage<Lease<L>> onPrimary() {
    return onPrimary(engine.failoverDeadline());
  }

  /** Nothing has run yet, so a primary that is lost now costs the client time only. */
  private CompletionStage<Lease<L>> onPrimary(long deadline) {
    try {
      // An owner that was deposed does not know whether its primary still is one.
      engine.router().needed(new ReadLevel.Strong(), token);
    } catch (TandemException e) {
      return CompletableFuture.failedFuture(e);
    }
    return engine
        .awaitTerm()
        .thenCompose(
            term ->
                links
                    .lease(term.primary(), term.epoch())
                    .thenCompose(lease -> readOn(term.primary(), lease))
                    .exceptionallyCompose(
                        failure -> onNextPrimary(term.primary(), deadline, failure)));
  }

  private CompletionStage<Lease<L>> onNextPrimary(
      Member<L> primary, long deadline, Throwable failure) {
    Throwable cause = ReplicatedSession.unwrap(failure);
    return engine.isWorthWaiting(cause, deadline)
        ? engine.probed(primary).thenCompose(ok -> onPrimary(deadline))
        : CompletableFuture.failedFuture(cause);
  }

  private CompletionStage<Lease<L>> readWhenPossible(Position needed, long deadline) {
    return engine
        .router()
        .await(needed, engine.limits().failoverPatience())
        .thenCompose(
            chosen ->
                links
                    .lease(chosen, chosen.linkEpoch())
                    .thenCompose(lease -> readOn(chosen, lease))
                    .exceptionallyCompose(failure -> elsewhere(chosen, needed, deadline, failure)));
  }

  private CompletionStage<Lease<L>> elsewhere(
      Member<L> chosen, Position needed, long deadline, Throwable failure) {
    Throwable cause = ReplicatedSession.unwrap(failure);
    return engine.isWorthWaiting(cause, deadline)
        ? engine.probed(chosen).thenCompose(ok -> readWhenPossible(needed, deadline))
        : CompletableFuture.failedFuture(cause);
  }

  private CompletionStage<Lease<L>> readOn(Member<L> member, Lease<L> lease) {
    last = member;
    member.busy().incrementAndGet();
    member.reads().incrementAndGet();
    open.add(lease);
    return links
        .settle(lease)
        .whenComplete(
            (ok, failure) -> {
              if (failure != null) {
                lost(lease);
              }
            });
  }

  /** True while something is read. */
  boolean any() {
    return !open.isEmpty();
  }

  /** The server has no more to do for it, if it had. */
  void lost(Lease<L> lease) {
    if (open.remove(lease)) {
      engine.member(lease.link().backend()).busy().decrementAndGet();
    }
  }

  void done(Lease<L> lease) {
    Member<L> member = engine.member(lease.link().backend());
    lost(lease);
    Term<L> term = engine.cluster().term();
    if (term != null && term.primary() == member) {
      sawPrimary(term);
    } else {
      saw(member.applied().position());
    }
  }

  /** It may have seen whatever the primary was sent. */
  void sawPrimary(Term<L> term) {
    saw(term.pipeline().highestSent());
  }

  void saw(Position position) {
    token = Position.max(token, position);
  }

  Position token() {
    return token;
  }

  void consistency(ReadLevel level) {
    this.level = level;
  }
}
