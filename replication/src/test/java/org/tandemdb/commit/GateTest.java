package org.tandemdb.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.tandemdb.fake.ManualEnvironment;

/** Section 3, step 1: the gate lives in the engine, and a waiter for all of it gives up. */
class GateTest {
  private static final Duration SHORT = Duration.ofSeconds(1);
  private final ManualEnvironment environment = new ManualEnvironment();
  private final Gate gate = new Gate(environment);

  private Gate.Permit share() {
    return Objects.requireNonNull(gate.tryShare());
  }

  /** An exclusive statement is alone: nobody before it is left, nobody after it gets in. */
  @Test
  void anExclusivePermitIsHeldAlone() {
    Gate.Permit writer = share();
    var alone = gate.exclusive(SHORT).toCompletableFuture();
    assertThat(alone).isNotDone();
    writer.release();
    assertThat(alone).isDone();
    assertThat(gate.tryShare()).isNull();
    var next = gate.share(SHORT).toCompletableFuture();
    assertThat(next).isNotDone();
    alone.join().release();
    assertThat(next).isDone();
  }

  /** DDL behind a long transaction holds others up for its time-out, and no longer. */
  @Test
  void aWaiterForAllOfItGivesUpAndLetsTheOthersPass() {
    Gate.Permit longTransaction = share();
    var ddl = gate.exclusive(SHORT).toCompletableFuture();
    var writer = gate.share(Duration.ofSeconds(30)).toCompletableFuture();
    assertThat(writer).isNotDone();
    environment.advance(SHORT);
    assertThat(ddl).isCompletedExceptionally();
    assertThat(writer).isDone();
    longTransaction.release();
  }

  /** A permit that is released twice lets nobody else's share go. */
  @Test
  void aPermitCountsOnce() {
    Gate.Permit one = share();
    Gate.Permit two = share();
    one.release();
    one.release();
    var alone = gate.exclusive(SHORT).toCompletableFuture();
    assertThat(alone).isNotDone();
    two.release();
    assertThat(alone).isDone();
  }

  /** Who is outside keeps nobody out, is kept out by nobody, and lets nobody's share go. */
  @Test
  void aPermitFromOutsideCountsForNothing() {
    Gate.Permit outside = gate.outside();
    var alone = gate.exclusive(SHORT).toCompletableFuture();
    assertThat(alone).isDone();
    assertThat(gate.outside().isOutside()).isTrue();
    outside.release();
    assertThat(gate.tryShare()).isNull();
    alone.join().release();
    assertThat(share().isOutside()).isFalse();
  }
}
