package org.tandemdb.it.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tandemdb.proxy.cli.TandemCommand;

/** {@code tandem serve} in a process of its own, which can be killed. Thread-safe. */
final class ProxyProcess implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int LINES_KEPT = 60;
  private static final String READY = "tandem: clients are accepted at ";

  private final Process process;
  private final Thread reader;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final ArrayDeque<String> lines = new ArrayDeque<>();

  private ProxyProcess(Process process) {
    this.process = process;
    this.reader = new Thread(this::read, "proxy-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts it, and waits until it takes clients. */
  static ProxyProcess start(Path config) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            TandemCommand.class.getName(),
            "serve",
            "--config",
            config.toString());
    String classPath = System.getProperty("surefire.test.class.path");
    builder
        .environment()
        .put("CLASSPATH", classPath != null ? classPath : System.getProperty("java.class.path"));
    ProxyProcess started = new ProxyProcess(builder.redirectErrorStream(true).start());
    if (!started.ready.await(LIMIT.toSeconds(), TimeUnit.SECONDS) || !started.process.isAlive()) {
      started.kill9();
      throw new AssertionError("the proxy does not start: " + started.said());
    }
    return started;
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        note(line);
        if (line.startsWith(READY)) {
          ready.countDown();
        }
      }
    } catch (IOException e) {
      note("its output could not be read: " + e);
    }
    ready.countDown(); // or never will be
  }

  private void note(String line) {
    synchronized (lines) {
      lines.add(line);
      if (lines.size() > LINES_KEPT) {
        lines.remove();
      }
    }
  }

  /** The last lines of its output. */
  List<String> said() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  void kill9() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the proxy does not end: " + said());
    }
    reader.join(LIMIT.toMillis());
  }

  @Override
  public void close() throws InterruptedException {
    kill9();
  }
}
