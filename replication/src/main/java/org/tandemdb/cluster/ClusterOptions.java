package org.tandemdb.cluster;

import java.time.Duration;
import org.tandemdb.apply.Applier;
import org.tandemdb.commit.CommitPipeline;

/**
 * @param logKeep how long the log keeps what every backend holds, as long as there is room
 * @param failoverPatience how long a commit may stay undecided before it is answered 08007
 * @param eventsKept the newest events are kept
 */
public record ClusterOptions(
    CommitPipeline.Options pipeline,
    Applier.Options applier,
    Duration probeInterval,
    Duration probeTimeout,
    Duration rejoinInterval,
    Duration drainDeadline,
    Duration watermarkInterval,
    Duration logKeep,
    Duration failoverPatience,
    int eventsKept) {

  Recovery.Options recovery() {
    return new Recovery.Options(
        drainDeadline, applier.lockTimeout(), applier.runEntries(), applier.runBytes());
  }
}
