package org.tandemdb.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.LinkPool;
import org.tandemdb.cluster.Member;
import org.tandemdb.entry.BackendId;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * One session's links, one for each backend, kept for as long as it lives so that prepared
 * statements stay prepared; and its settings, which each link is given before it is used. Owned by
 * the session's thread.
 */
final class SessionLinks<L extends BackendLink> {
  private final Engine<L> engine;
  private final LinkPool<L> pool;
  private final Executor executor;
  private final Runnable poolUnused;
  private final Map<BackendId, Lease<L>> leases = new HashMap<>();
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final Map<String, String> localSettings = new LinkedHashMap<>();

  /** The version of the settings that each link has got. */
  private final Map<Lease<L>, Integer> settled = new HashMap<>();

  private volatile boolean closed;
  private boolean bound;
  private int settingsVersion;
  private int changes;
  private Map<String, String> settingsAtBegin = Map.of();

  /** What each savepoint of the open transaction brings back, in the order they were set. */
  private final List<Mark> marks = new ArrayList<>();

  private record Mark(String name, Map<String, String> settings, Map<String, String> local) {}

  /**
   * @param executor runs the links' blocking work
   * @param poolUnused is run by {@link #close}
   */
  SessionLinks(Engine<L> engine, LinkPool<L> pool, Executor executor, Runnable poolUnused) {
    this.engine = engine;
    this.pool = pool;
    this.executor = executor;
    this.poolUnused = poolUnused;
  }

  /** The link that is already there to {@code member}, if it is good in this epoch. */
  @Nullable Lease<L> held(Member<L> member, long epoch) {
    Lease<L> lease = leases.get(member.id());
    if (lease == null) {
      return null;
    }
    if (lease.isValid() && lease.epoch() == epoch && lease.link().isUsable()) {
      return lease;
    }
    drop(lease);
    return null;
  }

  /** The same, or one from the pool. */
  CompletionStage<Lease<L>> lease(Member<L> member, long epoch) {
    return lease(member, epoch, engine.limits().leaseTimeout());
  }

  CompletionStage<Lease<L>> lease(Member<L> member, long epoch, Duration patience) {
    Lease<L> mine = held(member, epoch);
    if (mine != null) {
      return CompletableFuture.completedFuture(mine);
    }
    return pool.lease(member.id(), epoch, patience)
        .whenComplete(
            (lease, failure) -> {
              if (failure != null) {
                engine.linkFailed(member, ReplicatedSession.unwrap(failure));
              } else {
                engine.bind(lease.link(), executor);
                leases.put(member.id(), lease);
              }
            })
        .thenApply(lease -> unlessClosed(member, lease));
  }

  /** Who went while it waited in line has nobody left to give the link back. */
  private Lease<L> unlessClosed(Member<L> member, Lease<L> lease) {
    if (!closed) {
      return lease;
    }
    leases.remove(member.id(), lease);
    lease.release(Lease.Disposition.CLEAN);
    throw new TandemException(ErrorCode.NO_BACKEND, "the session was closed meanwhile");
  }

  /** Gives back a link that is no good any more. */
  void drop(Lease<L> lease) {
    leases.remove(lease.link().backend(), lease);
    settled.remove(lease);
    lease.release(Lease.Disposition.BROKEN);
  }

  /** The settings of the session's client; those of the open transaction in front. */
  Map<String, String> settings() {
    if (localSettings.isEmpty()) {
      return settings;
    }
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.putAll(localSettings);
    return all;
  }

  /**
   * A setting that was SET.
   *
   * @param on the open transaction's link, which has it already
   */
  void set(String name, String value, boolean local, @Nullable Lease<L> on) {
    String key = name.toLowerCase(Locale.ROOT);
    changes++;
    if (local) {
      localSettings.put(key, value);
      return;
    }
    localSettings.remove(key);
    settings.remove(key); // the newest stands last: an identity that was SET undoes an earlier one
    settings.put(key, value);
    settingsVersion++;
    if (on != null) {
      settled.put(on, settingsVersion);
    }
  }

  /** The other links follow when they are used next. */
  CompletionStage<Lease<L>> settle(Lease<L> lease) {
    if (settled.getOrDefault(lease, 0) == settingsVersion) {
      return CompletableFuture.completedFuture(lease);
    }
    int version = settingsVersion;
    return engine
        .settle(lease.link(), new LinkedHashMap<>(settings))
        .thenApply(
            ok -> {
              settled.put(lease, version);
              return lease;
            });
  }

  /** A transaction begins. */
  void begin() {
    settingsAtBegin = settings.isEmpty() ? Map.of() : new LinkedHashMap<>(settings);
    marks.clear();
  }

  void savepoint(String name) {
    marks.add(new Mark(name, new LinkedHashMap<>(settings), new LinkedHashMap<>(localSettings)));
  }

  void release(String name) {
    int index = newest(name);
    if (index >= 0) {
      marks.subList(index, marks.size()).clear();
    }
  }

  /**
   * The server takes back what was SET since.
   *
   * @param on the open transaction's link
   * @return true if that was anything
   */
  boolean rollbackTo(String name, Lease<L> on) {
    int index = newest(name);
    if (index < 0) {
      return false;
    }
    Mark mark = marks.get(index);
    marks.subList(index + 1, marks.size()).clear();
    if (mark.settings.equals(settings) && mark.local.equals(localSettings)) {
      return false;
    }
    changes++;
    settings.clear();
    settings.putAll(mark.settings);
    localSettings.clear();
    localSettings.putAll(mark.local);
    settingsVersion++;
    settled.put(on, settingsVersion);
    return true;
  }

  private int newest(String name) {
    int index = marks.size() - 1;
    while (index >= 0 && !marks.get(index).name.equals(name)) {
      index--;
    }
    return index;
  }

  /** Grows with each change of {@link #settings}. */
  int changes() {
    return changes;
  }

  /**
   * A transaction is rolled back, and the server takes back what was SET in it.
   *
   * @return true if that was anything
   */
  boolean takeBack() {
    if (settings.equals(settingsAtBegin)) {
      return false;
    }
    changes++;
    settings.clear();
    settings.putAll(settingsAtBegin);
    settingsVersion++;
    return true;
  }

  /** A transaction is over; true if it had settings of its own. */
  boolean end() {
    if (localSettings.isEmpty()) {
      return false;
    }
    changes++;
    localSettings.clear();
    return true;
  }

  /** The links hold what is the session's alone, and are of no use to another one. */
  void bound(boolean now) {
    bound |= now;
  }

  /**
   * Gives back what is not needed for the moment; settings follow to whichever links come next.
   *
   * @param onlyIfWanted by others who wait
   * @return true if all are given back
   */
  boolean rest(boolean onlyIfWanted) {
    if (bound || leases.isEmpty() || (onlyIfWanted && !pool.isWanted())) {
      return false;
    }
    releaseAll(settings.isEmpty() ? Lease.Disposition.CLEAN : Lease.Disposition.RESET);
    return true;
  }

  private void releaseAll(Lease.Disposition disposition) {
    for (Lease<L> lease : List.copyOf(leases.values())) {
      lease.release(disposition);
    }
    leases.clear();
    settled.clear();
  }

  /** Gives all of them back; once. */
  void close() {
    closed = true;
    Lease.Disposition disposition =
        bound
            ? Lease.Disposition.BROKEN
            : settings.isEmpty() ? Lease.Disposition.CLEAN : Lease.Disposition.RESET;
    releaseAll(disposition);
    poolUnused.run();
  }
}
