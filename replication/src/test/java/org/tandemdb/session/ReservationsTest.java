package org.tandemdb.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tandemdb.entry.TableName;

/** Section 4: reservations run ahead of use. */
class ReservationsTest {
  private static final TableName SEQUENCE = new TableName("public", "s");
  private final Reservations reservations = new Reservations();

  /** No value that is used lies beyond what the log covers, up or down. */
  @Test
  void everyValueUsedIsCoveredByAReservation() {
    for (boolean ascending : new boolean[] {true, false}) {
      reservations.forget();
      long covered = 0;
      for (int step = 1; step < 10_000; step++) {
        long value = ascending ? step : -step;
        if (reservations.isNearEnd(SEQUENCE, value, ascending)) {
          covered = Reservations.beyond(value, ascending);
          reservations.committed(SEQUENCE, covered, ascending);
        }
        assertThat(ascending ? value <= covered : value >= covered).isTrue();
      }
    }
  }

  /** Two commits in any order leave the further one. */
  @Test
  void aReservationNeverGoesBack() {
    reservations.committed(SEQUENCE, 5000, true);
    reservations.committed(SEQUENCE, 3000, true);
    assertThat(reservations.isNearEnd(SEQUENCE, 4000, true)).isFalse();
  }

  /** At the end of its range a sequence is covered to the end, not beyond. */
  @Test
  void theEndOfTheRangeIsNotPassed() {
    assertThat(Reservations.beyond(Long.MAX_VALUE - 5, true)).isEqualTo(Long.MAX_VALUE);
    assertThat(Reservations.beyond(Long.MIN_VALUE + 5, false)).isEqualTo(Long.MIN_VALUE);
  }
}
