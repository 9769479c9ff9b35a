package org.tandemdb.metrics;

import org.jspecify.annotations.Nullable;

/**
 * One backend of a cluster: {@code org.tandemdb:type=Backend,cluster=<database>,name=<backend>}.
 * Counters begin with 0 when the engine is opened. What is unknown is null, never 0.
 */
public interface BackendMXBean {
  /** {@code ONLINE}, {@code OFFLINE} and so on. */
  String getState();

  boolean isPrimary();

  /** Why it is in this state; empty when all is well. */
  String getNote();

  /** Everything up to it is held. */
  @Nullable String getPosition();

  /** Everything up to it is held even after a crash of the server. */
  String getDurable();

  /** Statements read here. */
  long getReads();

  /** Statements that ran here as the primary's. */
  long getWrites();

  /** Entries that it lacks. */
  @Nullable Long getLagEntries();

  /** Age of the oldest entry that it lacks, in milliseconds. */
  @Nullable Long getLagMillis();

  /** Connections that clients' sessions have. */
  int getLinksInUse();

  /** Connections that wait for a session. */
  int getLinksIdle();

  /** Connections that are being opened. */
  int getLinksOpening();

  /** Sessions that wait for a connection, since all that are allowed are in use. */
  int getLinksWaiting();
}
