package org.tandemdb.it.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server on a data directory and a port that stay its own: it can be killed like by a
 * power cut and started again on what is left. Commits are flushed (fsync is on) unless a setting
 * says otherwise. The superuser is {@code postgres}, without a password, from this machine only.
 *
 * <p>Thread-safe; starting and stopping exclude each other.
 */
public final class PostgresServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
  private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();
  private static final long END_POLL_NANOS = Duration.ofMillis(2).toNanos();

  /** All processes of this JVM's servers, initdb's too, so that none outlives it. */
  private static final Set<Process> LAUNCHED = ConcurrentHashMap.newKeySet();

  private static volatile boolean ending;

  private final String name;
  private final PostgresBinaries binaries;
  private final Path directory;
  private final int port;
  private final Map<String, String> settings;
  private volatile @Nullable Process postmaster;

  private PostgresServer(
      String name,
      PostgresBinaries binaries,
      Path directory,
      int port,
      Map<String, String> settings) {
    this.name = name;
    this.binaries = binaries;
    this.directory = directory;
    this.port = port;
    this.settings = settings;
  }

  /**
   * Makes a data directory and chooses a port. The server is not running yet.
   *
   * @param directory its own; made if it is not there
   * @param settings server settings that differ from this class's
   */
  public static PostgresServer create(String name, Path directory, Map<String, String> settings)
      throws IOException, InterruptedException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("listen_addresses", "127.0.0.1");
    all.put("unix_socket_directories", "");
    all.put("max_connections", "200");
    all.put("shared_buffers", "128MB");
    all.put("max_prepared_transactions", "20");
    all.put("logging_collector", "off");
    all.putAll(settings);
    Files.createDirectories(directory);
    PostgresServer server =
        new PostgresServer(name, PostgresBinaries.unpacked(), directory, Ports.next(), all);
    DataTemplates.of(name).copyTo(server);
    return server;
  }

  /** Makes an empty cluster of databases, which has a system identifier of its own. */
  void initialise() throws IOException, InterruptedException {
    List<String> arguments =
        List.of(
            "--pgdata=" + data(),
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            // The files of an empty cluster need not survive a power cut.
            "--no-sync");
    Process initdb = launch("initdb", arguments);
    if (!initdb.waitFor(START_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      initdb.destroyForcibly();
      throw new IOException("initdb of " + name + " did not end in time");
    }
    if (initdb.exitValue() != 0) {
      throw new IOException("initdb of " + name + " failed:\n" + logTail(20));
    }
  }

  /** Becomes a copy of {@code origin}, file by file, as a base backup is one. Neither may run. */
  public void copyFrom(PostgresServer origin) throws IOException, InterruptedException {
    copy(origin.data(), data());
  }

  /**
   * Becomes a standby of {@code origin}, which streams from it as {@code name}. Neither may run.
   */
  public void standBy(PostgresServer origin) throws IOException, InterruptedException {
    copyFrom(origin);
    Files.createFile(data().resolve("standby.signal"));
    settings.put(
        "primary_conninfo",
        "host=127.0.0.1 port=" + origin.port() + " user=postgres application_name=" + name);
  }

  static void copy(Path from, Path to) throws IOException, InterruptedException {
    for (List<String> command :
        List.of(List.of("rm", "-rf", to.toString()), List.of("cp", "-a", "" + from, "" + to))) {
      Process process = new ProcessBuilder(command).inheritIO().start();
      if (!process.waitFor(START_LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("failed: " + command);
      }
    }
  }

  /** Starts it and waits until it answers queries. Does nothing if it is running. */
  public synchronized void start() throws IOException, InterruptedException {
    if (isRunning()) {
      return;
    }
    List<String> arguments = new ArrayList<>(List.of("-D", data().toString(), "-p", "" + port));
    settings.forEach((key, value) -> arguments.addAll(List.of("-c", key + "=" + value)));
    postmaster = launch("postgres", arguments);
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers()) {
      if (!isRunning()) {
        throw new IOException("server " + name + " did not start:\n" + logTail(20));
      }
      if (System.nanoTime() > deadline) {
        kill9();
        throw new IOException("server " + name + " did not answer in time:\n" + logTail(20));
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private Process launch(String program, List<String> arguments) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(binaries.command(program, arguments));
    builder.environment().keySet().removeIf(key -> key.startsWith("PG"));
    Process process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    LAUNCHED.removeIf(one -> !one.isAlive());
    LAUNCHED.add(process);
    if (ending) {
      endWithChildren(process);
      throw new IOException("this process is ending");
    }
    return process;
  }

  /** When the JVM ends: kills what runs, and whatever is launched from now on. */
  static void endAll() {
    ending = true;
    LAUNCHED.forEach(PostgresServer::endWithChildren);
  }

  private static void endWithChildren(Process process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(process, children);
  }

  private boolean answers() {
    try (Connection connection = DriverManager.getConnection(url("postgres") + "&loginTimeout=5");
        Statement statement = connection.createStatement()) {
      return statement.execute("SELECT 1");
    } catch (SQLException notYet) {
      return false;
    }
  }

  /**
   * Ends the postmaster and all its children at once with SIGKILL, and returns when they are gone.
   * The postmaster is stopped first, so that it can neither have a child that was not seen nor
   * notice the end of one.
   *
   * @return when the last SIGKILL was sent, {@link System#nanoTime}; now if it does not run
   */
  public synchronized long kill9() throws InterruptedException {
    Process process = postmaster;
    if (process == null) {
      return System.nanoTime();
    }
    Signals.send(process.pid(), "STOP");
    List<ProcessHandle> children = process.descendants().toList();
    children.forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    long killed = System.nanoTime();
    awaitEnd(process, children);
    postmaster = null;
    return killed;
  }

  /** Ends it in order: clients are disconnected, a checkpoint is made. */
  public synchronized void stop() throws InterruptedException {
    Process process = postmaster;
    if (process == null) {
      return;
    }
    List<ProcessHandle> children = process.descendants().toList();
    Signals.send(process.pid(), "INT");
    if (!process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      kill9();
      return;
    }
    children.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(process, children);
    postmaster = null;
  }

  /** Kills it if it runs, and starts it on what it has written. */
  public synchronized void restart() throws IOException, InterruptedException {
    kill9();
    start();
  }

  /** The postmaster and its children have been told to end; returns when they have. */
  private static void awaitEnd(Process postmaster, List<ProcessHandle> children) {
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    try {
      if (!postmaster.waitFor(STOP_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IllegalStateException("process " + postmaster.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // they have been sent SIGKILL; the caller goes on
      return;
    }
    for (ProcessHandle child : children) {
      while (!hasEnded(child)) {
        if (Thread.currentThread().isInterrupted()) {
          return;
        }
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("process " + child.pid() + " does not end");
        }
        LockSupport.parkNanos(END_POLL_NANOS);
      }
    }
  }

  /**
   * True for a zombie too: it holds no file, port or memory any more. With its parent gone it is
   * left to the first process of the machine, which may take seconds to notice.
   */
  static boolean hasEnded(ProcessHandle process) {
    if (!process.isAlive()) {
      return true;
    }
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      // The state follows the name, which stands in parentheses and may hold some itself.
      return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false; // no /proc here, or gone meanwhile: it is asked again
    }
  }

  /** Stops the postmaster and its children, as if the machine had frozen. */
  public synchronized void pause() throws InterruptedException {
    Process process = postmaster;
    if (process == null) {
      return;
    }
    // First, so that it has no child that is not seen.
    Signals.send(process.pid(), "STOP");
    for (long pid : pids()) {
      Signals.send(pid, "STOP");
    }
  }

  /** Lets all of them go on. */
  public synchronized void resume() throws InterruptedException {
    for (long pid : pids()) {
      Signals.send(pid, "CONT");
    }
  }

  /** True while the postmaster lives. */
  public boolean isRunning() {
    Process process = postmaster;
    return process != null && process.isAlive();
  }

  /** The postmaster and its children that are alive now. */
  public List<Long> pids() {
    Process process = postmaster;
    if (process == null) {
      return List.of();
    }
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  public String name() {
    return name;
  }

  public int port() {
    return port;
  }

  /** A plain JDBC URL for the superuser. */
  public String url(String database) {
    return url(database, "postgres");
  }

  /** A plain JDBC URL; the role needs no password. */
  public String url(String database, String role) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + role;
  }

  /** Runs statements as the superuser, each in its own transaction. */
  public void execute(String database, String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url(database));
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  Path data() {
    return directory.resolve("data");
  }

  private Path logFile() {
    return directory.resolve("server.log");
  }

  /** The last lines of the server's own log, for error texts. */
  public String logTail(int lines) {
    try {
      List<String> all =
          new String(Files.readAllBytes(logFile()), StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  /** Ends it at once and removes its directory. */
  @Override
  public void close() {
    try {
      kill9();
      Directories.delete(directory);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new IllegalStateException("cannot remove " + directory, e);
    }
  }
}
