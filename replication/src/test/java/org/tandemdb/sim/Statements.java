package org.tandemdb.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.ApplyOutcome;
import org.tandemdb.backend.BackendLink.ApplyRun;
import org.tandemdb.backend.BackendLink.Decision;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.entry.Position;

/**
 * The simulated database's language, one statement a text:
 *
 * <pre>
 * mul k d    UPDATE kv SET n = n * 31 + d WHERE key = k      order shows in the result
 * ins k d    INSERT INTO kv VALUES (k, d)                    fails when the key exists
 * del k      DELETE FROM kv WHERE key = k
 * tok t      INSERT INTO tok VALUES (t)                      unique, never deleted
 * all d      UPDATE kv SET n = n * 31 + d                    exclusive
 * </pre>
 */
final class Statements {
  static final String TOKENS = "tok/";
  static final String ROWS = "kv/";
  private static final long MODULUS = 1_000_000_007;

  private Statements() {}

  /**
   * @param rows changed, -1 for {@code all}
   * @param value what RETURNING shows: the row's new value, the old one of a deleted row
   */
  record Result(long rows, long value) {
    static final Result NOTHING = new Result(0, 0);
  }

  static long next(long n, long d) {
    return Math.floorMod(n * 31 + d, MODULUS);
  }

  static List<String> words(String sql) {
    return List.of(sql.split(" ", -1));
  }

  static <T> CompletionStage<T> fail(SimTransaction tx, String state, String message) {
    tx.fail();
    return CompletableFuture.failedFuture(new SqlFailure(state, message));
  }

  /** A statement that fails leaves the transaction good for ROLLBACK only. */
  static CompletionStage<Result> execute(
      SimServerProcess server, SimTransaction tx, String sql, Duration lockTimeout) {
    if (tx.hasFailed()) {
      return fail(tx, "25P02", "the transaction has failed");
    }
    List<String> words = words(sql);
    CompletionStage<Result> rows =
        switch (words.get(0)) {
          case "mul" ->
              locked(
                  server,
                  tx,
                  ROWS + words.get(1),
                  lockTimeout,
                  row -> {
                    if (row == null) {
                      return null;
                    }
                    return next((Long) row, Long.parseLong(words.get(2)));
                  });
          case "del" ->
              locked(
                  server,
                  tx,
                  ROWS + words.get(1),
                  lockTimeout,
                  row -> row == null ? null : DELETED);
          case "ins" ->
              locked(
                  server,
                  tx,
                  ROWS + words.get(1),
                  lockTimeout,
                  row -> {
                    if (row != null) {
                      throw duplicate(sql);
                    }
                    return Long.parseLong(words.get(2));
                  });
          case "tok" ->
              locked(
                  server,
                  tx,
                  TOKENS + words.get(1),
                  lockTimeout,
                  row -> {
                    if (row != null) {
                      throw duplicate(sql);
                    }
                    return 1L;
                  });
          case "all" ->
              all(server, tx, tx.keys(ROWS), 0, 0, Long.parseLong(words.get(1)), lockTimeout);
          default -> throw new IllegalArgumentException(sql);
        };
    return rows.whenComplete(
        (ok, failure) -> {
          if (failure != null) {
            tx.fail();
          }
        });
  }

  private static final Object DELETED = new Object();

  private static CompletionException duplicate(String sql) {
    return new CompletionException(new SqlFailure("23505", "duplicate key: " + sql));
  }

  /** What becomes of a locked row; null leaves it. */
  private interface RowChange {
    @Nullable Object of(@Nullable Object row);
  }

  private static CompletionStage<Result> locked(
      SimServerProcess server,
      SimTransaction tx,
      String key,
      Duration lockTimeout,
      RowChange change) {
    boolean mine = tx.changes().containsKey(key);
    return server
        .lock(tx, key, false, lockTimeout)
        .thenCompose(ok -> server.pause())
        .thenApply(
            ok -> {
              if (!mine && tx.conflictsOn(key)) {
                throw new CompletionException(
                    new SqlFailure("40001", "could not serialize access to " + key));
              }
              Object row = tx.read(key);
              Object next = change.of(row);
              if (next == null) {
                if (!mine) {
                  server.backend().locks().release(tx, key);
                }
                return Result.NOTHING;
              }
              tx.write(key, next == DELETED ? null : next);
              return new Result(1, (Long) (next == DELETED ? Objects.requireNonNull(row) : next));
            });
  }

  private static CompletionStage<Result> all(
      SimServerProcess server,
      SimTransaction tx,
      List<String> keys,
      int index,
      long sum,
      long d,
      Duration lockTimeout) {
    if (index == keys.size()) {
      return CompletableFuture.completedFuture(new Result(-1, sum));
    }
    return locked(
            server,
            tx,
            keys.get(index),
            lockTimeout,
            row -> row == null ? null : next((Long) row, d))
        .thenCompose(one -> all(server, tx, keys, index + 1, sum + one.value(), d, lockTimeout));
  }

