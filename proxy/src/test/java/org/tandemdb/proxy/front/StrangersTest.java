package org.tandemdb.proxy.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many may knock at a time. */
class StrangersTest {
  private final Strangers strangers = new Strangers(2);
  private final List<EmbeddedChannel> channels = new ArrayList<>();

  private EmbeddedChannel come() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channels.add(channel);
    strangers.add(channel);
    channels.forEach(EmbeddedChannel::runPendingTasks);
    return channel;
  }

  @Test
  void whoHasTakenTheLongestMakesRoom() {
    EmbeddedChannel first = come();
    EmbeddedChannel second = come();
    EmbeddedChannel third = come();
    assertThat(first.isOpen()).isFalse();
    assertThat(second.isOpen()).isTrue();
    assertThat(third.isOpen()).isTrue();
  }

  @Test
  void whoIsKnownOrHasGoneTakesNoRoom() {
    EmbeddedChannel first = come();
    strangers.known(first);
    EmbeddedChannel second = come();
    second.close();
    EmbeddedChannel third = come();
    come();
    assertThat(first.isOpen()).isTrue();
    assertThat(third.isOpen()).isTrue();
  }
}
