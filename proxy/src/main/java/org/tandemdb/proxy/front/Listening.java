package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The channels that one client listens to. LISTEN and UNLISTEN hold from the COMMIT of their
 * transaction on, as with a server. On the event loop.
 */
final class Listening implements Notifications.Listener {
  /** Of one client. */
  private static final int MOST_CHANNELS = 1_000;

  /** What a server cuts a name to. */
  private static final int MOST_NAME_BYTES = 63;

  private final Notifications source;
  private final Set<String> channels = new LinkedHashSet<>();
  private final List<Change> changes = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();
  private Consumer<ByteBuf> to = frame -> {};
  private Runnable onMissed = () -> {};

  /** Empty for all channels, which are left. */
  private record Change(boolean on, Optional<String> channel) {}

  private record Mark(String name, int changes) {}

  Listening(Notifications source) {
    this.source = source;
  }

  /**
   * @param frames takes NotificationResponse, to be read and not kept
   * @param missed is run when some may have been missed
   */
  void deliver(Consumer<ByteBuf> frames, Runnable missed) {
    to = frames;
    onMissed = missed;
  }

  /** Complete when nothing is missed that is committed from now on. */
  CompletionStage<Void> listen(String name, boolean inBlock) {
    if (channels.size() + changes.size() >= MOST_CHANNELS) {
      return Stages.failed(
          new ClientFailure("54000", "more than " + MOST_CHANNELS + " channels are listened to"));
    }
    String channel = cut(name);
    return source
        .listen(channel, this)
        .thenAccept(ok -> change(new Change(true, Optional.of(channel)), inBlock));
  }

  void unlisten(Optional<String> name, boolean inBlock) {
    change(new Change(false, name.map(Listening::cut)), inBlock);
  }

  private void change(Change change, boolean inBlock) {
    changes.add(change);
    if (!inBlock) {
      committed();
      ended();
    }
  }

  private static String cut(String name) {
    String cut = name;
    while (cut.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES) {
      cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
    }
    return cut;
  }

  void savepoint(String name) {
    marks.add(new Mark(name, changes.size()));
  }

  void rollbackTo(String name) {
    for (int i = marks.size() - 1; i >= 0; i--) {
      if (marks.get(i).name().equals(name)) {
        changes.subList(marks.get(i).changes(), changes.size()).clear();
        marks.subList(i + 1, marks.size()).clear();
        return;
      }
    }
  }

  /** The transaction is committed. */
  void committed() {
    for (Change change : changes) {
      if (change.on()) {
        channels.add(change.channel().orElseThrow());
      } else if (change.channel().isPresent()) {
        channels.remove(change.channel().get());
      } else {
        channels.clear();
      }
    }
  }

  /** The transaction is over: what it has not committed was never wanted. */
  void ended() {
    marks.clear();
    if (!changes.isEmpty()) {
      changes.clear();
      source.keepOnly(this, channels);
    }
  }

  /** The client has gone. */
  void close() {
    channels.clear();
    changes.clear();
    source.keepOnly(this, channels);
  }

  @Override
  public void notified(String channel, ByteBuf frame) {
    if (channels.contains(channel)) {
      to.accept(frame);
    }
  }

  @Override
  public void missed() {
    if (!channels.isEmpty()) {
      onMissed.run();
    }
  }
}
