package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.ServerPair;

/** One engine at a time: a second process is told who has the cluster, as long as that lives. */
class OwnershipIT {
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @Test
  void aSecondEngineIsRefusedWhileTheFirstLivesStoppedOrNotAndTakesOverWhenItIsGone()
      throws Exception {
    Site site = new Site(pair);
    try (VictimProcess owner = site.victim("none")) {
      owner.awaitAcknowledged(20);
      isRefusedInFavourOf(site, owner);
      owner.signal("STOP");
      isRefusedInFavourOf(site, owner);
      owner.signal("CONT");
      owner.awaitAcknowledged(20);
      owner.signal("STOP");
      site.kill9(owner);
    }
    site.recoversWithEveryPromiseKept();
  }

  private static void isRefusedInFavourOf(Site site, VictimProcess owner) {
    assertThatThrownBy(() -> site.connect().close())
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55006"))
        .hasMessageContaining("is in use by process " + owner.pid())
        .hasMessageContaining("stop it first");
    assertThat(owner.isAlive()).isTrue();
  }
}
