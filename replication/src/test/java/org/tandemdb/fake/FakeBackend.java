package org.tandemdb.fake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
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
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.backend.BackendLink.ApplyRun;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.NotDrainedException;
import org.tandemdb.backend.Reservation;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/** A backend in memory that journals what recovery does to it. */
public final class FakeBackend implements BackendPort<FakeLink>, BackendControl {
  private final BackendId id;
  public final List<String> journal = new ArrayList<>();
  public final List<Position> applied = new ArrayList<>();
  public final Set<Position> markers = new HashSet<>();
  public final List<Position> prepared = new ArrayList<>();
  public Optional<UUID> clusterId;
  public Position watermark = Position.NONE;
  public boolean drains = true;
  public boolean reachable = true;
  public boolean crashesInRecovery;
  public @Nullable CompletableFuture<Void> heldProbe;
  public @Nullable CompletableFuture<Void> heldDrain;
  public CompletableFuture<Void> heldApply = CompletableFuture.completedFuture(null);
  public Function<ApplyRun, ApplyOutcome> applying = this::applyAll;
  private @Nullable UUID incarnation;

  public FakeBackend(String name, UUID clusterId) {
    this.id = new BackendId(name);
    this.clusterId = Optional.of(clusterId);
  }

  public ApplyOutcome applyAll(ApplyRun run) {
    run.entries().forEach(e -> applied.add(e.position()));
    watermark = run.watermark();
    return new ApplyOutcome.Applied(run.watermark());
  }

  private <T> CompletionStage<T> tell(String what, T answer) {
    journal.add(what);
    return reachable
        ? CompletableFuture.completedFuture(answer)
        : CompletableFuture.failedFuture(new BackendUnreachableException(id + " is away", null));
  }

  @SuppressWarnings("NullAway") // Void has no other value
  private CompletionStage<Void> done(String what) {
    return tell(what, Boolean.TRUE).thenApply(ok -> null);
  }

  @Override
  public BackendId id() {
    return id;
  }

  @Override
  public BackendControl control() {
    return this;
  }

  @Override
  public CompletionStage<FakeLink> openOwn(long epoch, UUID expected) {
    FakeLink link = new FakeLink(id.name(), new ArrayList<>());
    link.applying = run -> applying.apply(run);
    link.heldApply = () -> heldApply;
    return tell("link", link);
  }

  @Override
  public CompletionStage<FakeLink> open(
      String user, String password, String purpose, long epoch, UUID expected) {
    return openOwn(epoch, expected);
  }

  @Override
  public CompletionStage<Catalog> loadCatalog(long previousVersion) {
    throw new UnsupportedOperationException("nothing is planned in these tests");
  }

  @Override
  public CompletionStage<Void> writeIncarnation(UUID fresh) {
    incarnation = fresh;
    return done("incarnation");
  }

  @Override
  public CompletionStage<Optional<UUID>> readIncarnation() {
    return tell(
        "check incarnation",
        crashesInRecovery ? Optional.empty() : Optional.ofNullable(incarnation));
  }

  @Override
  public CompletionStage<Long> raiseFence(long epoch) {
    return tell("fence", 1L);
  }

  @Override
  public CompletionStage<Void> drain(long recovery, Duration deadline) {
    CompletableFuture<Void> held = heldDrain;
    if (held != null) {
      return held;
    }
    return drains
        ? done("drain")
        : CompletableFuture.failedFuture(new NotDrainedException("a session lives on", null));
  }

  @Override
  public CompletionStage<List<Position>> preparedTransactions() {
    return tell("prepared", List.copyOf(prepared));
  }

  @Override
  public CompletionStage<Void> finishPrepared(Position position, boolean commit) {
    return done((commit ? "commit prepared " : "rollback prepared ") + position);
  }

  @Override
  public CompletionStage<Holdings> holdings() {
    return tell("holdings", new Holdings(clusterId, watermark, Set.copyOf(markers)));
  }

  @Override
  public CompletionStage<Void> raiseWatermark(Position to, boolean durably) {
    return done("watermark " + to.number())
        .thenAccept(ok -> watermark = Position.max(watermark, to));
  }

  @Override
  public CompletionStage<Void> reserve(List<Reservation> reservations) {
    return done("reservations");
  }

  @Override
  public CompletionStage<Void> advanceSequences() {
    return done("sequences");
  }

  @Override
  public CompletionStage<Boolean> holds(Position position) {
    return tell("holds", markers.contains(position));
  }

  @Override
  public CompletionStage<Void> end(BackendLink.ServerProcess process, Duration deadline) {
    return drains
        ? done("end")
        : CompletableFuture.failedFuture(new NotDrainedException("a process lives on", null));
  }

  @Override
  public CompletionStage<Integer> endBlockersOf(BackendLink.ServerProcess process) {
    return tell("end blockers", 1);
  }

  @Override
  public CompletionStage<Facts> inspect() {
    return tell("inspect", new Facts(id.name(), clusterId, List.of()));
  }

  @Override
  public CompletionStage<Void> initialise(UUID cluster) {
    return done("initialise");
  }

  @Override
  public CompletionStage<Map<String, TableDigest>> digests() {
    return tell("digests", Map.of());
  }

  @Override
  public CompletionStage<Void> probe(UUID expected) {
    CompletableFuture<Void> held = heldProbe;
    if (held != null) {
      return held;
    }
    return expected.equals(incarnation)
        ? done("probe")
        : CompletableFuture.failedFuture(new IncarnationException(id + " crashed", null));
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
