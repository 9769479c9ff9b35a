package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What one connection reads of its session's {@link Inbox}. */
final class TandemNotifications implements NotificationApi {
  private static final long LONGEST_WAIT_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final TandemConnection connection;

  TandemNotifications(TandemConnection connection) {
    this.connection = connection;
  }

  @Override
  public List<Notification> getNotifications(int timeoutMillis) throws SQLException {
    Inbox inbox = connection.session().inbox();
    long millis = timeoutMillis == 0 ? LONGEST_WAIT_MILLIS : Math.max(0, timeoutMillis);
    List<Notification> some =
        inbox.take(TimeUnit.MILLISECONDS.toNanos(millis), connection::isClosed);
    if (some.isEmpty()) {
      connection.session(); // which may have been closed meanwhile
    }
    return some;
  }
}
