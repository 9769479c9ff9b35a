package org.tandemdb.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One link listens for all, and another one when it is lost. */
class NotificationsTest {
  private final Hand place = new Hand();
  private final Notifications<String> notifications = new Notifications<>(place);
  private final Client one = new Client();
  private final Client two = new Client();

  private static final class Client implements Channels.Listener<String> {
    final List<String> got = new ArrayList<>();

    @Override
    public void notified(String channel, String notification) {
      got.add(channel + " " + notification);
    }

    @Override
    public void missed() {
      got.add("missed");
    }
  }

  /** A link by hand. */
  private static final class Link implements Ear<String> {
    final Set<String> channels = new TreeSet<>();
    @Nullable Receiver<String> receiver;
    @Nullable RuntimeException broken;

    @Override
    public void open(Receiver<String> to) {
      assertThat(receiver).isNull();
      receiver = to;
    }

    private CompletionStage<Void> changed(Runnable change) {
      if (broken != null) {
        return CompletableFuture.failedFuture(broken);
      }
      change.run();
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> listen(Set<String> more) {
      return changed(() -> channels.addAll(more));
    }

    @Override
    public CompletionStage<Void> unlisten(Set<String> fewer) {
      return changed(() -> channels.removeAll(fewer));
    }

    Receiver<String> opened() {
      return Objects.requireNonNull(receiver, "not opened");
    }

    void notify(String channel, String text) {
      if (channels.contains(channel)) {
        opened().notified(channel, text);
      }
    }
  }

  /** Tasks run when the test says so; the primary's link is whichever the test has put there. */
  private static final class Hand implements Place<String> {
    final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    final ArrayDeque<Runnable> timers = new ArrayDeque<>();
    Link link = new Link();
    @Nullable CompletableFuture<Void> noPrimary;
    int rests;

    @Override
    public CompletionStage<Void> onPrimary(Function<Ear<String>, CompletionStage<Void>> work) {
      CompletableFuture<Void> waits = noPrimary;
      return waits == null ? work.apply(link) : waits.thenCompose(ok -> work.apply(link));
    }

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    @Override
    public void schedule(Duration delay, Runnable task) {
      timers.add(task);
    }

    @Override
    public void rest() {
      rests++;
    }

    void run(ArrayDeque<Runnable> some) {
      for (Runnable task = some.poll(); task != null; task = some.poll()) {
        task.run();
      }
    }

    /** The link is lost; the next one is another. */
    Link lose() {
      Link lost = link;
      link = new Link();
      lost.opened().closed();
      return lost;
    }
  }

  @Test
  void oneLinkListensForAllToWhatAnyOfThemWants() {
    assertThat(notifications.listen("a", one)).isCompleted();
    assertThat(notifications.listen("a", two)).isCompleted();
    assertThat(notifications.listen("b", two)).isCompleted();
    assertThat(place.link.channels).containsExactly("a", "b");
    place.link.notify("a", "1");
    place.link.notify("b", "2");
    assertThat(one.got).containsExactly("a 1");
    assertThat(two.got).containsExactly("a 1", "b 2");
    notifications.keepOnly(two, Set.of("b"));
    assertThat(place.link.channels).containsExactly("a", "b");
    notifications.keepOnly(one, Set.of());
    assertThat(place.link.channels).containsExactly("b");
    assertThat(place.rests).isZero();
  }

  @Test
  void theLinkMayGoWhenNobodyListens() {
    assertThat(notifications.listen("a", one)).isCompleted();
    notifications.keepOnly(one, Set.of());
    assertThat(place.rests).isEqualTo(1);
    place.link = new Link();
    assertThat(notifications.listen("a", one)).isCompleted();
    assertThat(place.link.channels).containsExactly("a");
    assertThat(one.got).as("it left by its own will: nothing is missed").isEmpty();
  }

  @Test
  void aLostLinkIsFollowedByOneThatListensToTheSameAndClientsAreWarned() {
    assertThat(notifications.listen("a", one)).isCompleted();
    assertThat(notifications.listen("b", two)).isCompleted();
    Link lost = place.lose();
    assertThat(one.got).isEmpty();
    place.run(place.tasks);
    assertThat(place.link.channels).containsExactly("a", "b");
    assertThat(one.got).containsExactly("missed");
    assertThat(two.got).containsExactly("missed");
    lost.notify("a", "from the old one");
    place.link.notify("a", "from the next");
    assertThat(one.got).containsExactly("missed", "a from the next");
    lost.opened().closed();
    place.run(place.tasks);
    assertThat(one.got).hasSize(2);
  }

  @Test
  void anotherLinkThanBeforeIsALossThoughNobodySaidSo() {
    assertThat(notifications.listen("a", one)).isCompleted();
    place.link = new Link();
    assertThat(notifications.listen("b", two)).isCompleted();
    assertThat(place.link.channels).containsExactly("a", "b");
    assertThat(one.got).containsExactly("missed");
  }

  @Test
  void whoListensWhileThereIsNoPrimaryHearsOfTheFailureAndItIsTriedAgain() {
    CompletableFuture<Void> none = new CompletableFuture<>();
    place.noPrimary = none;
    CompletableFuture<Void> asked = notifications.listen("a", one).toCompletableFuture();
    assertThat(asked).isNotDone();
    place.noPrimary = null;
    none.completeExceptionally(new IllegalStateException("nobody there"));
    assertThatThrownBy(asked::join)
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("nobody there");
    assertThat(place.link.channels).isEmpty();
    place.run(place.timers);
    assertThat(place.link.channels).containsExactly("a");
  }

  @Test
  void aLinkThatFailsIsTriedAgainUntilItIsLostAndThenClientsAreWarned() {
    assertThat(notifications.listen("a", one)).isCompleted();
    place.link.broken = new IllegalStateException("broken");
    assertThat(notifications.listen("b", two)).isCompletedExceptionally();
    place.lose();
    place.run(place.tasks);
    place.run(place.timers);
    assertThat(place.link.channels).containsExactly("a", "b");
    assertThat(one.got).containsExactly("missed");
  }

  @Test
  void whatIsWantedWhileItAsksIsAskedForNext() {
    CompletableFuture<Void> later = new CompletableFuture<>();
    place.noPrimary = later;
    CompletableFuture<Void> a = notifications.listen("a", one).toCompletableFuture();
    CompletableFuture<Void> b = notifications.listen("b", one).toCompletableFuture();
    notifications.keepOnly(one, Set.of("b"));
    place.noPrimary = null;
    later.complete(null);
    assertThat(b).isCompleted();
    assertThat(place.link.channels).containsExactly("b");
    assertThat(a).as("nobody waits for what was given up").isNotDone();
  }

  @Test
  void afterCloseNothingIsAskedFor() {
    notifications.close();
    assertThat(notifications.listen("a", one).toCompletableFuture()).isNotDone();
    assertThat(place.link.channels).isEmpty();
  }
}
