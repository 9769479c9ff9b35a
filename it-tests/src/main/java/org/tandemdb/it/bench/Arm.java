package org.tandemdb.it.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;

/**
 * One of the configurations that are compared, on servers of its own: they do nothing while another
 * one is measured.
 */
final class Arm implements AutoCloseable {
  static final int ACCOUNTS_PER_BRANCH = 100_000;
  static final int TELLERS_PER_BRANCH = 10;

  /** The most clients of a load. */
  static final int CONNECTIONS = 200;

  private static final int CONNECTIONS_WITH_TANDEMS_OWN = CONNECTIONS + 50;
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(60);

  private final String name;
  private final ServerPair pair;
  private final boolean tandem;
  private @Nullable Connection status;

  private Arm(String name, ServerPair pair, boolean tandem) {
    this.name = name;
    this.pair = pair;
    this.tandem = tandem;
  }

  static Arm direct(String name, int scale, String synchronousCommit)
      throws IOException, InterruptedException, SQLException {
    return filled(name, 1, false, scale, Map.of("synchronous_commit", synchronousCommit));
  }

  static Arm tandem(String name, int scale, int backends)
      throws IOException, InterruptedException, SQLException {
    return filled(name, backends, true, scale, Map.of());
  }

  /** Direct connections to a server that belongs to another arm, which has to close it. */
  static Arm over(ServerPair pair) {
    return new Arm("direct", pair, false);
  }

  private static Arm filled(
      String name, int servers, boolean tandem, int scale, Map<String, String> settings)
      throws IOException, InterruptedException, SQLException {
    Map<String, String> all = new HashMap<>(settings);
    all.put("max_connections", Integer.toString(CONNECTIONS_WITH_TANDEMS_OWN + 20));
    ServerPair pair = ServerPair.start(servers, all);
    try {
      for (PostgresServer server : pair.servers()) {
        fill(server, scale);
      }
      return new Arm(name, pair, tandem);
    } catch (SQLException e) {
      pair.close();
      throw e;
    }
  }

  /** A schema like pgbench's, and a table for single inserts. */
  private static void fill(PostgresServer server, int scale) throws SQLException {
    String accounts = Integer.toString(scale * ACCOUNTS_PER_BRANCH);
    String role = "SET ROLE " + ServerPair.ROLE;
    server.execute(
        ServerPair.DATABASE,
        role,
        "CREATE TABLE bench_branches (bid int PRIMARY KEY, bbalance int NOT NULL, filler text)"
            + " WITH (fillfactor = 50)",
        "CREATE TABLE bench_tellers (tid int PRIMARY KEY, bid int NOT NULL, tbalance int NOT NULL,"
            + " filler text) WITH (fillfactor = 50)",
        "CREATE TABLE bench_accounts (aid int PRIMARY KEY, bid int NOT NULL,"
            + " abalance int NOT NULL, filler text) WITH (fillfactor = 90)",
        "CREATE TABLE bench_history (tid int NOT NULL, bid int NOT NULL, aid int NOT NULL,"
            + " delta int NOT NULL, mtime timestamptz NOT NULL, filler text)",
        "CREATE TABLE bench_notes (id bigserial PRIMARY KEY, aid int NOT NULL, note text NOT NULL,"
            + " made timestamptz NOT NULL DEFAULT now())",
        "INSERT INTO bench_branches SELECT i, 0, NULL FROM generate_series(1, " + scale + ") i",
        "INSERT INTO bench_tellers SELECT i, (i - 1) / 10 + 1, 0, NULL FROM generate_series(1, "
            + scale * TELLERS_PER_BRANCH
            + ") i",
        "INSERT INTO bench_accounts SELECT i, (i - 1) / 100000 + 1, 0, repeat('x', 60)"
            + " FROM generate_series(1, "
            + accounts
            + ") i",
        "RESET ROLE",
        "VACUUM ANALYZE",
        "CHECKPOINT");
  }

  String name() {
    return name;
  }

  ServerPair pair() {
    return pair;
  }

  boolean isTandem() {
    return tandem;
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  /** What its clients connect to. */
  String url() {
    return tandem
        ? pair.tandemUrl() + "&max_links_per_backend=" + CONNECTIONS_WITH_TANDEMS_OWN
        : pair.servers().get(0).url(ServerPair.DATABASE, ServerPair.ROLE);
  }

  /** Server processes of this arm. */
  List<Long> pids() {
    return pair.servers().stream().flatMap(server -> server.pids().stream()).toList();
  }

  TandemStatus status() throws SQLException {
    return TandemStatus.read(statusConnection());
  }

  private Connection statusConnection() throws SQLException {
    Connection open = status;
    if (open == null || open.isClosed()) {
      open = connect();
      status = open;
    }
    return open;
  }

  /** How far the furthest replica is behind, in entries; 0 without Tandem. */
  long lag() throws SQLException {
    if (!tandem) {
      return 0;
    }
    long lag = 0;
    for (TandemStatus.Backend backend : status().backends()) {
      lag =
          Math.max(
              lag,
              backend
                  .lagEntries()
                  .orElseThrow(() -> new SQLException("the lag is unknown: " + backend)));
    }
    return lag;
  }

  /** Waits until every backend is in service and holds everything. */
  void drain() throws SQLException {
    if (tandem) {
      TandemStatus.awaitEverything(statusConnection(), DRAIN_LIMIT);
    }
  }

  @Override
  public void close() {
    Connection open = status;
    status = null;
    try {
      if (open != null) {
        open.close();
      }
    } catch (SQLException e) {
      System.err.println("closing arm " + name + ": " + e.getMessage());
    } finally {
      pair.close();
    }
  }
}
