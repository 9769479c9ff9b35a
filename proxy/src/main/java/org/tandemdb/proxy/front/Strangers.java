package org.tandemdb.proxy.front;

import io.netty.channel.Channel;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Connections whose client is not known yet. There are so many and no more: whoever has taken the
 * longest makes room for the next, so that those who open connections and say nothing cannot keep
 * others out. On the event loop.
 */
final class Strangers {
  private final int most;
  private final Set<Channel> channels = new LinkedHashSet<>();

  Strangers(int most) {
    this.most = most;
  }

  void add(Channel channel) {
    channels.add(channel);
    channel.closeFuture().addListener(closed -> channels.remove(channel));
    if (channels.size() > most) {
      Iterator<Channel> oldest = channels.iterator();
      Channel first = oldest.next();
      oldest.remove();
      first.close();
    }
  }

  /** The client has proved who it is. */
  void known(Channel channel) {
    channels.remove(channel);
  }
}
