package org.tandemdb.backend;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.tandemdb.entry.Position;

/** A link that is executed on with JDBC. */
public interface JdbcLink extends BackendLink {

  /** Where this link's blocking work runs from now on: on its holder's own thread, mostly. */
  void bind(Executor executor);

  /**
   * An expression that writes a marker and gives the transaction's clock: for sending it in one
   * flight with a transaction's last statement, see {@code EngineSession.commitWith}. Its
   * parameters are set by {@link #bindMark}.
   */
  String markCall();

  /**
   * Sets the parameters of {@link #markCall}.
   *
   * @param first index of the first of them
   */
  void bindMark(PreparedStatement statement, int first, Position position) throws SQLException;

  /**
   * The vendor's connection, in the state that the engine put it in. Owned by the lease's holder,
   * who never closes it, and never commits or rolls back a transaction that the engine opened.
   */
  Connection connection();

  /**
   * Runs COPY ... FROM STDIN on the caller's thread, with what the client sends, piece by piece.
   *
   * @return rows that the server took
   * @throws SQLException the server's own
   * @throws IOException of {@code from}: the server has given the COPY up, and failed the
   *     transaction
   */
  long copyIn(String sql, InputStream from) throws SQLException, IOException;

  /**
   * Runs COPY ... TO STDOUT on the caller's thread, piece by piece.
   *
   * @return rows that the server gave
   * @throws SQLException the server's own
   * @throws IOException of {@code to}: the server has given the COPY up
   */
  long copyOut(String sql, OutputStream to) throws SQLException, IOException;

  /**
   * Listens from now on, on the caller's thread; outside of a transaction only.
   *
   * @throws SQLException the server's own
   */
  void listen(Set<String> channels) throws SQLException;

  /** Listens no longer; as {@link #listen}. */
  void unlisten(Set<String> channels) throws SQLException;

  /**
   * What has been notified, waiting for the first of them on the caller's thread; outside of a
   * transaction only.
   *
   * @param patience at least a millisecond; nothing else can be done on the link meanwhile
   * @throws SQLException if the link is lost
   */
  List<Notification> notifications(Duration patience) throws SQLException;
}
