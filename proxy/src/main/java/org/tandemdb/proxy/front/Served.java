package org.tandemdb.proxy.front;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.tandemdb.engine.Observation;
import org.tandemdb.engine.Reports;
import org.tandemdb.plan.Described;
import org.tandemdb.proxy.admin.Inspection;

/** What operators see of a proxy's databases. Thread-safe. */
record Served(Map<String, Database> served, Executor loop, IntSupplier connected)
    implements Inspection {

  @Override
  public List<String> databases() {
    return List.copyOf(served.keySet());
  }

  @Override
  public int clients() {
    return connected.getAsInt();
  }

  @Override
  public Observation observe(String database) {
    return Reports.observe(of(database).engine());
  }

  /** On the event loop, which the sessions belong to. */
  @Override
  public CompletionStage<Table> show(String database, String topic) {
    return CompletableFuture.supplyAsync(
        () -> {
          SessionSource.Table table = of(database).show(topic, "");
          return new Table(table.columns(), table.rows());
        },
        loop);
  }

  @Override
  public Table plan(String database, String sql) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    Described.table(of(database).plan(sql))
        .forEach(row -> rows.add(new ArrayList<@Nullable String>(row)));
    return new Table(Described.COLUMNS, rows);
  }

  private Database of(String name) {
    Database database = served.get(name);
    if (database == null) {
      throw new IllegalArgumentException("no database is called " + name);
    }
    return database;
  }
}
