package org.tandemdb.it.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** PostgreSQL's own benchmark program, where it is installed. */
final class PgBench {
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
  private static final Pattern RATE = Pattern.compile("(?m)^tps = ([0-9.]+)");
  private static final Pattern FAILED =
      Pattern.compile("(?m)^number of failed transactions: ([0-9]+)");
  private static final int GRACE_SECONDS = 60;

  private final Path program;

  private PgBench(Path program) {
    this.program = program;
  }

  /** What it said. */
  record Result(double perSecond, long failed) {}

  /** The newest one on this machine. */
  static Optional<PgBench> installed() throws IOException {
    return Programs.find("pgbench").or(PgBench::debians).map(PgBench::new);
  }

  private static Optional<Path> debians() {
    if (!Files.isDirectory(DEBIAN)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(DEBIAN)) {
      return versions
          .map(version -> version.resolve("bin/pgbench"))
          .filter(Files::isExecutable)
          .max(Comparator.comparing(Path::toString));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Makes and fills the tables. */
  void initialise(Peer.Address server, int scale) throws IOException, InterruptedException {
    run(server, List.of("-i", "-q", "-s", Integer.toString(scale)), 10 * GRACE_SECONDS);
  }

  /** One run; throws if a client was aborted. */
  Result measure(Peer.Address server, List<String> load, int clients, int seconds)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("-n", "-c", Integer.toString(clients)));
    arguments.addAll(List.of("-j", clients > 1 ? "2" : "1", "-T", Integer.toString(seconds)));
    arguments.addAll(load);
    String said = run(server, arguments, seconds + GRACE_SECONDS);
    Matcher rate = RATE.matcher(said);
    Matcher failed = FAILED.matcher(said);
    if (!rate.find()) {
      throw new IOException("pgbench did not say how fast it was:\n" + said);
    }
    return new Result(
        Double.parseDouble(rate.group(1)), failed.find() ? Long.parseLong(failed.group(1)) : 0);
  }

  private String run(Peer.Address server, List<String> arguments, int limitSeconds)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(
        List.of("-h", "127.0.0.1", "-p", Integer.toString(server.port()), "-U", server.user()));
    command.addAll(arguments);
    command.add(server.database());
    Path log = Files.createTempFile("pgbench", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
      if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("pgbench did not end: " + command);
      }
      String said = Files.readString(log, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException("failed: " + command + "\n" + said);
      }
      return said;
    } finally {
      Files.delete(log);
    }
  }
}
