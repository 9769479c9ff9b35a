package org.tandemdb.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a seed makes, and what is left of it in a file. */
class CaseFileTest {
  @Test
  void aSeedAlwaysMakesTheSameCase() {
    for (long seed = 0; seed < 50; seed++) {
      assertThat(CaseMaker.make(seed)).isEqualTo(CaseMaker.make(seed));
    }
    assertThat(CaseMaker.make(1).threads()).isNotEqualTo(CaseMaker.make(2).threads());
  }

  @Test
  void aCaseIsReadAsItWasWritten() {
    for (long seed = 0; seed < 200; seed++) {
      Case made = CaseMaker.make(seed);
      assertThat(CaseFile.read(CaseFile.write(made)).content()).isEqualTo(made);
    }
  }

  @Test
  void aCaseSaysWhyItIsNotRun() {
    CaseFile file =
        CaseFile.read("# name: x\n# mode: crash\n# disabled: not mended yet\n\n== fill\n");
    assertThat(file.disabled()).contains("not mended yet");
    assertThat(file.content().mode()).isEqualTo(Case.Mode.CRASH);
  }

  @Test
  void everyKindOfStatementIsMadeBySomeSeed() {
    Set<String> kinds = new HashSet<>();
    for (long seed = 0; seed < 300; seed++) {
      CaseMaker.make(seed).threads().forEach(thread -> thread.forEach(s -> kinds.add(s.kind())));
    }
    assertThat(kinds)
        .containsAll(
            List.of(
                "insert",
                "insert-select",
                "upsert",
                "update-key",
                "update-range",
                "update-join",
                "update-of-key",
                "delete-key",
                "delete-range",
                "delete-using",
                "merge",
                "with",
                "select-function",
                "call",
                "do",
                "ddl",
                "sequence",
                "temporary",
                "prepare",
                "select",
                "look",
                "probe-put",
                "probe-read",
                "ticket",
                "set",
                "odd",
                "savepoint"));
  }
}
