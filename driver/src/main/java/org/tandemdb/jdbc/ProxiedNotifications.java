package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notifications that a proxy sends, as PostgreSQL's own driver has read them. It waits in slices,
 * so that a close ends a wait. Used by the connection's thread.
 */
final class ProxiedNotifications implements NotificationApi {
  private static final long LONGEST_WAIT_MILLIS = TimeUnit.HOURS.toMillis(1);
  private static final long SLICE_MILLIS = 250;

  private final ProxiedConnection connection;

  /** The last warning that has ended a wait. */
  private @Nullable SQLWarning seen;

  ProxiedNotifications(ProxiedConnection connection) {
    this.connection = connection;
  }

  @Override
  public List<Notification> getNotifications(int timeoutMillis) throws SQLException {
    long millis = timeoutMillis == 0 ? LONGEST_WAIT_MILLIS : timeoutMillis;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; ; left = millisUntil(deadline)) {
      List<Notification> some =
          connection.notified(left <= 0 ? -1 : (int) Math.min(left, SLICE_MILLIS));
      if (!some.isEmpty()
          || millisUntil(deadline) <= 0
          || connection.inTransaction()
          || Thread.currentThread().isInterrupted()
          || isWarned()) {
        return some;
      }
    }
  }

  /** Not 0 before it is there. */
  private static long millisUntil(long deadline) {
    long nanos = deadline - System.nanoTime();
    return nanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
  }

  /** True, once, if something may have been missed. */
  @SuppressWarnings("ReferenceEquality")
  private boolean isWarned() throws SQLException {
    SQLWarning last = connection.missed();
    if (last == null || last == seen) {
      return false;
    }
    seen = last;
    return true;
  }
}
