package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tandemdb.it.server.ServerPair;

/** The process that holds the engine ends without warning, at every point where that could hurt. */
class EngineCrashIT {
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        // Marked, and not in the log: nobody was promised anything.
        "log.append:before:40",
        // In the log, and committed nowhere: recovery applies it on both.
        "log.append:after:40",
        // One of a batch is committed on the primary and has its marker, the others are not there.
        "finish:among:10",
        // Committed on the primary, and nobody was told.
        "link.finish:after:40",
        // A replica's transaction is at any point of it.
        "link.apply:during:20",
        // It is committed, and the engine does not know.
        "link.apply:after:20",
      })
  void nothingIsLostOrDoneTwiceWhereverTheEngineEnds(String trap) throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim(trap)) {
      site.endsInItsTrap(victim);
      assertThat(victim.acknowledged()).isNotEmpty();
    }
    site.recoversWithEveryPromiseKept();
  }

  @Test
  void anApplierThatIsLeftBehindInTheMiddleOfItsTransactionIsUndoneFirst() throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim("none")) {
      victim.awaitAcknowledged(50);
      try (Connection b = site.direct("b");
          Statement statement = b.createStatement()) {
        b.setAutoCommit(false);
        statement.execute("LOCK TABLE tally IN SHARE MODE");
        site.await(
            "b",
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'tandem applier' AND wait_event_type = 'Lock'");
        site.kill9(victim);
      }
    }
    site.recoversWithEveryPromiseKept();
  }

  @Test
  void recoveryMayItselfBeEndedAtEachOfItsSteps() throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim("log.append:after:30")) {
      site.endsInItsTrap(victim);
    }
    for (String step :
        List.of(
            "log.newEpoch:after:1",
            "control.writeIncarnation:after:1",
            "control.raiseFence:after:1",
            "link.apply:during:1",
            "link.apply:after:1",
            "control.raiseWatermark:during:1",
            "control.advanceSequences:after:1")) {
      try (VictimProcess victim = site.victim(0, step)) {
        site.endsInItsTrap(victim);
        assertThat(victim.acknowledged()).isEmpty();
      }
    }
    site.recoversWithEveryPromiseKept();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        // The log is there, and no backend knows of it.
        "control.initialise:before:1",
        // One backend belongs to the cluster, the other does not yet.
        "control.initialise:after:1",
        // Both do, and nobody has ever been in office.
        "log.newEpoch:before:1"
      })
  void aFirstStartThatWasEndedIsTakenUpAgain(String trap) throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim(0, trap)) {
      site.endsInItsTrap(victim);
    }
    try (VictimProcess victim = site.victim("none")) {
      victim.awaitAcknowledged(20);
      site.kill9(victim);
    }
    site.recoversWithEveryPromiseKept();
  }

  @Test
  void theEngineAndItsPrimaryEndTogether() throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim("none")) {
      victim.awaitAcknowledged(100);
      pair.server("a").kill9();
      site.kill9(victim);
    }
    pair.server("a").start();
    site.recoversWithEveryPromiseKept();
  }

  @Test
  void everythingEndsAtOnce() throws Exception {
    Site site = new Site(pair);
    try (VictimProcess victim = site.victim("none")) {
      victim.awaitAcknowledged(100);
      victim.signal("STOP");
      pair.server("a").kill9();
      pair.server("b").kill9();
      site.kill9(victim);
    }
    pair.server("b").start();
    pair.server("a").start();
    site.recoversWithEveryPromiseKept();
  }
}
