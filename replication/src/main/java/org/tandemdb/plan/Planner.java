package org.tandemdb.plan;

import org.tandemdb.catalog.Catalog;

/** Decides what to do with a request. Pure, thread-safe, never blocks. */
public interface Planner {

  /**
   * Never null and never an exception for bad SQL: what is not understood is {@link Plan.Refused}.
   */
  Plan plan(Request request, Catalog catalog, SessionView session);
}
