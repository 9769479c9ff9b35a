package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.tandemdb.backend.Notification;

/** What was notified to one session and is not yet read, within bounds. Thread-safe. */
final class Inbox {
  /** As much as a proxy keeps of a client's. */
  static final int MOST_BYTES = 1 << 20;

  /** What one takes beside its texts. */
  private static final int EACH_BYTES = 64;

  private final Predicate<String> isListening;
  private final ArrayDeque<Notification> unread = new ArrayDeque<>();
  private int bytes;

  /** More came than there was room for: whatever comes before the rest is read is lost. */
  private boolean overflown;

  /** All that came before a loss is handed out: the loss is to be told next. */
  private boolean lossIsNext;

  private boolean missed;

  /** Somebody who waits is to look at the warning. */
  private boolean look;

  /**
   * @param isListening whether the session listens to a channel; asked from any thread
   */
  Inbox(Predicate<String> isListening) {
    this.isListening = isListening;
  }

  /** Unless the session has left the channel meanwhile. */
  synchronized void add(Notification notification) {
    if (overflown || !isListening.test(notification.channel())) {
      return;
    }
    int size = EACH_BYTES + notification.channel().length() + notification.payload().length();
    if (bytes + size > MOST_BYTES) {
      overflown = true;
      return;
    }
    bytes += size;
    unread.add(notification);
    notifyAll();
  }

  /** Something may have been notified that nobody heard. */
  synchronized void missed() {
    missed = true;
    look = true;
    notifyAll();
  }

  /** True, once, after {@link #missed}. */
  synchronized boolean hasMissed() {
    boolean was = missed;
    missed = false;
    return was;
  }

  /** Whoever waits looks whether it still should. */
  synchronized void wake() {
    notifyAll();
  }

  /** For the session's next client. */
  synchronized void clear() {
    unread.clear();
    bytes = 0;
    overflown = false;
    lossIsNext = false;
    missed = false;
    look = false;
  }

  /**
   * All that is there, waiting for the first one.
   *
   * @param nanos how long at most
   * @param isOver ends the wait; see {@link #wake}
   * @throws SQLException 53400 if something was lost here
   */
  synchronized List<NotificationApi.Notification> take(long nanos, BooleanSupplier isOver)
      throws SQLException {
    await(nanos, isOver);
    look = false;
    if (lossIsNext) {
      lossIsNext = false;
      throw SqlErrors.of(
          "53400",
          "More was notified than this connection has read: what came after the last notification"
              + " that was handed out is lost. The connection goes on listening.",
          null);
    }
    List<NotificationApi.Notification> all = new ArrayList<>(unread.size());
    for (Notification one : unread) {
      all.add(new NotificationApi.Notification(one.channel(), one.payload(), one.process()));
    }
    unread.clear();
    bytes = 0;
    lossIsNext = overflown;
    overflown = false;
    return all;
  }

  private void await(long nanos, BooleanSupplier isOver) {
    long deadline = System.nanoTime() + nanos;
    try {
      for (long left = nanos;
          left > 0 && unread.isEmpty() && !lossIsNext && !look && !isOver.getAsBoolean();
          left = deadline - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
