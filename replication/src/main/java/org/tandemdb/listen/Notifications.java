package org.tandemdb.listen;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is notified in one database: one link of Tandem's own role listens on the primary for all
 * clients, so that none of them is tied to a link. When the link is lost, another one listens on
 * the next primary, and the clients are warned: what was notified meanwhile nobody has heard. All
 * of it runs where its {@link Place} does, {@link #close} aside.
 *
 * @param <N> a notification, as the front end has it
 */
public final class Notifications<N> implements Channels<N> {
  private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);

  private static final Duration AGAIN = Duration.ofMillis(200);

  private final Place<N> place;
  private final Map<String, Set<Listener<N>>> wanted = new LinkedHashMap<>();
  private final Map<String, List<CompletableFuture<Void>>> waiting = new HashMap<>();
  private final Set<String> heard = new LinkedHashSet<>();
  private @Nullable Ear<N> on;
  private boolean busy;
  private boolean missed;
  private volatile boolean closed;

  public Notifications(Place<N> place) {
    this.place = place;
  }

  @Override
  public CompletionStage<Void> listen(String channel, Listener<N> who) {
    wanted.computeIfAbsent(channel, none -> new LinkedHashSet<>()).add(who);
    if (heard.contains(channel)) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> answer = new CompletableFuture<>();
    waiting.computeIfAbsent(channel, none -> new ArrayList<>()).add(answer);
    work();
    return answer;
  }

  @Override
  public void keepOnly(Listener<N> who, Set<String> channels) {
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
  public void close() {
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
    asked()
        .whenComplete(
            (ok, failure) -> {
              busy = false;
              if (failure == null) {
                rest();
                work();
                return;
              }
              Throwable cause =
                  failure instanceof CompletionException && failure.getCause() != null
                      ? failure.getCause()
                      : failure;
              LOG.info("nobody listens on the primary: {}", cause.getMessage());
              List<CompletableFuture<Void>> told = new ArrayList<>();
              waiting.values().forEach(told::addAll);
              waiting.clear();
              told.forEach(one -> one.completeExceptionally(cause));
              place.schedule(AGAIN, this::work);
            });
  }

  private CompletionStage<Void> asked() {
    try {
      return place.onPrimary(this::settle);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void rest() {
    if (wanted.isEmpty() && heard.isEmpty()) {
      on = null;
      missed = false;
      place.rest();
    }
  }

  /** Listens on {@code ear} to what is wanted, and to nothing else. */
  private CompletionStage<Void> settle(Ear<N> ear) {
    if (!ear.equals(on)) {
      on = ear;
      missed |= !heard.isEmpty();
      heard.clear();
      ear.open(new FromEar(ear));
    }
    Set<String> missing = new LinkedHashSet<>(wanted.keySet());
    missing.removeAll(heard);
    Set<String> unwanted = new LinkedHashSet<>(heard);
    unwanted.removeAll(wanted.keySet());
    CompletionStage<Void> listening =
        missing.isEmpty() ? CompletableFuture.completedFuture(null) : ear.listen(missing);
    return listening
        .thenRun(() -> hears(ear, missing))
        .thenCompose(
            ok ->
                unwanted.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : ear.unlisten(unwanted))
        .thenRun(
            () -> {
              if (ear.equals(on)) {
                heard.removeAll(unwanted);
              }
              warn();
            });
  }

  private void hears(Ear<N> ear, Set<String> channels) {
    if (!ear.equals(on)) {
      return; // lost again: whoever waits goes on waiting for the next
    }
    heard.addAll(channels);
    for (String channel : channels) {
      List<CompletableFuture<Void>> told = waiting.remove(channel);
      if (told != null) {
        told.forEach(one -> one.complete(null));
      }
    }
  }

  private void lost(Ear<N> ear) {
    if (ear.equals(on)) {
      on = null;
      missed |= !heard.isEmpty();
      heard.clear();
      place.execute(this::work); // not in the midst of the link's end
    }
  }

  private void warn() {
    if (missed) {
      missed = false;
      Set<Listener<N>> all = new HashSet<>();
      wanted.values().forEach(all::addAll);
      all.forEach(Listener::missed);
    }
  }

  private final class FromEar implements Ear.Receiver<N> {
    private final Ear<N> ear;

    FromEar(Ear<N> ear) {
      this.ear = ear;
    }

    @Override
    public void notified(String channel, N notification) {
      if (ear.equals(on)) {
        for (Listener<N> listener : List.copyOf(wanted.getOrDefault(channel, Set.of()))) {
          listener.notified(channel, notification);
        }
      }
    }

    @Override
    public void closed() {
      lost(ear);
    }
  }
}
