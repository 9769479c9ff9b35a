package org.tandemdb.log;

import java.util.Optional;
import java.util.UUID;

/**
 * How a local log is kept.
 *
 * @param segmentBytes size of one segment file, preallocated; 64 KiB to 1 GiB, a multiple of 4096
 * @param maxBytes limit of all segment files together, at least four segments; beyond it appends
 *     are rejected
 * @param cacheBytes bound of the most recent entries kept in memory for readers; 0 to 1 GiB
 * @param maxBatchBytes the largest batch, and the largest chunk; 4 KiB to 512 MiB. Larger
 *     transactions are staged
 * @param maxQueuedBytes bound of what waits for the writer; at least {@code maxBatchBytes}
 * @param cluster the cluster whose log is expected; a log of another one is refused
 * @param owner what a second process is told about this one
 */
public record LogOptions(
    int segmentBytes,
    long maxBytes,
    int cacheBytes,
    int maxBatchBytes,
    long maxQueuedBytes,
    Optional<UUID> cluster,
    String owner) {

  public LogOptions {
    require(segmentBytes >= 64 << 10 && segmentBytes <= 1 << 30, "segmentBytes", segmentBytes);
    require(segmentBytes % 4096 == 0, "segmentBytes", segmentBytes);
    require(maxBytes >= 4L * segmentBytes, "maxBytes", maxBytes);
    require(cacheBytes >= 0 && cacheBytes <= 1 << 30, "cacheBytes", cacheBytes);
    require(maxBatchBytes >= 4096 && maxBatchBytes <= 512 << 20, "maxBatchBytes", maxBatchBytes);
    require(maxQueuedBytes >= maxBatchBytes, "maxQueuedBytes", maxQueuedBytes);
  }

  private static void require(boolean condition, String name, long value) {
    if (!condition) {
      throw new IllegalArgumentException("log option out of range: " + name + " = " + value);
    }
  }

  /** 64 MiB segments, 4 GiB in all, 16 MiB of cache. */
  public static LogOptions defaults() {
    return new LogOptions(
        64 << 20,
        4L << 30,
        16 << 20,
        32 << 20,
        128L << 20,
        Optional.empty(),
        "process " + ProcessHandle.current().pid());
  }

  public LogOptions withSegmentBytes(int bytes) {
    return new LogOptions(
        bytes, maxBytes, cacheBytes, maxBatchBytes, maxQueuedBytes, cluster, owner);
  }

  public LogOptions withMaxBytes(long bytes) {
    return new LogOptions(
        segmentBytes, bytes, cacheBytes, maxBatchBytes, maxQueuedBytes, cluster, owner);
  }

  public LogOptions withCacheBytes(int bytes) {
    return new LogOptions(
        segmentBytes, maxBytes, bytes, maxBatchBytes, maxQueuedBytes, cluster, owner);
  }

  public LogOptions withMaxBatchBytes(int bytes) {
    return new LogOptions(
        segmentBytes, maxBytes, cacheBytes, bytes, Math.max(maxQueuedBytes, bytes), cluster, owner);
  }

  public LogOptions withCluster(UUID id) {
    return new LogOptions(
        segmentBytes, maxBytes, cacheBytes, maxBatchBytes, maxQueuedBytes, Optional.of(id), owner);
  }

  public LogOptions withOwner(String text) {
    return new LogOptions(
        segmentBytes, maxBytes, cacheBytes, maxBatchBytes, maxQueuedBytes, cluster, text);
  }
}
