package org.tandemdb.it.bench;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServeCommand;
import org.tandemdb.it.server.ServerPair;

/**
 * {@code ./tandem bench proxy}: what a proxy's process takes in memory for many clients that do
 * nothing, and for one that reads a large result slowly. The proxy is {@code tandem serve} in a JVM
 * of its own; servers and clients are here.
 */
final class ProxyMemory {
  private static final String USAGE =
      """
      Usage: ./tandem bench proxy [--idle N] [--read MiB] [--rate MiB] [--heap MiB]

        --idle   connections that do nothing (10000); the limit of open files must allow for them
        --read   size of a result (1024)
        --rate   of it, in a second, is read by its client (1)
        --heap   of the proxy's JVM (512)
      """;

  private static final int ROW_BYTES = 1000;
  private static final long MIB = 1 << 20;

  private final Map<String, Integer> options;
  private final PrintStream out;
  private long peakKib;

  private ProxyMemory(Map<String, Integer> options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /** True if it came to its end. */
  static boolean run(List<String> arguments) throws Exception {
    Map<String, Integer> options =
        new HashMap<>(Map.of("--idle", 10_000, "--read", 1024, "--rate", 1, "--heap", 512));
    for (int i = 0; i + 1 < arguments.size(); i += 2) {
      if (options.put(arguments.get(i), Integer.valueOf(arguments.get(i + 1))) == null) {
        System.err.print(USAGE);
        return false;
      }
    }
    if (arguments.size() % 2 != 0) {
      System.err.print(USAGE);
      return false;
    }
    new ProxyMemory(options, new PrintStream(System.out, true, StandardCharsets.UTF_8)).measure();
    return true;
  }

  private int option(String name) {
    return options.getOrDefault(name, 0);
  }

  private void measure() throws Exception {
    try (ServerPair pair = ServerPair.start(2, Map.of("fsync", "off"))) {
      pair.createKeeper();
      Process proxy = serve(pair);
      try {
        int port = port(proxy);
        out.printf("proxy alone                 %5d MiB%n", residentKib(proxy) >> 10);
        if (option("--idle") > 0) {
          idle(proxy, port);
        }
        if (option("--read") > 0) {
          read(proxy, port);
        }
      } finally {
        proxy.destroy();
        if (!proxy.waitFor(40, TimeUnit.SECONDS)) {
          proxy.destroyForcibly();
        }
      }
    }
  }

  private Process serve(ServerPair pair) throws IOException {
    StringBuilder yaml =
        new StringBuilder(
            "listen: 127.0.0.1:0\nclients: { auth: trust }\ndatabases:\n  shop:\n"
                + "    log: ./proxy-log\n    backends:\n");
    for (PostgresServer server : pair.servers()) {
      String url = server.url(ServerPair.DATABASE);
      yaml.append("      - { name: ").append(server.name()).append(", url: \"");
      yaml.append(url, 0, url.indexOf('?'));
      yaml.append("\", user: ").append(ServerPair.KEEPER).append(" }\n");
    }
    Path file = Files.writeString(pair.directory().resolve("cluster.yaml"), yaml);
    File log = pair.directory().resolve("proxy.log").toFile();
    return new ProcessBuilder(ServeCommand.of(file, option("--heap"))).redirectError(log).start();
  }

  private static int port(Process proxy) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(proxy.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("tandem: clients are accepted at ")) {
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
      }
    }
    throw new IOException("the proxy has ended");
  }

  /** What the kernel says that the process has in memory. */
  private long residentKib(Process process) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        long kib = Long.parseLong(line.replaceAll("[^0-9]", ""));
        peakKib = Math.max(peakKib, kib);
        return kib;
      }
    }
    throw new IOException("no VmRSS");
  }

  private static Socket connected(int port, int receiveBytes) throws IOException {
    Socket socket = new Socket();
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 30_000);
    socket.setSoTimeout(60_000);
    byte[] parameters = "user\0shop\0database\0shop\0\0".getBytes(StandardCharsets.UTF_8);
    DataOutputStream request = new DataOutputStream(socket.getOutputStream());
    request.writeInt(8 + parameters.length);
    request.writeInt(3 << 16);
    request.write(parameters);
    request.flush();
    DataInputStream answers = new DataInputStream(socket.getInputStream());
    for (byte type = answers.readByte(); type != 'Z'; type = answers.readByte()) {
      answers.readFully(new byte[answers.readInt() - Integer.BYTES]);
    }
    answers.readFully(new byte[5]);
    return socket;
  }

  private void idle(Process proxy, int port) throws Exception {
    List<Socket> sockets = new ArrayList<>();
    long started = System.nanoTime();
    try {
      for (int i = 0; i < option("--idle"); i++) {
        sockets.add(connected(port, 0));
      }
      out.printf(
          "%5d idle connections      %5d MiB, in %d s%n",
          sockets.size(),
          residentKib(proxy) >> 10,
          TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started));
      try (Connection busy =
              DriverManager.getConnection(
                  "jdbc:postgresql://127.0.0.1:" + port + "/shop?user=shop");
          Statement statement = busy.createStatement()) {
        statement.execute("SELECT 1");
        long begun = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
          statement.execute("SELECT 1");
        }
        out.printf(
            "  SELECT 1 meanwhile        %5d us%n",
            TimeUnit.NANOSECONDS.toMicros((System.nanoTime() - begun) / 1000));
      }
      out.printf("  afterwards                %5d MiB%n", residentKib(proxy) >> 10);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private void read(Process proxy, int port) throws Exception {
    long bytes = option("--read") * MIB;
    long bytesPerSecond = option("--rate") * MIB;
    peakKib = 0;
    long before = residentKib(proxy);
    try (Socket socket = connected(port, 64 << 10)) {
      byte[] query =
          ("SELECT repeat('x', "
                  + ROW_BYTES
                  + ") FROM generate_series(1, "
                  + bytes / ROW_BYTES
                  + ")\0")
              .getBytes(StandardCharsets.UTF_8);
      DataOutputStream request = new DataOutputStream(socket.getOutputStream());
      request.writeByte('Q');
      request.writeInt(Integer.BYTES + query.length);
      request.write(query);
      request.flush();
      InputStream answer = socket.getInputStream();
      byte[] part = new byte[32 << 10];
      long started = System.nanoTime();
      long sampled = started;
      long read = 0;
      while (read < bytes) {
        int count = answer.read(part);
        if (count < 0) {
          throw new IOException("the result has ended after " + read + " bytes");
        }
        read += count;
        long due = started + read * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
        if (due - System.nanoTime() > 0) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        if (System.nanoTime() - sampled > TimeUnit.MILLISECONDS.toNanos(200)) {
          sampled = System.nanoTime();
          residentKib(proxy);
        }
      }
      out.printf(
          "%d MiB read at %d MiB/s: %d MiB before, at most %d MiB, in %d s%n",
          option("--read"),
          option("--rate"),
          before >> 10,
          peakKib >> 10,
          TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started));
    }
  }
}
