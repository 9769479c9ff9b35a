package org.tandemdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SharedByKeyTest {
  private final List<String> closed = new ArrayList<>();
  private int made;

  private SharedByKey<String, String> shared(int maxIdle) {
    return new SharedByKey<>(maxIdle, closed::add);
  }

  private String acquire(SharedByKey<String, String> shared, String key) {
    return shared.acquire(key, () -> key + ++made);
  }

  @Test
  void usersOfOneKeyShareAValueThatOutlivesThem() {
    SharedByKey<String, String> shared = shared(1);
    assertThat(acquire(shared, "a")).isEqualTo("a1");
    assertThat(acquire(shared, "a")).isEqualTo("a1");
    shared.release("a");
    shared.release("a");
    assertThat(acquire(shared, "a")).isEqualTo("a1");
    assertThat(closed).isEmpty();
  }

  @Test
  void theLongestUnusedAreClosedBeyondTheBound() {
    SharedByKey<String, String> shared = shared(2);
    for (String key : List.of("a", "b", "c", "d")) {
      acquire(shared, key);
    }
    shared.release("b");
    shared.release("a");
    acquire(shared, "b");
    shared.release("b");
    assertThat(closed).isEmpty();
    shared.release("c");
    shared.release("d");
    assertThat(closed).containsExactly("a1", "b2");
    assertThat(shared.values()).containsExactly("c3", "d4");
    assertThat(acquire(shared, "a")).isEqualTo("a5");
  }

  @Test
  void whatIsInUseIsNeverClosedHoweverManyItAre() {
    SharedByKey<String, String> shared = shared(0);
    for (int i = 0; i < 100; i++) {
      acquire(shared, "k" + i);
    }
    acquire(shared, "k7");
    shared.release("k7");
    assertThat(closed).isEmpty();
    shared.release("k7");
    assertThat(closed).containsExactly("k78");
    assertThat(shared.values()).hasSize(99);
  }

  @Test
  void whoReleasesTwiceIsToldSo() {
    SharedByKey<String, String> shared = shared(1);
    acquire(shared, "a");
    shared.release("a");
    assertThatThrownBy(() -> shared.release("a")).isInstanceOf(IllegalStateException.class);
  }
}
