package org.tandemdb.sim;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Thousands of schedules of the real engine on simulated servers, network, disk and clock. A
 * failure prints its seed and what happened; {@code -Dtandem.sim.seeds=17..17} runs it again, a
 * wider range runs long.
 */
final class SimulationTest {
  private static final String SEEDS = System.getProperty("tandem.sim.seeds", "1..1500");
  private static final Set<BrokenRule> NOTHING = EnumSet.noneOf(BrokenRule.class);
  private static final int TRACED_FAILURES = 3;

  /** What fails here fails by the thousand, on purpose: its log would be no news. */
  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("org.tandemdb");

  private static Optional<Level> levelBefore = Optional.empty();

  @BeforeAll
  static void silence() {
    levelBefore = Optional.ofNullable(LOGGER.getLevel());
    LOGGER.setLevel(Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOGGER.setLevel(levelBefore.orElse(null));
  }

  @Test
  void everyScheduleEndsWithEqualBackendsThatHoldWhatWasAcknowledged() {
    String[] range = SEEDS.split("\\.\\.", -1);
    ConcurrentLinkedQueue<Long> red = new ConcurrentLinkedQueue<>();
    LongAdder committed = new LongAdder();
    LongAdder rolledBack = new LongAdder();
    LongAdder unknown = new LongAdder();
    LongAdder reads = new LongAdder();
    LongAdder faults = new LongAdder();
    LongStream.rangeClosed(Long.parseLong(range[0]), Long.parseLong(range[range.length - 1]))
        .parallel()
        .forEach(
            seed -> {
              Schedule.Result result = Schedule.run(seed, NOTHING, false);
              committed.add(result.committed());
              rolledBack.add(result.rolledBack());
              unknown.add(result.unknown());
              reads.add(result.reads());
              faults.add(result.faults());
              if (!result.isGreen()) {
                red.add(seed);
              }
            });
    System.out.printf(
        "seeds %s: %s committed, %s rolled back, %s unknown, %s strong reads, %s faults%n",
        SEEDS, committed, rolledBack, unknown, reads, faults);
    List<Long> seeds = red.stream().sorted().toList();
    assertThat(seeds).as(() -> explain(seeds)).isEmpty();
    // A simulation in which nothing happens would be green too.
    assertThat(committed.sum()).isGreaterThan(unknown.sum());
    assertThat(reads.sum()).isPositive();
  }

  private static String explain(List<Long> seeds) {
    StringBuilder text = new StringBuilder();
    for (long seed : seeds.subList(0, Math.min(TRACED_FAILURES, seeds.size()))) {
      Schedule.Result again = Schedule.run(seed, NOTHING, true);
      text.append("\nseed ").append(seed).append(": ").append(again.violations());
      again.trace().forEach(line -> text.append("\n  ").append(line));
    }
    return text.toString();
  }

  @Test
  void aSeedDecidesEverythingThatHappens() {
    for (long seed = 1; seed <= 40; seed++) {
      long first = Schedule.run(seed, NOTHING, false).hash();
      assertThat(Schedule.run(seed, NOTHING, false).hash()).as("seed %s", seed).isEqualTo(first);
      assertThat(Schedule.run(seed + 1000, NOTHING, false).hash()).isNotEqualTo(first);
    }
  }

  /** Each rule is taken out of the simulated parts alone; the engine is as it is. */
  @ParameterizedTest
  @EnumSource
  void aBrokenRuleIsFound(BrokenRule rule) {
    Optional<Schedule.Result> found =
        LongStream.rangeClosed(1, rule.seeds())
            .parallel()
            .mapToObj(seed -> Schedule.run(seed, EnumSet.of(rule), false))
            .filter(result -> !result.isGreen())
            .findAny();
    assertThat(found).as("no schedule of %s noticed that %s", rule.seeds(), rule).isPresent();
  }
}
