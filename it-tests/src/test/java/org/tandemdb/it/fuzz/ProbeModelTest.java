package org.tandemdb.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a thread knows of its own rows. */
class ProbeModelTest {
  private final ProbeModel model = new ProbeModel(List.of("0|0", "1|0"));

  private static String put(int n, int val) {
    return "UPDATE probe SET val = " + val + " WHERE thread = 1 AND n = " + n;
  }

  @Test
  void aReadMustSeeWhatWasCommittedAndWhatThisTransactionWrote() {
    model.put(put(0, 5));
    model.commit();
    model.put(put(1, 7));
    assertThat(model.check(List.of("0|5", "1|7"))).isEmpty();
    assertThat(model.check(List.of("0|0", "1|7"))).isPresent();
    assertThat(model.check(List.of("0|5", "1|0"))).isPresent();
    assertThat(model.check(List.of("0|5"))).isPresent();
  }

  @Test
  void whatWasTakenBackMustBeGone() {
    model.put(put(0, 5));
    model.savepoint();
    model.put(put(0, 6));
    model.returnToSavepoint();
    assertThat(model.check(List.of("0|5", "1|0"))).isEmpty();
    assertThat(model.check(List.of("0|6", "1|0"))).isPresent();
    model.rollback();
    assertThat(model.check(List.of("0|0", "1|0"))).isEmpty();
    assertThat(model.check(List.of("0|5", "1|0"))).isPresent();
  }

  @Test
  void anUnknownCommitMayBeEitherUntilItIsRead() {
    model.put(put(0, 5));
    model.unknown();
    assertThat(model.check(List.of("0|9", "1|0"))).isPresent();
    assertThat(model.check(List.of("0|5", "1|0"))).isEmpty();
    assertThat(model.check(List.of("0|0", "1|0"))).isPresent();
  }
}
