package org.tandemdb.engine.pg;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.env.Environment;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.OperatorText;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;
import org.tandemdb.plan.SqlPlanner;

/**
 * What would be done with a statement, without an engine: reads the schema of one backend and
 * changes nothing, so that it works beside the engine that owns the cluster, and before there is
 * one. Immutable.
 */
public final class PgPlans {
  private final Catalog catalog;
  private final List<String> searchPath;
  private final SqlPlanner planner = new SqlPlanner(16);

  private PgPlans(Catalog catalog, List<String> searchPath) {
    this.catalog = catalog;
    this.searchPath = List.copyOf(searchPath);
  }

  /**
   * Reads the schema of the first backend that answers. Blocks, as long as the connect time-out of
   * each backend at most.
   *
   * @param searchPath where unqualified names are looked for
   * @throws TandemException NO_BACKEND when none answers, with what each said
   */
  public static PgPlans read(
      ClusterConfig config, List<String> searchPath, Environment environment) {
    StringBuilder said = new StringBuilder();
    for (BackendConfig backend : config.backends()) {
      PgBackend port = PgEngines.port(config, backend, environment, new UUID(0, 0), "", "");
      try {
        return new PgPlans(port.loadCatalog(0).toCompletableFuture().join(), searchPath);
      } catch (CompletionException e) {
        said.append(said.isEmpty() ? "" : "; ").append(backend.id().name()).append(": ");
        said.append(OperatorText.of(e));
      } finally {
        port.close();
      }
    }
    throw new TandemException(ErrorCode.NO_BACKEND, said.toString());
  }

  /** The plan of {@code sql}, parameters as {@code $1}; as the first of an autocommit session. */
  public Plan of(String sql) {
    return planner.plan(
        new Request(sql, Request.Markers.DOLLAR, List.of()),
        catalog,
        new SessionView(searchPath, false, false, false, Set.of()));
  }
}
