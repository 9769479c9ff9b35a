package org.tandemdb.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendControl.Facts;
import org.tandemdb.backend.BackendControl.TableDigest;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.ServerError;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.OperatorText;
import org.tandemdb.error.TandemException;

/**
 * Looks before anything is changed: are these backends one cluster, is it the log's, and if it is
 * the first start, do all hold the same data? Blocks; runs on the thread that opens the engine.
 */
public final class FirstStart {
  private final Map<BackendId, Facts> facts = new LinkedHashMap<>();
  private final Map<BackendId, String> unreachable = new LinkedHashMap<>();
  private final List<? extends BackendPort<?>> ports;
  private boolean compared;

  private FirstStart(List<? extends BackendPort<?>> ports) {
    this.ports = ports;
  }

  /**
   * Asks every backend what it is.
   *
   * @throws TandemException NOT_OWNER, CONFIGURATION, MISSING_PRIVILEGE or NO_BACKEND, with nothing
   *     changed
   */
  public static FirstStart inspect(List<? extends BackendPort<?>> ports) {
    FirstStart start = new FirstStart(ports);
    for (BackendPort<?> port : ports) {
      try {
        Facts found = join(port.control().inspect());
        refuseASecondOwner(port.id(), found);
        start.facts.put(port.id(), found);
      } catch (BackendUnreachableException e) {
        start.unreachable.put(port.id(), OperatorText.of(e));
      }
    }
    start.check();
    return start;
  }

  /**
   * For the clear error, before anything has been touched: a copy of the log, on another machine,
   * has no lock of the first one's directory to meet.
   */
  private static void refuseASecondOwner(BackendId backend, Facts found) {
    found
        .owner()
        .ifPresent(
            owner -> {
              throw new TandemException(
                  ErrorCode.NOT_OWNER, "backend " + backend + " is in use by " + owner);
            });
  }

  private void check() {
    if (facts.isEmpty()) {
      throw new TandemException(ErrorCode.NO_BACKEND, "no backend can be reached: " + unreachable);
    }
    Map<String, BackendId> servers = new LinkedHashMap<>();
    facts.forEach(
        (id, found) -> {
          BackendId other = servers.put(found.server(), id);
          if (other != null) {
            throw new TandemException(
                ErrorCode.CONFIGURATION, other + " and " + id + " are one and the same database");
          }
          if (!found.missing().isEmpty()) {
            throw new TandemException(
                ErrorCode.MISSING_PRIVILEGE, id + " lacks: " + String.join("; ", found.missing()));
          }
        });
    if (isFirst() && !unreachable.isEmpty()) {
      throw new TandemException(
          ErrorCode.NO_BACKEND, "the first start needs every backend: " + unreachable);
    }
  }

  /** The cluster that the backends belong to; empty before the first start. */
  public Optional<UUID> clusterId() {
    return facts.values().stream().flatMap(found -> found.clusterId().stream()).findFirst();
  }

  /**
   * What decides on every link how money is read and shown: texts of it are in the log. The
   * cluster's own; before the first start what all servers have, or else what every server knows.
   */
  public String moneyLocale() {
    List<String> kept =
        facts.values().stream()
            .filter(found -> found.clusterId().isPresent() || isFirst())
            .map(Facts::moneyLocale)
            .distinct()
            .toList();
    return kept.size() == 1 ? kept.get(0) : "C";
  }

  /** True if no backend has been part of a cluster yet. */
  public boolean isFirst() {
    return facts.values().stream().allMatch(f -> f.clusterId().isEmpty());
  }

