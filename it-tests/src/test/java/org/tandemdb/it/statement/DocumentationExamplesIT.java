package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tandemdb.it.fuzz.Catalogs;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/**
 * What PostgreSQL's reference pages give as examples, command by command, through the driver: each
 * statement runs, or is refused as it is written above it, and in the end both copies are equal. A
 * file is a page, and has a schema of its own; statements are separated by empty lines. In front of
 * one may stand {@code -- refused: reason} (SQLState 0A000, a part of the reason, or {@code *}) or
 * {@code -- error 42704} (of the server).
 */
class DocumentationExamplesIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Path FILES = Path.of("src/test/resources/documentation");

  private static final List<String> ROLES =
      List.of("joe", "bob", "karl", "john", "manuel", "admin", "admins", "webuser", "managers");

  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException, SQLException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "ALTER ROLE " + ServerPair.ROLE + " SUPERUSER");
    }
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  /** A statement, and what is to become of it; empty: it runs. */
  private record Example(String sql, String expected) {}

  private static List<Example> examples(Path file) throws IOException {
    List<Example> examples = new ArrayList<>();
    for (String block : Files.readString(file).strip().split("\n\\s*\n", -1)) {
      String sql = block.strip();
      String expected = "";
      if (sql.startsWith("-- ")) {
        int end = sql.indexOf('\n');
        expected = sql.substring(3, end).strip();
        sql = sql.substring(end + 1).strip();
      }
      examples.add(new Example(sql, expected));
    }
    return examples;
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> files = Files.list(FILES)) {
      return files.filter(file -> file.toString().endsWith(".sql")).sorted().toList();
    }
  }

  @ParameterizedTest(name = "half {0} of the pages")
  @ValueSource(ints = {1, 2})
  void examplesOfTheManualRunOrAreRefusedAsWrittenAndLeaveEqualCopies(int half) throws Exception {
    List<Path> all = pages();
    List<Path> pages =
        half == 1 ? all.subList(0, all.size() / 2) : all.subList(all.size() / 2, all.size());
    Map<String, Integer> refused = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    int run = 0;
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      for (String role : half == 1 ? ROLES : List.<String>of()) {
        statement.execute("CREATE ROLE " + role);
      }
      for (Path page : pages) {
        String schema =
            "doc_" + page.getFileName().toString().replace(".sql", "").replace('-', '_');
        statement.execute("CREATE SCHEMA " + schema);
        statement.execute("SET search_path = " + schema);
        for (Example example : examples(page)) {
          String became = became(statement, example.sql());
          run += became.isEmpty() ? 1 : 0;
          if (became.startsWith("0A000 ")) {
            refused.merge(became.substring(6).split("\n", -1)[0], 1, Integer::sum);
          }
          if (!isAsExpected(example.expected(), became)) {
            wrong.add(page.getFileName() + ": " + example.sql() + "\n      " + became);
          }
        }
        // What an example left open, or failed.
        statement.execute("ROLLBACK");
        statement.execute("RESET SESSION AUTHORIZATION");
        statement.execute("RESET ROLE");
        // Temporary tables would stand in the way of another page's blocks.
        statement.execute("DISCARD TEMP");
      }
      statement.execute("SET search_path = public");
      report(pages.size(), run, refused);
      assertThat(wrong).isEmpty();
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    try (Connection a = open("a");
        Connection b = open("b")) {
      Comparison rows = Comparison.of(a, b);
      assertThat(rows.findings()).isEmpty();
      assertThat(rows.rows()).isGreaterThan(half == 1 ? 20 : 200);
      assertThat(Catalogs.differences(a, b)).isEmpty();
      assertThat(strings(a, "SELECT 1 FROM pg_class")).hasSizeGreaterThan(half == 1 ? 450 : 600);
    }
  }

  /** † A password is salted once, and is in no file of Tandem's. */
  @Test
  void aPasswordIsTheSameSecretOnEveryCopyAndNotInTheLog() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE keeper LOGIN PASSWORD 'Schlüssel-4711'");
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    String secret = "SELECT rolpassword FROM pg_authid WHERE rolname = 'keeper'";
    try (Connection a = open("a");
        Connection b = open("b")) {
      assertThat(strings(a, secret)).isEqualTo(strings(b, secret));
      assertThat(strings(a, secret).get(0)).startsWith("SCRAM-SHA-256$4096:");
    }
    try (Stream<Path> files = Files.walk(pair.directory().resolve("log"))) {
      List<Path> log = files.filter(Files::isRegularFile).toList();
      assertThat(log).isNotEmpty();
      for (Path file : log) {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        assertThat(text).doesNotContain("4711");
      }
    }
  }

  /** Empty if it ran, else the state and the message. */
  private static String became(Statement statement, String sql) {
    try {
      if (statement.execute(sql)) {
        try (ResultSet rows = statement.getResultSet()) {
          while (rows.next()) {
            rows.getString(1);
          }
        }
      }
      return "";
    } catch (SQLException e) {
      return e.getSQLState() + " " + e.getMessage();
    }
  }

  private static boolean isAsExpected(String expected, String became) {
    if (expected.startsWith("refused:")) {
      String reason = expected.substring(8).strip();
      return became.startsWith("0A000 ") && (reason.equals("*") || became.contains(reason));
    }
    return expected.startsWith("error ")
        ? became.startsWith(expected.substring(6) + " ")
        : became.isEmpty();
  }

  private static void report(int pages, int run, Map<String, Integer> refused) {
    StringBuilder out = new StringBuilder();
    int all = refused.values().stream().mapToInt(Integer::intValue).sum();
    out.append("Examples of ").append(pages).append(" pages: ").append(run);
    out.append(" statements run, ").append(all).append(" refused:\n");
    refused.forEach((why, n) -> out.append(String.format("  %3d  %s%n", n, why)));
    System.out.print(out);
  }

  private static Connection open(String name) throws SQLException {
    return DriverManager.getConnection(pair.server(name).url(ServerPair.DATABASE));
  }

  private static List<String> strings(Connection connection, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }
}
