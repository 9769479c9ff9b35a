package org.tandemdb.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.postgresql.PGConnection;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Lease;
import org.tandemdb.backend.Notification;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/** A link and its own lease; transactions only. */
final class FakeLink implements JdbcLink, Lease<JdbcLink> {
  private final Connection connection;
  private final Executor executor;
  final String role;
  private Isolation isolation = Isolation.READ_COMMITTED;

  FakeLink(Connection connection, String role, Executor executor) {
    this.connection = connection;
    this.role = role;
    this.executor = executor;
  }

  @Override
  public Connection connection() {
    return connection;
  }

  @Override
  public long copyIn(String sql, InputStream from) throws SQLException, IOException {
    return connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql, from);
  }

  @Override
  public long copyOut(String sql, OutputStream to) throws SQLException, IOException {
    return connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, to);
  }

  @Override
  public void listen(Set<String> channels) {
    throw new UnsupportedOperationException("nobody listens here");
  }

  @Override
  public void unlisten(Set<String> channels) {
    throw new UnsupportedOperationException("nobody listens here");
  }

  @Override
  public List<Notification> notifications(Duration patience) {
    throw new UnsupportedOperationException("nobody listens here");
  }

  @Override
  public void bind(Executor owner) {}

  @Override
  public String markCall() {
    throw new UnsupportedOperationException("nothing travels with a marker here");
  }

  @Override
  public void bindMark(
      java.sql.PreparedStatement statement, int first, org.tandemdb.entry.Position position) {
    throw new UnsupportedOperationException("nothing travels with a marker here");
  }

  /** JDBC work. */
  interface Work {
    void run() throws SQLException;
  }

  CompletionStage<Void> work(Work work) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    executor.execute(
        () -> {
          try {
            work.run();
            done.complete(null);
          } catch (SQLException | RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  @Override
  public CompletionStage<TxStart> begin(BeginSpec spec) {
    return work(() -> {
          connection.setReadOnly(spec.readOnly());
          if (spec.isolation() != isolation) {
            isolation = spec.isolation();
            connection.setTransactionIsolation(
                switch (spec.isolation()) {
                  case READ_COMMITTED -> Connection.TRANSACTION_READ_COMMITTED;
                  case REPEATABLE_READ -> Connection.TRANSACTION_REPEATABLE_READ;
                  case SERIALIZABLE -> Connection.TRANSACTION_SERIALIZABLE;
                });
          }
          connection.setAutoCommit(false);
        })
        .thenApply(nothing -> new TxStart());
  }

  @Override
  public CompletionStage<Void> rollback() {
    return work(
        () -> {
          if (!connection.isClosed()) {
            connection.rollback();
            connection.setAutoCommit(true);
            connection.setReadOnly(false);
          }
        });
  }

  CompletionStage<Void> commit() {
    return work(
        () -> {
          connection.commit();
          connection.setAutoCommit(true);
          connection.setReadOnly(false);
        });
  }

  @Override
  public BackendId backend() {
    return new BackendId(role);
  }

  @Override
  public ServerProcess process() {
    throw new AssertionError("not the driver's business");
  }

  @Override
  public CompletionStage<Void> forceConstraints() {
    throw new AssertionError("not the driver's business");
  }

  @Override
  public CompletionStage<MarkOutcome> mark(Position position, boolean prepare) {
    throw new AssertionError("not the driver's business");
  }

  @Override
  public CompletionStage<FinishOutcome> finish(Position position, Decision decision) {
    throw new AssertionError("not the driver's business");
  }

  @Override
  public CompletionStage<String> clock() {
    throw new AssertionError("not the driver's business");
  }

  @Override
  public CompletionStage<BackendLink.ApplyOutcome> apply(ApplyRun run) {
    throw new AssertionError("not the driver's business");
  }

  @Override
  public void cancel() {}

  @Override
  public void sever() {}

  @Override
  public boolean isUsable() {
    return true;
  }

  @Override
  public JdbcLink link() {
    return this;
  }

  @Override
  public long epoch() {
    return 1;
  }

  @Override
  public boolean isValid() {
    return true;
  }

  @Override
  public void release(Disposition disposition) {}
}