  /**
   * Compares with the log, and the backends with each other where some are new.
   *
   * @param clusterId the log's
   * @param head the log's: no backend may hold more
   * @param logIsNew nothing has ever been logged
   * @throws TandemException WRONG_CLUSTER or NOT_EQUAL, with nothing changed
   */
  public void checkAgainst(UUID clusterId, Position head, boolean logIsNew) {
    facts.forEach(
        (id, found) -> {
          if (found.clusterId().isPresent() && !found.clusterId().get().equals(clusterId)) {
            throw new TandemException(
                ErrorCode.WRONG_CLUSTER,
                id
                    + " belongs to cluster "
                    + found.clusterId().get()
                    + ", the log to "
                    + clusterId);
          }
          found
              .held()
              .filter(held -> held.isAfter(head))
              .ifPresent(
                  held -> {
                    throw new TandemException(
                        ErrorCode.WRONG_CLUSTER,
                        id
                            + " holds entry "
                            + held
                            + ", beyond the log's head "
                            + head
                            + ": the log is an older copy, or has lost entries. Start with the log"
                            + " that was in use last");
                  });
        });
    if (logIsNew && !unreachable.isEmpty()) {
      // A first start that was ended half way may have left one of these without its schema.
      throw new TandemException(
          ErrorCode.NO_BACKEND, "the first start needs every backend: " + unreachable);
    }
    if (newcomers().isEmpty()) {
      return;
    }
    if (!logIsNew) {
      throw new TandemException(
          ErrorCode.NOT_EQUAL,
          newcomers() + " is not part of the cluster yet, and the log is past its beginning");
    }
    compare();
  }

  private List<BackendId> newcomers() {
    List<BackendId> found = new ArrayList<>();
    facts.forEach(
        (id, f) -> {
          if (f.clusterId().isEmpty()) {
            found.add(id);
          }
        });
    return found;
  }

  /**
   * Compares the data of all backends, once.
   *
   * @throws TandemException NOT_EQUAL, naming the first difference
   */
  public void compare() {
    if (compared) {
      return;
    }
    compared = true;
    Optional<Map<String, TableDigest>> first = Optional.empty();
    BackendId firstId = ports.get(0).id();
    for (BackendPort<?> port : ports) {
      Map<String, TableDigest> digests = digests(port);
      if (first.isEmpty()) {
        first = Optional.of(digests);
      } else {
        firstDifference(first.get(), digests)
            .ifPresent(
                difference -> {
                  throw new TandemException(
                      ErrorCode.NOT_EQUAL,
                      firstId + " and " + port.id() + " differ in " + difference);
                });
      }
    }
  }

  private static Map<String, TableDigest> digests(BackendPort<?> port) {
    try {
      return join(port.control().digests());
    } catch (BackendUnreachableException e) {
      boolean denied =
          ServerError.sqlState(e.getCause())
              .equals(Optional.of(ErrorCode.MISSING_PRIVILEGE.sqlState()));
      throw new TandemException(
          denied ? ErrorCode.MISSING_PRIVILEGE : ErrorCode.NO_BACKEND,
          String.valueOf(e.getMessage()),
          e);
    }
  }

  private static Optional<String> firstDifference(
      Map<String, TableDigest> a, Map<String, TableDigest> b) {
    TreeSet<String> names = new TreeSet<>(a.keySet());
    names.addAll(b.keySet());
    for (String name : names) {
      TableDigest left = a.get(name);
      TableDigest right = b.get(name);
      if (left == null || right == null) {
        return Optional.of(name + ", which only one of them has");
      }
      if (!left.definition().equals(right.definition())) {
        return Optional.of("the definition of " + name);
      }
      if (!left.equals(right)) {
        return Optional.of(
            "the rows of " + name + " (" + left.rows() + " and " + right.rows() + ")");
      }
    }
    return Optional.empty();
  }

  /** Creates Tandem's schema where it is not. */
  public void initialise(List<? extends BackendControl> controls, UUID clusterId) {
    List<BackendId> missing = newcomers();
    for (BackendControl control : controls) {
      if (missing.contains(control.id())) {
        join(control.initialise(clusterId));
      }
    }
  }

  /** Every stage asked here has its backend's own time-out. */
  private static <T extends @org.jspecify.annotations.Nullable Object> T join(
      CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
