package org.tandemdb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LimitsTest {

  @Test
  void defaultsAreAsDeclared() {
    assertThat(Limits.DEFAULTS.maxLinksPerBackend()).isEqualTo(100);
    assertThat(Limits.DEFAULTS.maxTransactionBytes()).isEqualTo(256L << 20);
    assertThat(Limits.DEFAULTS.stageChunkBytes()).isEqualTo(128 << 10);
    assertThat(Limits.DEFAULTS.logMaxBytes()).isEqualTo(4L << 30);
    assertThat(Limits.DEFAULTS.markPatience()).isEqualTo(Duration.ofMillis(20));
    assertThat(Limits.DEFAULTS.failoverPatience()).isEqualTo(Duration.ofMinutes(1));
    assertThat(Limits.DEFAULTS.planCacheEntries()).isEqualTo(4096);
  }

  @Test
  void oneLimitCanBeChangedAndTheOthersStay() {
    Limits changed = Limits.DEFAULTS.with(Setting.MARK_LIMIT, "1500ms");

    assertThat(changed.markLimit()).isEqualTo(Duration.ofMillis(1500));
    assertThat(changed.with(Setting.MARK_LIMIT, "30s")).isEqualTo(Limits.DEFAULTS);
  }

  @Test
  void valuesOutOfRangeAreRefusedWithTheRange() {
    assertThatThrownBy(() -> Limits.of(Map.of(Setting.MARK_LIMIT, "2h")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mark_limit: 2h is out of range (100ms to 1h)");
    assertThatThrownBy(() -> Limits.of(Map.of(Setting.MAX_BATCH_ENTRIES, "0")))
        .hasMessageContaining("max_batch_entries");
  }

  @Test
  void everyRangeHoldsItsDefaultAndEveryComponentCanHoldItsMaximum() {
    for (Setting setting : Setting.in(Setting.Scope.LIMIT)) {
      assertThat(Limits.DEFAULTS.with(setting, setting.max())).isNotNull();
      assertThat(Limits.DEFAULTS.with(setting, setting.min())).isNotNull();
    }
  }

  @Test
  void aDurationNeedsAUnit() {
    assertThatThrownBy(() -> Limits.DEFAULTS.with(Setting.MARK_LIMIT, "500"))
        .hasMessageContaining("needs a unit");
  }

  @Test
  void whatIsNotALimitIsRefused() {
    assertThatThrownBy(() -> Limits.DEFAULTS.with(Setting.LOG, "x"))
        .hasMessage("log is not a limit");
  }
}
