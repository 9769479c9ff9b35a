package org.tandemdb.jdbc;

import java.sql.SQLException;
import java.util.List;

/**
 * What is notified on the channels that a connection listens to: {@code
 * connection.unwrap(NotificationApi.class)}, after {@code LISTEN channel}. LISTEN and UNLISTEN hold
 * from the COMMIT of their transaction on, and a rollback takes them back.
 *
 * <p>Nothing is read from a server here: notifications arrive while the connection does nothing, or
 * something else. With an engine in the application they are handed out also while the connection's
 * transaction is open; through a proxy they come between transactions, as from a server. Each is
 * handed out once, in the order in which the primary sent them.
 *
 * <p><b>What may be missed.</b> When the primary is lost, Tandem listens on the next one; what was
 * notified meanwhile nobody has heard. The connection then has a warning with SQLState 01000
 * ({@link java.sql.Connection#getWarnings}), and a wait for notifications ends early, so that its
 * caller can look. So it is when a connection to a proxy was lost, and made again: it listens to
 * the same. Whoever has to know everything keeps it in a table, and looks there then.
 *
 * <p>With an engine in the application this is thread-safe: one thread may wait here while another
 * uses the connection. Through a proxy ({@code jdbc:tandem://}) it is for the connection's own
 * thread, as everything of that connection, its close aside; in an open transaction it does not
 * wait then. Of no use once the connection is closed.
 */
public interface NotificationApi {

  /**
   * What has come since the last call, without waiting.
   *
   * @return in the order of their arrival; empty if there is nothing
   * @throws SQLException as {@link #getNotifications(int)}
   */
  default List<Notification> getNotifications() throws SQLException {
    return getNotifications(-1);
  }

  /**
   * The same, waiting for the first one if there is none.
   *
   * @param timeoutMillis how long to wait at most; 0 waits an hour at most, where the vendor's
   *     driver would wait for ever: call it again. Below 0 it does not wait
   * @return in the order of their arrival; empty if nothing has come in time, if something may have
   *     been missed, or if the thread was interrupted, which it still is then
   * @throws SQLException 08003 if the connection is closed, also while this waits; 53400, once,
   *     after what was handed out last, if more than about 1 MiB had been left unread with an
   *     engine in the application: what came after that is lost, and the connection goes on
   *     listening. (A proxy ends a connection that leaves so much.)
   */
  List<Notification> getNotifications(int timeoutMillis) throws SQLException;

  /**
   * @param channel as the server names it
   * @param payload empty if none was given
   * @param pid number of the server process that notified, on the server that was the primary then.
   *     Of transactions through Tandem it is that of a link, which belongs to no client and serves
   *     many: it does not tell whether a notification is one's own. Say so in the payload
   */
  record Notification(String channel, String payload, int pid) {}
}
