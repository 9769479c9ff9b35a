package org.tandemdb.sim;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.NotDrainedException;
import org.tandemdb.backend.Reservation;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/**
 * Control of one simulated server, as PostgreSQL's is: one connection for work, used by one call at
 * a time, one for probes. A connection that is opened anew must find the incarnation that was
 * written last. A call that is given up may still be carried out.
 */
final class SimControl implements BackendControl {
  private static final Duration POLL = Duration.ofMillis(5);

  private final Simulation sim;
  private final SimProcess process;
  private final SimNetwork network;
  private final SimBackend backend;
  private final Duration workTimeout;
  private final Duration probeTimeout;
  private @Nullable SimConnection work;
  private @Nullable SimConnection probe;
  private @Nullable UUID incarnation;
  private CompletionStage<?> tail = CompletableFuture.completedFuture(null);

  SimControl(
      Simulation sim,
      SimProcess process,
      SimNetwork network,
      SimBackend backend,
      Duration workTimeout,
      Duration probeTimeout) {
    this.sim = sim;
    this.process = process;
    this.network = network;
    this.backend = backend;
    this.workTimeout = workTimeout;
    this.probeTimeout = probeTimeout;
  }

  @Override
  public BackendId id() {
    return backend.id();
  }

  // ---- asking

  /** One call after the other; each starts when the one before has an answer. */
  private <T> CompletionStage<T> inLine(java.util.function.Supplier<CompletionStage<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    tail.whenComplete(
        (ok, failure) ->
            question
                .get()
                .whenComplete(
                    (value, error) -> {
                      if (error == null) {
                        answer.complete(value);
                      } else {
                        discardWork();
                        answer.completeExceptionally(translated(error));
                      }
                    }));
    tail = answer.handle((value, error) -> Boolean.TRUE);
    return answer.copy();
  }

  private <T> CompletionStage<T> ask(
      String what, Function<SimServerProcess, CompletionStage<T>> question) {
    return inLine(
            () ->
                connected()
                    .thenCompose(
                        c -> {
                          sim.hazards().atControl(c);
                          return c.call(question, workTimeout);
                        }))
        .whenComplete(
            (value, failure) -> {
              if (sim.isTracing()) {
                sim.note(
                    process.name()
                        + " "
                        + what
                        + " on "
                        + id()
                        + ": "
                        + (failure == null ? value : failure.toString()));
              }
            });
  }

