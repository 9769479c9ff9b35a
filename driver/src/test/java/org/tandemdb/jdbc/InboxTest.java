package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.tandemdb.backend.Notification;

/** What was notified and is not yet read. */
class InboxTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(30);

  private final Set<String> channels = new HashSet<>(Set.of("a"));
  private final Inbox inbox = new Inbox(channels::contains);

  private void add(String payload) {
    inbox.add(new Notification("a", payload, 7));
  }

  private List<String> take() throws SQLException {
    return inbox.take(0, () -> false).stream().map(NotificationApi.Notification::payload).toList();
  }

  @Test
  void eachIsHandedOutOnceInOrder() throws SQLException {
    add("1");
    add("2");
    assertThat(inbox.take(LONG, () -> false))
        .containsExactly(
            new NotificationApi.Notification("a", "1", 7),
            new NotificationApi.Notification("a", "2", 7));
    assertThat(take()).isEmpty();
  }

  @Test
  void whatComesLateForAChannelThatWasLeftIsNotKept() throws SQLException {
    channels.clear();
    add("late");
    assertThat(take()).isEmpty();
  }

  @Test
  void aLossIsToldAfterWhatCameBeforeItAndAheadOfWhatCameAfter() throws SQLException {
    String large = "x".repeat(1000);
    for (int i = 0; i < 2000; i++) {
      add(large);
    }
    int kept = take().size();
    assertThat(kept).isEqualTo(Inbox.MOST_BYTES / (1000 + 64 + 1));
    add("after");
    assertThatThrownBy(this::take)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53400"));
    assertThat(take()).containsExactly("after");
  }

  @Test
  void emptyOnesAreBoundedToo() throws SQLException {
    for (int i = 0; i < 100_000; i++) {
      add("");
    }
    assertThat(take()).hasSizeLessThan(20_000);
  }

  @Test
  void somethingMissedEndsAWaitOnceAndIsToldOnce() throws SQLException {
    inbox.missed();
    long before = System.nanoTime();
    assertThat(inbox.take(LONG, () -> false)).isEmpty();
    assertThat(System.nanoTime() - before).isLessThan(LONG);
    before = System.nanoTime();
    long wait = TimeUnit.MILLISECONDS.toNanos(20);
    assertThat(inbox.take(wait, () -> false)).isEmpty();
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(wait);
    assertThat(inbox.hasMissed()).isTrue();
    assertThat(inbox.hasMissed()).isFalse();
  }

  @Test
  void anInterruptEndsAWaitAndIsKept() throws SQLException {
    Thread.currentThread().interrupt();
    long before = System.nanoTime();
    assertThat(inbox.take(LONG, () -> false)).isEmpty();
    assertThat(System.nanoTime() - before).isLessThan(LONG);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void theNextClientFindsNothing() throws SQLException {
    for (int i = 0; i < 2000; i++) {
      add("x".repeat(1000));
    }
    inbox.missed();
    inbox.clear();
    assertThat(take()).isEmpty();
    assertThat(take()).isEmpty();
    assertThat(inbox.hasMissed()).isFalse();
  }
}
