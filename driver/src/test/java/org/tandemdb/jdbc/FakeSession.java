package org.tandemdb.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.Value;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.SessionExecutor;

/** One client's state by hand: a primary link, a read link, and a record of every call. */
final class FakeSession implements EngineSession<JdbcLink> {

  /** What was reported of one write. */
  record Reported(String table, List<Value> parameters, long rows, List<List<String>> captured) {}

  private final FakeEngine engine;
  private final SessionExecutor executor;
  private final Connection catalog;
  private final FakePlanner planner;
  private final Map<Request, Plan> cache = new HashMap<>();
  private @Nullable FakeLink primary;
  private @Nullable FakeLink reader;
  private boolean open;

  final List<Reported> reported = new ArrayList<>();
  final List<String> calls = new ArrayList<>();
  Recourse recourse = Recourse.RUN_AGAIN;
  @Nullable CommitResult nextCommit;
  @Nullable RuntimeException nextReport;

  /** Happens between the last statement and COMMIT. */
  Runnable beforeCommit = () -> {};

  /** What the next start waits for. */
  @Nullable CompletableFuture<Void> nextStart;

  /** Portals that were open on the primary when the last write was reported. */
  int portals;

  /** What plan() said and start() says otherwise. */
  @Nullable Plan replacement;

  FakeSession(FakeEngine engine, SessionExecutor executor) {
    this.engine = engine;
    this.executor = executor;
    try {
      this.catalog = engine.link();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    this.planner = new FakePlanner(catalog);
  }

  @Override
  public Plan plan(Request request) {
    Plan known = cache.get(request);
    if (known != null) {
      return known;
    }
    try {
      Plan plan = planner.plan(request);
      if (plan instanceof Plan.Read) {
        cache.put(request, plan);
      }
      return plan;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private FakeLink link(String role) {
    try {
      return new FakeLink(engine.link(), role, executor);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  FakeLink primary() {
    if (primary == null) {
      primary = link("primary");
    }
    return primary;
  }

  FakeLink reader() {
    if (reader == null) {
      reader = link("reader");
    }
    return reader;
  }

  @Override
  public Optional<TandemException> stopped() {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Started<JdbcLink>> start(
      Request request, Plan plan, BackendLink.BeginSpec spec) {
    calls.add("start");
    Plan now = replacement == null ? plan : replacement;
    replacement = null;
    Started<JdbcLink> started = new Started<>(primary(), now);
    CompletableFuture<Void> gate = nextStart;
    nextStart = null;
    if (gate != null) {
      return gate.thenCompose(
          ok -> {
            open = true;
            return primary().begin(spec).thenApply(begun -> started);
          });
    }
    if (open) {
      return CompletableFuture.completedFuture(started);
    }
    calls.add("begin " + spec.isolation() + (spec.readOnly() ? " READ ONLY" : ""));
    open = true;
    return primary().begin(spec).thenApply(begun -> started);
  }

  @Override
  public CompletionStage<Boolean> reserve(Duration patience) {
    return CompletableFuture.completedFuture(true);
  }

  @Override
  public CompletionStage<Lease<JdbcLink>> read(boolean inReadOnlyTransaction) {
    calls.add(inReadOnlyTransaction ? "read in transaction" : "read");
    return CompletableFuture.completedFuture(reader());
  }

  @Override
  public void readDone(Lease<JdbcLink> lease) {
    calls.add("readDone");
  }

  @Override
  public void executed(
      Plan.Write write,
      List<Value> parameters,
      long rows,
      Iterator<List<@Nullable String>> captured) {
    RuntimeException refusal = nextReport;
    nextReport = null;
    if (refusal != null) {
      throw refusal;
    }
    List<List<String>> texts = new ArrayList<>();
    portals = 0;
    try (var ask = primary().connection().createStatement();
        var rowCount =
            ask.executeQuery("SELECT count(*) FROM pg_cursors WHERE name LIKE 'C\\_%'")) {
      rowCount.next();
      portals = rowCount.getInt(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    captured.forEachRemaining(row -> texts.add(new ArrayList<>(row)));
    reported.add(new Reported(write.table().name(), parameters, rows, texts));
  }

  @Override
  public CompletionStage<Void> trace() {
    calls.add("trace");
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void executed(Plan.Exclusive exclusive) {
    calls.add("exclusive " + exclusive.logged());
  }

  @Override
  public void savepoint(String name) {
    calls.add("savepoint " + name);
  }

  @Override
  public void rollbackTo(String name) {
    calls.add("rollbackTo " + name);
  }

  @Override
  public void release(String name) {
    calls.add("release " + name);
  }

  @Override
  public void temporary(Set<String> names) {
    calls.add("temporary " + names);
  }

  @Override
  public void setting(String name, String value, boolean local) {
    try (var set = reader().connection().prepareStatement("SELECT set_config(?, ?, false)")) {
      set.setString(1, name);
      set.setString(2, value);
      set.execute();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    calls.add("setting " + name + "=" + value + (local ? " local" : ""));
  }

  @Override
  public boolean inTransaction() {
    return open;
  }

  @Override
  public CompletionStage<CommitResult> commit() {
    calls.add("commit");
    beforeCommit.run();
    open = false;
    CommitResult wanted = nextCommit;
    nextCommit = null;
    if (wanted != null && !(wanted instanceof CommitResult.Committed)) {
      return primary().rollback().thenApply(done -> wanted);
    }
    CommitResult committed = new CommitResult.Committed(Optional.of(new Position(1, 1)));
    return primary().commit().thenApply(done -> committed);
  }

  @Override
  public boolean mayCommitWith(Plan last) {
    return false;
  }

  @Override
  public CompletionStage<CommitResult> commitWith(LastStatement last) {
    throw new UnsupportedOperationException("nothing travels with a marker here");
  }

  @Override
  public CompletionStage<Void> rollback() {
    calls.add("rollback");
    open = false;
    return primary().rollback();
  }

  @Override
  public CompletionStage<Recourse> lost(
      Lease<JdbcLink> lease, Throwable failure, Duration patience) {
    calls.add("lost " + ((FakeLink) lease).role);
    if (lease == primary) {
      primary = null;
      open = false;
    } else {
      reader = null;
    }
    return CompletableFuture.completedFuture(recourse);
  }

  @Override
  public ReadToken token() {
    return new ReadToken(Position.NONE);
  }

  @Override
  public void saw(ReadToken token) {}

  @Override
  public void consistency(ReadLevel level) {}

  @Override
  public void close() {
    calls.add("close");
    try {
      catalog.close();
      if (primary != null) {
        primary.connection().close();
      }
      if (reader != null) {
        reader.connection().close();
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
