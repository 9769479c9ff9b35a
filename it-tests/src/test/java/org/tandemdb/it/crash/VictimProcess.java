package org.tandemdb.it.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.tandemdb.it.server.Signals;

/** A {@link Victim} as its parent sees it. Closing it kills it. */
final class VictimProcess implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int LINES_KEPT = 60;

  private final Process process;
  private final Thread reader;
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<String> denied = ConcurrentHashMap.newKeySet();
  private final Map<String, String> asked = new ConcurrentHashMap<>();
  private final List<String> others = new ArrayList<>();
  private volatile boolean ready;
  private volatile boolean paused;

  private VictimProcess(Process process) {
    this.process = process;
    this.reader = new Thread(this::read, "victim-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  static VictimProcess start(String url, int clients, String trap, String run) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            Victim.class.getName(),
            url,
            Integer.toString(clients),
            trap,
            run);
    String classPath = System.getProperty("surefire.test.class.path");
    builder
        .environment()
        .put("CLASSPATH", classPath != null ? classPath : System.getProperty("java.class.path"));
    return new VictimProcess(builder.redirectErrorStream(true).start());
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("ACK ")) {
          acknowledged.add(line.substring(4));
        } else if (line.startsWith("NO ")) {
          denied.add(line.substring(3));
        } else if (line.startsWith("ASK ")) {
          int space = line.indexOf(' ', 4);
          asked.put(line.substring(4, space), line.substring(space + 1));
        } else if (line.equals("READY")) {
          ready = true;
        } else if (line.equals("PAUSED")) {
          paused = true;
        } else {
          note(line);
        }
      }
    } catch (IOException e) {
      note("its output could not be read: " + e);
    }
  }

  private void note(String line) {
    synchronized (others) {
      if (others.size() < LINES_KEPT) {
        others.add(line);
      }
    }
  }

  /** Whatever else it said. */
  List<String> others() {
    synchronized (others) {
      return List.copyOf(others);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  Set<String> acknowledged() {
    return Set.copyOf(acknowledged);
  }

  /** What was about to be committed, with the token by which its outcome is asked for. */
  Map<String, String> asked() {
    return Map.copyOf(asked);
  }

  /** Answered with an error that promises a rollback. */
  Set<String> denied() {
    return Set.copyOf(denied);
  }

  void awaitReady() throws InterruptedException {
    await("ready", () -> ready);
  }

  void awaitAcknowledged(int more) throws InterruptedException {
    int enough = acknowledged.size() + more;
    await(enough + " acknowledged", () -> acknowledged.size() >= enough);
  }

  /** Stops its clients; the engine goes on. */
  void pause() throws IOException, InterruptedException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    await("paused", () -> paused);
  }

  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError(
            "victim is not " + what + (isAlive() ? "" : ", it ended: ") + others());
      }
      TimeUnit.MILLISECONDS.timedJoin(reader, 5);
    }
  }

  /** Waits until it has ended; gives its exit status. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("victim does not end: " + others());
    }
    reader.join(LIMIT.toMillis());
    return process.exitValue();
  }

  void kill9() throws InterruptedException {
    process.destroyForcibly();
    awaitEnd();
  }

  void signal(String name) throws InterruptedException {
    Signals.send(process.pid(), name);
  }

  @Override
  public void close() throws InterruptedException {
    kill9();
  }
}
