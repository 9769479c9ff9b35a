package org.tandemdb.it.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.TableName;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;
import org.tandemdb.plan.SqlPlanner;

/**
 * What planning costs: the same text again, another text of the same shape, and a shape never seen.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PlanningBenchmark {
  private static final SessionView SESSION =
      new SessionView(List.of("public"), false, false, false, Set.of());

  private final SqlPlanner caching = new SqlPlanner(10_000);
  private final SqlPlanner forgetful = new SqlPlanner(0);
  private final Catalog catalog = catalog();
  private int number;

  /** {@code %d} becomes a literal. */
  @Param({
    "SELECT abalance FROM bench_accounts WHERE aid = %d",
    "UPDATE bench_accounts SET abalance = abalance + 7 WHERE aid = %d",
    "INSERT INTO bench_accounts (aid, bid, abalance) VALUES (%d, 1, 0)"
  })
  @SuppressWarnings("NullAway.Init") // set by the framework
  public String shape;

  private static Catalog catalog() {
    TableName name = new TableName("public", "bench_accounts");
    Catalog.Table table =
        new Catalog.Table(
            name,
            Catalog.Kind.TABLE,
            List.of(column("aid"), column("bid"), column("abalance")),
            List.of("aid"),
            List.of(List.of("aid")),
            List.of());
    return new Catalog(1, "shop", Map.of(name, table), false);
  }

  private static Catalog.Column column(String name) {
    return new Catalog.Column(
        name, new TypeRef("int4"), false, Catalog.DefaultKind.DETERMINISTIC, Optional.empty());
  }

  @Benchmark
  public Plan sameText() {
    return plan(caching, shape.replace("%d", "1"));
  }

  @Benchmark
  public Plan sameShape() {
    return plan(caching, shape.replace("%d", Integer.toString(number++)));
  }

  @Benchmark
  public Plan uncached() {
    return plan(forgetful, shape.replace("%d", Integer.toString(number++)));
  }

  private Plan plan(SqlPlanner planner, String sql) {
    Request request = new Request(sql, Request.Markers.QUESTION, List.of());
    Plan plan = planner.plan(request, catalog, SESSION);
    if (plan instanceof Plan.Refused) {
      throw new IllegalStateException(plan.reason());
    }
    return plan;
  }
}
