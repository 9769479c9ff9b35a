package org.tandemdb.backend.pg;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.PGStatement;
import org.postgresql.core.BaseConnection;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Notification;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.TableName;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

/**
 * A link over pgjdbc. Blocking work runs on the executor that its holder bound: the client's own
 * thread for sessions, a pool thread for appliers.
 */
final class PgLink implements JdbcLink {
  private static final String MARK = "tandem.mark(?, ?, ?)::text";

  private final BackendId backend;
  private final Connection connection;
  private final ServerProcess process;
  private final String secret;
  private final String preparedPrefix;
  private final Executor closer;
  private final PgApplier applier;
  private final PgTrace trace;
  private final PgTask task;
  private volatile Executor executor;
  private volatile boolean severed;
  private volatile boolean uninterruptible;
  private boolean canPrepare;
  private @Nullable PreparedStatement markStatement;
  private Isolation isolation = Isolation.READ_COMMITTED;

  PgLink(
      BackendId backend,
      Connection connection,
      ServerProcess process,
      String secret,
      String preparedPrefix,
      Executor executor) {
    this.backend = backend;
    this.connection = connection;
    this.process = process;
    this.secret = secret;
    this.preparedPrefix = preparedPrefix;
    this.closer = executor;
    this.executor = executor;
    this.applier = new PgApplier(connection);
    this.trace = new PgTrace(connection, secret);
    this.task = new PgTask(connection, secret);
  }

  @Override
  public void bind(Executor executor) {
    this.executor = executor;
  }

  @Override
  public BackendId backend() {
    return backend;
  }

  @Override
  public ServerProcess process() {
    return process;
  }

