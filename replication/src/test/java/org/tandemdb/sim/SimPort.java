package org.tandemdb.sim;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;

/** One simulated backend as one process reaches it. */
final class SimPort implements BackendPort<SimLink> {
  private final Simulation sim;
  private final SimProcess process;
  private final SimNetwork network;
  private final SimBackend backend;
  private final SimControl control;
  private final Duration enterTimeout = Duration.ofSeconds(10);

  SimPort(
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
    this.control = new SimControl(sim, process, network, backend, workTimeout, probeTimeout);
  }

  @Override
  public BackendId id() {
    return backend.id();
  }

  @Override
  public BackendControl control() {
    return control;
  }

  @Override
  public CompletionStage<SimLink> openOwn(long epoch, UUID incarnation) {
    return open("tandem", "", "applier", epoch, incarnation);
  }

  @Override
  public CompletionStage<SimLink> open(
      String user, String password, String purpose, long epoch, UUID incarnation) {
    return SimConnection.open(sim, process, network, backend)
        .thenCompose(
            connection -> {
              sim.hazards().atEnter(connection);
              return connection
                  .call(server -> enter(server, epoch, incarnation), enterTimeout)
                  .thenApply(ok -> new SimLink(sim, connection, backend.id()))
                  .whenComplete(
                      (ok, failure) -> {
                        if (failure != null) {
                          connection.sever();
                        }
                      });
            })
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(translated(failure)));
  }

  /** tandem.enter: the fence row FOR SHARE, the incarnation, the registration, one transaction. */
  private CompletionStage<Boolean> enter(SimServerProcess server, long epoch, UUID incarnation) {
    SimTransaction tx = server.begin(false);
    return server
        .lock(tx, SimBackend.FENCE, true, Duration.ZERO)
        .thenCompose(
            ok -> {
              SimBackend.Fence fence = backend.fence();
              if (fence.epoch() != epoch && !sim.isBroken(BrokenRule.NO_FENCE)) {
                throw failed("TD001", "epoch " + epoch + " may not enter: " + fence);
              }
              return server.pause().thenApply(paused -> fence);
            })
        .thenCompose(
            fence -> {
              if (!incarnation.equals(backend.incarnation())
                  && !sim.isBroken(BrokenRule.INCARNATION_IGNORED)) {
                throw failed("TD002", "another incarnation");
              }
              return server.pause().thenApply(paused -> fence);
            })
        .thenApply(
            fence -> {
              backend
                  .links()
                  .put(
                      server.pid(),
                      new SimBackend.Registered(server.started(), epoch, fence.recovery()));
              server.transaction(null);
              backend.commit(tx, false);
              return true;
            });
  }

  private static CompletionException failed(String state, String message) {
    return new CompletionException(new SqlFailure(state, message));
  }

  private RuntimeException translated(Throwable failure) {
    SqlFailure error = SqlFailure.of(failure);
    String message = "open a link to " + id() + ": " + error.getMessage();
    return switch (error.getSQLState()) {
      case "TD001" -> new FencedException(message, error);
      case "TD002" -> new IncarnationException(message, error);
      default -> new BackendUnreachableException(message, error);
    };
  }

  @Override
  public CompletionStage<Catalog> loadCatalog(long version) {
    return SimConnection.open(sim, process, network, backend)
        .thenCompose(
            connection ->
                connection
                    .call(SimServerProcess::pause, enterTimeout)
                    .whenComplete((ok, failure) -> connection.sever()))
        .thenApply(ok -> new Catalog(version, "sim", Map.of(), sim.oneIn(2)))
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(translated(failure)));
  }

  @Override
  public void close() {
    control.close();
  }
}
