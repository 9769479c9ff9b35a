package org.tandemdb.backend.pg;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendLink.ServerProcess;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.NotDrainedException;
import org.tandemdb.backend.Reservation;
import org.tandemdb.entry.BackendId;
import org.tandemdb.entry.Position;
import org.tandemdb.env.Environment;

/**
 * Control of one PostgreSQL server over connections of Tandem's own role: one for work, one for
 * probes, each opened when needed. A connection that is opened anew must find the incarnation that
 * was written last: whatever recovery does on it would otherwise be done to another life of the
 * server than the one it looked at. The probe's, which lives as long as the server is well, holds
 * the lock that says who the owner is.
 */
final class PgControl implements BackendControl {
  private static final Logger LOGGER = LoggerFactory.getLogger(PgControl.class);
  private static final int TRACED_AT_A_TIME = 100;
  private static final Duration POLL = Duration.ofMillis(5);

  /**
   * How long an owner that is seen may take to go: a process that was killed a moment ago has
   * sessions that the server is about to end.
   */
  private static final Duration OWNER_PATIENCE = Duration.ofSeconds(2);

  /** The stretch that one reservation covers. */
  private static final long RESERVED_BEYOND = 1024;

  private final BackendId id;
  private final UUID clusterId;
  private final Environment environment;
  private final PgSession work;
  private final PgSession probe;
  private final PgOwnership ownership;
  private final String clusterPrefix;
  private volatile @Nullable UUID incarnation;

  PgControl(
      BackendId id,
      Environment environment,
      PgConnector connector,
      String user,
      String password,
      Duration workTimeout,
      Duration probeTimeout,
      UUID clusterId,
      String owner) {
    this.id = id;
    this.clusterId = clusterId;
    this.ownership = new PgOwnership(clusterId, owner);
    this.environment = environment;
    this.clusterPrefix = preparedPrefix(clusterId);
    this.work = new PgSession(connector, user, password, "tandem control", workTimeout);
    this.probe = new PgSession(connector, user, password, "tandem probe", probeTimeout);
  }

  static String preparedPrefix(UUID clusterId) {
    return "tandem:" + clusterId + ":";
  }

  @Override
  public BackendId id() {
    return id;
  }

  @Override
  public CompletionStage<Void> writeIncarnation(UUID fresh) {
    return tell(
        "write the incarnation",
        () -> {
          // From a clean start: a connection of an earlier life must not be trusted.
          work.reopen();
          refuseOthers();
          incarnation = fresh;
          if (work.count("SELECT count(*) FROM tandem.incarnation") == 0) {
            passLostSequenceValues();
          }
          work.update(
              "INSERT INTO tandem.incarnation (value) VALUES (?) "
                  + "ON CONFLICT (single) DO UPDATE SET value = excluded.value",
              fresh);
        });
  }

  /**
   * Behind the address there may be another cluster's server by now, whose engine would lose it.
   */
  private void refuseOthers() throws SQLException {
    try (Statement statement = work.connection().createStatement();
        ResultSet result = statement.executeQuery("SELECT cluster_id FROM tandem.cluster")) {
      String found = result.next() ? result.getString(1) : "none";
      if (!clusterId.toString().equals(found)) {
        throw new SQLException(
            "the server behind this URL belongs to cluster "
                + found
                + ", not to "
                + clusterId
                + ": correct the URL, or start the right server there",
            "08004");
      }
    }
  }

  /**
   * A crash loses the tail of sequences too, and a primary holds none of the reservations that its
   * own entries carried. Either the entry with the reservation is lost as well, and comes back from
   * the log with it; or it is here, and then a value is here that it reached at most one stretch
   * beyond.
   */
  private void passLostSequenceValues() throws SQLException {
    work.count(
        "SELECT count(setval(format('%I.%I', schemaname, sequencename)::regclass, "
            + "CASE WHEN increment_by > 0 "
            + "THEN CASE WHEN last_value > max_value - ? THEN max_value ELSE last_value + ? END "
            + "ELSE CASE WHEN last_value < min_value + ? THEN min_value ELSE last_value - ? END "
            + "END)) FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname <> 'tandem'",
        RESERVED_BEYOND, RESERVED_BEYOND, RESERVED_BEYOND, RESERVED_BEYOND);
  }

  @Override
  public CompletionStage<Optional<UUID>> readIncarnation() {
    return ask("read the incarnation", () -> readIncarnation(connected()));
  }

