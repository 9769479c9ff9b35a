package org.tandemdb.commit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.backend.BackendLink.FinishOutcome;
import org.tandemdb.backend.BackendLink.MarkOutcome;
import org.tandemdb.commit.CommitListener.Resolution;
import org.tandemdb.commit.CommitOutcome.Committed;
import org.tandemdb.commit.CommitOutcome.RolledBack;
import org.tandemdb.commit.CommitOutcome.Why;
import org.tandemdb.commit.Pending.State;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.log.AppendOutcome;
import org.tandemdb.log.ReplicationLog;

/**
 * Commits the transactions of one epoch, in batches.
 *
 * <pre>
 *  submissions → forming ──close──▶ marking ──all answered──▶ ready ──▶ appending → COMMITs → confirmed
 *                   ▲                  │ late                    (waits until the batch before
 *                   └── answered ──────┘                          it is confirmed)
 * </pre>
 *
 * <p>A batch is closed and its positions are given <em>before</em> its sessions write their
 * markers, so every answer proves that the session held its locks after the close. It is appended
 * only when every COMMIT of the batch before it is confirmed. Hence the members of a batch all held
 * their locks at one moment and do not conflict, and whoever could run only because another let go
 * is in a later batch: the log's order is an order in which the database could have run them,
 * without two-phase commit.
 *
 * <p>Closing and marking the next batch overlap the append and the COMMITs of this one; meanwhile
 * others gather, which is where group commit comes from.
 *
 * <p>Thread-safe. One lock guards the state; links, log, listener and answers are called outside
 * it.
 */
public final class CommitPipeline {

  /**
   * @param markPatience how long a batch waits for a marker before it goes on without that session
   * @param hardLimit how long a marker or COMMIT may take before its link is severed
   * @param maxBatch most entries in a batch
   */
  public record Options(Duration markPatience, Duration hardLimit, int maxBatch) {}

  private final long epoch;
  private final ReplicationLog log;
  private final Environment environment;
  private final PositionSource positions;
  private final CommitListener listener;
  private final Options options;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayList<Pending> forming = new ArrayList<>();
  private final Set<Pending> late = new LinkedHashSet<>();
  private final List<Pending> undecided = new ArrayList<>();
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();
  private @Nullable Batch marking;
  private @Nullable Batch committing;
  private boolean appendInFlight;
  private boolean tickArmed;
  private boolean ended;
  private boolean askedToEnd;
  private @Nullable String halted;
  private volatile Position highestSent;

  public CommitPipeline(
      long epoch,
      ReplicationLog log,
      Environment environment,
      PositionSource positions,
      CommitListener listener,
      Options options) {
    this.epoch = epoch;
    this.log = log;
    this.environment = environment;
    this.positions = positions;
    this.listener = listener;
    this.options = options;
    this.highestSent = log.durableHead();
  }

  /** Commits a transaction; the stage never completes exceptionally. */
  public CompletionStage<CommitOutcome> commit(Submission submission) {
    Pending pending = new Pending(submission);
    transition(
        effects -> {
          String stopped = halted;
          if (ended) {
            effects.add(() -> refuse(pending, "the epoch has ended"));
          } else if (stopped != null) {
            RolledBack answer = new RolledBack(Why.HALTED, stopped, null);
            effects.add(() -> rollBackThenAnswer(pending, answer));
          } else {
            forming.add(pending);
            advance(effects);
          }
        });
    return pending.answer;
  }

  /** Lets nobody in any more, while those inside come to their end: writes are stopped. */
  public void halt(String reason) {
    transition(effects -> halted = reason);
  }

  /** The highest position whose COMMIT has been sent: what a read on the primary may have seen. */
  public Position highestSent() {
    return highestSent;
  }

  public long epoch() {
    return epoch;
  }

  /**
   * Ends the epoch. Whoever is not in the log is rolled back (40001) and its link severed; whoever
   * is, or may be, stays undecided until {@link #settle}.
   *
   * @return complete when no append is in flight any more
   */
  public CompletionStage<Void> end(String reason) {
    transition(
        effects -> {
          if (ended) {
            return;
          }
          ended = true;
          List<Pending> unlogged = new ArrayList<>(forming);
          unlogged.addAll(late);
          if (marking != null) {
            unlogged.addAll(marking.members);
          }
          forming.clear();
          late.clear();
          marking = null;
          for (Pending pending : unlogged) {
            pending.state = State.ENDED;
            effects.add(() -> severAndRefuse(pending, reason));
          }
          if (committing != null) {
            for (Pending pending : committing.members) {
              if (pending.state == State.COMMITTING) {
                leaveUndecided(pending);
                effects.add(() -> pending.submission.link().sever());
              }
            }
          }
          if (!appendInFlight) {
            effects.add(() -> quiet.complete(null));
          }
        });
    return quiet;
  }

