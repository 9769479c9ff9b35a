package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.postgres.TestDatabase;
import org.tandemdb.sql.PgLexer;
import org.tandemdb.sql.SqlSyntaxException;
import org.tandemdb.sql.StatementParser;

/**
 * A corpus of statements: PostgreSQL's reference pages, command by command, and what widely used
 * clients send. Each line says which verdict the design wants ({@code CAPTURED | sql}) and, where
 * today's is more conservative, which one that is ({@code TRACED REFUSED | sql}): that counts as
 * falling to the conservative verdict. A better one than is written there is no error.
 */
class CorpusTest {
  private static final List<String> FILES =
      List.of(
          "select",
          "write",
          "session",
          "ddl-create",
          "ddl-alter",
          "client-hibernate",
          "client-jooq",
          "client-tools");

  private static final int LEAST_STATEMENTS = 1500;

  /** In percent: somewhat less than when this was written. */
  private static final int LEAST_UNDERSTOOD = 98;

  private static final Set<String> WRITES =
      Set.of("VERBATIM", "CAPTURED", "TRACED", "EXCLUSIVE", "TASK");

  /** Verdicts that send a statement somewhere without logging anything. */
  private static final Set<String> UNLOGGED = Set.of("READ", "PRIMARY_READ", "LOCAL");

  private static final Set<String> OF_ROWS =
      Set.of("select", "values", "table", "with", "insert", "update", "delete", "merge");

  private static TestDatabase server;
  private static Catalog catalog;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = TestDatabase.on(0);
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(ShopDatabase.resource("corpus/schema.sql"));
      catalog = PgCatalogLoader.load(connection, 0);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  /**
   * @param now today's verdict where it is more conservative
   */
  private record Line(String wanted, Optional<String> now, String sql, Request.Markers markers) {}

  private static List<Line> lines(String file) {
    List<Line> lines = new ArrayList<>();
    for (String text : ShopDatabase.resource("corpus/" + file + ".txt").lines().toList()) {
      if (text.isBlank() || text.startsWith("#")) {
        continue;
      }
      int bar = text.indexOf('|');
      String[] verdicts = text.substring(0, bar).strip().split(" ", 2);
      String sql = text.substring(bar + 1).strip();
      boolean jdbc = file.startsWith("client") && !sql.contains("$1");
      lines.add(
          new Line(
              verdicts[0],
              verdicts.length == 1 ? Optional.empty() : Optional.of(verdicts[1]),
              sql,
              jdbc ? Request.Markers.QUESTION : Request.Markers.DOLLAR));
    }
    return lines;
  }

  private static String verdict(SqlPlanner planner, Line line) {
    SessionView session = new SessionView(List.of("public"), false, false, false, Set.of());
    return Described.form(
        planner.plan(new Request(line.sql(), line.markers(), List.of()), catalog, session));
  }

  /** † Sections 4 and 9.4: nothing is misjudged, and what is not understood falls closed. */
  @Test
  void noStatementIsMisjudged() {
    SqlPlanner planner = new SqlPlanner(2000);
    List<String> wrong = new ArrayList<>();
    Set<String> texts = new HashSet<>();
    StringBuilder report = new StringBuilder();
    int all = 0;
    int allConservative = 0;
    for (String file : FILES) {
      int conservative = 0;
      List<Line> lines = lines(file);
      for (Line line : lines) {
        texts.add(line.sql());
        String verdict = verdict(planner, line);
        if (isMisjudged(line.wanted(), verdict)) {
          wrong.add("MISJUDGED as " + verdict + ": " + line);
        } else if (!verdict.equals(line.wanted())) {
          conservative++;
          if (!line.now().equals(Optional.of(verdict))) {
            wrong.add(verdict + " instead of " + line);
          }
        }
      }
      all += lines.size();
      allConservative += conservative;
      report.append(share(file, lines.size() - conservative, lines.size()));
    }
    System.out.print(
        "Planned as designed (the rest falls to a more conservative verdict):\n"
            + report
            + share("all", all - allConservative, all));
    assertThat(wrong).isEmpty();
    assertThat(texts).hasSize(all).hasSizeGreaterThanOrEqualTo(LEAST_STATEMENTS);
  }

  /** A write that is not logged, or one logged as text although only the primary knows it. */
  private static boolean isMisjudged(String wanted, String verdict) {
    return (WRITES.contains(wanted) && UNLOGGED.contains(verdict))
        || (wanted.equals("REFUSED") && !Set.of("REFUSED", "TRACED").contains(verdict))
        || (wanted.equals("PRIMARY_READ") && verdict.equals("READ"))
        || (verdict.equals("VERBATIM") && !wanted.equals("VERBATIM"))
        || (verdict.equals("CAPTURED") && Set.of("TRACED", "EXCLUSIVE", "TASK").contains(wanted));
  }

  @Test
  void mostStatementsOfRowsAreUnderstood() {
    int all = 0;
    int understood = 0;
    for (String file : FILES) {
      for (Line line : lines(file)) {
        String first = line.sql().split("[^A-Za-z]", 2)[0].toLowerCase(Locale.ROOT);
        boolean counts =
            OF_ROWS.contains(first)
                && !line.wanted().equals("REFUSED")
                && !line.wanted().equals("STEPS");
        if (counts) {
          all++;
          understood += isUnderstood(line) ? 1 : 0;
        }
      }
    }
    System.out.print("Understood by the parser:\n" + share("queries and writes", understood, all));
    assertThat(understood * 100).isGreaterThanOrEqualTo(all * LEAST_UNDERSTOOD);
  }

  /** Run with {@code -Dtest.jvm.args=-Dtandem.docs.write} to write the page anew. */
  @Test
  void theManualSaysWhatThePlannerSays() throws IOException {
    Path page = Path.of("../docs/statements.md");
    SqlPlanner planner = new SqlPlanner(100);
    List<String> said = new ArrayList<>();
    int rows = 0;
    for (String text : Files.readAllLines(page)) {
      if (text.startsWith("| `")) {
        rows++;
        said.add(row(planner, text.substring(3, text.indexOf("` |"))));
      } else {
        said.add(text);
      }
    }
    if (System.getProperty("tandem.docs.write") != null) {
      Files.write(page, said);
    }
    assertThat(Files.readAllLines(page)).isEqualTo(said);
    assertThat(rows).isGreaterThan(50);
  }

  private static String row(SqlPlanner planner, String sql) {
    SessionView session = new SessionView(List.of("public"), false, false, false, Set.of());
    Plan plan = planner.plan(new Request(sql, Request.Markers.DOLLAR, List.of()), catalog, session);
    String remedy = plan instanceof Plan.Refused refused ? ". " + refused.remedy() : "";
    return "| `" + sql + "` | " + Described.form(plan) + " | " + plan.reason() + remedy + " |";
  }

  private static boolean isUnderstood(Line line) {
    try {
      StatementParser.parse(
          PgLexer.lex(line.sql(), line.markers() == Request.Markers.QUESTION).from(0));
      return true;
    } catch (SqlSyntaxException e) {
      return false;
    }
  }

  private static String share(String what, int some, int all) {
    return String.format(
        Locale.ROOT, "  %-20s %4d of %4d, %5.1f %%%n", what, some, all, some * 100.0 / all);
  }
}
