package org.tandemdb.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.tandemdb.fake.FakeBackend;
import org.tandemdb.fake.ManualEnvironment;

/** Section 6: states change by the table only. */
class BackendStateTest {

  /** Nobody but the operator takes a diverged backend back, and never as it is. */
  @Test
  void aDivergedBackendServesAgainOnlyAfterItWasMadeAnew() {
    for (BackendState target : BackendState.values()) {
      assertThat(BackendState.DIVERGED.mayBecome(target))
          .isEqualTo(Set.of(BackendState.RESYNCING, BackendState.DISABLED).contains(target));
    }
  }

  /** Whoever was away is recovered before it serves. */
  @Test
  void nobodyComesOnlineWithoutCatchingUp() {
    assertThat(BackendState.OFFLINE.mayBecome(BackendState.ONLINE)).isFalse();
    assertThat(BackendState.DISABLED.mayBecome(BackendState.ONLINE)).isFalse();
    assertThat(BackendState.RESYNCING.mayBecome(BackendState.ONLINE)).isFalse();
  }

  /** Every change is checked. */
  @Test
  void aChangeOutsideTheTableIsRefused() {
    var member = new Member<>(new FakeBackend("a", new UUID(0, 1)), 1, new ManualEnvironment());
    assertThatThrownBy(() -> member.become(BackendState.ONLINE, ""))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("OFFLINE");
    assertThat(member.state()).isEqualTo(BackendState.OFFLINE);
  }
}
