package org.tandemdb.it.pgjdbc;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/** {@code ./tandem pgjdbc-tests}. */
public final class PgjdbcTests {
  private static final String USAGE =
      """
      Usage: ./tandem pgjdbc-tests [--direct | --tandem] [--timeout S]
                                [--only CLASS[,CLASS...] | --except CLASS[,CLASS...]]

      Runs the test suite of PostgreSQL's own JDBC driver on servers of its own, first directly,
      then through Tandem with two backends, and compares: what fails through Tandem only must be
      on the list of documented differences (it-tests/pgjdbc/differences.txt), and both copies must
      be equal afterwards. The suite's sources are fetched through Maven.

        --direct     only directly
        --tandem     only through Tandem; compares with the last direct run
        --only       only these classes, by their simple names
        --except     all but these
        --timeout S  seconds for a test, after which it has failed (60)

      Everything that is kept (outcomes, stack traces, output) is in it-tests/target/pgjdbc.
      """;

  private static final String DATABASE = "test";
  private static final String USER = "test";
  private static final Duration POLL = Duration.ofSeconds(1);

  private static final Map<String, String> SETTINGS =
      Map.of("fsync", "off", "wal_level", "logical", "max_connections", "400");

  private boolean direct = true;
  private boolean tandem = true;
  private String only = "";
  private String except = "";
  private int timeoutSeconds = 60;
  private final Path root;
  private final Path work;
  private final List<Path> classPath = new ArrayList<>();
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private PgjdbcTests(Path root) {
    this.root = root;
    this.work = root.resolve("it-tests/target/pgjdbc");
  }

  /**
   * @param args the project's directory, a file with the suite's class path, and the options
   */
  public static void main(String[] args) throws Exception {
    PgjdbcTests tests = new PgjdbcTests(Path.of(args[0]));
    List<String> options = Arrays.asList(args).subList(2, args.length);
    if (!tests.read(options)) {
      boolean asked = options.contains("--help") || options.contains("-h");
      (asked ? System.out : System.err).print(USAGE);
      System.exit(asked ? 0 : 2);
    }
    for (String entry : Files.readString(Path.of(args[1])).strip().split(File.pathSeparator, -1)) {
      tests.classPath.add(Path.of(entry));
    }
    System.exit(tests.run() ? 0 : 1);
  }

  private boolean read(List<String> options) {
    for (int i = 0; i < options.size(); i++) {
      String option = options.get(i);
      boolean more = i + 1 < options.size();
      if (option.equals("--direct")) {
        tandem = false;
      } else if (option.equals("--tandem")) {
        direct = false;
      } else if (option.equals("--only") && more) {
        only = options.get(++i);
      } else if (option.equals("--except") && more) {
        except = options.get(++i);
      } else if (option.equals("--timeout") && more) {
        timeoutSeconds = Integer.parseInt(options.get(++i));
      } else {
        return false;
      }
    }
    return direct || tandem;
  }

  private boolean run() throws Exception {
    Differences differences = Differences.read(root.resolve("it-tests/pgjdbc/differences.txt"));
    Files.createDirectories(work);
    Path classes = SuiteSources.compiled(work, classPath);
    boolean good = true;
    if (direct) {
      good = directly(classes);
    }
    if (tandem) {
      good &= throughTandem(classes);
      Map<String, Outcome> directly = Outcome.read(outcomes("direct"));
      Pattern classesRun = Pattern.compile(pattern());
      directly.keySet().removeIf(name -> !classesRun.matcher(className(name)).matches());
      Verdict verdict = Verdict.of(directly, Outcome.read(outcomes("tandem")), differences);
      verdict.print(out, differences);
      good &= verdict.isGood();
    }
    out.println(good ? "OK" : "FAILED");
    return good;
  }

  private static String className(String test) {
    return test.substring(0, test.indexOf('#'));
  }

  private Path outcomes(String mode) {
    return work.resolve(mode + ".tsv");
  }

  /** Matches names of classes. Those that only collect others would run tests twice. */
  private String pattern() {
    String names = only.isEmpty() ? "[^.]*Tests?" : "(?:" + only.replace(',', '|') + ")";
    String not = except.isEmpty() ? "" : "(?!.*\\.(?:" + except.replace(',', '|') + ")(?:\\$.*)?$)";
    return "^" + not + "org\\.postgresql\\.(?:.*\\.)?" + names + "(?:\\$.*)?$";
  }

  private boolean directly(Path classes) throws Exception {
    try (ServerPair one = ServerPair.start(1, SETTINGS)) {
      PostgresServer server = one.servers().get(0);
      setUp(server);
      return inProcess("direct", classes, server.port(), List.of());
    }
  }

  private boolean throughTandem(Path classes) throws Exception {
    try (ServerPair pair = ServerPair.start(2, SETTINGS)) {
      for (PostgresServer server : pair.servers()) {
        setUp(server);
      }
      String url =
          pair.tandemUrl(DATABASE, pair.directory().resolve("log")) + "&max_links_per_backend=150";
      boolean good = inProcess("tandem", classes, Bridge.PORT, List.of(url));
      List<String> differing =
          CopyCheck.differences(
              pair.servers().get(0).url(DATABASE), pair.servers().get(1).url(DATABASE));
      out.println(differing.isEmpty() ? "Both copies are equal." : "THE COPIES DIFFER:");
      differing.forEach(line -> out.println("  " + line));
      return good && differing.isEmpty();
    }
  }

  /** As the suite's own instructions say; Tandem's role becomes a superuser. */
  private static void setUp(PostgresServer server) throws SQLException {
    server.execute(
        "postgres",
        "ALTER ROLE " + ServerPair.ROLE + " SUPERUSER",
        "CREATE ROLE " + USER + " LOGIN REPLICATION PASSWORD '" + USER + "'",
        "CREATE DATABASE " + DATABASE + " OWNER " + USER);
    server.execute(
        DATABASE, "CREATE EXTENSION hstore", "CREATE EXTENSION lo", "CREATE EXTENSION citext");
  }

  private boolean inProcess(String mode, Path classes, int port, List<String> url)
      throws IOException, InterruptedException {
    long started = System.nanoTime();
    Path file = outcomes(mode);
    Files.deleteIfExists(file);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1500m",
            "-ea:org.postgresql...",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED"));
    properties(port, classes).forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-cp", suiteClassPath(classes), SuiteRun.class.getName()));
    command.addAll(
        List.of(
            classes.toString(),
            file.toString(),
            pattern(),
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
    entries.add(System.getProperty("java.class.path", ""));
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
