package org.tandemdb.it.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tandemdb.it.server.Ports;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServeCommand;
import org.tandemdb.it.server.ServerPair;

/** Servers that hold pgbench's tables, and the program that stands before them, if any. */
final class Peer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();
  private static final int MOST_CLIENTS = 140;
  private static final int HEAP_MIB = 512;

  private final String name;
  private final ServerPair pair;
  private final @Nullable Process process;
  private final int port;

  /** What a client connects to. */
  record Address(int port, String database, String user) {}

  private Peer(String name, ServerPair pair, @Nullable Process process, int port) {
    this.name = name;
    this.pair = pair;
    this.process = process;
    this.port = port;
  }

  String name() {
    return name;
  }

  Address address() {
    return new Address(port, ServerPair.DATABASE, ServerPair.ROLE);
  }

  /** Of the program, then of the servers. */
  List<Long> middle() {
    Process running = process;
    return running == null
        ? List.of()
        : Stream.concat(Stream.of(running.toHandle()), running.descendants())
            .map(ProcessHandle::pid)
            .toList();
  }

  List<Long> servers() {
    return pair.servers().stream().flatMap(server -> server.pids().stream()).toList();
  }

  /** MiB that the program holds by itself: proportional shares, so that nothing counts twice. */
  long residentMib() throws IOException {
    long kib = 0;
    for (long pid : middle()) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
        if (line.startsWith("Pss:")) {
          kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    }
    return kib >> 10;
  }

  private static ServerPair servers(PgBench bench, int count, int scale)
      throws IOException, InterruptedException {
    return servers(bench, count, count, scale);
  }

  private static ServerPair servers(PgBench bench, int count, int filled, int scale)
      throws IOException, InterruptedException {
    ServerPair pair =
        ServerPair.start(count, Map.of("max_connections", Integer.toString(2 * MOST_CLIENTS)));
    for (PostgresServer server : pair.servers().subList(0, filled)) {
      bench.initialise(new Address(server.port(), ServerPair.DATABASE, ServerPair.ROLE), scale);
    }
    return pair;
  }

  static Peer direct(PgBench bench, int scale) throws IOException, InterruptedException {
    ServerPair pair = servers(bench, 1, scale);
    return new Peer("direct", pair, null, pair.servers().get(0).port());
  }

  /** COMMIT waits for the standby's disk. */
  static Peer standby(PgBench bench, int scale)
      throws IOException, InterruptedException, SQLException {
    ServerPair pair = servers(bench, 2, 1, scale);
    PostgresServer primary = pair.servers().get(0);
    PostgresServer standby = pair.servers().get(1);
    primary.stop();
    standby.stop();
    standby.standBy(primary);
    primary.start();
    standby.start();
    primary.execute(
        "postgres",
        "ALTER SYSTEM SET synchronous_standby_names = '" + standby.name() + "'",
        "SELECT pg_reload_conf()");
    return new Peer("synchronous standby", pair, null, primary.port());
  }

  /** Reads go to the first of the backends. */
  static Peer tandem(PgBench bench, int scale, int backends)
      throws IOException, InterruptedException, SQLException {
    ServerPair pair = servers(bench, backends, scale);
    pair.createKeeper();
    int port = Ports.next();
    StringBuilder yaml = new StringBuilder("listen: 127.0.0.1:" + port + "\n");
    yaml.append("clients: { auth: trust }\ndatabases:\n  shop:\n    log: ./proxy-log\n");
    yaml.append("    limits: { max_links_per_backend: ").append(MOST_CLIENTS).append(" }\n");
    yaml.append("    backends:\n");
    for (int i = 0; i < backends; i++) {
      PostgresServer server = pair.servers().get(i);
      String url = server.url(ServerPair.DATABASE);
      yaml.append("      - { name: ").append(server.name()).append(", url: \"");
      yaml.append(url, 0, url.indexOf('?')).append("\", user: ").append(ServerPair.KEEPER);
      yaml.append(", weight: ").append(i == 0 ? 1 : 0).append(" }\n");
    }
    Path file = Files.writeString(pair.directory().resolve("cluster.yaml"), yaml);
    List<String> command = ServeCommand.of(file, HEAP_MIB);
    String plural = backends == 1 ? " backend" : " backends";
    return before("Tandem, " + backends + plural, pair, command, port);
  }

  /**
   * One of the servers' own connections for each client's: its older versions know no prepared
   * statements otherwise.
   */
  static Peer pgbouncer(PgBench bench, int scale, Path program)
      throws IOException, InterruptedException {
    ServerPair pair = servers(bench, 1, scale);
    int port = Ports.next();
    Path file =
        Files.writeString(
            pair.directory().resolve("pgbouncer.ini"),
            String.join(
                "\n",
                "[databases]",
                "shop = host=127.0.0.1 port=" + pair.servers().get(0).port() + " user=shop",
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = " + port,
                "unix_socket_dir =",
                "auth_type = any",
                "pool_mode = session",
                "log_connections = 0",
                "log_disconnections = 0",
                "max_client_conn = " + 2 * MOST_CLIENTS,
                "default_pool_size = " + MOST_CLIENTS,
                ""));
    return before("PgBouncer", pair, unprivileged(program, file.toString()), port);
  }

  /** Its native replication, which sends a write to one server after the other. */
  static Peer pgpool(PgBench bench, int scale, Path program)
      throws IOException, InterruptedException {
    ServerPair pair = servers(bench, 2, scale);
    int port = Ports.next();
    Path place = Files.createDirectories(pair.directory().resolve("pgpool"));
    List<String> lines =
        new ArrayList<>(
            List.of(
                "backend_clustering_mode = 'native_replication'",
                "listen_addresses = '127.0.0.1'",
                "port = " + port,
                "pcp_listen_addresses = '127.0.0.1'",
                "pcp_port = " + Ports.next(),
                "unix_socket_directories = '" + place + "'",
                "socket_dir = '" + place + "'",
                "pcp_socket_dir = '" + place + "'",
                "wd_ipc_socket_dir = '" + place + "'",
                "pid_file_name = '" + place.resolve("pid") + "'",
                "logdir = '" + place + "'",
                "num_init_children = " + MOST_CLIENTS,
                "max_pool = 1",
                "enable_pool_hba = off",
                "sr_check_user = 'postgres'",
                "health_check_user = 'postgres'",
                "load_balance_mode = on"));
    for (int i = 0; i < 2; i++) {
      lines.add("backend_hostname" + i + " = '127.0.0.1'");
      lines.add("backend_port" + i + " = " + pair.servers().get(i).port());
      lines.add("backend_weight" + i + " = " + (1 - i));
      lines.add("backend_data_directory" + i + " = '" + place + "'");
    }
    Path file = Files.write(place.resolve("pgpool.conf"), lines);
    Path empty = Files.createFile(place.resolve("empty.conf"));
    List<String> command =
        unprivileged(
            program, "-n", "-f", file.toString(), "-F", empty.toString(), "-a", empty.toString());
    return before("pgpool, native replication, 2 servers", pair, command, port);
  }

  /** Those programs do not run as root. */
  private static List<String> unprivileged(Path program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(program.toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private static Peer before(String name, ServerPair pair, List<String> command, int port)
      throws IOException, InterruptedException {
    Path log = pair.directory().resolve("middle.log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .start();
    Peer peer = new Peer(name, pair, process, port);
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!isOpen(port)) {
      if (!process.isAlive() || System.nanoTime() - deadline >= 0) {
        String said = Files.readString(log);
        peer.close();
        throw new IOException(name + " did not start: " + command + "\n" + said);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return peer;
  }

  private static boolean isOpen(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  @Override
  public void close() {
    Process running = process;
    try {
      if (running != null) {
        List<ProcessHandle> children = running.descendants().toList();
        running.destroy();
        if (!running.waitFor(10, TimeUnit.SECONDS)) {
          running.destroyForcibly();
        }
        children.forEach(ProcessHandle::destroyForcibly);
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    } finally {
      pair.close();
    }
  }
}
