package org.tandemdb.jdbc;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.Notification;
import org.tandemdb.listen.Channels;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;
import org.tandemdb.session.SessionExecutor;

/** An engine as the driver sees it. Thread-safe. */
interface SessionSource extends AutoCloseable {

  /**
   * A session for a new client connection.
   *
   * @param user the client's database user; empty means Tandem's own role
   * @param executor runs the session's blocking link work on the client's thread
   */
  EngineSession<JdbcLink> open(String user, String password, SessionExecutor executor);

  /**
   * What lets INSERTs of a user's sessions share transactions; empty where they never do. To be
   * given back with {@link #insertsUnused} by whoever got one.
   *
   * @param user as for {@link #open}
   */
  Optional<InsertCombiner> inserts(String user, String password);

  /** A connection that had the user's {@link #inserts} is closed. */
  void insertsUnused(String user, String password);

  /** The answer to {@code SHOW TANDEM topic argument}. */
  Table show(String topic, String argument);

  /**
   * The answer to {@code SHOW TANDEM OUTCOME}.
   *
   * @throws IllegalArgumentException if {@code token} is none
   */
  CompletionStage<Table> outcome(String token);

  /** What is notified there, and who listens. */
  Channels<Notification> notifications();

  /** What a session's reads must see, unless it says otherwise. */
  ReadLevel consistency();

  /** How many statements of a transaction are kept, to be run again; 0 for none. */
  int replayStatements();

  /** How long a session waits for a new primary. */
  Duration patience();

  /** Nothing in the engine takes longer than this; the driver's last resort against a hang. */
  Duration waitLimit();

  @Override
  void close();

  /** A small report: column names, and rows of texts. */
  record Table(List<String> columns, List<List<@Nullable String>> rows) {}
}
