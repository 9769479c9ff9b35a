package org.tandemdb.cluster;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.apply.Applier;
import org.tandemdb.apply.Progress;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.Reservation;
import org.tandemdb.commit.CommitListener;
import org.tandemdb.commit.CommitPipeline;
import org.tandemdb.commit.PositionSource;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.env.SerialExecutor;
import org.tandemdb.error.OperatorText;
import org.tandemdb.log.ReplicationLog;

/**
 * Keeps one primary in office and every other backend a copy: promotion, rejoin, health,
 * watermarks.
 *
 * <p>Promotion (of another backend, or of the same one): the pipeline is stopped, the epoch is
 * raised in the log, which refuses older ones from then on, the candidate is recovered, sequences
 * move past every reservation, and the next term opens. Whoever was in the log is answered then.
 *
 * <p>All decisions are made one at a time on a serial executor; {@link #term} and the members'
 * state are read by anybody. What blocks happens in the backends' own stages.
 */
public final class Cluster<L extends BackendLink> implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Cluster.class);

  /** Of the log's limit, what is kept for who asks for an outcome. */
  private static final int KEPT_SHARE = 16;

  private static final int STANDING_KEPT = 16;
  private static final String TO_BE_PRIMARY = "being recovered, to become primary";

  private final List<Member<L>> members;

  /** At most {@link #STANDING_KEPT} and one; oldest first. */
  private final Deque<Standing> standing = new ArrayDeque<>();

  private final ReplicationLog log;
  private final Environment environment;
  private final ClusterOptions options;
  private final SerialExecutor serial;
  private final PositionSource positions;
  private final Progress confirmed;
  private final ArrayDeque<ClusterEvent> events = new ArrayDeque<>();
  private final List<CommitPipeline> unsettled = new ArrayList<>();
  private final List<MembershipListener> listeners =
      new java.util.concurrent.CopyOnWriteArrayList<>();
  private final Supplier<List<Reservation>> reservations;
  private List<Reservation> reserved = List.of();
  private long reservedIn;
  private volatile @Nullable Term<L> term;
  private volatile CompletableFuture<Term<L>> nextTerm = new CompletableFuture<>();
  private volatile long noTermSinceNanos;
  private volatile boolean closed;
  private volatile @Nullable String halted;

  /** Terms opened so far. */
  private final AtomicLong terms = new AtomicLong();

  /** Hears when links to a backend are worthless. */
  public interface MembershipListener {
    /** Links to {@code backend} that entered before now may not be used any more. */
    void linksVoid(BackendId backend);
  }

  public Cluster(
      List<? extends BackendPort<L>> ports,
      List<Integer> weights,
      ReplicationLog log,
      Environment environment,
      ClusterOptions options,
      Supplier<List<Reservation>> reservations) {
    List<Member<L>> made = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      made.add(new Member<>(ports.get(i), weights.get(i), environment));
    }
    this.members = List.copyOf(made);
    this.log = log;
    this.environment = environment;
    this.options = options;
    this.reservations = reservations;
    this.serial = new SerialExecutor(environment.scheduler());
    this.positions = new PositionSource(log.durableHead());
    this.confirmed = new Progress(environment, log.durableHead());
    this.noTermSinceNanos = environment.nanos();
  }

  // ---- what others read

  public List<Member<L>> members() {
    return members;
  }

  /** The term in office, or null while there is none. */
  public @Nullable Term<L> term() {
    return term;
  }

  /** The term in office, or the next one when it opens. */
  public CompletionStage<Term<L>> awaitTerm() {
    Term<L> now = term;
    if (now != null) {
      return CompletableFuture.completedFuture(now);
    }
    CompletableFuture<Term<L>> next = nextTerm;
    Term<L> again = term;
    return again != null ? CompletableFuture.completedFuture(again) : next.copy();
  }

  /** Everything at or below is confirmed, or the log has decided so. */
  public Progress confirmed() {
    return confirmed;
  }

  /** Why writes are stopped, or empty: the same entry failed on every replica. */
  public Optional<String> halted() {
    return Optional.ofNullable(halted);
  }

  /** Terms that were opened after the first one, on the same backend or another. */
  public long failovers() {
    return Math.max(0, terms.get() - 1);
  }

  public void addListener(MembershipListener listener) {
    listeners.add(listener);
  }

  public List<ClusterEvent> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
  }

  private void event(String subject, String why) {
    String what = OperatorText.of(why);
    LOGGER.info("{}: {}", subject, what);
    synchronized (events) {
      events.addLast(new ClusterEvent(environment.now(), subject, what));
      while (events.size() > options.eventsKept()) {
        events.removeFirst();
      }
    }
  }

  private void become(Member<L> member, BackendState state, String why) {
    if (member.become(state, why)) {
      event(member.id().name(), state + (why.isEmpty() ? "" : ": " + why));
    }
  }

  // ---- start and end

  /** Begins to work: the first promotion, then probes and watermarks for ever. */
  public CompletionStage<Term<L>> start() {
    serial.execute(() -> elect(new ArrayList<>(candidates())));
    members.forEach(this::scheduleProbe);
    scheduleWatermarks();
    return awaitTerm();
  }

  @Override
  public void close() {
    closed = true;
    Term<L> last = term;
    if (last != null) {
      last.pipeline().end("the engine is closing");
    }
    CompletableFuture<Void> stopped = new CompletableFuture<>();
    serial.execute(
        () -> {
          members.forEach(this::stopApplier);
          stopped.complete(null);
        });
    confirmed.abandon(new IllegalStateException("the engine is closed"));
    nextTerm.completeExceptionally(new IllegalStateException("the engine is closed"));
  }

  // ---- the end of an epoch, and promotion

  /** Ends the term in office, if it is {@code old}, and looks for the next one. */
  private void endTerm(Term<L> old, String reason) {
    if (closed || !old.equals(term)) {
      return;
    }
    event("cluster", "epoch " + old.epoch() + " ends: " + reason);
    nextTerm = new CompletableFuture<>();
    noTermSinceNanos = environment.nanos();
    term = null;
    unsettled.add(old.pipeline());
    old.pipeline().end(reason).whenComplete((ok, failure) -> serial.execute(() -> afterEnd(old)));
  }

  private void afterEnd(Term<L> old) {
    // No primary can show less than the log any more, so replicas may have all of it.
    confirmed.advance(log.durableHead());
    voidLinks(old.primary());
    if (old.primary().state() == BackendState.ONLINE) {
      become(old.primary(), BackendState.CATCHING_UP, "its epoch has ended");
    }
    elect(new ArrayList<>(candidates()));
  }

  /** Whoever is closest first: ONLINE by what it holds, then the others that may be asked. */
  private List<Member<L>> candidates() {
    Comparator<Member<L>> byState =
        Comparator.comparing(m -> m.state() == BackendState.ONLINE ? 0 : 1);
    return members.stream()
        .filter(Cluster::mayServe)
        .sorted(
            byState
                .thenComparing(m -> m.state() == BackendState.CATCHING_UP ? 0 : 1)
                .thenComparing(m -> m.applied().position(), Comparator.reverseOrder()))
        .toList();
  }

  private static boolean mayServe(Member<?> member) {
    return switch (member.state()) {
      case ONLINE, CATCHING_UP, SUSPECT, OFFLINE -> true;
      case DIVERGED, RESYNCING, DISABLED -> false;
    };
  }

  private void elect(List<Member<L>> candidates) {
    if (closed) {
      return;
    }
    if (candidates.isEmpty()) {
      abandonIfTooLate();
      environment
          .scheduler()
          .schedule(
              options.rejoinInterval(),
              () -> serial.execute(() -> elect(new ArrayList<>(candidates()))));
      return;
    }
    Member<L> candidate = candidates.remove(0);
    if (candidate.isRecovering()) {
      // Its recovery of the old epoch ends by itself; it is asked again then.
      elect(candidates);
      return;
    }
    stopApplier(candidate);
    voidLinks(candidate);
    candidate.recovering(true);
    if (candidate.state() == BackendState.OFFLINE) {
      // Not an event: while no server is there, each is tried again and again.
      candidate.become(BackendState.CATCHING_UP, TO_BE_PRIMARY);
    } else {
      become(candidate, BackendState.CATCHING_UP, TO_BE_PRIMARY);
    }
    UUID incarnation = freshIncarnation();
    log.newEpoch(log.epoch(), candidate.id())
        .thenCompose(
            epoch -> {
              confirmed.advance(log.durableHead());
              return recover(candidate, epoch, incarnation, true);
            })
        .whenComplete(
            (epoch, failure) ->
                serial.execute(() -> elected(candidate, incarnation, epoch, failure, candidates)));
  }

  private CompletionStage<Long> recover(
      Member<L> member, long epoch, UUID incarnation, boolean promotion) {
    Position head = log.durableHead();
    Recovery<L> recovery =
        new Recovery<>(member.port(), log, epoch, incarnation, options.recovery(), environment);
    return recovery
        .run(head, promotion)
        .thenApply(
            ok -> {
              event(member.id().name(), "recovered: " + recovery.summary());
              member.applied().advance(head);
              member.durable(head);
              return epoch;
            });
  }

  private void elected(
      Member<L> candidate,
      UUID incarnation,
      @Nullable Long epoch,
      @Nullable Throwable failure,
      List<Member<L>> others) {
    candidate.recovering(false);
    if (closed) {
      return;
    }
    if (failure != null || epoch == null) {
      recoveryFailed(candidate, failure);
      elect(others);
      return;
    }
    candidate.recovered(incarnation, epoch);
    become(candidate, BackendState.ONLINE, "");
    CommitPipeline pipeline =
        new CommitPipeline(
            epoch, log, environment, positions, listenerOf(epoch, candidate), options.pipeline());
    halted().ifPresent(pipeline::halt);
    Term<L> opened = new Term<>(epoch, candidate, pipeline);
    term = opened;
    terms.incrementAndGet();
    event("cluster", "epoch " + epoch + ": " + candidate.id() + " is primary");
    settle();
    nextTerm.complete(opened);
    members.stream().filter(m -> m != candidate).forEach(m -> rejoin(m, opened));
  }

  private void recoveryFailed(Member<L> member, @Nullable Throwable failure) {
    Throwable cause = failure == null ? new IllegalStateException("no epoch") : failure;
    while (cause instanceof java.util.concurrent.CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof RecoveryRefusedException diverged && diverged.position().isPresent()) {
      failedAt(member, diverged.position().get(), String.valueOf(cause.getMessage()));
      return;
    }
    boolean refused =
        cause instanceof RecoveryRefusedException
            || cause instanceof org.tandemdb.log.TruncatedException;
    String why = OperatorText.of(cause);
    if (refused) {
      become(member, BackendState.DIVERGED, why);
    } else if (member.become(BackendState.OFFLINE, why) && member.isNewComplaint(why)) {
      event(member.id().name(), BackendState.OFFLINE + ": " + why);
    }
  }

  /** A primary holds everything that the log holds: whoever waited for that gets an answer. */
  private void settle() {
    for (CommitPipeline pipeline : unsettled) {
      for (Position position : pipeline.undecided()) {
        log.contains(position)
            .whenComplete(
                (logged, failure) -> {
                  if (failure == null) {
                    pipeline.settle(p -> p.equals(position), logged);
                  } else {
                    pipeline.abandon("the log does not tell: " + OperatorText.of(failure));
                  }
                });
      }
    }
    unsettled.clear();
  }

  private void abandonIfTooLate() {
    if (environment.nanos() - noTermSinceNanos >= options.failoverPatience().toNanos()) {
      unsettled.forEach(p -> p.abandon("no primary within " + options.failoverPatience()));
      unsettled.clear();
    }
  }

  private CommitListener listenerOf(long epoch, Member<L> primary) {
    return new CommitListener() {
      @Override
      public void confirmed(Position batchEnd, List<Entry> batch) {
        primary.applied().advance(batchEnd);
        confirmed.advance(batchEnd);
      }

      @Override
      public CompletionStage<Resolution> resolveInDoubt(BackendLink link, Position position) {
        return primary
            .control()
            .end(link.process(), options.drainDeadline())
            .thenCompose(gone -> primary.control().holds(position))
            .handle(
                (held, failure) ->
                    failure != null
                        ? Resolution.UNREACHABLE
                        : held ? Resolution.PRESENT : Resolution.ABSENT);
      }

      @Override
      public void epochMustEnd(String reason) {
        serial.execute(
            () -> {
              Term<L> now = term;
              if (now != null && now.epoch() == epoch) {
                endTerm(now, reason);
              }
            });
      }
    };
  }

  // ---- replicas

  private void rejoin(Member<L> member, Term<L> inTerm) {
    if (closed
        || (halted != null && !member.failedAt().equals(Position.NONE))
        || !inTerm.equals(term)
        || member == inTerm.primary()
        || member.isRecovering()
        || !mayServe(member)) {
      return;
    }
    stopApplier(member);
    voidLinks(member);
    if (member.state() == BackendState.OFFLINE) {
      // Not an event: a server that is down is tried again and again.
      member.become(BackendState.CATCHING_UP, "being recovered");
    } else {
      become(member, BackendState.CATCHING_UP, "being recovered");
    }
    member.recovering(true);
    UUID incarnation = freshIncarnation();
    recover(member, inTerm.epoch(), incarnation, false)
        .thenCompose(epoch -> member.port().openOwn(epoch, incarnation))
        .whenComplete(
            (link, failure) ->
                serial.execute(() -> rejoined(member, inTerm, incarnation, link, failure)));
  }

  private void rejoined(
      Member<L> member,
      Term<L> inTerm,
      UUID incarnation,
      @Nullable BackendLink link,
      @Nullable Throwable failure) {
    member.recovering(false);
    if (failure != null || link == null) {
      recoveryFailed(member, failure);
      return;
    }
    if (closed || !inTerm.equals(term)) {
      link.sever();
      Term<L> now = term;
      if (now != null) {
        rejoin(member, now);
      }
      return;
    }
    member.recovered(incarnation, inTerm.epoch());
    Applier applier =
        new Applier(
            log,
            link,
            member.control(),
            confirmed,
            member.applied(),
            environment,
            options.applier());
    member.applier(applier);
    applier
        .ended()
        .whenComplete((end, error) -> serial.execute(() -> applierEnded(member, applier, end)));
    applier.start();
    // Recovered up to a head of a moment ago; the rest is ordinary lag.
    become(member, BackendState.ONLINE, "");
  }

  private void applierEnded(Member<L> member, Applier applier, Applier.@Nullable End end) {
    if (member.applier() != applier || closed) {
      return;
    }
    member.applier(null);
    if (end instanceof Applier.End.Diverged diverged) {
      voidLinks(member);
      failedAt(member, diverged.position(), diverged.position() + " " + diverged.detail());
    } else if (end instanceof Applier.End.FellOff fell) {
      voidLinks(member);
      become(member, BackendState.DIVERGED, fell.message());
    } else if (end instanceof Applier.End.Lost lost) {
      offline(member, lost.message());
    }
  }

  /**
   * A replica could not apply an entry. One alone has diverged. If the last one that was left fails
   * where the others failed, the entry is wrong, not they: writes stop, and it is kept.
   */
  private void failedAt(Member<L> member, Position position, String why) {
    member.failedAt(position);
    Term<L> now = term;
    boolean anyFailedThere = false;
    boolean anyLeft = false;
    for (Member<L> other : members) {
      if (other != member && (now == null || other != now.primary())) {
        anyFailedThere |= other.failedAt().equals(position);
        anyLeft |= mayServe(other) && !other.failedAt().equals(position);
      }
    }
    if (halted == null && (now == null || anyLeft || !anyFailedThere)) {
      become(member, BackendState.DIVERGED, why);
      return;
    }
    become(member, BackendState.OFFLINE, why);
    if (halted == null && now != null) {
      String alarm = "entry " + position + " failed on every replica: " + why;
      now.pipeline().halt(alarm); // first: whoever sees the alarm finds that nothing is written
      halted = alarm;
      event("cluster", "ALARM: writes are stopped: " + alarm);
    }
  }

  private void stopApplier(Member<L> member) {
    Applier applier = member.applier();
    if (applier != null) {
      member.applier(null);
      applier.stop();
    }
  }

  private void voidLinks(Member<L> member) {
    listeners.forEach(l -> l.linksVoid(member.id()));
  }

  // ---- health

  /** A link to {@code backend} failed: it is probed at once. */
  public void suspect(Member<L> member, String why) {
    serial.execute(
        () -> {
          if (member.state() == BackendState.ONLINE) {
            become(member, BackendState.SUSPECT, why);
          }
          probe(member);
        });
  }

  /** Completes when {@code member} has been probed since it was suspected. */
  public CompletionStage<Void> settledAfterSuspicion(Member<L> member) {
    CompletableFuture<Void> settled = new CompletableFuture<>();
    serial.execute(
        () -> {
          if (member.state() == BackendState.SUSPECT && member.isProbing()) {
            member.whenProbed(settled);
          } else {
            settled.complete(null);
          }
        });
    return settled;
  }

  private void scheduleProbe(Member<L> member) {
    if (closed) {
      return;
    }
    environment
        .scheduler()
        .schedule(
            options.probeInterval(),
            () ->
                serial.execute(
                    () -> {
                      regularProbe(member);
                      scheduleProbe(member);
                    }));
  }

  private void regularProbe(Member<L> member) {
    switch (member.state()) {
      case ONLINE, SUSPECT -> probe(member);
      case OFFLINE, CATCHING_UP -> {
        Term<L> now = term;
        if (now != null && member.applier() == null) {
          rejoin(member, now);
        }
      }
      case DIVERGED, RESYNCING, DISABLED -> {
        // Only the operator changes these.
      }
    }
  }

  private void probe(Member<L> member) {
    Optional<UUID> incarnation = member.incarnation();
    if (closed || member.isProbing() || member.isRecovering() || incarnation.isEmpty()) {
      return;
    }
    if (member.state() != BackendState.ONLINE && member.state() != BackendState.SUSPECT) {
      return;
    }
    member.probing(true);
    member
        .control()
        .probe(incarnation.get())
        .handle(
            (ok, failure) ->
                failure == null
                    ? CompletableFuture.<Void>completedFuture(null)
                    // The probe's own connection may have been the only thing that was lost.
                    : member.control().probe(incarnation.get()))
        .thenCompose(stage -> stage)
        .whenComplete(
            (ok, failure) -> serial.execute(() -> probed(member, incarnation.get(), failure)));
  }

  private void probed(Member<L> member, UUID incarnation, @Nullable Throwable failure) {
    member.probing(false);
    // While it is being recovered, the recovery says what it is; the question was asked before.
    if (closed || member.isRecovering() || !member.incarnation().equals(Optional.of(incarnation))) {
      member.releaseProbed();
      return;
    }
    if (failure != null) {
      offline(member, OperatorText.of(failure));
    } else if (member.state() == BackendState.SUSPECT) {
      become(member, BackendState.ONLINE, "");
    }
    member.releaseProbed();
  }

  private void offline(Member<L> member, String why) {
    if (member.state() == BackendState.ONLINE
        || member.state() == BackendState.SUSPECT
        || member.state() == BackendState.CATCHING_UP) {
      become(member, BackendState.OFFLINE, why);
    }
    stopApplier(member);
    voidLinks(member);
    Term<L> now = term;
    if (now != null && now.primary() == member) {
      endTerm(now, member.id() + " is offline: " + why);
    }
  }

  // ---- watermarks

  private void scheduleWatermarks() {
    if (!closed) {
      environment
          .scheduler()
          .schedule(
              options.watermarkInterval(),
              () ->
                  serial.execute(
                      () -> {
                        raiseWatermarks();
                        scheduleWatermarks();
                      }));
    }
  }

  private void raiseWatermarks() {
    Term<L> now = term;
    if (now == null || closed) {
      return;
    }
    for (Member<L> member : members) {
      if (member.state() != BackendState.ONLINE || member.isRecovering()) {
        continue;
      }
      Position held =
          member == now.primary()
              ? now.pipeline().notAboveOutstanding(member.applied().position())
              : member.applied().position();
      if (!held.isAfter(member.durable())) {
        continue;
      }
      (member == now.primary() ? reserved(now) : CompletableFuture.<Void>completedFuture(null))
          .thenCompose(ok -> member.control().raiseWatermark(held, true))
          .whenComplete(
              (ok, failure) -> {
                if (failure == null) {
                  member.durable(held);
                  truncate();
                } else {
                  suspect(member, "watermark: " + OperatorText.of(failure));
                }
              });
    }
  }

  /**
   * The primary has committed entries that carry reservations without executing those. Once its
   * watermark has passed such an entry nobody reads it again, so they are kept before.
   */
  private CompletionStage<Void> reserved(Term<L> now) {
    List<Reservation> all = reservations.get();
    if (all.isEmpty()
        || (now.epoch() == reservedIn && Set.copyOf(all).equals(Set.copyOf(reserved)))) {
      return CompletableFuture.completedFuture(null);
    }
    return now.primary()
        .control()
        .reserve(all)
        .thenRunAsync(
            () -> {
              reserved = all;
              reservedIn = now.epoch();
            },
            serial);
  }

  /** Below what every backend holds durably; near the log's limit, without those that are away. */
  private void truncate() {
    ReplicationLog.LogStatus status = log.status();
    boolean scarce = status.bytes() > (status.maxBytes() / 4) * 3;
    Position held = null;
    for (Member<L> member : members) {
      boolean away =
          member.state() != BackendState.ONLINE && member.state() != BackendState.CATCHING_UP;
      if (scarce && away) {
        continue;
      }
      held = held == null || held.isAfter(member.durable()) ? member.durable() : held;
    }
    Position floor = held == null ? Position.NONE : keeping(held, status);
    if (floor.isAfter(status.first())) {
      log.truncateBelow(floor)
          .whenComplete(
              (ok, failure) -> {
                if (failure != null) {
                  event("cluster", "the log could not be truncated: " + OperatorText.of(failure));
                }
              });
    }
  }

  /**
   * Where {@code held} was a while ago: who has lost the answer to a COMMIT asks for its outcome
   * after a failover, or after a restart, by when every backend holds everything again.
   */
  private Position keeping(Position held, ReplicationLog.LogStatus status) {
    if (options.logKeep().isZero() || status.bytes() > status.maxBytes() / KEPT_SHARE) {
      return held;
    }
    long now = environment.nanos();
    long keep = options.logKeep().toNanos();
    Position floor = Position.NONE;
    Standing oldest = standing.peekFirst();
    while (oldest != null && now - oldest.nanos() >= keep) {
      floor = oldest.position();
      standing.removeFirst();
      oldest = standing.peekFirst();
    }
    Standing newest = standing.peekLast();
    if (newest == null || now - newest.nanos() >= keep / STANDING_KEPT) {
      standing.addLast(new Standing(now, held));
    }
    return floor;
  }

  /** What every backend held at a time. */
  private record Standing(long nanos, Position position) {}

  private UUID freshIncarnation() {
    return new UUID(environment.random().nextLong(), environment.random().nextLong());
  }
}
