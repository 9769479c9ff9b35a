package org.tandemdb.it.pgjdbc;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/** Classes of the suite, run directly and through Tandem on servers of their own, and compared. */
final class SuiteComparison {
  private static final String DATABASE = SuiteProcess.DATABASE;
  private static final String USER = SuiteProcess.USER;
  private static final Duration EVERYTHING_LIMIT = Duration.ofMinutes(2);

  private static final Map<String, String> SETTINGS =
      Map.of("fsync", "off", "wal_level", "logical", "max_connections", "400");

  private final SuiteProcess process;
  private final Path classes;
  private final String pattern;
  private final PrintStream out;

  /**
   * @param process runs it
   * @param classes the compiled suite
   * @param pattern of the names of classes that are run
   * @param out gets a line for each run, and one for the copies
   */
  SuiteComparison(SuiteProcess process, Path classes, String pattern, PrintStream out) {
    this.process = process;
    this.classes = classes;
    this.pattern = pattern;
    this.out = out;
  }

  /** Matches classes by their simple names. */
  static String named(List<String> names) {
    return pattern("", "(?:" + String.join("|", names) + ")");
  }

  /** Matches all classes but these. Those that only collect others would run tests twice. */
  static String allBut(List<String> names) {
    String not = names.isEmpty() ? "" : "(?!.*\\.(?:" + String.join("|", names) + ")(?:\\$.*)?$)";
    return pattern(not, "[^.]*Tests?");
  }

  private static String pattern(String not, String names) {
    return "^" + not + "org\\.postgresql\\.(?:.*\\.)?" + names + "(?:\\$.*)?$";
  }

  /**
   * @return whether the run came to its end; tests may have failed
   */
  boolean directly() throws IOException, InterruptedException, SQLException {
    try (ServerPair one = ServerPair.start(1, SETTINGS)) {
      PostgresServer server = one.servers().get(0);
      setUp(server);
      return inProcess("direct", server.port(), List.of());
    }
  }

  /**
   * @return whether the run came to its end, and both copies are equal after it
   */
  boolean throughDriver() throws IOException, InterruptedException, SQLException {
    try (ServerPair pair = pair()) {
      String url =
          pair.tandemUrl(DATABASE, pair.directory().resolve("log")) + "&max_links_per_backend=150";
      boolean good = inProcess("tandem", Bridge.PORT, List.of(url));
      boolean equal =
          areEqual(
              CopyCheck.differences(
                  pair.servers().get(0).url(DATABASE), pair.servers().get(1).url(DATABASE)));
      return good && equal;
    }
  }

  /**
   * @return whether the run came to its end, and both copies are equal after it
   */
  boolean throughProxy() throws IOException, InterruptedException, SQLException {
    try (ServerPair pair = pair();
        SuiteProxy front = SuiteProxy.start(pair, DATABASE, ServerPair.ROLE)) {
      boolean good = inProcess("proxy", front.port(), List.of());
      boolean equal = areEqual(front.differences(pair, USER, EVERYTHING_LIMIT));
      return good && equal;
    }
  }

  /**
   * @param mode {@code tandem} or {@code proxy}: its last run, beside the last direct one
   */
  Verdict verdict(String mode, Differences differences) throws IOException {
    Map<String, Outcome> directly = Outcome.read(process.outcomes("direct"));
    Pattern classesRun = Pattern.compile(pattern);
    directly.keySet().removeIf(name -> !classesRun.matcher(className(name)).matches());
    return Verdict.of(directly, Outcome.read(process.outcomes(mode)), differences);
  }

  private static String className(String test) {
    return test.substring(0, test.indexOf('#'));
  }

  private boolean areEqual(List<String> differing) {
    out.println(differing.isEmpty() ? "Both copies are equal." : "THE COPIES DIFFER:");
    differing.forEach(line -> out.println("  " + line));
    return differing.isEmpty();
  }

  private static ServerPair pair() throws IOException, InterruptedException, SQLException {
    ServerPair pair = ServerPair.start(2, SETTINGS);
    for (PostgresServer server : pair.servers()) {
      setUp(server);
    }
    return pair;
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

  private boolean inProcess(String mode, int port, List<String> url)
      throws IOException, InterruptedException {
    return process.run(mode, classes, pattern, port, url);
  }
}
