package org.tandemdb.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Random statements from fixed seeds, for {@code -Dtandem.fuzz.seconds} (120), and every case that
 * was kept because it failed once. Failing seeds are written to {@code target/fuzz}.
 */
class FuzzIT {
  private static final Duration LIMIT =
      Duration.ofSeconds(Long.getLong("tandem.fuzz.seconds", 120));
  private static final long FIRST_SEED = Long.getLong("tandem.fuzz.seed", 1);
  private static final int FEWEST_CASES = 3;
  private static Arena arena;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    arena = Arena.start();
  }

  @AfterAll
  static void end() {
    arena.close();
  }

  private static Campaign campaign() {
    return new Campaign(arena, System.out, Path.of("target", "fuzz"), Duration.ofSeconds(60));
  }

  /** Longer than other tests may take, by design. */
  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void copiesStayEqualWhateverIsWritten() throws Exception {
    Campaign campaign = campaign();
    long started = System.nanoTime();
    for (long seed = FIRST_SEED;
        campaign.cases() < FEWEST_CASES || System.nanoTime() - started < LIMIT.toNanos();
        seed++) {
      campaign.run(CaseMaker.make(seed));
      assertThat(campaign.failures()).as("seed " + seed).isEmpty();
    }
    campaign.tally().print(System.out);
    // A fuzzer whose statements all fail finds nothing.
    assertThat(campaign.tally().count(Outcome.DONE)).isGreaterThan(campaign.cases() * 20L);
    for (String kind : List.of("insert", "update-key", "update-range", "delete-key", "select")) {
      assertThat(campaign.tally().count(kind, Outcome.DONE)).as(kind).isPositive();
    }
  }

  @TestFactory
  Stream<DynamicTest> keptCasesAreGood() throws Exception {
    Path directory = Path.of(Objects.requireNonNull(FuzzIT.class.getResource("/fuzz")).toURI());
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList().stream()
          .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> kept(file)));
    }
  }

  private static void kept(Path file) throws SQLException, IOException, InterruptedException {
    CaseFile kept = CaseFile.read(Files.readString(file));
    if (kept.disabled().isPresent()) {
      System.out.println("not run: " + file.getFileName() + ": " + kept.disabled().get());
      return;
    }
    Run.Verdict verdict = Run.of(kept.content(), arena, new Tally());
    assertThat(verdict.problems())
        .as("%s%n%s", kept.content().name(), String.join("\n", verdict.history()))
        .isEmpty();
  }

  /** What the copies are asked for at the end notices a difference of any kind. */
  @TestFactory
  Stream<DynamicTest> aDifferenceIsSeen() {
    return Stream.of(
            "INSERT INTO t VALUES (9)",
            "DELETE FROM t WHERE id = 1",
            "UPDATE t SET v = 'y' WHERE id = 2",
            "ALTER TABLE t ALTER COLUMN v SET DEFAULT 'z'",
            "ALTER TABLE t ALTER COLUMN v SET NOT NULL",
            "ALTER TABLE t ADD CHECK (id > 0)",
            "CREATE INDEX ON t (v)",
            "CREATE TABLE u (id int)",
            "CREATE OR REPLACE VIEW w AS SELECT 2 AS one",
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW"
                + " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "ALTER SEQUENCE s INCREMENT BY 2",
            "GRANT SELECT ON t TO PUBLIC",
            "GRANT EXECUTE ON FUNCTION f() TO shop",
            "COMMENT ON TABLE t IS 'x'",
            "CREATE TYPE e AS ENUM ('a')",
            "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE t OWNER TO postgres",
            "INSERT INTO ticket (thread) VALUES (1), (2)")
        .map(sql -> DynamicTest.dynamicTest(sql, () -> seen(sql)));
  }

  private static void seen(String sql) throws SQLException {
    List<String> schema =
        List.of(
            Schema.TICKET,
            "CREATE TABLE t (id int PRIMARY KEY, v text)",
            "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
            "CREATE VIEW w AS SELECT 1 AS one",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE SEQUENCE s");
    Case empty =
        new Case("empty", Case.Mode.CONCURRENT, false, schema, List.of(), List.of(List.of()));
    try (Arena.Place place = arena.place(empty);
        var tandem = place.connect();
        var a = place.direct(0);
        var b = place.direct(1);
        var statement = b.createStatement()) {
      assertThat(tandem.isValid(5)).isTrue();
      assertThat(place.schema()).doesNotContain(false);
      assertThat(Copies.problems(a, b)).isEmpty();
      statement.execute(sql);
      assertThat(Copies.problems(a, b)).isNotEmpty();
    }
  }
}
