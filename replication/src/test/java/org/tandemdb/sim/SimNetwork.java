package org.tandemdb.sim;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tandemdb.entry.BackendId;

/** Which machines can talk; what is sent over a cut line arrives when it is mended. */
final class SimNetwork {
  private final Simulation sim;
  private final Map<String, Long> cutUntil = new LinkedHashMap<>();

  SimNetwork(Simulation sim) {
    this.sim = sim;
  }

  void cut(SimProcess process, BackendId backend, Duration duration) {
    cutUntil.put(line(process, backend), sim.nanos() + duration.toNanos());
  }

  boolean isCut(SimProcess process, BackendId backend) {
    return cutUntil.getOrDefault(line(process, backend), 0L) > sim.nanos();
  }

  /** New things pass; what is on its way comes when the cut was to end. */
  void mend() {
    cutUntil.clear();
  }

  /** When something arrives that would arrive {@code at} without a cut. */
  long arrival(SimProcess process, BackendId backend, long at) {
    return Math.max(at, cutUntil.getOrDefault(line(process, backend), 0L));
  }

  private static String line(SimProcess process, BackendId backend) {
    return process.name() + "-" + backend;
  }
}
