package org.tandemdb.it.pgjdbc;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the suite in a process of its own, and ends that when nothing happens in it any more. */
final class SuiteProcess {
  /** What the suite is told. */
  static final String DATABASE = "test";

  static final String USER = "test";

  private static final Duration POLL = Duration.ofMillis(200);

  private final Path work;
  private final List<Path> classPath;
  private final int timeoutSeconds;
  private final PrintStream out;

  /**
   * @param work for outcomes, stack traces and output
   * @param classPath what the suite needs beside this process's own
   * @param timeoutSeconds for a test
   * @param out gets a line for each run
   */
  SuiteProcess(Path work, List<Path> classPath, int timeoutSeconds, PrintStream out) {
    this.work = work;
    this.classPath = List.copyOf(classPath);
    this.timeoutSeconds = timeoutSeconds;
    this.out = out;
  }

  /** Where the outcomes of a run are. */
  Path outcomes(String mode) {
    return work.resolve(mode + ".tsv");
  }

  /**
   * @param mode names what the run leaves
   * @param classes the compiled suite
   * @param pattern of the names of classes that are run
   * @param url Tandem's, where its driver is to be used
   * @return whether the run came to its end; tests may have failed
   */
  boolean run(String mode, Path classes, String pattern, int port, List<String> url)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    Path file = outcomes(mode);
    Files.deleteIfExists(file);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1500m",
            "-XX:+UseSerialGC", // compiling well costs such a short run more than it brings
            "-XX:TieredStopAtLevel=1",
            "-ea:org.postgresql...",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED"));
    properties(port, classes).forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-cp", suiteClassPath(classes), SuiteRun.class.getName()));
    command.addAll(
        List.of(
            classes.toString(),
            file.toString(),
            pattern,
            Integer.toString(timeoutSeconds),
            Integer.toString(port)));
    command.addAll(url);
    Process process =
        new ProcessBuilder(command)
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(work.resolve(mode + ".out").toFile())
            .start();
    boolean ended = awaitEnd(process, mode, file);
    int tests = Files.exists(file) ? Outcome.read(file).size() : 0;
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started);
    boolean good = ended && process.exitValue() == 0;
    out.printf("%s: %d tests in %d s%s%n", mode, tests, seconds, good ? "" : ", AND NO GOOD END");
    return good;
  }

  private static Map<String, String> properties(int port, Path classes) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("build.properties.relative.path", classes.resolveSibling("sources").toString());
    properties.put("server", "localhost");
    properties.put("port", Integer.toString(port));
    properties.put("database", DATABASE);
    properties.put("username", USER);
    properties.put("test.url.PGHOST", "localhost");
    properties.put("test.url.PGPORT", Integer.toString(port));
    properties.put("test.url.PGDBNAME", DATABASE);
    properties.put("user", USER);
    properties.put("password", USER);
    properties.put("privilegedUser", "postgres");
    properties.put("privilegedPassword", "");
    properties.put("preparethreshold", "5");
    return properties;
  }

  private String suiteClassPath(Path classes) {
    List<String> entries = new ArrayList<>();
    entries.add(classes.toString());
    String ours = System.getProperty("surefire.test.class.path"); // in a test of the build's
    entries.add(ours != null ? ours : System.getProperty("java.class.path", ""));
    classPath.stream()
        .map(Path::toString)
        .filter(path -> path.endsWith(".jar"))
        .forEach(entries::add);
    return String.join(File.pathSeparator, entries);
  }

  /** False if it had to be killed, because no test ended for long. */
  private boolean awaitEnd(Process process, String mode, Path file)
      throws IOException, InterruptedException {
    Duration patience = Duration.ofSeconds(4L * timeoutSeconds + 60);
    long lastChange = System.nanoTime();
    long size = 0;
    try {
      while (!process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        long now = Files.exists(file) ? Files.size(file) : 0;
        if (now != size) {
          size = now;
          lastChange = System.nanoTime();
        } else if (System.nanoTime() - lastChange > patience.toNanos()) {
          Path threads = work.resolve(mode + ".threads");
          dump(process, threads);
          out.println("no test ended for " + patience + "; its threads are in " + threads);
          return false;
        }
      }
      return true;
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static void dump(Process process, Path to) throws IOException, InterruptedException {
    new ProcessBuilder(
            Path.of(System.getProperty("java.home", ""), "bin", "jcmd").toString(),
            Long.toString(process.pid()),
            "Thread.print")
        .redirectErrorStream(true)
        .redirectOutput(to.toFile())
        .start()
        .waitFor(10, TimeUnit.SECONDS);
  }
}
