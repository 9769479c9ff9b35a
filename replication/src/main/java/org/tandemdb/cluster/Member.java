package org.tandemdb.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.tandemdb.apply.Applier;
import org.tandemdb.apply.Progress;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;
import org.tandemdb.error.OperatorText;

/**
 * One backend as the cluster keeps it. State, incarnation and applier are changed by the cluster's
 * own serial executor alone and read by anybody.
 */
public final class Member<L extends BackendLink> {
  private final BackendPort<L> port;
  private final int weight;
  private final Progress applied;

  /** Statements running on it now, for balancing. */
  private final AtomicInteger busy = new AtomicInteger();

  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private volatile BackendState state = BackendState.OFFLINE;
  private volatile String note = "not started yet";
  private volatile @Nullable UUID incarnation;
  private volatile long linkEpoch;
  private volatile Position durable = Position.NONE;
  private volatile Position failedAt = Position.NONE;
  private @Nullable Applier applier;
  private final List<CompletableFuture<Void>> awaitingProbe = new ArrayList<>();
  private String lastComplaint = "";
  private boolean recovering;
  private boolean probing;

  Member(BackendPort<L> port, int weight, Environment environment) {
    this.port = port;
    this.weight = weight;
    this.applied = new Progress(environment, Position.NONE);
  }

  public BackendId id() {
    return port.id();
  }

  public BackendPort<L> port() {
    return port;
  }

  BackendControl control() {
    return port.control();
  }

  public int weight() {
    return weight;
  }

  public BackendState state() {
    return state;
  }

  /** Why it is in this state; empty when all is well. */
  public String note() {
    return note;
  }

  /** Everything at or below is held. Grows only; on the primary it follows the confirmed. */
  public Progress applied() {
    return applied;
  }

  /** Everything at or below survives a crash of the backend. */
  public Position durable() {
    return durable;
  }

  /** The incarnation that links must find, once the backend has been recovered. */
  public Optional<UUID> incarnation() {
    return Optional.ofNullable(incarnation);
  }

  /** The epoch that links to this backend enter with. */
  public long linkEpoch() {
    return linkEpoch;
  }

  public AtomicInteger busy() {
    return busy;
  }

  public AtomicLong reads() {
    return reads;
  }

  public AtomicLong writes() {
    return writes;
  }

  /** Changes the state by the table of {@link BackendState}; false if it already was so. */
  boolean become(BackendState target, String why) {
    note = OperatorText.of(why);
    if (state == target) {
      return false;
    }
    if (!state.mayBecome(target)) {
      throw new IllegalStateException(id() + " may not go from " + state + " to " + target);
    }
    state = target;
    return true;
  }

  /** False for what was said last time: a server that is down says it again and again. */
  boolean isNewComplaint(String why) {
    boolean fresh = !why.equals(lastComplaint);
    lastComplaint = why;
    return fresh;
  }

  void recovered(UUID fresh, long epoch) {
    lastComplaint = "";
    failedAt = Position.NONE;
    incarnation = fresh;
    linkEpoch = epoch;
  }

  void durable(Position position) {
    durable = Position.max(durable, position);
  }

  /** The entry that it could not apply, or NONE. */
  Position failedAt() {
    return failedAt;
  }

  void failedAt(Position position) {
    failedAt = position;
  }

  @Nullable Applier applier() {
    return applier;
  }

  void applier(@Nullable Applier next) {
    applier = next;
  }

  boolean isRecovering() {
    return recovering;
  }

  void recovering(boolean now) {
    recovering = now;
  }

  boolean isProbing() {
    return probing;
  }

  void whenProbed(CompletableFuture<Void> settled) {
    awaitingProbe.add(settled);
  }

  void releaseProbed() {
    List<CompletableFuture<Void>> waiting = List.copyOf(awaitingProbe);
    awaitingProbe.clear();
    waiting.forEach(w -> w.complete(null));
  }

  void probing(boolean now) {
    probing = now;
  }
}