  /** tandem.mark: inserts, then checks; PREPARE TRANSACTION where asked. */
  static CompletionStage<Boolean> mark(
      SimServerProcess server, Position position, boolean prepare) {
    SimBackend backend = server.backend();
    Simulation sim = backend.sim();
    SimTransaction tx = server.begin(false);
    if (tx.hasFailed()) {
      return fail(tx, "25P02", "the transaction has failed");
    }
    SimBackend.Registered link = backend.links().get(server.pid());
    if (link == null
        || !link.started().equals(server.started())
        || link.epoch() != position.epoch()) {
      return fail(tx, "TD003", "this session may not write markers");
    }
    Position written =
        sim.isBroken(BrokenRule.POSITION_REUSED)
            ? new Position(position.epoch(), position.number() - 1)
            : position;
    tx.write(SimBackend.marker(written), written);
    return server
        .pause()
        .thenCompose(
            ok -> {
              if (position.number() <= backend.floor()) {
                return fail(tx, "TD004", "position " + position + " is below the watermark");
              }
              if (!prepare) {
                return CompletableFuture.completedFuture(true);
              }
              if (sim.oneIn(12)) {
                server.transaction(null);
                backend.locks().releaseAll(tx);
                return CompletableFuture.failedFuture(
                    new SqlFailure("40001", "read/write dependencies"));
              }
              return server
                  .pause()
                  .thenApply(
                      again -> {
                        server.transaction(null);
                        backend.prepare(position, tx);
                        return true;
                      });
            });
  }

  static CompletionStage<Boolean> finish(
      SimServerProcess server, Position position, Decision decision) {
    SimBackend backend = server.backend();
    return server
        .pause()
        .thenApply(
            ok -> {
              SimTransaction tx = server.transaction();
              server.transaction(null);
              switch (decision) {
                case COMMIT -> {
                  if (tx != null && tx.hasFailed()) {
                    backend.locks().releaseAll(tx);
                    throw new CompletionException(new SqlFailure("25P02", "ROLLBACK"));
                  }
                  if (tx != null) {
                    backend.commit(tx, false);
                  }
                }
                case ROLLBACK -> {
                  if (tx != null) {
                    backend.locks().releaseAll(tx);
                  }
                }
                case COMMIT_PREPARED, ROLLBACK_PREPARED -> {
                  if (tx != null) {
                    backend.locks().releaseAll(tx);
                  }
                  if (!backend.finishPrepared(position, decision == Decision.COMMIT_PREPARED)) {
                    throw new CompletionException(
                        new SqlFailure("42704", "no prepared transaction " + position));
                  }
                }
              }
              return true;
            });
  }

  // ---- appliers

  /** One change of one entry, in the order in which a run executes them. */
  private record Step(Position position, Change.Statement change) {}

  /** As PostgreSQL's applier does it: entries of one batch together, level by level. */
  private static List<Step> steps(ApplyRun run) {
    List<Step> steps = new ArrayList<>();
    List<Entry> entries = run.entries();
    int from = 0;
    while (from < entries.size()) {
      int to = from + 1;
      while (!run.serially()
          && to < entries.size()
          && entries.get(to).batch() == entries.get(from).batch()) {
        to++;
      }
      List<Entry> together = entries.subList(from, to);
      boolean more = true;
      for (int level = 0; more; level++) {
        more = false;
        // Backwards, since nothing may depend on the order within a batch.
        for (int i = together.size() - 1; i >= 0; i--) {
          List<Change> changes = changes(together.get(i));
          if (level < changes.size()) {
            more = true;
            steps.add(new Step(together.get(i).position(), (Change.Statement) changes.get(level)));
          }
        }
      }
      from = to;
    }
    return steps;
  }

  static List<Change> changes(Entry entry) {
    return ((Entry.Inline) entry.body()).changes();
  }

  static CompletionStage<ApplyOutcome> apply(SimServerProcess server, ApplyRun run) {
    SimBackend backend = server.backend();
    SimTransaction tx = server.begin(false);
    return applyFrom(server, tx, run, steps(run), 0)
        .handle(
            (outcome, failure) -> {
              server.transaction(null);
              if (failure == null && outcome instanceof ApplyOutcome.Applied) {
                backend.commit(tx, false);
                return outcome;
              }
              backend.locks().releaseAll(tx);
              if (failure == null) {
                return outcome;
              }
              SqlFailure error = SqlFailure.of(failure);
              return switch (error.getSQLState()) {
                case "55P03", "40P01", "40001" ->
                    new ApplyOutcome.Blocked(String.valueOf(error.getMessage()));
                default ->
                    new ApplyOutcome.Failed(
                        run.watermark(),
                        String.valueOf(error.getMessage()),
                        error.getSQLState(),
                        String.valueOf(error.getMessage()));
              };
            });
  }

  private static CompletionStage<ApplyOutcome> applyFrom(
      SimServerProcess server, SimTransaction tx, ApplyRun run, List<Step> steps, int index) {
    if (index == steps.size()) {
      return server
          .lock(tx, SimBackend.WATERMARK, false, run.lockTimeout())
          .thenCompose(ok -> server.pause())
          .thenApply(
              ok -> {
                tx.write(SimBackend.WATERMARK, run.watermark());
                return new ApplyOutcome.Applied(run.watermark());
              });
    }
    Step step = steps.get(index);
    return execute(server, tx, step.change().sql(), run.lockTimeout())
        .thenCompose(
            result ->
                result.rows() == step.change().rows()
                    ? applyFrom(server, tx, run, steps, index + 1)
                    : CompletableFuture.completedFuture(
                        new ApplyOutcome.Diverged(
                            step.position(),
                            step.change().sql(),
                            step.change().rows(),
                            result.rows())));
  }
}
