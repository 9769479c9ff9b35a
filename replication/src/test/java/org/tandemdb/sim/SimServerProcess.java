package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One session's process at a server. Does one request after the other; may be stopped for a while,
 * in which a request to end it waits too; on waking, either comes first.
 */
final class SimServerProcess {
  private final Simulation sim;
  private final SimBackend backend;
  private final int pid;
  private final long life;
  private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
  private final List<Runnable> parked = new ArrayList<>();
  private final SimConnection connection;
  private @Nullable SimTransaction transaction;
  private boolean busy;
  private boolean stopped;
  private boolean ended;
  private boolean terminating;

  SimServerProcess(SimBackend backend, int pid, long life, SimConnection connection) {
    this.sim = backend.sim();
    this.backend = backend;
    this.pid = pid;
    this.life = life;
    this.connection = connection;
  }

  SimBackend backend() {
    return backend;
  }

  int pid() {
    return pid;
  }

  String started() {
    return life + "." + pid;
  }

  boolean hasEnded() {
    return ended;
  }

  boolean isStopped() {
    return stopped;
  }

  @Nullable SimTransaction transaction() {
    return transaction;
  }

  void transaction(@Nullable SimTransaction next) {
    transaction = next;
  }

  /** The open transaction, or a new one. */
  SimTransaction begin(boolean serializable) {
    SimTransaction open = transaction;
    if (open == null) {
      open = new SimTransaction(backend, this, serializable);
      transaction = open;
    }
    return open;
  }

  /** A request has arrived. {@code work} answers the client itself. */
  void receive(Runnable work) {
    inbox.add(work);
    next();
  }

  private void next() {
    if (!busy && !inbox.isEmpty() && !ended) {
      busy = true;
      Runnable work = inbox.remove();
      run(work);
    }
  }

  /** The request in hand is answered. */
  void answered() {
    busy = false;
    next();
  }

  /** Runs a step of this process now, or when it is woken, or never. */
  private void run(Runnable step) {
    if (ended) {
      return;
    }
    if (stopped) {
      parked.add(step);
    } else {
      step.run();
    }
  }

  /** Goes on after a moment in which others run. */
  CompletionStage<Boolean> pause() {
    CompletableFuture<Boolean> goOn = new CompletableFuture<>();
    sim.after(
        Duration.ofNanos(sim.random().nextLong(200_000)),
        null,
        () -> run(() -> goOn.complete(true)));
    return goOn;
  }

  /** Waits for a row lock; goes on only while this process lives and is not stopped. */
  CompletionStage<Boolean> lock(
      SimTransaction holder, String key, boolean shared, Duration timeout) {
    CompletableFuture<Boolean> granted = new CompletableFuture<>();
    backend
        .locks()
        .acquire(holder, key, shared, timeout)
        .whenComplete(
            (ok, failure) ->
                run(
                    () -> {
                      if (failure == null) {
                        granted.complete(ok);
                      } else {
                        granted.completeExceptionally(failure);
                      }
                    }));
    return granted;
  }

  void stop() {
    stopped = true;
  }

  void wake() {
    if (!stopped) {
      return;
    }
    stopped = false;
    List<Runnable> waiting = List.copyOf(parked);
    parked.clear();
    for (Runnable step : waiting) {
      sim.after(Duration.ofNanos(sim.random().nextLong(500_000)), null, () -> run(step));
    }
  }

  /** pg_terminate_backend: asks, does not wait. */
  void terminate() {
    if (!terminating) {
      terminating = true;
      sim.after(sim.delay(), null, () -> run(this::end));
    }
  }

  /** The client's socket is closed, as this process will find when it reads next. */
  void clientGone() {
    receive(this::end);
  }

  /** Rolls back and is gone. */
  void end() {
    if (ended) {
      return;
    }
    ended = true;
    inbox.clear();
    parked.clear();
    SimTransaction open = transaction;
    transaction = null;
    if (open != null) {
      backend.locks().releaseAll(open);
    }
    backend.gone(this);
    connection.serverEnded();
  }
}
