package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * What is notified in one database: one link of Tandem's own role listens on the primary for all
 * clients, so that none of them is tied to a link. When the link is lost, another one listens on
 * the next primary, and the clients are warned: what was notified meanwhile nobody has heard. On
 * the event loop.
 */
final class Notifications {
  private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);

  private static final int AGAIN_MILLIS = 200;

  /** A client that listens. */
  interface Listener {
    /**
     * @param frame NotificationResponse; to be read, not kept
     */
    void notified(String channel, ByteBuf frame);

    /** Something may have been notified that nobody heard. */
    void missed();
  }

  private final Engines engine;
  private final Supplier<Session> opener;
  private final Map<String, Set<Listener>> wanted = new LinkedHashMap<>();
  private final Map<String, List<CompletableFuture<Void>>> waiting = new HashMap<>();
  private final Set<String> heard = new LinkedHashSet<>();
  private @Nullable Session session;
  private @Nullable NettyLink on;
  private boolean busy;
  private boolean missed;
  private volatile boolean closed;

  /**
   * @param opener gives a session of Tandem's own role
   */
  Notifications(Engines engine, Supplier<Session> opener) {
    this.engine = engine;
    this.opener = opener;
  }

  /** Complete when whatever is committed from now on is heard. */
  CompletionStage<Void> listen(String channel, Listener who) {
    wanted.computeIfAbsent(channel, none -> new LinkedHashSet<>()).add(who);
    if (heard.contains(channel)) {
      return Stages.DONE;
    }
    CompletableFuture<Void> answer = new CompletableFuture<>();
    waiting.computeIfAbsent(channel, none -> new ArrayList<>()).add(answer);
    work();
    return answer;
  }

  /** {@code who} listens to nothing but {@code channels}. */
  void keepOnly(Listener who, Set<String> channels) {
    boolean changed =
        wanted
            .entrySet()
            .removeIf(
                entry ->
                    !channels.contains(entry.getKey())
                        && entry.getValue().remove(who)
                        && entry.getValue().isEmpty());
    if (changed) {
      work();
    }
  }

  /** From any thread; nothing is asked for any more. */
  void close() {
    closed = true;
  }

  private boolean isSettled() {
    return heard.equals(wanted.keySet());
  }

  private void work() {
    if (busy || closed || isSettled()) {
      return;
    }
    busy = true;
    Session open = session;
    if (open == null) {
      open = opener.get();
      session = open;
    }
    Session own = open;
    Stages.of(() -> own.askPrimary(this::settle))
        .whenComplete(
            (ok, failure) -> {
              busy = false;
              if (failure == null) {
                work();
                return;
              }
              LOG.info("nobody listens on the primary: {}", failure.getMessage());
              List<CompletableFuture<Void>> told = new ArrayList<>();
              waiting.values().forEach(told::addAll);
              waiting.clear();
              told.forEach(one -> one.completeExceptionally(ClientFailure.of(failure)));
              engine.loop().schedule(this::work, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            });
  }

  /** Listens on {@code link} to what is wanted, and to nothing else. */
  private CompletionStage<Void> settle(NettyLink link) {
    if (!link.equals(on)) {
      on = link;
      heard.clear();
      link.whenNotified(frame -> notified(link, frame));
      link.whenClosed(() -> lost(link));
    }
    Set<String> missing = new LinkedHashSet<>(wanted.keySet());
    missing.removeAll(heard);
    Set<String> unwanted = new LinkedHashSet<>(heard);
    unwanted.removeAll(wanted.keySet());
    return Stages.each(missing.iterator(), channel -> run(link, "LISTEN ", channel))
        .thenCompose(
            ok -> Stages.each(unwanted.iterator(), channel -> run(link, "UNLISTEN ", channel)))
        .thenAccept(ok -> warn());
  }

  private CompletionStage<Void> run(NettyLink link, String verb, String channel) {
    return link.query(verb + "\"" + channel.replace("\"", "\"\"") + "\"", List.of())
        .thenAccept(
            ok -> {
              if (!link.equals(on)) {
                return;
              }
              if (verb.startsWith("UN")) {
                heard.remove(channel);
                return;
              }
              heard.add(channel);
              List<CompletableFuture<Void>> told = waiting.remove(channel);
              if (told != null) {
                told.forEach(one -> one.complete(null));
              }
            });
  }

  private void lost(NettyLink link) {
    if (link.equals(on)) {
      on = null;
      missed |= !heard.isEmpty();
      heard.clear();
      engine.loop().execute(this::work); // not in the midst of the link's end
    }
  }

  private void warn() {
    if (missed) {
      missed = false;
      Set<Listener> all = new HashSet<>();
      wanted.values().forEach(all::addAll);
      all.forEach(Listener::missed);
    }
  }

  private void notified(NettyLink link, ByteBuf frame) {
    if (!link.equals(on)) {
      return;
    }
    int start = frame.readerIndex() + 1 + Integer.BYTES + Integer.BYTES;
    int end = frame.indexOf(start, frame.writerIndex(), (byte) 0);
    if (end < 0) {
      return;
    }
    String channel = frame.toString(start, end - start, StandardCharsets.UTF_8);
    for (Listener listener : List.copyOf(wanted.getOrDefault(channel, Set.of()))) {
      listener.notified(channel, frame);
    }
  }
}
