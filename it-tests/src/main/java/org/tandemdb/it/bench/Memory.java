package org.tandemdb.it.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/**
 * {@code ./tandem bench memory}: what the engine does in a small heap when the log is long and a
 * transaction large. The servers are this JVM's; the engine and its clients run in {@link
 * MemoryPhase}, in JVMs of their own whose heap is bounded.
 *
 * <p>A child asks for a server to be stopped or started by a line {@code @stop b}, and sees by
 * itself when that has happened.
 */
final class Memory {
  private static final String USAGE =
      """
      Usage: ./tandem bench memory [--heap MiB] [--log MiB] [--limit MiB]

        --heap   of the JVM with the engine and its clients (256)
        --log    size that the log grows to while a replica is away (1024)
        --limit  max_transaction_bytes for the large transactions (256, the default)
      """;

  private final int heapMib;
  private final int logMib;
  private final int limitMib;
  private final PrintStream out;

  private Memory(int heapMib, int logMib, int limitMib, PrintStream out) {
    this.heapMib = heapMib;
    this.logMib = logMib;
    this.limitMib = limitMib;
    this.out = out;
  }

  /** True if every phase came to its end in the heap it was given. */
  static boolean run(List<String> arguments) throws Exception {
    Map<String, Integer> given = new java.util.HashMap<>();
    for (int i = 0; i + 1 < arguments.size(); i += 2) {
      given.put(arguments.get(i), Integer.valueOf(arguments.get(i + 1)));
    }
    int heap = Optional.ofNullable(given.remove("--heap")).orElse(256);
    int log = Optional.ofNullable(given.remove("--log")).orElse(1024);
    int limit = Optional.ofNullable(given.remove("--limit")).orElse(256);
    if (!given.isEmpty() || arguments.size() % 2 != 0) {
      System.err.print(USAGE);
      return false;
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    return new Memory(heap, log, limit, out).measure();
  }

  private boolean measure() throws IOException, InterruptedException, java.sql.SQLException {
    try (ServerPair pair = ServerPair.start(2, Map.of("max_wal_size", "4GB"))) {
      for (PostgresServer server : pair.servers()) {
        MemoryPhase.createTables(server);
      }
      out.printf("Heap of each phase: %d MiB.%n", heapMib);
      return phase(pair, MemoryPhase.FILL, logMib)
          && phase(pair, MemoryPhase.CATCH_UP, logMib)
          && phase(pair, MemoryPhase.LARGE, limitMib);
    }
  }

  private boolean phase(ServerPair pair, String name, int mib)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heapMib + "m");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(MemoryPhase.class.getName());
    command.addAll(List.of(name, Integer.toString(mib), pair.tandemUrl()));
    command.add(pair.directory().resolve("log").toString());
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Thread hook = new Thread(child::destroyForcibly, "end-phase");
    Runtime.getRuntime().addShutdownHook(hook);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("@")) {
          obey(pair, line.substring(1).split(" ", 2));
        } else {
          out.println(line);
        }
      }
      child.waitFor(1, TimeUnit.MINUTES);
    } finally {
      child.destroyForcibly();
      Runtime.getRuntime().removeShutdownHook(hook);
    }
    int exit = child.waitFor();
    if (exit != 0) {
      out.println(name + ": FAILED" + (exit == 3 ? ": out of memory" : " with exit code " + exit));
    }
    return exit == 0;
  }

  private static void obey(ServerPair pair, String[] words)
      throws IOException, InterruptedException {
    switch (words[0]) {
      case "stop" -> pair.server(words[1]).stop();
      case "start" -> pair.server(words[1]).start();
      default -> throw new IOException("unknown command " + words[0]);
    }
  }
}
