package org.tandemdb.plan;

/** How a statement replicates. */
public enum Form {
  VERBATIM,
  CAPTURED
}
