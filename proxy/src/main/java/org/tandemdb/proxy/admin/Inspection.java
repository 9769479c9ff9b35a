package org.tandemdb.proxy.admin;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.engine.Observation;

/** What an admin port can see of a proxy. Thread-safe; nothing here blocks or changes anything. */
public interface Inspection {

  /** Names of the databases that are served, in the order of the file. */
  List<String> databases();

  /** Clients that are connected, to any of them. */
  int clients();

  /**
   * @throws IllegalArgumentException if there is no such database
   */
  Observation observe(String database);

  /**
   * What {@code SHOW TANDEM topic} answers. Completes on any thread.
   *
   * @param topic STATUS, LAG, EVENTS, SESSIONS or CONFIG
   */
  CompletionStage<Table> show(String database, String topic);

  /** What {@code SHOW TANDEM PLAN FOR sql} answers a session that has changed no setting. */
  Table plan(String database, String sql);

  /** A small report: column names, and rows of texts; null is unknown. */
  record Table(List<String> columns, List<List<@Nullable String>> rows) {}
}
