package org.tandemdb.jdbc;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * One engine per cluster and JVM: opened by the first connection, shared by the others, closed when
 * the last has been gone for a while. A cluster is known by its log's directory; a second
 * configuration for the same one is an error while it is in use, because one engine cannot follow
 * two. Nothing stays of an engine that did not open, and one that nobody uses makes room for
 * another configuration. Thread-safe.
 */
final class EngineRegistry {
  private final Function<ClusterConfig, SessionSource> factory;
  private final Duration linger;
  private final Map<Path, Shared> engines = new HashMap<>();

  /**
   * @param linger how long an engine outlives its last connection, so that an application without a
   *     pool does not open and close it for each
   */
  EngineRegistry(Function<ClusterConfig, SessionSource> factory, Duration linger) {
    this.factory = factory;
    this.linger = linger;
  }

  /**
   * The engine for {@code config}; {@link Shared#release} it once.
   *
   * @throws TandemException CONFIGURATION, or whatever opening the engine throws
   */
  Shared acquire(ClusterConfig config) {
    Shared shared;
    synchronized (engines) {
      Shared known = engines.get(config.log());
      if (known != null && !known.config.canonical().equals(config.canonical())) {
        if (known.users > 0) {
          throw otherSettings(config, known.config);
        }
        known.closeIfIdle();
      }
      shared = engines.computeIfAbsent(config.log(), log -> new Shared(config));
      shared.users++;
    }
    try {
      shared.open();
      return shared;
    } catch (RuntimeException | Error e) {
      shared.release();
      throw e;
    }
  }

  private static TandemException otherSettings(ClusterConfig wanted, ClusterConfig open) {
    return new TandemException(
        ErrorCode.CONFIGURATION,
        "the cluster with log "
            + wanted.log()
            + " is in use in this JVM with other settings: "
            + String.join("; ", wanted.differencesFrom(open))
            + ". Use the same settings, or close its connections first.");
  }

  /** An engine with its users. */
  final class Shared {
    private final ClusterConfig config;
    private volatile @org.jspecify.annotations.Nullable SessionSource source;
    private int users;

    private Shared(ClusterConfig config) {
      this.config = config;
    }

    /** Opening may take long: others that want this engine wait, others do not. */
    private synchronized void open() {
      if (source == null) {
        source = factory.apply(config);
      }
    }

    SessionSource source() {
      SessionSource opened = source;
      if (opened == null) {
        throw new IllegalStateException("not open");
      }
      return opened;
    }

    void release() {
      synchronized (engines) {
        if (--users > 0) {
          return;
        }
        if (source == null) {
          // It did not open: whoever comes next may have corrected what was wrong.
          engines.remove(config.log(), this);
          return;
        }
      }
      if (linger.isZero()) {
        closeIfIdle();
      } else {
        CompletableFuture.delayedExecutor(linger.toMillis(), TimeUnit.MILLISECONDS)
            .execute(this::closeIfIdle);
      }
    }

    private void closeIfIdle() {
      synchronized (engines) {
        if (users > 0 || engines.get(config.log()) != this) {
          return;
        }
        // Closed under the lock: the next engine of this cluster needs the log's directory free.
        engines.remove(config.log());
        SessionSource opened = source;
        if (opened != null) {
          opened.close();
        }
      }
    }
  }
}
