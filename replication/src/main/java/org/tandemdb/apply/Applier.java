package org.tandemdb.apply;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.backend.BackendLink.ApplyRun;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.env.TaskScheduler.Cancellable;
import org.tandemdb.log.LogCursor;
import org.tandemdb.log.ReplicationLog;
import org.tandemdb.log.TruncatedException;

/**
 * Carries confirmed entries to one replica: in order, several in one database transaction, exactly
 * once (the watermark moves in the same transaction). Starts nothing that is not confirmed, so that
 * no reader sees on a replica what the primary does not show yet.
 *
 * <p>One run is in flight at a time; everything happens in its completions. {@link #stop} ends it;
 * {@link #ended} completes when nothing more will be sent, with the reason.
 */
public final class Applier {

  /**
   * @param lockTimeout of one statement
   * @param maxDelay readers that block the applier for longer are ended
   * @param gather between the beginnings of two runs, unless somebody waits for what is missing:
   *     what a transaction costs by itself is paid for more entries; 0 for none
   * @param runEntries most entries in one transaction
   * @param runBytes most bytes read from the log for one transaction
   */
  public record Options(
      Duration lockTimeout, Duration maxDelay, Duration gather, int runEntries, int runBytes) {}

  /** Why an applier ended. */
  public sealed interface End {
    /** It was asked to. */
    record Stopped() implements End {}

    /** The link broke. */
    record Lost(String message) implements End {}

    /** The replica does not hold what the primary held, or refuses an entry. */
    record Diverged(Position position, String detail) implements End {}

    /** The log no longer has what the replica needs. */
    record FellOff(String message) implements End {}
  }

  private final BackendLink link;
  private final BackendControl control;
  private final Progress confirmed;
  private final Progress applied;
  private final Environment environment;
  private final Options options;
  private final LogCursor cursor;
  private final BackendLink.StageReader stages;
  private final CompletableFuture<End> ended = new CompletableFuture<>();
  private volatile boolean stopped;
  private volatile long blockedSinceNanos;
  private volatile long lastRunNanos;

  /**
   * @param link of Tandem's role on the replica; owned by the applier from now on
   * @param confirmed how far appliers may go
   * @param applied where this replica stands; advanced here
   */
  public Applier(
      ReplicationLog log,
      BackendLink link,
      BackendControl control,
      Progress confirmed,
      Progress applied,
      Environment environment,
      Options options) {
    this.link = link;
    this.control = control;
    this.confirmed = confirmed;
    this.applied = applied;
    this.environment = environment;
    this.options = options;
    this.cursor = log.tail(applied.position(), options.runBytes());
    this.lastRunNanos = environment.nanos() - options.gather().toNanos();
    this.stages = (stage, index) -> log.readStage(stage, index).toCompletableFuture().join();
  }

  public void start() {
    environment.scheduler().execute(this::next);
  }

  /** Ends after the run in flight; the link is severed, which ends that too. */
  public void stop() {
    stopped = true;
    link.sever();
    end(new End.Stopped());
  }

  public CompletionStage<End> ended() {
    return ended;
  }

  private void next() {
    if (stopped) {
      return;
    }
    Position limit = confirmed.position();
    if (!limit.isAfter(cursor.position())) {
      // Off the committing thread: a client must not carry an applier's work.
      confirmed
          .await(after(cursor.position()))
          .whenCompleteAsync((ok, failure) -> onMore(failure), environment.scheduler());
      return;
    }
    long early = lastRunNanos + options.gather().toNanos() - environment.nanos();
    if (early <= 0 || applied.isAwaited()) {
      read();
    } else {
      gather(Duration.ofNanos(early));
    }
  }

  private void read() {
    lastRunNanos = environment.nanos();
    cursor.next(confirmed.position()).whenComplete(this::onRead);
  }

