package org.tandemdb.listen;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The channels that one client listens to. LISTEN and UNLISTEN hold from the COMMIT of their
 * transaction on, as with a server. Owned by its session's thread; notifications may come on
 * another.
 *
 * @param <N> a notification, as the front end has it
 */
public final class Listening<N> implements Channels.Listener<N> {
  /** Of one client. */
  public static final int MOST_CHANNELS = 1_000;

  /** What a server cuts a name to. */
  private static final int MOST_NAME_BYTES = 63;

  private final Channels<N> source;
  private final List<Change> changes = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();

  /** It may be known to the source. */
  private boolean asked;

  /** Never changed, only replaced: notifications are looked up in it from elsewhere. */
  private volatile Set<String> channels = Set.of();

  private volatile Consumer<N> to = notification -> {};
  private volatile Runnable onMissed = () -> {};

  /** Empty for all channels, which are left. */
  private record Change(boolean on, Optional<String> channel) {}

  private record Mark(String name, int changes) {}

  public Listening(Channels<N> source) {
    this.source = source;
  }

  /**
   * To be called before the first {@link #listen}.
   *
   * @param notifications takes each one, where the source of notifications runs
   * @param missed is run there when some may have been missed
   */
  public void deliver(Consumer<N> notifications, Runnable missed) {
    to = notifications;
    onMissed = missed;
  }

  /** What the client listens to, the open transaction aside. */
  public Set<String> channels() {
    return channels;
  }

  /** True if one more would be more than {@link #MOST_CHANNELS}. */
  public boolean isFull() {
    return channels.size() + changes.size() >= MOST_CHANNELS;
  }

  /**
   * To be followed by {@link #listened}, or by {@link #gaveUp}.
   *
   * @return complete when nothing is missed that is committed from now on
   */
  public CompletionStage<Void> listen(String channel) {
    asked = true;
    return source.listen(cut(channel), this);
  }

  /** Everything on {@code channel} is heard: the client has said LISTEN. */
  public void listened(String channel, boolean inBlock) {
    change(new Change(true, Optional.of(cut(channel))), inBlock);
  }

  /** LISTEN has failed, or nobody waits for it any more. */
  public void gaveUp() {
    Set<String> kept = new LinkedHashSet<>(channels);
    changes.stream().filter(Change::on).forEach(one -> one.channel().ifPresent(kept::add));
    source.keepOnly(this, kept);
  }

  public void unlisten(Optional<String> name, boolean inBlock) {
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

  public void savepoint(String name) {
    marks.add(new Mark(name, changes.size()));
  }

  public void release(String name) {
    int index = newest(name);
    if (index >= 0) {
      marks.subList(index, marks.size()).clear();
    }
  }

  public void rollbackTo(String name) {
    int index = newest(name);
    if (index >= 0) {
      changes.subList(marks.get(index).changes(), changes.size()).clear();
      marks.subList(index + 1, marks.size()).clear();
    }
  }

  private int newest(String name) {
    int index = marks.size() - 1;
    while (index >= 0 && !marks.get(index).name().equals(name)) {
      index--;
    }
    return index;
  }

  /** The transaction is committed. */
  public void committed() {
    if (changes.isEmpty()) {
      return;
    }
    Set<String> next = new LinkedHashSet<>(channels);
    for (Change change : changes) {
      if (change.channel().isEmpty()) {
        next.clear();
      } else if (change.on()) {
        next.add(change.channel().get());
      } else {
        next.remove(change.channel().get());
      }
    }
    channels = Collections.unmodifiableSet(next);
  }

  /** The transaction is over: what it has not committed was never wanted. */
  public void ended() {
    marks.clear();
    if (!changes.isEmpty()) {
      changes.clear();
      source.keepOnly(this, channels);
    }
  }

  /** The client has gone. */
  public void close() {
    channels = Set.of();
    changes.clear();
    if (asked) {
      source.keepOnly(this, channels);
    }
  }

  @Override
  public void notified(String channel, N notification) {
    if (channels.contains(channel)) {
      to.accept(notification);
    }
  }

  @Override
  public void missed() {
    if (!channels.isEmpty()) {
      onMissed.run();
    }
  }
}
