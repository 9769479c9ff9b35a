package org.tandemdb.cluster;

import java.time.Instant;

/**
 * Something an operator wants to know, in the order it happened.
 *
 * @param subject a backend's name, or {@code cluster}
 */
public record ClusterEvent(Instant at, String subject, String what) {}
