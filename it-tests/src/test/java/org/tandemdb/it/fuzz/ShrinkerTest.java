package org.tandemdb.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Without servers: a predicate says what fails. */
class ShrinkerTest {
  @Test
  void onlyWhatIsNeededToFailIsLeft() {
    Case seed = CaseMaker.make(4).with(many("schema"), steps("fill"), threads());
    Case shrunk =
        new Shrinker(
                one ->
                    one.schema().contains("schema 3")
                        && holds(one.threads().get(0), "a 7")
                        && holds(one.threads().get(0), "a 2")
                        && holds(one.threads().get(1), "b 5"))
            .shrink(seed);
    assertThat(shrunk.schema()).containsExactly("schema 3");
    assertThat(shrunk.fill()).isEmpty();
    assertThat(shrunk.threads().get(0)).extracting(Step::sql).containsExactly("a 2", "a 7");
    assertThat(shrunk.threads().get(1)).extracting(Step::sql).containsExactly("b 5");
    assertThat(shrunk.threads().get(2)).isEmpty();
  }

  private static boolean holds(List<Step> steps, String sql) {
    return steps.stream().anyMatch(step -> step.sql().equals(sql));
  }

  private static List<List<Step>> threads() {
    return List.of(steps("a"), steps("b"), steps("c"));
  }

  private static List<Step> steps(String word) {
    return many(word).stream().map(sql -> new Step("x", sql)).toList();
  }

  private static List<String> many(String word) {
    return java.util.stream.IntStream.range(0, 11).mapToObj(i -> word + " " + i).toList();
  }
}