  /** Positions of which only the log can say what became of them; after {@link #end}. */
  public List<Position> undecided() {
    lock.lock();
    try {
      return undecided.stream().map(p -> p.position).toList();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Answers the undecided among {@code which}: a primary holds everything that the log holds.
   *
   * @param logged whether the log has them
   */
  public void settle(Predicate<Position> which, boolean logged) {
    answerUndecided(
        p -> which.test(p.position),
        p ->
            logged
                ? new Committed(p.position)
                : new RolledBack(Why.SESSION_LOST, "not in the log when the epoch ended", null));
  }

  /**
   * The highest position at or below {@code limit} to which a watermark may be raised: below every
   * marker that was asked for and not answered, or that marker would fail when it is written.
   */
  public Position notAboveOutstanding(Position limit) {
    lock.lock();
    try {
      long lowest = limit.number() + 1;
      for (Pending pending : late) {
        lowest = Math.min(lowest, pending.position.number());
      }
      if (marking != null) {
        for (Pending pending : marking.members) {
          lowest = Math.min(lowest, pending.position.number());
        }
      }
      return new Position(limit.epoch(), lowest - 1);
    } finally {
      lock.unlock();
    }
  }

  /** Answers the undecided when no primary could be found in time. */
  public void abandon(String message) {
    answerUndecided(p -> true, p -> new CommitOutcome.Unknown(p.position, message));
  }

  private void answerUndecided(Predicate<Pending> which, Function<Pending, CommitOutcome> outcome) {
    List<Pending> taken;
    lock.lock();
    try {
      taken = undecided.stream().filter(which).toList();
      undecided.removeAll(taken);
    } finally {
      lock.unlock();
    }
    taken.forEach(p -> p.answer.complete(outcome.apply(p)));
  }

  // ---- the machine; everything below with "effects" runs under the lock

  /** Changes the state under the lock, then does outside what the change asks for. */
  private void transition(Consumer<List<Runnable>> change) {
    List<Runnable> effects = new ArrayList<>(4);
    lock.lock();
    try {
      change.accept(effects);
    } finally {
      lock.unlock();
    }
    for (Runnable effect : effects) {
      effect.run();
    }
  }

  private void advance(List<Runnable> effects) {
    if (ended) {
      return;
    }
    Batch marked = marking;
    if (marked != null && marked.unanswered == 0) {
      if (marked.members.isEmpty()) {
        marking = null;
      } else if (committing == null) {
        marking = null;
        committing = marked;
        append(marked, effects);
      }
    }
    if (marking == null && !forming.isEmpty()) {
      close(effects);
    }
  }

  /** Gives positions; only then are the markers sent: their answers prove life after the close. */
  private void close(List<Runnable> effects) {
    int size = Math.min(forming.size(), options.maxBatch());
    List<Pending> members = forming.subList(0, size);
    Batch batch = new Batch(members, environment.nanos());
    members.clear();
    marking = batch;
    for (Pending pending : batch.members) {
      Position position = positions.next(epoch);
      pending.position = position;
      pending.batch = batch.members.get(0).position.number();
      pending.state = State.MARKING;
      pending.waitingSinceNanos = batch.closedAtNanos;
      effects.add(() -> mark(pending, position));
    }
    armTick(effects);
  }

  private void mark(Pending pending, Position position) {
    pending
        .submission
        .mark(position)
        .whenComplete(
            (outcome, failure) -> {
              MarkOutcome known =
                  failure == null
                      ? outcome
                      : new MarkOutcome.Refused("40001", String.valueOf(failure), failure);
              onMarked(pending, position, known);
            });
  }

  private void onMarked(Pending pending, Position position, MarkOutcome answer) {
    MarkOutcome outcome = answer;
    @Nullable Entry entry = null;
    if (answer instanceof MarkOutcome.Marked marked) {
      try {
        // Built outside the lock: it copies the client's values.
        entry = pending.submission.entry(position, pending.batch, marked.clock());
      } catch (RuntimeException e) {
        outcome = new MarkOutcome.Refused("XX000", "the entry could not be built: " + e, e);
      }
    }
    settleMark(pending, entry, outcome);
  }

  private void settleMark(Pending pending, @Nullable Entry entry, MarkOutcome outcome) {
    transition(
        effects -> {
          switch (pending.state) {
            case MARKING -> answered(pending, entry, outcome, effects);
            case LATE -> lateAnswered(pending, outcome, effects);
            case FORMING, MARKED, LOGGING, COMMITTING, UNDECIDED, ENDED -> {
              // The epoch ended meanwhile, and the client has its answer.
            }
          }
          advance(effects);
        });
  }

  private void answered(
      Pending pending, @Nullable Entry entry, MarkOutcome outcome, List<Runnable> effects) {
    Batch batch = Objects.requireNonNull(marking);
    batch.unanswered--;
    if (entry != null) {
      pending.entry = entry;
      pending.state = State.MARKED;
    } else {
      batch.members.remove(pending);
      rolledBack(pending, (MarkOutcome.Refused) outcome, effects);
    }
  }

  /**
   * A late session has shown that it lives: it is marked again, at a later position. One that was
   * prepared under its old position cannot be; its client runs it again, as SERIALIZABLE asks.
   */
  private void lateAnswered(Pending pending, MarkOutcome outcome, List<Runnable> effects) {
    late.remove(pending);
    if (outcome instanceof MarkOutcome.Refused refused) {
      rolledBack(pending, refused, effects);
    } else if (pending.submission.prepare()) {
      pending.state = State.ENDED;
      RolledBack answer = new RolledBack(Why.REFUSED, "prepared too late for its batch", null);
      effects.add(() -> rollBackThenAnswer(pending, answer));
    } else {
      pending.state = State.FORMING;
      forming.add(pending);
    }
  }

  private void rolledBack(Pending pending, MarkOutcome.Refused refused, List<Runnable> effects) {
    pending.state = State.ENDED;
    Why why = pending.submission.link().isUsable() ? Why.REFUSED : Why.SESSION_LOST;
    RolledBack answer = new RolledBack(why, refused.message(), refused.cause());
    effects.add(() -> rollBackThenAnswer(pending, answer));
  }

  private void append(Batch batch, List<Runnable> effects) {
    List<Entry> entries = new ArrayList<>(batch.members.size());
    for (Pending pending : batch.members) {
      pending.state = State.LOGGING;
      entries.add(Objects.requireNonNull(pending.entry));
    }
    appendInFlight = true;
    effects.add(
        () ->
            log.append(epoch, entries)
                .whenComplete(
                    (outcome, failure) ->
                        onAppended(
                            batch,
                            failure == null
                                ? outcome
                                : new AppendOutcome.Unknown(String.valueOf(failure)))));
  }

  private void onAppended(Batch batch, AppendOutcome outcome) {
    transition(
        effects -> {
          appendInFlight = false;
          if (outcome instanceof AppendOutcome.Durable) {
            durable(batch, effects);
          } else if (outcome instanceof AppendOutcome.Rejected rejected) {
            rejected(batch, rejected, effects);
          } else if (outcome instanceof AppendOutcome.Unknown unknown) {
            batch.members.forEach(this::leaveUndecided);
            askToEnd("an append has no known outcome: " + unknown.message(), effects);
          }
          if (ended) {
            effects.add(() -> quiet.complete(null));
          }
          advance(effects);
        });
  }

  private void durable(Batch batch, List<Runnable> effects) {
    if (ended) {
      // The log has them, the old primary must not get them any more: recovery applies them.
      batch.members.forEach(this::leaveUndecided);
      return;
    }
    batch.unconfirmed = batch.members.size();
    long now = environment.nanos();
    for (Pending pending : batch.members) {
      pending.state = State.COMMITTING;
      pending.waitingSinceNanos = now;
      effects.add(() -> finish(batch, pending));
    }
    highestSent = batch.members.get(batch.members.size() - 1).position;
    armTick(effects);
  }

  private void rejected(Batch batch, AppendOutcome.Rejected rejected, List<Runnable> effects) {
    Why why =
        switch (rejected.reason()) {
          case FULL -> Why.LOG_FULL;
          case CLOSED -> Why.LOG_FAILED;
          case FENCED -> Why.SESSION_LOST;
        };
    for (Pending pending : batch.members) {
      pending.state = State.ENDED;
      RolledBack answer = new RolledBack(why, rejected.message(), null);
      effects.add(() -> rollBackThenAnswer(pending, answer));
    }
    committing = null;
    if (rejected.reason() == AppendOutcome.Reason.FENCED) {
      askToEnd("fenced: " + rejected.message(), effects);
    }
  }

  /** After durability only COMMIT is sent. */
  private void finish(Batch batch, Pending pending) {
    Decision decision = pending.submission.prepare() ? Decision.COMMIT_PREPARED : Decision.COMMIT;
    pending
        .submission
        .link()
        .finish(pending.position, decision)
        .whenComplete(
            (outcome, failure) -> {
              if (failure == null && outcome instanceof FinishOutcome.Done) {
                onConfirmed(batch, pending);
              } else {
                resolve(batch, pending, failure == null ? outcome.toString() : failure.toString());
              }
            });
  }

  private void resolve(Batch batch, Pending pending, String what) {
    listener
        .resolveInDoubt(pending.submission.link(), pending.position)
        .whenComplete(
            (resolution, failure) -> {
              if (failure == null && resolution == Resolution.PRESENT) {
                onConfirmed(batch, pending);
              } else {
                String why =
                    "COMMIT of "
                        + pending.position
                        + " was not confirmed ("
                        + what
                        + "): "
                        + (failure == null ? resolution : failure);
                onUnconfirmed(pending, why);
              }
            });
  }

  private void onConfirmed(Batch batch, Pending pending) {
    transition(
        effects -> {
          if (pending.state != State.COMMITTING) {
            return;
          }
          pending.state = State.ENDED;
          effects.add(() -> pending.answer.complete(new Committed(pending.position)));
          if (--batch.unconfirmed == 0) {
            committing = null;
            List<Entry> entries =
                batch.members.stream().map(p -> Objects.requireNonNull(p.entry)).toList();
            Position end = batch.members.get(batch.members.size() - 1).position;
            // First, so that the order of calls is the order of the log.
            effects.add(0, () -> listener.confirmed(end, entries));
            advance(effects);
          }
        });
  }

  /**
   * Its locks are gone and its entry is committed: nothing may be logged before it is recovered.
   */
  private void onUnconfirmed(Pending pending, String why) {
    transition(
        effects -> {
          if (pending.state == State.COMMITTING) {
            leaveUndecided(pending);
          }
          askToEnd(why, effects);
        });
  }

  private void leaveUndecided(Pending pending) {
    pending.state = State.UNDECIDED;
    undecided.add(pending);
  }

  private void askToEnd(String reason, List<Runnable> effects) {
    if (!askedToEnd) {
      askedToEnd = true;
      effects.add(() -> listener.epochMustEnd(reason));
    }
  }

  // ---- time

  private void armTick(List<Runnable> effects) {
    if (!tickArmed) {
      tickArmed = true;
      effects.add(() -> environment.scheduler().schedule(options.markPatience(), this::tick));
    }
  }

  /** One timer for all, armed only while somebody is waited for. */
  private void tick() {
    transition(
        effects -> {
          tickArmed = false;
          long now = environment.nanos();
          Batch batch = marking;
          if (batch != null && now - batch.closedAtNanos >= options.markPatience().toNanos()) {
            goOnWithoutTheLate(batch);
          }
          late.forEach(p -> severIfTooLate(p, now, effects));
          if (committing != null) {
            committing.members.stream()
                .filter(p -> p.state == State.COMMITTING)
                .forEach(p -> severIfTooLate(p, now, effects));
          }
          if (marking != null || !late.isEmpty() || committing != null) {
            armTick(effects);
          }
          advance(effects);
        });
  }

  private void goOnWithoutTheLate(Batch batch) {
    for (Pending pending : List.copyOf(batch.members)) {
      if (pending.state == State.MARKING) {
        pending.state = State.LATE;
        late.add(pending);
        batch.members.remove(pending);
      }
    }
    batch.unanswered = 0;
  }

  private void severIfTooLate(Pending pending, long now, List<Runnable> effects) {
    if (now - pending.waitingSinceNanos >= options.hardLimit().toNanos()) {
      effects.add(() -> pending.submission.link().sever());
    }
  }

  // ---- answers

  private void refuse(Pending pending, String reason) {
    pending.answer.complete(new RolledBack(Why.SESSION_LOST, reason, null));
  }

  private void severAndRefuse(Pending pending, String reason) {
    pending.submission.link().sever();
    refuse(pending, reason);
  }

  private void rollBackThenAnswer(Pending pending, RolledBack answer) {
    boolean mayBePrepared = pending.submission.prepare() && !pending.position.equals(Position.NONE);
    Decision decision = mayBePrepared ? Decision.ROLLBACK_PREPARED : Decision.ROLLBACK;
    pending
        .submission
        .link()
        .finish(pending.position, decision)
        .whenComplete(
            (outcome, failure) -> {
              pending.answer.complete(answer);
              boolean answered = failure == null && !(outcome instanceof FinishOutcome.InDoubt);
              if (mayBePrepared && !answered) {
                // It may stand prepared, with its locks and nobody's: only recovery resolves that.
                transition(
                    effects ->
                        askToEnd(pending.position + " may have been left prepared", effects));
              }
            });
  }
}