  /** Lets entries come for {@code time}, or until somebody waits for them. */
  private void gather(Duration time) {
    AtomicBoolean over = new AtomicBoolean();
    Runnable goOn =
        () -> {
          if (over.compareAndSet(false, true) && !stopped) {
            read();
          }
        };
    Cancellable timer = environment.scheduler().schedule(time, goOn);
    applied.whenAwaited(
        () -> {
          timer.cancel();
          environment.scheduler().execute(goOn);
        });
  }

  private static Position after(Position position) {
    return new Position(position.epoch(), position.number() + 1);
  }

  private void onMore(@org.jspecify.annotations.Nullable Throwable failure) {
    if (failure != null) {
      end(new End.Stopped());
    } else {
      next();
    }
  }

  private void onRead(List<Entry> entries, Throwable failure) {
    if (failure != null) {
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      end(
          cause instanceof TruncatedException
              ? new End.FellOff(String.valueOf(cause.getMessage()))
              : new End.Lost("the log could not be read: " + cause));
    } else if (entries.isEmpty()) {
      // The limit lies in a gap, or the log's own view is a moment behind.
      confirmed
          .await(after(Position.max(confirmed.position(), cursor.position())))
          .whenCompleteAsync((ok, error) -> onMore(error), environment.scheduler());
    } else {
      apply(entries, 0, false);
    }
  }

  private void apply(List<Entry> entries, int from, boolean serially) {
    if (stopped) {
      return;
    }
    int to = runEnd(entries, from);
    List<Entry> run = entries.subList(from, to);
    Position watermark = run.get(run.size() - 1).position();
    link.apply(new ApplyRun(run, watermark, serially, options.lockTimeout(), stages))
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                end(new End.Lost("applying failed: " + failure));
              } else {
                onOutcome(entries, from, to, outcome);
              }
            });
  }

  /** DDL goes alone: it holds its locks to the end of the transaction. */
  private int runEnd(List<Entry> entries, int from) {
    int to = from + 1;
    if (standsAlone(entries.get(from))) {
      return to;
    }
    while (to < entries.size()
        && to - from < options.runEntries()
        && !standsAlone(entries.get(to))) {
      to++;
    }
    return to;
  }

  private static boolean standsAlone(Entry entry) {
    return entry.body() instanceof Entry.Staged
        || (entry.body() instanceof Entry.Inline inline
            && inline.changes().stream().anyMatch(change -> change.rows() < 0));
  }

  private void onOutcome(List<Entry> entries, int from, int to, ApplyOutcome outcome) {
    if (outcome instanceof ApplyOutcome.Applied done) {
      blockedSinceNanos = 0;
      applied.advance(done.watermark());
      if (to < entries.size()) {
        apply(entries, to, false);
      } else {
        next();
      }
    } else if (outcome instanceof ApplyOutcome.Blocked) {
      onBlocked(entries, from);
    } else if (outcome instanceof ApplyOutcome.Diverged diverged) {
      end(new End.Diverged(diverged.position(), diverged.inWords()));
    } else if (outcome instanceof ApplyOutcome.Failed failed) {
      end(new End.Diverged(failed.position(), failed.inWords()));
    } else {
      end(new End.Lost(outcome.inWords()));
    }
  }

  /** Undone; again, serially. Readers in the way for too long are ended (40001). */
  private void onBlocked(List<Entry> entries, int from) {
    long now = environment.nanos();
    if (blockedSinceNanos == 0) {
      blockedSinceNanos = now;
    }
    if (now - blockedSinceNanos < options.maxDelay().toNanos()) {
      apply(entries, from, true);
      return;
    }
    // The run goes first, so that there is somebody to be blocked when the question is asked.
    environment.scheduler().schedule(options.lockTimeout().dividedBy(2), this::endBlockers);
    apply(entries, from, true);
  }

  private void endBlockers() {
    if (!stopped && blockedSinceNanos != 0) {
      control
          .endBlockersOf(link.process())
          .whenComplete(
              (count, failure) -> {
                if (failure != null) {
                  end(new End.Lost("blockers could not be ended: " + failure));
                }
              });
    }
  }

  private void end(End why) {
    stopped = true;
    if (ended.complete(why)) {
      cursor.close();
      link.sever();
    }
  }
}
