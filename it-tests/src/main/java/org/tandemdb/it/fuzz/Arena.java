package org.tandemdb.it.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.tandemdb.it.server.Directories;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/**
 * Two servers that all cases share, each case with a database and a log of its own. Databases are
 * dropped some time after their case, when Tandem's engine has let go of them. One thread.
 */
final class Arena implements AutoCloseable {
  /** Longer than an engine outlives its last connection. */
  private static final Duration KEPT = Duration.ofSeconds(10);

  /** Not flushed: a killed process leaves its files to the system, which lives on. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "fsync", "off",
          "max_connections", "500",
          "shared_buffers", "64MB",
          "max_prepared_transactions", "100",
          "deadlock_timeout", "200ms",
          "autovacuum", "off");

  private final ServerPair pair;
  private final ArrayDeque<Place> old = new ArrayDeque<>();
  private int places;

  private Arena(ServerPair pair) {
    this.pair = pair;
  }

  static Arena start() throws IOException, InterruptedException {
    return new Arena(ServerPair.start(2, SETTINGS));
  }

  ServerPair pair() {
    return pair;
  }

  /** A new place, with the schema unless Tandem is to make it. */
  Place place(Case one) throws SQLException {
    clean(false);
    String database = "fuzz_" + ++places;
    boolean reference = one.mode() == Case.Mode.REFERENCE;
    List<String> schema = one.throughTandem() ? List.of() : one.schema();
    List<CompletableFuture<List<Boolean>>> made = new ArrayList<>();
    for (PostgresServer server : pair.servers()) {
      made.add(CompletableFuture.supplyAsync(() -> create(server, database, schema)));
    }
    if (reference) {
      made.add(
          CompletableFuture.supplyAsync(
              () -> create(pair.servers().get(0), database + "_plain", schema)));
    }
    try {
      List<List<Boolean>> outcomes = made.stream().map(CompletableFuture::join).toList();
      if (outcomes.stream().distinct().count() != 1) {
        throw new IllegalStateException("the servers disagree about the schema: " + outcomes);
      }
      return new Place(database, reference, outcomes.get(0));
    } catch (CompletionException e) {
      if (e.getCause() instanceof SQLException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Which of the statements succeeded: one that depends on another may have lost it. */
  private static List<Boolean> create(PostgresServer server, String database, List<String> schema) {
    List<Boolean> outcomes = new ArrayList<>();
    try {
      server.execute("postgres", "CREATE DATABASE " + database + " OWNER " + ServerPair.ROLE);
      try (Connection connection =
              DriverManager.getConnection(server.url(database, ServerPair.ROLE));
          Statement statement = connection.createStatement()) {
        for (String sql : schema) {
          outcomes.add(runs(statement, sql));
        }
      }
      return outcomes;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static boolean runs(Statement statement, String sql) {
    try {
      statement.execute(sql);
      return true;
    } catch (SQLException refused) {
      return false;
    }
  }

  private void clean(boolean all) {
    long now = System.nanoTime();
    while (!old.isEmpty() && (all || now - old.peek().closedNanos > KEPT.toNanos())) {
      Place place = old.remove();
      try {
        Directories.delete(place.log());
        for (PostgresServer server : pair.servers()) {
          server.execute(
              "postgres",
              "DROP DATABASE IF EXISTS " + place.database + " WITH (FORCE)",
              "DROP DATABASE IF EXISTS " + place.database + "_plain WITH (FORCE)");
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (SQLException e) {
        throw new IllegalStateException("cannot drop " + place.database, e);
      }
    }
  }

  @Override
  public void close() {
    pair.close();
  }

  /** A database on both servers, and Tandem over them. */
  final class Place implements AutoCloseable {
    private final String database;
    private final boolean reference;
    private final List<Boolean> schema;
    private long closedNanos;

    private Place(String database, boolean reference, List<Boolean> schema) {
      this.database = database;
      this.reference = reference;
      this.schema = schema;
    }

    /** Which statements of the schema succeeded; empty if Tandem is to make it. */
    List<Boolean> schema() {
      return schema;
    }

    private Path log() {
      return pair.directory().resolve("log-" + database);
    }

    Connection connect() throws SQLException {
      return DriverManager.getConnection(
          pair.tandemUrl(database, log()) + "&log_segment_bytes=1MiB");
    }

    /** For the superuser, past Tandem. */
    Connection direct(int server) throws SQLException {
      return DriverManager.getConnection(pair.servers().get(server).url(database));
    }

    /** The plain database beside them; empty if the case needs none. */
    Optional<Connection> plain() throws SQLException {
      return reference
          ? Optional.of(
              DriverManager.getConnection(
                  pair.servers().get(0).url(database + "_plain", ServerPair.ROLE)))
          : Optional.empty();
    }

    Optional<Connection> plainDirect() throws SQLException {
      return reference
          ? Optional.of(DriverManager.getConnection(pair.servers().get(0).url(database + "_plain")))
          : Optional.empty();
    }

    @Override
    public void close() {
      closedNanos = System.nanoTime();
      old.add(this);
    }
  }
}
