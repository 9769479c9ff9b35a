package org.tandemdb.config;

/** When a client learns that its transaction is committed. */
public enum CommitMode {
  /** Its entry is durable in the log and the primary has confirmed it. */
  DURABLE,
  /** As well as that, every replica in service has applied it. */
  APPLIED
}
