package org.tandemdb.proxy.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.tandemdb.proxy.front.Deadlines.Awaited;

class DeadlinesTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Duration LIMIT = Duration.ofSeconds(3);
  private final Deadlines deadlines = new Deadlines();
  private long now = Long.MAX_VALUE - SECOND; // which runs over

  private void after(int seconds) {
    now += seconds * SECOND;
    deadlines.look(now);
  }

  @Test
  void whatIsLateFailsAndNotSooner() {
    Awaited<String> first = deadlines.await(LIMIT);
    after(1);
    Awaited<String> second = deadlines.await(LIMIT);
    after(2);
    assertThat(first).isNotDone();
    after(1);
    assertThatThrownBy(first::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(ClientFailure.class)
        .hasMessageContaining("no answer within PT3S");
    assertThat(second).isNotDone();
    after(2);
    assertThat(second).isCompletedExceptionally();
  }

  @Test
  void whatHasArrivedIsForgotten() {
    List<Awaited<String>> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(deadlines.await(LIMIT));
    }
    after(1);
    for (int i : new int[] {2, 0, 4}) { // in the midst and at both ends
      all.get(i).arrived();
      all.get(i).arrived();
    }
    after(3);
    assertThat(all.stream().map(Awaited::isCompletedExceptionally).toList())
        .containsExactly(false, true, false, true, false);
    Awaited<String> later = deadlines.await(LIMIT);
    after(1);
    after(3);
    assertThat(later).isCompletedExceptionally();
  }
}
