package org.tandemdb.proxy.admin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.tandemdb.cluster.BackendState;
import org.tandemdb.engine.Observation;
import org.tandemdb.entry.Position;

/** A proxy that is as a test says, for whoever looks at it. */
public final class ShownProxy implements Inspection {
  public volatile boolean primary = true;
  public volatile BackendState replica = BackendState.ONLINE;
  public volatile boolean writable = true;
  public final List<List<@Nullable String>> events = new CopyOnWriteArrayList<>();

  @Override
  public List<String> databases() {
    return List.of("shop", "stock");
  }

  @Override
  public int clients() {
    return 7;
  }

  @Override
  public Observation observe(String database) {
    return new Observation(
        database,
        Path.of("log"),
        3,
        writable,
        1,
        5,
        new Position(3, 9),
        List.of(backend("a", primary, BackendState.ONLINE), backend("b", false, replica)));
  }

  private static Observation.Backend backend(String name, boolean primary, BackendState state) {
    return new Observation.Backend(
        name,
        primary,
        state,
        "",
        Optional.empty(),
        Position.NONE,
        0,
        0,
        OptionalLong.empty(),
        OptionalDouble.empty(),
        new Observation.Links(0, 0, 0, 0));
  }

  @Override
  public CompletionStage<Table> show(String database, String topic) {
    List<List<@Nullable String>> rows = new ArrayList<>();
    if (topic.equals("EVENTS")) {
      return CompletableFuture.completedFuture(
          new Table(List.of("at", "subject", "event"), List.copyOf(events)));
    }
    List<@Nullable String> row = new ArrayList<>();
    row.add("a of " + database);
    row.add("3");
    row.add(null);
    row.add("said \"so\"\nand so");
    rows.add(row);
    return CompletableFuture.completedFuture(
        new Table(List.of("backend", "epoch", "lag_entries", "note"), rows));
  }

  @Override
  public Table plan(String database, String sql) {
    List<@Nullable String> row = new ArrayList<>();
    row.add(sql.contains("ALTER SYSTEM") ? "REFUSED" : "VERBATIM");
    row.add("because");
    return new Table(List.of("form", "reason"), List.of(row));
  }
}