  private static Optional<UUID> readIncarnation(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT value FROM tandem.incarnation")) {
      return result.next() ? Optional.of(result.getObject(1, UUID.class)) : Optional.empty();
    }
  }

  @Override
  public CompletionStage<Long> raiseFence(long epoch) {
    return ask(
        "raise the fence",
        () -> {
          connected();
          long recovery = committedFence(epoch);
          claim();
          return recovery;
        });
  }

  private long committedFence(long epoch) throws SQLException {
    try {
      return work.inTransaction(
          connection -> {
            work.update("SET LOCAL synchronous_commit = on");
            try (PreparedStatement statement =
                connection.prepareStatement(
                    "UPDATE tandem.fence SET epoch = ?, recovery = recovery + 1 "
                        + "WHERE epoch <= ? RETURNING recovery")) {
              statement.setLong(1, epoch);
              statement.setLong(2, epoch);
              try (ResultSet result = statement.executeQuery()) {
                if (!result.next()) {
                  throw new SQLException(
                      "the fence of " + id + " stands above epoch " + epoch, PgErrors.FENCED);
                }
                return result.getLong(1);
              }
            }
          });
    } catch (SQLException e) {
      if (PgErrors.stateOf(e).equals(PgErrors.FENCED)) {
        disown();
      }
      throw e;
    }
  }

  /** With the fence this engine has the server; if it cannot say so now, the next probe does. */
  private void claim() {
    synchronized (probe) {
      try {
        ownership.claim(probe.connection());
      } catch (SQLException e) {
        probe.discard();
        LOGGER.info("{}: the owner is not written down yet: {}", id, e.getMessage());
      }
    }
  }

  /** Somebody else has the server: whoever comes next must not be told that it is this engine. */
  private void disown() {
    synchronized (probe) {
      probe.discard();
    }
  }

  @Override
  public CompletionStage<Void> drain(long recovery, Duration deadline) {
    return poll(
        deadline,
        "sessions of an earlier recovery outlive the deadline on " + id,
        () -> {
          connected();
          return work.count(
                  "SELECT count(pg_terminate_backend(l.pid)) FROM tandem.link l "
                      + "JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_start = l.started "
                      + "WHERE l.recovery < ?",
                  recovery)
              == 0;
        });
  }

  @Override
  public CompletionStage<Void> end(ServerProcess process, Duration deadline) {
    return poll(
        deadline,
        "server process " + process.pid() + " outlives the deadline on " + id,
        () -> {
          connected();
          return work.count(
                  "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                      + "WHERE pid = ? AND backend_start = ?::timestamptz",
                  process.pid(),
                  process.start())
              == 0;
        });
  }

  @Override
  public CompletionStage<Integer> endBlockersOf(ServerProcess process) {
    return ask(
        "end blockers",
        () -> {
          connected();
          return (int)
              work.count(
                  "SELECT count(pg_terminate_backend(b)) FROM unnest(pg_blocking_pids(?)) b",
                  process.pid());
        });
  }

  @Override
  public CompletionStage<List<Position>> preparedTransactions() {
    return ask(
        "list prepared transactions",
        () -> {
          List<Position> found = new ArrayList<>();
          try (PreparedStatement statement =
              connected()
                  .prepareStatement(
                      "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() "
                          + "AND starts_with(gid, ?)")) {
            statement.setString(1, clusterPrefix);
            try (ResultSet result = statement.executeQuery()) {
              while (result.next()) {
                found.add(position(result.getString(1).substring(clusterPrefix.length())));
              }
            }
          }
          return found;
        });
  }

  private static Position position(String text) {
    int slash = text.indexOf('/');
    return new Position(
        Long.parseLong(text.substring(0, slash)), Long.parseLong(text.substring(slash + 1)));
  }

  @Override
  public CompletionStage<Void> finishPrepared(Position position, boolean commit) {
    return tell(
        "resolve a prepared transaction",
        () -> {
          connected();
          work.update(
              (commit ? "COMMIT" : "ROLLBACK") + " PREPARED '" + clusterPrefix + position + "'");
        });
  }

  @Override
  public CompletionStage<Holdings> holdings() {
    return ask(
        "read markers and watermark",
        () -> {
          try (Statement statement = connected().createStatement()) {
            Optional<UUID> cluster = Optional.empty();
            Position watermark = Position.NONE;
            Set<Position> markers = new HashSet<>();
            try (ResultSet result =
                statement.executeQuery("SELECT cluster_id FROM tandem.cluster")) {
              if (result.next()) {
                cluster = Optional.of(result.getObject(1, UUID.class));
              }
            }
            // One snapshot: a raise of the watermark deletes the markers below it.
            try (ResultSet result =
                statement.executeQuery(
                    "SELECT w.epoch, w.number, m.epoch, m.number FROM tandem.watermark w "
                        + "LEFT JOIN tandem.marker m "
                        + "ON (m.epoch, m.number) > (w.epoch, w.number)")) {
              while (result.next()) {
                watermark = new Position(result.getLong(1), result.getLong(2));
                long epoch = result.getLong(3);
                if (!result.wasNull()) {
                  markers.add(new Position(epoch, result.getLong(4)));
                }
              }
            }
            return new Holdings(cluster, watermark, markers);
          }
        });
  }

  @Override
  public CompletionStage<Void> raiseWatermark(Position watermark, boolean durably) {
    return tell(
        "raise the watermark",
        () -> {
          connected();
          work.change(
              connection -> {
                if (durably) {
                  work.update("SET LOCAL synchronous_commit = on");
                }
                // The floor first: a marker written meanwhile fails, or was seen.
                work.count("SELECT setval('tandem.floor', ?)", watermark.number());
                work.update(
                    "UPDATE tandem.watermark SET epoch = ?, number = ? "
                        + "WHERE (epoch, number) < (?, ?)",
                    watermark.epoch(),
                    watermark.number(),
                    watermark.epoch(),
                    watermark.number());
                work.update(
                    "DELETE FROM tandem.marker WHERE (epoch, number) <= (?, ?)",
                    watermark.epoch(),
                    watermark.number());
              });
        });
  }

  @Override
  public CompletionStage<Void> reserve(List<Reservation> reservations) {
    return tell(
        "keep reservations",
        () -> {
          connected();
          work.change(
              connection -> {
                for (Reservation reservation : reservations) {
                  work.update(
                      "INSERT INTO tandem.reservation AS r VALUES (?, ?, ?) "
                          + "ON CONFLICT (sequence_schema, sequence_name) DO UPDATE SET reserved = "
                          + (reservation.ascending() ? "greatest" : "least")
                          + "(r.reserved, excluded.reserved)",
                      reservation.sequence().schema(),
                      reservation.sequence().name(),
                      reservation.reserved());
                }
              });
        });
  }

  @Override
  public CompletionStage<Void> advanceSequences() {
    return tell(
        "advance sequences",
        () -> {
          connected();
          work.count(
              "SELECT count(setval(format('%I.%I', r.sequence_schema, r.sequence_name)::regclass, "
                  // A stretch may reach beyond the last value that the sequence has.
                  + "greatest(s.min_value, least(s.max_value, r.reserved)))) "
                  + "FROM tandem.reservation r JOIN pg_sequences s "
                  + "ON s.schemaname = r.sequence_schema AND s.sequencename = r.sequence_name "
                  + "WHERE CASE WHEN s.increment_by > 0 "
                  + "THEN coalesce(s.last_value, s.min_value) < r.reserved "
                  + "ELSE coalesce(s.last_value, s.max_value) > r.reserved END");
        });
  }

  /** Sessions that are gone have not ended theirs; of live ones it is not known yet. */
  @Override
  public CompletionStage<Void> undoTasks() {
    return tell(
        "take back unfinished tasks",
        () -> {
          Map<Long, String[]> left = new TreeMap<>();
          try (Statement statement = connected().createStatement();
              ResultSet result =
                  statement.executeQuery(
                      "SELECT t.id, t.role, format('%I.%I', t.index_schema, t.index_name)"
                          + " FROM tandem.task t WHERE NOT EXISTS (SELECT FROM pg_stat_activity a"
                          + " WHERE a.pid = t.pid AND a.backend_start = t.started)")) {
            while (result.next()) {
              left.put(result.getLong(1), new String[] {result.getString(2), result.getString(3)});
            }
          }
          for (Map.Entry<Long, String[]> task : left.entrySet()) {
            undoTask(task.getKey(), task.getValue()[0], task.getValue()[1]);
          }
        });
  }

  private void undoTask(long id, String role, String index) throws SQLException {
    work.change(
        connection -> {
          try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = '2s'");
            statement.execute("SET LOCAL ROLE " + PgChangeSql.quote(role));
            statement.execute("DROP INDEX IF EXISTS " + index);
            statement.execute("RESET ROLE");
          }
          work.update("DELETE FROM tandem.task WHERE id = ?", id);
        });
    LOGGER.info("{}: index {} was not finished and is removed", this.id, index);
  }

  /** A transaction for some tables at a time: each of them stays locked to its end. */
  @Override
  public CompletionStage<Void> maintainTracing() {
    return tell(
        "maintain triggers",
        () -> {
          connected();
          while (work.count("SELECT tandem.maintain_tracing(?)", TRACED_AT_A_TIME)
              == TRACED_AT_A_TIME) {
            LOGGER.debug("{}: {} more tables can be traced", id, TRACED_AT_A_TIME);
          }
        });
  }

  @Override
  public CompletionStage<Boolean> holds(Position position) {
    return ask(
        "look up a marker",
        () -> {
          // A new link, as the rule asks: nothing of the old session's state may answer.
          work.discard();
          connected();
          return work.count(
                  "SELECT (SELECT count(*) FROM tandem.marker WHERE epoch = ? AND number = ?) "
                      + "+ (SELECT count(*) FROM tandem.watermark WHERE (epoch, number) >= (?, ?))",
                  position.epoch(),
                  position.number(),
                  position.epoch(),
                  position.number())
              > 0;
        });
  }

  /** Registers the secret with which the server process {@code pid} may enter. */
  void admit(int pid, String secret) throws SQLException {
    synchronized (work) {
      connected();
      work.update(
          "INSERT INTO tandem.pass VALUES (?, ?) "
              + "ON CONFLICT (pid) DO UPDATE SET secret = excluded.secret",
          pid,
          secret);
    }
  }

  @Override
  public CompletionStage<Facts> inspect() {
    CompletableFuture<Facts> answer = new CompletableFuture<>();
    inspect(environment.nanos() + OWNER_PATIENCE.toNanos(), answer);
    return answer;
  }

  private void inspect(long deadlineNanos, CompletableFuture<Facts> answer) {
    ask("inspect", () -> new PgInspection(work.connection()).facts())
        .whenComplete(
            (facts, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(failure);
              } else if (facts.owner().isEmpty() || environment.nanos() - deadlineNanos >= 0) {
                answer.complete(facts);
              } else {
                environment.scheduler().schedule(POLL, () -> inspect(deadlineNanos, answer));
              }
            });
  }

  @Override
  public CompletionStage<Void> initialise(UUID clusterId) {
    return tell(
        "create Tandem's schema",
        () -> {
          work.connection();
          work.change(
              connection -> {
                PgInspection.createSchema(connection, clusterId, id);
              });
        });
  }

  @Override
  public CompletionStage<Map<String, TableDigest>> digests() {
    return ask("compare tables", () -> new PgInspection(work.connection()).digests());
  }

  @Override
  public CompletionStage<Void> probe(UUID expected) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    environment
        .scheduler()
        .execute(
            () -> {
              try {
                synchronized (probe) {
                  Connection connection = probe.connection();
                  checkIncarnation(connection, expected);
                  ownership.claim(connection);
                }
                done.complete(null);
              } catch (SQLException e) {
                probe.discard();
                done.completeExceptionally(PgErrors.translate("probe of " + id, e));
              } catch (IncarnationException e) {
                disown();
                done.completeExceptionally(e);
              } catch (RuntimeException e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private void checkIncarnation(Connection connection, UUID expected) throws SQLException {
    Optional<UUID> found = readIncarnation(connection);
    if (!found.equals(Optional.of(expected))) {
      throw new IncarnationException(
          id + " is in another life: expected incarnation " + expected + ", found " + found, null);
    }
  }

  /** The work connection; one that had to be opened shows the incarnation first. */
  private Connection connected() throws SQLException {
    boolean fresh = work.isClosed();
    Connection connection = work.connection();
    UUID expected = incarnation;
    if (fresh && expected != null) {
      try {
        checkIncarnation(connection, expected);
      } catch (IncarnationException e) {
        work.discard();
        throw e;
      }
    }
    return connection;
  }

  private <T> CompletionStage<T> ask(String what, PgLink.PgWork<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    environment
        .scheduler()
        .execute(
            () -> {
              try {
                T value;
                synchronized (work) {
                  value = question.run();
                }
                answer.complete(value);
              } catch (SQLException e) {
                work.discard();
                answer.completeExceptionally(PgErrors.translate(id + ": " + what, e));
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  private CompletionStage<Void> tell(String what, Task task) {
    return ask(
            what,
            () -> {
              task.run();
              return Boolean.TRUE;
            })
        .thenAccept(ok -> {});
  }

  /** Blocking work without an answer. */
  private interface Task {
    void run() throws SQLException;
  }

  /** Asks until the answer is yes or the deadline has passed. */
  private CompletionStage<Void> poll(
      Duration deadline, String failure, PgLink.PgWork<Boolean> question) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    pollOnce(environment.nanos() + deadline.toNanos(), failure, question, done);
    return done;
  }

  private void pollOnce(
      long deadlineNanos,
      String failure,
      PgLink.PgWork<Boolean> question,
      CompletableFuture<Void> done) {
    ask("wait for sessions to end", question)
        .whenComplete(
            (yes, error) -> {
              if (error != null) {
                done.completeExceptionally(error);
              } else if (yes) {
                done.complete(null);
              } else if (environment.nanos() - deadlineNanos >= 0) {
                done.completeExceptionally(new NotDrainedException(failure, null));
              } else {
                environment
                    .scheduler()
                    .schedule(POLL, () -> pollOnce(deadlineNanos, failure, question, done));
              }
            });
  }

  @Override
  public void close() {
    work.end();
    probe.end();
  }
}
