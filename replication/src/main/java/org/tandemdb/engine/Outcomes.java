package org.tandemdb.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.log.LogCursor;
import org.tandemdb.log.ReplicationLog;
import org.tandemdb.log.TruncatedException;
import org.tandemdb.session.TransactionToken;

/**
 * What became of transactions whose clients hold a token. The log decides: an entry with the token
 * is there, or it is not. † It is only final that there is none once no session could still commit
 * with the token, and below the log's truncation nobody can tell: "not committed" would have a
 * client do its work twice. Thread-safe.
 */
final class Outcomes {
  /** Of entries read at once. */
  private static final int READ_BYTES = 1 << 20;

  private final ReplicationLog log;
  private final Environment environment;
  private final Duration limit;

  /** Of sessions that could commit with them. */
  private final Set<UUID> live = ConcurrentHashMap.newKeySet();

  /**
   * @param limit how long a look may take
   */
  Outcomes(ReplicationLog log, Environment environment, Duration limit) {
    this.log = log;
    this.environment = environment;
    this.limit = limit;
  }

  /** What is known of a transaction; {@code position} only of one that is committed. */
  record Outcome(String word, Optional<Position> position, String note) {
    static Outcome of(String word, String note) {
      return new Outcome(word, Optional.empty(), note);
    }
  }

  /** A token for a session's next transaction, until {@link #over}. */
  TransactionToken next() {
    UUID id = new UUID(environment.random().nextLong(), environment.random().nextLong());
    live.add(id);
    return new TransactionToken(log.info().clusterId(), log.durableHead(), id);
  }

  /** Nothing will be committed with it any more. */
  void over(TransactionToken token) {
    live.remove(token.id());
  }

  /** To be asked while a primary is in office: what the log holds is decided then. */
  CompletionStage<Outcome> of(TransactionToken token) {
    if (!token.isOf(log.info().clusterId())) {
      return CompletableFuture.failedFuture(
          new TandemException(
              ErrorCode.WRONG_CLUSTER, "the token is not of a transaction of this cluster"));
    }
    // Before the log is read: what ends later must be in it by then.
    boolean open = live.contains(token.id());
    Position first = log.status().first();
    boolean whole = !first.isAfter(token.after());
    LogCursor cursor = log.tail(Position.max(first, token.after()), READ_BYTES);
    long deadline = environment.nanos() + limit.toNanos();
    return log.head()
        .thenCompose(head -> find(cursor, head, token.id(), deadline))
        .thenApply(
            found -> {
              if (found.isPresent()) {
                return new Outcome("committed", found, "");
              }
              if (open) {
                return Outcome.of("in progress", "its session has not ended yet: ask again");
              }
              return whole
                  ? Outcome.of("not committed", "nothing of it is in the log")
                  : Outcome.of("unknown", "the log has been truncated since the token was made");
            })
        .exceptionally(
            failure -> {
              if (Outcomes.unwrap(failure) instanceof TruncatedException) {
                return Outcome.of("unknown", "the log was truncated as it was read");
              }
              throw failure instanceof RuntimeException own
                  ? own
                  : new java.util.concurrent.CompletionException(failure);
            })
        .whenComplete((outcome, failure) -> cursor.close());
  }

  private static Throwable unwrap(Throwable failure) {
    return ReplicatedSession.unwrap(failure);
  }

  /** Goes on as long as what it asks for is there, so that a long log is not a deep stack. */
  private CompletionStage<Optional<Position>> find(
      LogCursor cursor, Position head, UUID id, long deadline) {
    while (true) {
      CompletableFuture<List<Entry>> next = cursor.next(head).toCompletableFuture();
      if (!next.isDone() || next.isCompletedExceptionally()) {
        return next.thenCompose(
            entries ->
                last(entries, id, deadline)
                    .<CompletionStage<Optional<Position>>>map(CompletableFuture::completedFuture)
                    .orElseGet(() -> find(cursor, head, id, deadline)));
      }
      Optional<Optional<Position>> last = last(next.join(), id, deadline);
      if (last.isPresent()) {
        return CompletableFuture.completedFuture(last.get());
      }
    }
  }

  /** Empty as long as there may be more to read. */
  private Optional<Optional<Position>> last(List<Entry> entries, UUID id, long deadline) {
    if (entries.isEmpty()) {
      return Optional.of(Optional.empty());
    }
    for (Entry entry : entries) {
      if (entry.token().isPresent() && entry.token().get().equals(id)) {
        return Optional.of(Optional.of(entry.position()));
      }
    }
    if (environment.nanos() - deadline >= 0) {
      throw new TandemException(
          ErrorCode.OUTCOME_UNKNOWN, "the log could not be read through within " + limit);
    }
    return Optional.empty();
  }
}
