package org.tandemdb.it.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./tandem bench large}: a result of a million rows that is read with a fetch size, in turns
 * through a direct connection and through Tandem. The servers are this JVM's; the readers, and
 * Tandem's engine, are in {@link LargeReadPhase}, in a JVM whose heap could not hold the rows.
 */
final class LargeRead {
  private static final String USAGE =
      """
      Usage: ./tandem bench large [--pairs N] [--heap MiB]

        --pairs  rounds, each with a read of all rows on each arm (10)
        --heap   of the JVM that reads (64)
      """;

  private static final int SCALE = 10;
  private static final int MINUTES = 30;

  private LargeRead() {}

  /** True if all rows were read in the heap that was given. */
  static boolean run(List<String> arguments)
      throws IOException, InterruptedException, SQLException {
    Map<String, Integer> given = new HashMap<>();
    for (int i = 0; i + 1 < arguments.size(); i += 2) {
      given.put(arguments.get(i), Integer.valueOf(arguments.get(i + 1)));
    }
    int pairs = Optional.ofNullable(given.remove("--pairs")).orElse(10);
    int heap = Optional.ofNullable(given.remove("--heap")).orElse(64);
    if (!given.isEmpty() || arguments.size() % 2 != 0) {
      System.err.print(USAGE);
      return false;
    }
    try (Arm direct = Arm.direct("direct", SCALE, "on");
        Arm tandem = Arm.tandem("Tandem, 2 backends", SCALE, 2)) {
      return read(direct.url(), tandem.url(), pairs, heap);
    }
  }

  private static boolean read(String direct, String tandem, int pairs, int heapMib)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMib + "m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                LargeReadPhase.class.getName(),
                direct,
                tandem,
                Integer.toString(pairs))
            .inheritIO()
            .start();
    Thread hook = new Thread(child::destroyForcibly, "end-phase");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      if (!child.waitFor(MINUTES, TimeUnit.MINUTES)) {
        System.out.println("FAILED: not done within " + MINUTES + " minutes");
        return false;
      }
    } finally {
      child.destroyForcibly();
      Runtime.getRuntime().removeShutdownHook(hook);
    }
    int exit = child.exitValue();
    if (exit != 0) {
      System.out.println("FAILED" + (exit == 3 ? ": out of memory" : " with exit code " + exit));
    }
    return exit == 0;
  }
}
