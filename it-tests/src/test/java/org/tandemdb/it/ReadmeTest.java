package org.tandemdb.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.plan.SessionView;
import org.tandemdb.plan.SqlPlanner;

/** What the README says is what happens. */
class ReadmeTest {
  private static final Map<String, String> FAST = Map.of("fsync", "off");

  @TempDir Path directory;

  private static String block(String kind) throws IOException {
    String readme = Files.readString(Path.of("..", "README.md"));
    Matcher matcher = Pattern.compile("```" + kind + "\n(.*?)```", Pattern.DOTALL).matcher(readme);
    assertThat(matcher.find()).as("the README has a block of kind " + kind).isTrue();
    return matcher.group(1);
  }

  private static List<String> statements(String kind) throws IOException {
    return block(kind).lines().map(line -> line.replaceAll(";$", "")).toList();
  }

  @Test
  void printedProgramRunsAsPrinted() throws Exception {
    Path source = directory.resolve("Hello.java");
    Files.writeString(source, block("java"));
    Path output = directory.resolve("output");
    try (ServerPair pair = ServerPair.start(2, FAST)) {
      Process hello =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  source.toString(),
                  pair.tandemUrl())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        assertThat(hello.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      } finally {
        hello.destroyForcibly();
      }
      assertThat(Files.readString(output)).containsPattern("(?m)^1 2\\d\\d\\d-");
      assertThat(hello.exitValue()).isZero();
      // The program may end before the replica has its row: the log holds it, and the next start
      // applies it.
      try (Connection tandem = DriverManager.getConnection(pair.tandemUrl())) {
        TandemStatus.awaitEverything(tandem, Duration.ofSeconds(30));
        assertOneRow(pair);
      }
    }
  }

  private static void assertOneRow(ServerPair pair) throws SQLException {
    for (PostgresServer server : pair.servers()) {
      try (Connection connection = DriverManager.getConnection(server.url("shop"));
          var statement = connection.createStatement();
          var rows = statement.executeQuery("SELECT count(*) FROM hello")) {
        rows.next();
        assertThat(rows.getInt(1)).as(server.name()).isEqualTo(1);
      }
    }
  }

  @Test
  void listsOfSupportedAndRefusedStatementsAreTrue() throws Exception {
    try (ServerPair pair = ServerPair.start(1, FAST)) {
      PostgresServer server = pair.servers().get(0);
      server.execute("shop", statements("sql tables").toArray(new String[0]));
      Catalog catalog;
      try (Connection connection = DriverManager.getConnection(server.url("shop"))) {
        catalog = PgCatalogLoader.load(connection, 0);
      }
      assertThat(statements("sql supported"))
          .hasSizeGreaterThan(10)
          .allSatisfy(
              sql -> assertThat(plan(sql, catalog)).as(sql).isNotInstanceOf(Plan.Refused.class));
      assertThat(statements("sql refused"))
          .hasSizeGreaterThan(10)
          .allSatisfy(
              sql -> assertThat(plan(sql, catalog)).as(sql).isInstanceOf(Plan.Refused.class));
    }
  }

  private static Plan plan(String sql, Catalog catalog) {
    SessionView session =
        new SessionView(List.of("pg_catalog", "public"), false, false, false, Set.of());
    return new SqlPlanner(16)
        .plan(new Request(sql, Request.Markers.QUESTION, List.of()), catalog, session);
  }

  @Test
  void privilegesPrintedAreEnough() throws Exception {
    try (ServerPair pair = ServerPair.start(1, FAST)) {
      PostgresServer server = pair.servers().get(0);
      server.execute(
          "postgres",
          statements("sql role").stream()
              .map(sql -> sql.replace("DATABASE shop", "DATABASE other"))
              .toArray(String[]::new));
      String url =
          "jdbc:tandem:[" + server.url("other", "app") + "]?log=" + directory.resolve("log");
      try (Connection connection = DriverManager.getConnection(url);
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE t (id serial PRIMARY KEY)");
        assertThat(statement.executeUpdate("INSERT INTO t DEFAULT VALUES")).isEqualTo(1);
      }
    }
  }
}
