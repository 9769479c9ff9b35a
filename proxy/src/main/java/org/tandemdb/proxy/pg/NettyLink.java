package org.tandemdb.proxy.pg;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.ServerError;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;

/**
 * A link that never blocks: every verb is one flight of messages, its stage completes on the event
 * loop. {@code BEGIN} waits for the first statement and travels with it, up to the same Sync, so
 * that a BEGIN that fails takes the statement with it.
 */
public final class NettyLink implements BackendLink {
  private static final String MARK = "SELECT tandem.mark($1, $2, $3)::text";

  private final BackendId backend;
  private final ServerProcess process;
  private final PgWire wire;
  private final String secret;
  private final String preparedPrefix;
  private final Runnable cancelRequest;
  private final List<PgStatement> opening = new ArrayList<>(1);
  private volatile boolean uninterruptible;

  /**
   * @param cancelRequest sends one for this link's server process; never blocks
   */
  NettyLink(
      BackendId backend,
      ServerProcess process,
      PgWire wire,
      String secret,
      String preparedPrefix,
      Runnable cancelRequest) {
    this.backend = backend;
    this.process = process;
    this.wire = wire;
    this.secret = secret;
    this.preparedPrefix = preparedPrefix;
    this.cancelRequest = cancelRequest;
  }

  @Override
  public BackendId backend() {
    return backend;
  }

  @Override
  public ServerProcess process() {
    return process;
  }

  /**
   * Runs one statement: what the proxy's front end will do by relaying messages. Completes
   * exceptionally with a {@link SQLException}.
   *
   * @param parameters as text, for {@code $1..$n}; null for NULL
   */
  public CompletionStage<PgResult> query(String sql, List<@Nullable String> parameters) {
    return flight(new PgStatement(sql, parameters)).thenApply(results -> results.get(0));
  }

  /** Sends the statements, behind BEGIN where one waits; its answer is not handed on. */
  private CompletionStage<List<PgResult>> flight(PgStatement... statements) {
    List<PgStatement> all = new ArrayList<>(opening);
    int hidden = all.size();
    opening.clear();
    all.addAll(List.of(statements));
    return wire.send(all).thenApply(results -> results.subList(hidden, results.size()));
  }

  @Override
  public CompletionStage<TxStart> begin(BeginSpec spec) {
    opening.clear();
    opening.add(
        PgStatement.of(
            "BEGIN ISOLATION LEVEL "
                + level(spec.isolation())
                + (spec.readOnly() ? " READ ONLY" : " READ WRITE")
                + (spec.deferrable() ? " DEFERRABLE" : "")));
    return CompletableFuture.completedFuture(new TxStart());
  }

  private static String level(Isolation isolation) {
    return switch (isolation) {
      case READ_COMMITTED -> "READ COMMITTED";
      case REPEATABLE_READ -> "REPEATABLE READ";
      case SERIALIZABLE -> "SERIALIZABLE";
    };
  }

  @Override
  public CompletionStage<Void> forceConstraints() {
    return flight(PgStatement.of("SET CONSTRAINTS ALL IMMEDIATE")).thenAccept(ok -> {});
  }

  @Override
  public CompletionStage<MarkOutcome> mark(Position position, boolean prepare) {
    uninterruptible = true;
    PgStatement mark =
        PgStatement.of(
            MARK, Long.toString(position.epoch()), Long.toString(position.number()), secret);
    CompletionStage<List<PgResult>> answered =
        prepare
            ? flight(
                mark, PgStatement.of("PREPARE TRANSACTION '" + preparedPrefix + position + "'"))
            : flight(mark);
    return answered.handle(
        (results, failure) -> {
          if (failure == null && (!prepare || results.get(1).tag().equals("PREPARE TRANSACTION"))) {
            return new MarkOutcome.Marked(results.get(0).single());
          }
          Throwable cause = failure == null ? null : unwrap(failure);
          if (cause != null && String.valueOf(cause.getMessage()).contains(secret)) {
            // A client may have its server quote parameters in errors: that secret is known now.
            sever();
          }
          return new MarkOutcome.Refused(
              ServerError.sqlState(cause).orElse("40000"),
              cause == null ? "the transaction was not prepared" : String.valueOf(cause),
              cause);
        });
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  @Override
  public CompletionStage<FinishOutcome> finish(Position position, Decision decision) {
    String gid = "'" + preparedPrefix + position + "'";
    CompletionStage<FinishOutcome> ended =
        switch (decision) {
          case COMMIT -> finish("COMMIT", "COMMIT");
          case ROLLBACK -> finish("ROLLBACK", "ROLLBACK");
          case COMMIT_PREPARED -> finish("COMMIT PREPARED " + gid, "COMMIT PREPARED");
          case ROLLBACK_PREPARED -> finish("ROLLBACK PREPARED " + gid, "ROLLBACK PREPARED");
        };
    return ended.whenComplete((ok, failure) -> uninterruptible = false);
  }

  /** The server answers COMMIT of a failed transaction with the tag ROLLBACK, and no error. */
  private CompletionStage<FinishOutcome> finish(String sql, String expectedTag) {
    return flight(PgStatement.of(sql))
        .handle(
            (results, failure) -> {
              if (failure == null) {
                String tag = results.get(0).tag();
                return tag.equals(expectedTag)
                    ? new FinishOutcome.Done()
                    : new FinishOutcome.Failed("40000", sql + " was answered by " + tag);
              }
              Throwable cause = unwrap(failure);
              return isUsable()
                  ? new FinishOutcome.Failed(
                      ServerError.sqlState(cause).orElse("XX000"),
                      String.valueOf(cause.getMessage()))
                  : new FinishOutcome.InDoubt(String.valueOf(cause.getMessage()));
            });
  }

  @Override
  public CompletionStage<Void> rollback() {
    uninterruptible = false;
    if (!isUsable()) {
      return CompletableFuture.completedFuture(null);
    }
    // Always sent: whether a transaction is open may not be known yet.
    opening.clear();
    return flight(PgStatement.of("ROLLBACK"))
        .handle(
            (results, failure) -> {
              if (failure != null) {
                // The transaction dies with its session; nobody may use the link again.
                sever();
              }
              return null;
            });
  }

  @Override
  public CompletionStage<String> clock() {
    return flight(PgStatement.of("SELECT now()::text")).thenApply(r -> r.get(0).single());
  }

  /** Appliers run on links of Tandem's own role, which {@link NettyPort} opens over JDBC. */
  @Override
  public CompletionStage<ApplyOutcome> apply(ApplyRun run) {
    return CompletableFuture.failedFuture(
        new UnsupportedOperationException(
            "a client's link does not apply entries: ask the port for a link of its own"));
  }

  /** The server gets no cancel while a marker or COMMIT is in flight. */
  @Override
  public void cancel() {
    if (!uninterruptible) {
      cancelRequest.run();
    }
  }

  @Override
  public void sever() {
    wire.close();
  }

  @Override
  public boolean isUsable() {
    return wire.isUsable();
  }
}
