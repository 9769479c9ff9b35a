package org.tandemdb.proxy.pg;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.ServerProcess;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.pg.PgBackend;

/**
 * The vendor's driver as a guest on a link's connection: the verbs that are seldom used and need
 * many statements (tracing, tasks, the schema as a transaction sees it) are written once, over
 * JDBC. They run on a worker, one at a time.
 */
final class Guest {
  private final PgWire wire;
  private final PgBackend backend;
  private final String user;
  private final ServerProcess process;
  private final String secret;
  private final Executor workers;
  private @Nullable GuestWire socket;
  private @Nullable JdbcLink link;

  Guest(
      PgWire wire,
      PgBackend backend,
      String user,
      ServerProcess process,
      String secret,
      Executor workers) {
    this.wire = wire;
    this.backend = backend;
    this.user = user;
    this.process = process;
    this.secret = secret;
    this.workers = workers;
  }

  /**
   * Runs {@code verb} while the connection is lent.
   *
   * @param inTransaction true where the link's transaction is open: results then come in portions
   */
  <T> CompletionStage<T> run(boolean inTransaction, Function<JdbcLink, CompletionStage<T>> verb) {
    CompletableFuture<T> done = new CompletableFuture<>();
    workers.execute(() -> runNow(inTransaction, verb, done));
    return done;
  }

  private <T> void runNow(
      boolean inTransaction,
      Function<JdbcLink, CompletionStage<T>> verb,
      CompletableFuture<T> done) {
    GuestWire lent;
    CompletionStage<T> running;
    try {
      JdbcLink jdbc = open();
      lent = java.util.Objects.requireNonNull(socket);
      if (inTransaction) {
        // Never the other way round here: that would commit.
        jdbc.connection().setAutoCommit(false);
      }
      lent.enter().join();
      running = verb.apply(jdbc);
    } catch (SQLException | RuntimeException e) {
      wire.close();
      done.completeExceptionally(e);
      return;
    }
    running.whenComplete(
        (value, failure) ->
            lent.leave()
                .whenComplete(
                    (ok, left) -> {
                      if (failure != null) {
                        done.completeExceptionally(failure);
                      } else if (left != null) {
                        done.completeExceptionally(left);
                      } else {
                        done.complete(value);
                      }
                    }));
  }

  private synchronized JdbcLink open() throws SQLException {
    JdbcLink open = link;
    if (open == null) {
      socket = new GuestWire(wire, process.pid());
      open = backend.guest(socket, user, process, secret, Runnable::run);
      link = open;
    }
    return open;
  }
}
