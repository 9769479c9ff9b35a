package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.TableName;
import org.tandemdb.error.TandemException;

class DrawnNumbersTest {
  private static final TableName S = new TableName("public", "s");
  private static final TableName T = new TableName("public", "t");
  private static final String ASKS = "SELECT currval('s'), lastval()";

  private final DrawnNumbers numbers = new DrawnNumbers();

  private String asked() {
    return numbers.text(ASKS, false);
  }

  @Test
  void aLinkKnowsWhatItHasDrawnItself() {
    numbers.on("link");
    numbers.drawn(S, 5);
    numbers.on("link");
    numbers.traced();
    numbers.used(Set.of(S));
    assertThat(asked()).isEqualTo(ASKS);
  }

  @Test
  void theNextLinkIsToldWhatIsCertain() {
    numbers.on("link");
    numbers.drawn(S, 5);
    numbers.on("next");
    assertThat(asked()).contains("5::bigint ELSE", "(SELECT 5::bigint AS lastval)");
    numbers.drawn(S, 6);
    assertThat(asked()).isEqualTo(ASKS);
  }

  /** † A number that may not be the last one any more is given to nobody. */
  @Test
  void theNextLinkIsNotToldWhatMayBeOld() {
    numbers.on("link");
    numbers.drawn(S, 5);
    numbers.maybeDrawn(S);
    numbers.on("next");
    assertThat(asked()).isEqualTo(ASKS);
    numbers.drawn(S, 7);
    numbers.traced();
    numbers.on("another");
    assertThat(asked()).isEqualTo(ASKS);
    numbers.drawn(S, 8);
    numbers.unsure();
    numbers.on("one more");
    assertThat(asked()).isEqualTo(ASKS);
  }

  /** † Where both may have drawn last, nothing is said rather than something wrong. */
  @Test
  void whereItIsNotKnownWhoDrewLastAskingIsRefused() {
    numbers.on("link");
    numbers.drawn(S, 5);
    numbers.drawnElsewhere(S, 9);
    assertThat(asked()).contains("9::bigint ELSE", "(SELECT 9::bigint AS lastval)");
    numbers.traced();
    assertThatThrownBy(this::asked).isInstanceOf(TandemException.class);
    numbers.used(Set.of());
    assertThat(asked()).contains("9::bigint ELSE");
    numbers.traced();
    numbers.used(Set.of(S));
    assertThatThrownBy(this::asked).isInstanceOf(TandemException.class);
    assertThat(numbers.text("SELECT 1", false)).isEqualTo("SELECT 1");
    numbers.drawn(S, 11);
    assertThat(asked()).isEqualTo(ASKS);
  }

  @Test
  void whatALinkNeverKnewItKnowsBestOnceItWasUsedThere() {
    numbers.on("link");
    numbers.drawnElsewhere(S, 9);
    numbers.drawnElsewhere(T, 3);
    numbers.traced();
    numbers.used(Set.of(S));
    String text = numbers.text("SELECT currval('s')", false);
    assertThat(text).contains("3::bigint ELSE").doesNotContain("9::bigint");
  }
}
