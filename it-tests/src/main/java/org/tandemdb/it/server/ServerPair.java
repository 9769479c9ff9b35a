package org.tandemdb.it.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Servers with an empty database {@code shop} each, a role that has what Tandem needs and no more,
 * and a directory for Tandem's log. Closing it ends the servers and removes all files. Thread-safe.
 */
public final class ServerPair implements AutoCloseable {
  /** The database on every server. */
  public static final String DATABASE = "shop";

  /** Owner of the database, and Tandem's role. */
  public static final String ROLE = "shop";

  /** A role for Tandem that is not the clients', and its password; see {@link #createKeeper}. */
  public static final String KEEPER = "keeper";

  private final Path directory;
  private final List<PostgresServer> servers;
  private final Thread hook;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ServerPair(Path directory, List<PostgresServer> servers, Thread hook) {
    this.directory = directory;
    this.hook = hook;
    this.servers = List.copyOf(servers);
  }

  /**
   * Starts {@code count} servers named a, b, ...
   *
   * @param settings server settings that differ from {@link PostgresServer}'s
   */
  public static ServerPair start(int count, Map<String, String> settings)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("tandem-");
    // Before anything is started: a signal may come at any time.
    Thread hook = new Thread(() -> endNow(directory), "end-servers");
    Runtime.getRuntime().addShutdownHook(hook);
    PostgresBinaries.unpacked(); // once, not by all of them at the same time
    List<CompletableFuture<PostgresServer>> starting = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = Character.toString('a' + i);
      starting.add(CompletableFuture.supplyAsync(() -> startOne(name, directory, settings)));
    }
    List<PostgresServer> servers = new ArrayList<>();
    IOException failure = null;
    for (CompletableFuture<PostgresServer> one : starting) {
      try {
        servers.add(one.join());
      } catch (CompletionException e) {
        failure = new IOException("a server did not start", e.getCause());
      }
    }
    ServerPair pair = new ServerPair(directory, servers, hook);
    if (failure != null) {
      pair.close();
      throw failure;
    }
    return pair;
  }

  private static void endNow(Path directory) {
    PostgresServer.endAll();
    try {
      Directories.delete(directory);
    } catch (IOException e) {
      System.err.println("cannot remove " + directory + ": " + e.getMessage());
    }
  }

  private static PostgresServer startOne(
      String name, Path directory, Map<String, String> settings) {
    try {
      PostgresServer server = PostgresServer.create(name, directory.resolve(name), settings);
      server.start();
      server.execute(
          "postgres",
          "CREATE ROLE " + ROLE + " LOGIN",
          "GRANT pg_signal_backend, pg_read_all_stats TO " + ROLE,
          "GRANT SET ON PARAMETER session_replication_role TO " + ROLE,
          "CREATE DATABASE " + DATABASE + " OWNER " + ROLE);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw new UncheckedIOException(new IOException("cannot set up server " + name, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  /** Makes {@link #KEEPER} on all servers, with what Tandem needs and no more. */
  public void createKeeper() throws SQLException {
    for (PostgresServer server : servers) {
      server.execute(
          "postgres",
          "CREATE ROLE " + KEEPER + " LOGIN PASSWORD '" + KEEPER + "'",
          "GRANT pg_signal_backend, pg_read_all_stats, " + ROLE + " TO " + KEEPER,
          "GRANT SET ON PARAMETER session_replication_role TO " + KEEPER);
    }
  }

  public List<PostgresServer> servers() {
    return servers;
  }

  /**
   * The server that is Tandem's backend of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public PostgresServer server(String name) {
    return servers.stream()
        .filter(server -> server.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no server is named " + name));
  }

  /** The servers that do not run. */
  public List<PostgresServer> down() {
    return servers.stream().filter(server -> !server.isRunning()).toList();
  }

  public Path directory() {
    return directory;
  }

  /** The one URL that stands for all the servers. */
  public String tandemUrl() {
    return tandemUrl(DATABASE, directory.resolve("log"));
  }

  /** The same for another database that is on all of them, with a log of its own. */
  public String tandemUrl(String database, Path log) {
    List<String> urls = servers.stream().map(server -> server.url(database, ROLE)).toList();
    List<String> names = servers.stream().map(PostgresServer::name).toList();
    return "jdbc:tandem:["
        + String.join(",", urls)
        + "]?log="
        + log
        + "&names="
        + String.join(",", names);
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    servers.forEach(PostgresServer::close);
    try {
      Directories.delete(directory);
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (IllegalStateException shuttingDown) {
      return; // the hook runs already
    }
  }
}
