package org.tandemdb.engine.pg;

import java.util.function.UnaryOperator;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.log.ReplicationLog;

/**
 * What stands between an engine and its log and backends: each is given once, as the engine is put
 * together, and what comes back is used in its place. An embedder may count or trace there; crash
 * tests end the process there, so that nothing in the engine has to know of them.
 *
 * @param log given the log that has been opened
 * @param port given each backend's port, after the first look at the backends
 */
public record Joints(UnaryOperator<ReplicationLog> log, UnaryOperator<BackendPort<JdbcLink>> port) {

  /** Nothing between. */
  public static final Joints PLAIN = new Joints(UnaryOperator.identity(), UnaryOperator.identity());
}
