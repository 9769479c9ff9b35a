package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection between a process and a server process: requests and answers arrive in order, after
 * delays; either end may go away with things on their way, which may or may not arrive.
 */
final class SimConnection {
  private final Simulation sim;
  private final SimProcess client;
  private final SimNetwork network;
  private final List<CompletableFuture<?>> pending = new ArrayList<>();
  private @Nullable SimServerProcess server;
  private long lastArrivalAtServer;
  private long lastArrivalAtClient;
  private boolean usable = true;
  private boolean requestsAreLost;

  private SimConnection(Simulation sim, SimProcess client, SimNetwork network) {
    this.sim = sim;
    this.client = client;
    this.network = network;
  }

  /** Connects, or fails with 08001. */
  static CompletionStage<SimConnection> open(
      Simulation sim, SimProcess client, SimNetwork network, SimBackend backend) {
    CompletableFuture<SimConnection> opened = new CompletableFuture<>();
    sim.after(
        sim.delay(),
        client,
        () -> {
          if (!backend.isUp() || network.isCut(client, backend.id())) {
            opened.completeExceptionally(
                new SqlFailure("08001", "cannot connect to " + backend.id()));
            return;
          }
          SimConnection connection = new SimConnection(sim, client, network);
          connection.server = backend.fork(connection);
          client.opened(connection);
          opened.complete(connection);
        });
    return opened;
  }

  SimServerProcess server() {
    SimServerProcess process = server;
    if (process == null) {
      throw new IllegalStateException("not connected");
    }
    return process;
  }

  SimProcess client() {
    return client;
  }

  boolean isUsable() {
    return usable;
  }

  /** Has {@code work} done at the server. Fails with a {@link SqlFailure}. */
  <T> CompletableFuture<T> call(Function<SimServerProcess, CompletionStage<T>> work) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    if (!usable || !client.isAlive()) {
      answer.completeExceptionally(SqlFailure.lost("the connection is closed"));
      return answer;
    }
    pending.add(answer);
    SimServerProcess process = server();
    arriveAtServer(
        () -> {
          if (!requestsAreLost) {
            process.receive(() -> serve(process, work, answer));
          }
        });
    return answer;
  }

  /** As {@link #call}; after {@code timeout} the client gives the connection up. */
  <T> CompletableFuture<T> call(
      Function<SimServerProcess, CompletionStage<T>> work, Duration timeout) {
    CompletableFuture<T> answer = call(work);
    if (!answer.isDone()) {
      Simulation.Task timer =
          sim.after(
              timeout,
              client,
              () -> {
                if (!answer.isDone()) {
                  pending.remove(answer);
                  sever();
                  answer.completeExceptionally(SqlFailure.lost("no answer within " + timeout));
                }
              });
      answer.whenComplete((value, failure) -> timer.cancel());
    }
    return answer;
  }

  private <T> void serve(
      SimServerProcess process,
      Function<SimServerProcess, CompletionStage<T>> work,
      CompletableFuture<T> answer) {
    CompletionStage<T> done;
    try {
      done = work.apply(process);
    } catch (CompletionException e) {
      done = CompletableFuture.failedFuture(e);
    }
    done.whenComplete(
        (value, failure) -> {
          if (process.hasEnded()) {
            return;
          }
          @Nullable SqlFailure error = failure == null ? null : SqlFailure.of(failure);
          arriveAtClient(
              () -> {
                if (pending.remove(answer)) {
                  if (error == null) {
                    answer.complete(value);
                  } else {
                    answer.completeExceptionally(error);
                  }
                }
              });
          process.answered();
        });
  }

  private void arriveAtServer(Runnable action) {
    SimServerProcess process = server();
    long at = network.arrival(client, process.backend().id(), sim.nanos() + sim.delay().toNanos());
    lastArrivalAtServer = Math.max(lastArrivalAtServer + 1, at);
    sim.at(lastArrivalAtServer, null, action);
  }

  private void arriveAtClient(Runnable action) {
    long at = network.arrival(client, server().backend().id(), sim.nanos() + sim.delay().toNanos());
    lastArrivalAtClient = Math.max(lastArrivalAtClient + 1, at);
    sim.at(lastArrivalAtClient, client, action);
  }

  /** The client closes its end. What it had sent may still be carried out. */
  void sever() {
    if (!usable) {
      return;
    }
    usable = false;
    requestsAreLost = sim.random().nextBoolean();
    SimServerProcess process = server();
    arriveAtServer(process::clientGone);
    failPending("the connection was closed");
  }

  /** A fault between the two: both ends hear of it, at different times. */
  void breakNow() {
    sim.note("connection to " + server().backend().id() + "/" + server().pid() + " breaks");
    sever();
  }

  /**
   * @param silently the machine is gone with the process, so the server hears nothing for long
   */
  void clientDied(boolean silently) {
    if (!usable) {
      return;
    }
    usable = false;
    requestsAreLost = sim.random().nextBoolean();
    pending.clear();
    SimServerProcess process = server();
    if (silently) {
      sim.after(Duration.ofSeconds(20), null, process::clientGone);
    } else {
      arriveAtServer(process::clientGone);
    }
  }

  /** The client hears nothing for a while, as when a closed socket is noticed late. */
  void deafenClient(Duration duration) {
    lastArrivalAtClient = Math.max(lastArrivalAtClient, sim.nanos() + duration.toNanos());
  }

  void serverEnded() {
    arriveAtClient(
        () -> {
          usable = false;
          failPending("the server process is gone");
        });
  }

  private void failPending(String message) {
    List<CompletableFuture<?>> open = List.copyOf(pending);
    pending.clear();
    if (!open.isEmpty()) {
      sim.after(
          Duration.ofNanos(sim.random().nextLong(100_000)),
          client,
          () -> open.forEach(p -> p.completeExceptionally(SqlFailure.lost(message))));
    }
  }
}
