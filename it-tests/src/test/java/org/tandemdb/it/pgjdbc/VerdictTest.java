package org.tandemdb.it.pgjdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.pgjdbc.Outcome.Status;

final class VerdictTest {
  private static final Differences LIST =
      Differences.parse(
          """
          # a comment
          @vendor unwrap to the vendor's classes
          @time takes longer
          A#listed vendor
          ~A#slow time
          """);

  private final Map<String, Outcome> direct = new TreeMap<>();
  private final Map<String, Outcome> tandem = new TreeMap<>();

  private void both(String name, Status directly, Status throughTandem) {
    direct.put(name, new Outcome(name, directly, ""));
    tandem.put(name, new Outcome(name, throughTandem, "why"));
  }

  private Verdict verdict() {
    return Verdict.of(direct, tandem, LIST);
  }

  @Test
  void aFailureThatIsNotOnTheListIsNamed() {
    both("A#listed[2]", Status.PASSED, Status.FAILED);
    both("A#other", Status.PASSED, Status.FAILED);
    both("A#good", Status.PASSED, Status.PASSED);
    both("A#bad", Status.FAILED, Status.FAILED);
    assertThat(verdict().unexpected()).containsExactly("A#other");
    assertThat(verdict().isGood()).isFalse();
    assertThat(verdict().passedInBoth()).isEqualTo(1);
    assertThat(verdict().failedInBoth()).containsExactly("A#bad");
    assertThat(printed()).contains("A#other  why", "vendor: unwrap").contains("A#bad");
  }

  private String printed() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    verdict().print(new PrintStream(bytes, true, StandardCharsets.UTF_8), LIST);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatNeverRanOrWasSkippedHasFailed() {
    both("A#skipped", Status.PASSED, Status.SKIPPED);
    direct.put("A#gone", new Outcome("A#gone", Status.PASSED, ""));
    assertThat(verdict().unexpected()).containsExactly("A#gone", "A#skipped");
  }

  @Test
  void aClassThatCouldNotBeginStandsForItsTests() {
    direct.put("B#one", new Outcome("B#one", Status.PASSED, ""));
    direct.put("B#two[x = 1]", new Outcome("B#two[x = 1]", Status.PASSED, ""));
    tandem.put("B#", new Outcome("B#", Status.FAILED, "no table"));
    assertThat(verdict().unexpected()).containsExactly("B#");
    assertThat(verdict().failures()).isEqualTo(3);
    direct.put("C#two[x = 1]", new Outcome("C#two[x = 1]", Status.PASSED, ""));
    direct.put("C#two[x = 2]", new Outcome("C#two[x = 2]", Status.PASSED, ""));
    tandem.put("C#[x = 1]", new Outcome("C#[x = 1]", Status.FAILED, "no table"));
    assertThat(verdict().unexpected()).containsExactly("B#", "C#", "C#two");
  }

  @Test
  void aListedTestThatPassesIsStaleUnlessItMay() {
    both("A#listed", Status.PASSED, Status.PASSED);
    both("A#slow", Status.PASSED, Status.PASSED);
    assertThat(verdict().stale()).containsExactly("A#listed");
    assertThat(verdict().isGood()).isFalse();
  }

  @Test
  void aListIsReadStrictly() {
    assertThatThrownBy(() -> Differences.parse("A#b nowhere"))
        .hasMessageContaining("not understood");
    assertThatThrownBy(() -> Differences.parse("@r text\nA#b r\nA#b r"))
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> Differences.parse("@r text")).hasMessageContaining("no test");
  }

  /** The lists in use; that their tests exist is seen when the suite runs. */
  @Test
  void theListsAreWellFormed() throws IOException {
    for (String list : List.of("differences.txt", "proxy-differences.txt")) {
      assertThat(Differences.read(Path.of("pgjdbc", list)).reasons().values()).doesNotContain("");
    }
  }
}