  @Override
  public Map<String, String> reported() {
    try {
      return connection.unwrap(PGConnection.class).getParameterStatuses();
    } catch (SQLException e) {
      throw new IllegalStateException("a link that is no connection of pgjdbc", e);
    }
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
  public void listen(Set<String> channels) throws SQLException {
    forEach("LISTEN ", channels);
  }

  @Override
  public void unlisten(Set<String> channels) throws SQLException {
    forEach("UNLISTEN ", channels);
  }

  /** In one flight, which is one transaction. */
  private void forEach(String verb, Set<String> channels) throws SQLException {
    try {
      execute(
          channels.stream()
              .map(channel -> verb + '"' + channel.replace("\"", "\"\"") + '"')
              .collect(Collectors.joining("; ")));
    } catch (SQLException e) {
      noteLoss(e);
      throw e;
    }
  }

  @Override
  public List<Notification> notifications(Duration patience) throws SQLException {
    try {
      PGNotification[] some =
          connection
              .unwrap(PGConnection.class)
              .getNotifications((int) Math.max(1, patience.toMillis()));
      return Stream.of(some)
          .map(one -> new Notification(one.getName(), one.getParameter(), one.getPID()))
          .toList();
    } catch (SQLException e) {
      // What ends a link that has asked for nothing is no answer: nothing comes after it.
      sever();
      throw e;
    }
  }

  /** BEGIN itself travels with the first statement, as pgjdbc does it. */
  @Override
  public CompletionStage<TxStart> begin(BeginSpec spec) {
    try {
      if (spec.isolation() == Isolation.SERIALIZABLE && !spec.readOnly()) {
        requirePreparedTransactions();
      }
      if (spec.isolation() != isolation) {
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(jdbcLevel(spec.isolation()));
        isolation = spec.isolation();
      }
      if (connection.isReadOnly() != spec.readOnly()) {
        connection.setReadOnly(spec.readOnly());
      }
      if (connection.getAutoCommit()) {
        connection.setAutoCommit(false);
      }
      return CompletableFuture.completedFuture(new TxStart());
    } catch (SQLException e) {
      noteLoss(e);
      return CompletableFuture.failedFuture(e);
    } catch (TandemException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** COMMIT may fail under SERIALIZABLE, so it has to be prepared before it is logged. */
  private void requirePreparedTransactions() throws SQLException {
    if (!canPrepare) {
      connection.setAutoCommit(true);
      try (Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery("SHOW max_prepared_transactions")) {
        result.next();
        canPrepare = result.getInt(1) > 0;
      }
    }
    if (!canPrepare) {
      throw new TandemException(
          ErrorCode.STATEMENT_REFUSED,
          "SERIALIZABLE needs prepared transactions: set max_prepared_transactions on "
              + backend
              + " to the number of connections, or use REPEATABLE READ");
    }
  }

  private static int jdbcLevel(Isolation isolation) {
    return switch (isolation) {
      case READ_COMMITTED -> Connection.TRANSACTION_READ_COMMITTED;
      case REPEATABLE_READ -> Connection.TRANSACTION_REPEATABLE_READ;
      case SERIALIZABLE -> Connection.TRANSACTION_SERIALIZABLE;
    };
  }

  @Override
  public CompletionStage<Catalog> catalog(long previousVersion) {
    return run(() -> PgCatalogLoader.loadInTransaction(connection, previousVersion));
  }

  @Override
  public CompletionStage<Void> forceConstraints() {
    return run(() -> {
          execute("SET CONSTRAINTS ALL IMMEDIATE");
          return Boolean.TRUE;
        })
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<String> trace() {
    return run(trace::begin);
  }

  @Override
  public CompletionStage<String> traceExcept(String begun, String from) {
    return run(() -> trace.except(begun, from));
  }

  @Override
  public CompletionStage<Void> endTrace(String begun, TraceSink sink) {
    return run(() -> {
          try {
            trace.end(begun, sink);
          } catch (SQLException e) {
            severIfTold(e);
            throw e;
          }
          return Boolean.TRUE;
        })
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<Void> contents(
      Optional<String> schema,
      String table,
      List<String> columns,
      Optional<String> notIn,
      ContentSink sink) {
    return run(() -> {
          try {
            trace.contents(schema, table, columns, notIn, sink);
          } catch (SQLException e) {
            severIfTold(e);
            throw e;
          }
          return Boolean.TRUE;
        })
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<Optional<List<@Nullable String>>> commonValues(
      TableName table, List<String> columns) {
    return run(
        () -> {
          try {
            return trace.commonValues(table, columns);
          } catch (SQLException e) {
            severIfTold(e);
            throw e;
          }
        });
  }

  @Override
  public CompletionStage<String> installTracing(List<String> tables) {
    return run(() -> trace.install(tables));
  }

  @Override
  public CompletionStage<Void> schemaChanged(boolean byClient) {
    return run(() -> {
          PgTrace.schemaChanged(connection, byClient);
          return Boolean.TRUE;
        })
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<Long> beginTask(TableName index) {
    return run(() -> task.begin(index));
  }

  @Override
  public CompletionStage<Void> endTask(long id) {
    return run(() -> {
          task.end(id);
          return Boolean.TRUE;
        })
        .thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<Void> undoTask(long id, TableName index) {
    return run(() -> {
          task.undo(id, index);
          return Boolean.TRUE;
        })
        .thenAccept(ok -> {});
  }

  /** A client may have its server quote parameters in errors: that secret is known now. */
  private void severIfTold(SQLException e) {
    if (String.valueOf(e.getMessage()).contains(secret)) {
      sever();
    }
  }

  @Override
  public CompletionStage<MarkOutcome> mark(Position position, boolean prepare) {
    CompletableFuture<MarkOutcome> outcome = new CompletableFuture<>();
    executor.execute(() -> outcome.complete(markNow(position, prepare)));
    return outcome;
  }

  private MarkOutcome markNow(Position position, boolean prepare) {
    uninterruptible = true;
    try {
      PreparedStatement statement = markStatement;
      if (statement == null) {
        statement = connection.prepareStatement("SELECT " + MARK);
        statement.unwrap(PGStatement.class).setPrepareThreshold(1);
        markStatement = statement;
      }
      bindMark(statement, 1, position);
      String clock;
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        clock = result.getString(1);
      }
      if (prepare) {
        execute("PREPARE TRANSACTION '" + preparedPrefix + position + "'");
      }
      return new MarkOutcome.Marked(clock);
    } catch (SQLException e) {
      noteLoss(e);
      severIfTold(e);
      return new MarkOutcome.Refused(PgErrors.stateOf(e), String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String markCall() {
    return MARK;
  }

  @Override
  public void bindMark(PreparedStatement statement, int first, Position position)
      throws SQLException {
    statement.setLong(first, position.epoch());
    statement.setLong(first + 1, position.number());
    statement.setString(first + 2, secret);
  }

  @Override
  public CompletionStage<FinishOutcome> finish(Position position, Decision decision) {
    CompletableFuture<FinishOutcome> outcome = new CompletableFuture<>();
    executor.execute(() -> outcome.complete(finishNow(position, decision)));
    return outcome;
  }

  private FinishOutcome finishNow(Position position, Decision decision) {
    try {
      switch (decision) {
        case COMMIT -> {
          if (!canCommit(position)) {
            connection.rollback();
            connection.setAutoCommit(true);
            return new FinishOutcome.Failed("25P02", "the transaction had failed before COMMIT");
          }
          connection.commit();
          connection.setAutoCommit(true);
        }
        case ROLLBACK -> {
          connection.rollback();
          connection.setAutoCommit(true);
        }
        case COMMIT_PREPARED -> finishPrepared("COMMIT", position);
        case ROLLBACK_PREPARED -> finishPrepared("ROLLBACK", position);
      }
      return new FinishOutcome.Done();
    } catch (SQLException e) {
      noteLoss(e);
      return isUsable()
          ? new FinishOutcome.Failed(PgErrors.stateOf(e), String.valueOf(e.getMessage()))
          : new FinishOutcome.InDoubt(String.valueOf(e.getMessage()));
    } finally {
      uninterruptible = false;
    }
  }

  /**
   * pgjdbc does not show the command tag: COMMIT of a failed transaction is answered ROLLBACK and
   * looks done, and COMMIT of none sends nothing. The server's last word on the state tells first.
   */
  private boolean canCommit(Position position) throws SQLException {
    return switch (connection.unwrap(BaseConnection.class).getTransactionState()) {
      case OPEN -> true;
      case FAILED -> false;
      // Nothing was ever run in it; a marked one is no longer there.
      case IDLE -> position.equals(Position.NONE);
    };
  }

  /** Neither may run inside a transaction; the session's own ended with PREPARE. */
  private void finishPrepared(String verb, Position position) throws SQLException {
    connection.rollback();
    connection.setAutoCommit(true);
    execute(verb + " PREPARED '" + preparedPrefix + position + "'");
  }

  @Override
  public CompletionStage<Void> rollback() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    executor.execute(
        () -> {
          try {
            if (isUsable() && !connection.getAutoCommit()) {
              connection.rollback();
              connection.setAutoCommit(true);
            }
          } catch (SQLException e) {
            // The transaction dies with its session; nobody may use the link again.
            sever();
          } finally {
            uninterruptible = false;
          }
          done.complete(null);
        });
    return done;
  }

  @Override
  public CompletionStage<String> clock() {
    return run(
        () -> {
          try (Statement statement = connection.createStatement();
              ResultSet result = statement.executeQuery("SELECT now()::text")) {
            result.next();
            return result.getString(1);
          }
        });
  }

  @Override
  public CompletionStage<ApplyOutcome> apply(ApplyRun run) {
    CompletableFuture<ApplyOutcome> outcome = new CompletableFuture<>();
    executor.execute(
        () -> {
          ApplyOutcome result;
          try {
            result = applier.apply(run);
          } catch (RuntimeException e) {
            sever();
            outcome.completeExceptionally(e);
            return;
          }
          if (result instanceof ApplyOutcome.LinkLost) {
            sever();
          }
          outcome.complete(result);
        });
    return outcome;
  }

  /**
   * The server gets no cancel while a marker or COMMIT is in flight: its answer must be certain.
   */
  @Override
  public void cancel() {
    if (uninterruptible) {
      return;
    }
    try {
      connection.unwrap(PGConnection.class).cancelQuery();
    } catch (SQLException e) {
      // The request did not reach the server; the statement goes on, as it may after any cancel.
      noteLoss(e);
    }
  }

  @Override
  public void sever() {
    severed = true;
    try {
      abort(closer);
    } catch (RejectedExecutionException e) {
      // The engine's threads have ended before this link: nobody else would close its socket.
      abort(Runnable::run);
    }
  }

  private void abort(Executor by) {
    try {
      connection.abort(by);
    } catch (SQLException e) {
      throw new IllegalStateException("abort of a connection failed", e);
    }
  }

  @Override
  public boolean isUsable() {
    if (severed) {
      return false;
    }
    try {
      return !connection.isClosed();
    } catch (SQLException e) {
      return false;
    }
  }

  private void noteLoss(SQLException e) {
    if (PgErrors.isLinkLost(e)) {
      sever();
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private <T> CompletionStage<T> run(PgWork<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    executor.execute(
        () -> {
          try {
            done.complete(work.run());
          } catch (SQLException e) {
            noteLoss(e);
            done.completeExceptionally(e);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /** Blocking work on a connection. */
  interface PgWork<T> {
    T run() throws SQLException;
  }
}