  private RuntimeException translated(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof FencedException
          || t instanceof IncarnationException
          || t instanceof BackendUnreachableException) {
        return (RuntimeException) t;
      }
    }
    SqlFailure error = SqlFailure.of(failure);
    String message = id() + ": " + error.getMessage();
    return switch (error.getSQLState()) {
      case "TD001" -> new FencedException(message, error);
      case "TD002" -> new IncarnationException(message, error);
      default -> new BackendUnreachableException(message, error);
    };
  }

  private CompletionStage<SimConnection> connected() {
    SimConnection open = work;
    if (open != null && open.isUsable()) {
      return CompletableFuture.completedFuture(open);
    }
    return SimConnection.open(sim, process, network, backend)
        .thenCompose(
            fresh -> {
              work = fresh;
              UUID expected = incarnation;
              if (expected == null) {
                return CompletableFuture.completedFuture(fresh);
              }
              return fresh
                  .call(this::readNow, workTimeout)
                  .thenApply(
                      found -> {
                        checkIncarnation(found, expected);
                        return fresh;
                      });
            });
  }

  private CompletionStage<Optional<UUID>> readNow(SimServerProcess server) {
    return server.pause().thenApply(ok -> Optional.ofNullable(backend.incarnation()));
  }

  private void checkIncarnation(Optional<UUID> found, UUID expected) {
    if (!found.equals(Optional.of(expected)) && !sim.isBroken(BrokenRule.INCARNATION_IGNORED)) {
      throw new IncarnationException(id() + " is in another life", null);
    }
  }

  private void discardWork() {
    SimConnection open = work;
    work = null;
    if (open != null) {
      open.sever();
    }
  }

  private static CompletionStage<Void> nothing(CompletionStage<?> stage) {
    return stage.thenAccept(ok -> {});
  }

  // ---- the calls

  @Override
  public CompletionStage<Void> writeIncarnation(UUID fresh) {
    return nothing(
        inLine(
            () -> {
              discardWork();
              incarnation = null;
              return connected()
                  .thenCompose(
                      connection -> {
                        incarnation = fresh;
                        return connection.call(
                            server ->
                                server
                                    .pause()
                                    .thenApply(
                                        ok -> {
                                          backend.incarnation(fresh);
                                          return true;
                                        }),
                            workTimeout);
                      });
            }));
  }

  @Override
  public CompletionStage<Optional<UUID>> readIncarnation() {
    return ask("read the incarnation", this::readNow)
        .thenApply(
            found ->
                sim.isBroken(BrokenRule.INCARNATION_IGNORED)
                    ? Optional.ofNullable(incarnation)
                    : found);
  }

  @Override
  public CompletionStage<Long> raiseFence(long epoch) {
    return ask(
        "raise fence to " + epoch,
        server -> {
          SimTransaction tx = server.begin(false);
          return server
              .lock(tx, SimBackend.FENCE, false, Duration.ZERO)
              .thenCompose(ok -> server.pause())
              .thenApply(
                  ok -> {
                    server.transaction(null);
                    SimBackend.Fence now = backend.fence();
                    if (now.epoch() > epoch) {
                      backend.locks().releaseAll(tx);
                      throw new java.util.concurrent.CompletionException(
                          new SqlFailure("TD001", "the fence stands at " + now.epoch()));
                    }
                    if (sim.isBroken(BrokenRule.NO_FENCE)) {
                      backend.locks().releaseAll(tx);
                      return now.recovery();
                    }
                    tx.write(SimBackend.FENCE, new SimBackend.Fence(epoch, now.recovery() + 1));
                    backend.commit(tx, true);
                    return now.recovery() + 1;
                  });
        });
  }

  @Override
  public CompletionStage<Void> drain(long recovery, Duration deadline) {
    if (sim.isBroken(BrokenRule.NO_DRAIN)) {
      return CompletableFuture.completedFuture(null);
    }
    return poll(
        "drain below " + recovery,
        deadline,
        server -> {
          boolean none = true;
          for (SimServerProcess other : backend.processes()) {
            SimBackend.Registered link = backend.links().get(other.pid());
            if (link != null
                && link.started().equals(other.started())
                && link.recovery() < recovery) {
              other.terminate();
              none = false;
            }
          }
          return CompletableFuture.completedFuture(none);
        });
  }

  @Override
  public CompletionStage<Void> end(BackendLink.ServerProcess victim, Duration deadline) {
    return poll(
        "end " + victim.pid(),
        deadline,
        server -> {
          SimServerProcess found = backend.process(victim.pid(), victim.start());
          if (found != null) {
            found.terminate();
          }
          return CompletableFuture.completedFuture(found == null);
        });
  }

  private CompletionStage<Void> poll(
      String what,
      Duration deadline,
      Function<SimServerProcess, CompletionStage<Boolean>> question) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    pollOnce(what, sim.nanos() + deadline.toNanos(), question, done);
    return done;
  }

  private void pollOnce(
      String what,
      long deadline,
      Function<SimServerProcess, CompletionStage<Boolean>> question,
      CompletableFuture<Void> done) {
    ask(what, question)
        .whenComplete(
            (yes, failure) -> {
              if (failure != null) {
                done.completeExceptionally(failure);
              } else if (yes) {
                done.complete(null);
              } else if (sim.nanos() >= deadline) {
                done.completeExceptionally(
                    new NotDrainedException(id() + ": " + what + " took too long", null));
              } else {
                sim.after(POLL, process, () -> pollOnce(what, deadline, question, done));
              }
            });
  }

  @Override
  public CompletionStage<Integer> endBlockersOf(BackendLink.ServerProcess victim) {
    return ask(
        "end blockers",
        server -> {
          SimServerProcess found = backend.process(victim.pid(), victim.start());
          SimTransaction waiting = found == null ? null : found.transaction();
          int count = 0;
          if (waiting != null) {
            for (SimTransaction holder : backend.locks().holdersBefore(waiting)) {
              SimServerProcess blocker = holder.process();
              if (blocker != null) {
                blocker.terminate();
                count++;
              }
            }
          }
          return CompletableFuture.completedFuture(count);
        });
  }

  @Override
  public CompletionStage<List<Position>> preparedTransactions() {
    return ask("list prepared", server -> CompletableFuture.completedFuture(backend.prepared()));
  }

  @Override
  public CompletionStage<Void> finishPrepared(Position position, boolean commit) {
    return nothing(
        ask(
            (commit ? "commit" : "roll back") + " prepared " + position,
            server ->
                backend.finishPrepared(position, commit)
                    ? CompletableFuture.completedFuture(true)
                    : CompletableFuture.failedFuture(
                        new SqlFailure("42704", "no prepared transaction " + position))));
  }

  @Override
  public CompletionStage<Holdings> holdings() {
    return ask(
        "holdings",
        server -> {
          Set<Position> markers = new LinkedHashSet<>();
          if (!sim.isBroken(BrokenRule.MARKERS_IGNORED)) {
            backend.markers().stream()
                .filter(p -> p.isAfter(backend.watermark()))
                .forEach(markers::add);
          }
          return CompletableFuture.completedFuture(
              new Holdings(Optional.of(backend.clusterId()), backend.watermark(), markers));
        });
  }

  @Override
  public CompletionStage<Void> raiseWatermark(Position watermark, boolean durably) {
    boolean flush = durably && !sim.isBroken(BrokenRule.WATERMARK_NOT_DURABLE);
    return nothing(
        ask(
            "raise watermark to " + watermark,
            server -> {
              SimTransaction tx = server.begin(false);
              sim.hazards().atWatermark(backend);
              backend.setFloor(watermark.number());
              CompletionStage<Boolean> before = CompletableFuture.completedFuture(true);
              if (sim.isBroken(BrokenRule.MARKERS_BEFORE_WATERMARK)) {
                backend.commit(
                    deleteMarkers(new SimTransaction(backend, server, false), watermark), flush);
                before = server.pause();
              }
              return before
                  .thenCompose(ok -> server.lock(tx, SimBackend.WATERMARK, false, Duration.ZERO))
                  .thenCompose(ok -> server.pause())
                  .thenApply(
                      ok -> {
                        if (watermark.isAfter(backend.watermark())) {
                          tx.write(SimBackend.WATERMARK, watermark);
                        }
                        server.transaction(null);
                        backend.commit(deleteMarkers(tx, watermark), flush);
                        return true;
                      });
            }));
  }

  private SimTransaction deleteMarkers(SimTransaction tx, Position upTo) {
    for (Position position : backend.markers()) {
      if (!position.isAfter(upTo)) {
        tx.write(SimBackend.marker(position), null);
      }
    }
    return tx;
  }

  /** The simulation has no sequences. */
  @Override
  public CompletionStage<Void> reserve(List<Reservation> reservations) {
    return nothing(ask("keep reservations", SimServerProcess::pause));
  }

  @Override
  public CompletionStage<Void> advanceSequences() {
    return nothing(ask("advance sequences", SimServerProcess::pause));
  }

  @Override
  public CompletionStage<Boolean> holds(Position position) {
    if (sim.isBroken(BrokenRule.IN_DOUBT_IS_COMMITTED)) {
      return CompletableFuture.completedFuture(true);
    }
    return inLine(
            () -> {
              discardWork();
              return CompletableFuture.completedFuture(true);
            })
        .thenCompose(
            ok ->
                ask(
                    "look up " + position,
                    server ->
                        CompletableFuture.completedFuture(
                            backend.committed(SimBackend.marker(position)) != null
                                || !position.isAfter(backend.watermark()))));
  }

  @Override
  public CompletionStage<Facts> inspect() {
    return ask(
        "inspect",
        server ->
            CompletableFuture.completedFuture(
                new Facts(id().name(), Optional.of(backend.clusterId()), List.of())));
  }

  @Override
  public CompletionStage<Void> initialise(UUID clusterId) {
    return CompletableFuture.failedFuture(new IllegalStateException("it is initialised"));
  }

  @Override
  public CompletionStage<Map<String, TableDigest>> digests() {
    return ask("digests", server -> CompletableFuture.completedFuture(Map.of()));
  }

  @Override
  public CompletionStage<Void> probe(UUID expected) {
    SimConnection open = probe;
    CompletionStage<SimConnection> connection =
        open != null && open.isUsable()
            ? CompletableFuture.completedFuture(open)
            : SimConnection.open(sim, process, network, backend)
                .thenApply(
                    fresh -> {
                      probe = fresh;
                      return fresh;
                    });
    return nothing(
            connection
                .thenCompose(c -> c.call(this::readNow, probeTimeout))
                .thenAccept(found -> checkIncarnation(found, expected)))
        .exceptionallyCompose(
            failure -> {
              SimConnection failed = probe;
              probe = null;
              if (failed != null) {
                failed.sever();
              }
              return CompletableFuture.failedFuture(translated(failure));
            });
  }

  @Override
  public void close() {
    discardWork();
    SimConnection open = probe;
    if (open != null) {
      open.sever();
    }
  }
}
