package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class DefaultZonesTest {
  private final AtomicReference<String> now = new AtomicReference<>("Europe/Berlin");
  private final DefaultZones zones = new DefaultZones(() -> TimeZone.getTimeZone(now.get()));

  @Test
  void nothingIsSetAsLongAsTheDefaultIsWhatItWas() {
    assertThat(zones.zoneOfNewSession()).isEmpty();
    assertThat(zones.zoneOfNewSession()).isEmpty();
  }

  @Test
  void afterAChangeEverySessionSaysWhatItWants() {
    now.set("America/New_York");
    assertThat(zones.zoneOfNewSession()).contains("America/New_York");
    now.set("Europe/Berlin");
    // Links that were opened meanwhile have the other one.
    assertThat(zones.zoneOfNewSession()).contains("Europe/Berlin");
  }

  @Test
  void anOffsetHasTheSignThatPostgresReads() {
    now.set("GMT+03:00");
    assertThat(zones.zoneOfNewSession()).contains("GMT-03:00");
    now.set("GMT-11:00");
    assertThat(zones.zoneOfNewSession()).contains("GMT+11:00");
    now.set("GMT");
    assertThat(zones.zoneOfNewSession()).contains("GMT");
  }
}
