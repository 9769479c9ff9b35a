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
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/** {@code ./tandem pgjdbc-tests}. */
public final class PgjdbcTests {
  private static final String USAGE =
      """
      Usage: ./tandem pgjdbc-tests [--through driver|proxy] [--direct | --tandem] [--timeout S]
                                [--only CLASS[,CLASS...] | --except CLASS[,CLASS...]]

      Runs the test suite of PostgreSQL's own JDBC driver on servers of its own, first directly,
      then through Tandem with two backends, and compares: what fails through Tandem only must be
      on the list of documented differences, and both copies must be equal afterwards. The suite's
      sources are fetched through Maven.

        --through driver  Tandem's driver takes the place of PostgreSQL's (the default); the list is
                          it-tests/pgjdbc/differences.txt
        --through proxy   PostgreSQL's driver, with a proxy in front of the backends; the list is
                          it-tests/pgjdbc/proxy-differences.txt
        --direct          only directly
        --tandem          only through Tandem; compares with the last direct run
        --only            only these classes, by their simple names
        --except          all but these
        --timeout S       seconds for a test, after which it has failed (60)

      Everything that is kept (outcomes, stack traces, output) is in it-tests/target/pgjdbc.
      """;

  private static final List<String> THROUGH = List.of("driver", "proxy");
  private static final String DATABASE = SuiteProcess.DATABASE;
  private static final String USER = SuiteProcess.USER;
  private static final Duration EVERYTHING_LIMIT = Duration.ofMinutes(2);

  private static final Map<String, String> SETTINGS =
      Map.of("fsync", "off", "wal_level", "logical", "max_connections", "400");

  private boolean direct = true;
  private boolean tandem = true;
  private boolean proxy;
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
      } else if (option.equals("--through") && more && THROUGH.contains(options.get(i + 1))) {
        proxy = options.get(++i).equals("proxy");
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
    String list = proxy ? "proxy-differences.txt" : "differences.txt";
    Differences differences = Differences.read(root.resolve("it-tests/pgjdbc").resolve(list));
    Files.createDirectories(work);
    Path classes = SuiteSources.compiled(work, classPath);
    boolean good = true;
    if (direct) {
      good = directly(classes);
    }
    if (tandem) {
      good &= proxy ? throughProxy(classes) : throughDriver(classes);
      Map<String, Outcome> directly = Outcome.read(process().outcomes("direct"));
      Pattern classesRun = Pattern.compile(pattern());
      directly.keySet().removeIf(name -> !classesRun.matcher(className(name)).matches());
      Verdict verdict =
          Verdict.of(
              directly, Outcome.read(process().outcomes(proxy ? "proxy" : "tandem")), differences);
      verdict.print(out, differences);
      good &= verdict.isGood();
    }
    out.println(good ? "OK" : "FAILED");
    return good;
  }

  private static String className(String test) {
    return test.substring(0, test.indexOf('#'));
  }

  private SuiteProcess process() {
    return new SuiteProcess(work, classPath, timeoutSeconds, out);
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

  private boolean throughDriver(Path classes) throws Exception {
    try (ServerPair pair = ServerPair.start(2, SETTINGS)) {
      for (PostgresServer server : pair.servers()) {
        setUp(server);
      }
      String url =
          pair.tandemUrl(DATABASE, pair.directory().resolve("log")) + "&max_links_per_backend=150";
      boolean good = inProcess("tandem", classes, Bridge.PORT, List.of(url));
      boolean equal =
          areEqual(
              CopyCheck.differences(
                  pair.servers().get(0).url(DATABASE), pair.servers().get(1).url(DATABASE)));
      return good && equal;
    }
  }

  private boolean throughProxy(Path classes) throws Exception {
    try (ServerPair pair = ServerPair.start(2, SETTINGS)) {
      for (PostgresServer server : pair.servers()) {
        setUp(server);
      }
      try (SuiteProxy front = SuiteProxy.start(pair, DATABASE, ServerPair.ROLE)) {
        boolean good = inProcess("proxy", classes, front.port(), List.of());
        boolean equal = areEqual(front.differences(pair, USER, EVERYTHING_LIMIT));
        return good && equal;
      }
    }
  }

  private boolean areEqual(List<String> differing) {
    out.println(differing.isEmpty() ? "Both copies are equal." : "THE COPIES DIFFER:");
    differing.forEach(line -> out.println("  " + line));
    return differing.isEmpty();
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
    return process().run(mode, classes, pattern(), port, url);
  }
}
