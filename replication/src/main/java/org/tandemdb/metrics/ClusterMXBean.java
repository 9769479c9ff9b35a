package org.tandemdb.metrics;

import java.util.List;

/**
 * A cluster whose engine is open in this process: {@code
 * org.tandemdb:type=Cluster,name=<database>}. Counters begin with 0 when the engine is opened.
 */
public interface ClusterMXBean {
  /** What clients call it. */
  String getDatabase();

  /** Directory of the replication log. */
  String getLog();

  /** Number of the current primary's term. */
  long getEpoch();

  /** A primary is in office, and writes are not stopped. */
  boolean isWritable();

  /** Name of the primary; empty while there is none. */
  String getPrimary();

  /** Terms that were opened after the first one, on whichever backend. */
  long getFailovers();

  /** Transactions that were logged and answered. */
  long getCommits();

  /** Everything up to this position is durable in the log. */
  String getHead();

  /** Names of the backends. */
  List<String> getBackends();
}
