package org.tandemdb.proxy.pg;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.Lease;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;

/** As little of a proxy's front end as the proof needs. */
final class RelayingClient implements AutoCloseable {
  private final EngineSession<NettyLink> session;

  RelayingClient(NettyCluster cluster) {
    session = cluster.engine.session("postgres", "", Runnable::run);
  }

  /** Runs a write in the open transaction; answers what a client would see. */
  PgResult write(String sql, String... parameters) throws Exception {
    Request request = new Request(sql, Request.Markers.DOLLAR, List.of());
    var started = join(session.start(request, session.plan(request), BeginSpec.READ_WRITE));
    List<@Nullable String> values = List.of(parameters);
    if (started.plan() instanceof Plan.Exclusive exclusive) {
      PgResult result = join(started.lease().link().query(sql, values));
      session.executed(exclusive);
      return result;
    }
    Plan.Write write = (Plan.Write) started.plan();
    PgResult result = join(started.lease().link().query(write.sqlForPrimary(), values));
    int hidden = write.capture().hidden().size();
    int shown = result.columns().size() - hidden;
    List<List<@Nullable String>> captured = new ArrayList<>();
    List<List<@Nullable String>> visible = new ArrayList<>();
    if (hidden > 0) {
      for (List<@Nullable String> row : result.rows()) {
        captured.add(row.subList(shown, row.size()));
      }
    }
    if (shown > 0) {
      for (List<@Nullable String> row : result.rows()) {
        visible.add(row.subList(0, shown));
      }
    }
    List<Value> typed = new ArrayList<>();
    for (String parameter : parameters) {
      typed.add(Value.ofText(new TypeRef("text"), parameter));
    }
    session.executed(write, typed, result.count(), captured.iterator());
    return new PgResult(result.columns().subList(0, Math.max(0, shown)), visible, result.tag());
  }

  CommitResult commit() throws Exception {
    return join(session.commit());
  }

  void rollback() throws Exception {
    session.rollback().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  PgResult read(String sql) throws Exception {
    Lease<NettyLink> lease = join(session.read(false));
    try {
      return join(lease.link().query(sql, List.of()));
    } finally {
      session.readDone(lease);
    }
  }

  static <T> T join(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    session.close();
  }
}
