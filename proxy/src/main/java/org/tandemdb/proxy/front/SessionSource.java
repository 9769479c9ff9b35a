package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.tandemdb.entry.BackendId;
import org.tandemdb.listen.Channels;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.ReadLevel;

/** An engine as a front end's sessions see it. Thread-safe. */
interface SessionSource {

  /**
   * A session for a client that has been let in.
   *
   * @param user whose rights its statements have
   * @param credential what its links may show to servers, unless something else is configured
   */
  EngineSession<NettyLink> open(String user, String credential);

  /** The answer to {@code SHOW TANDEM topic argument}. */
  Table show(String topic, String argument);

  /**
   * The answer to {@code SHOW TANDEM OUTCOME}; completes anywhere.
   *
   * @throws ClientFailure if {@code token} is none
   */
  CompletionStage<Table> outcome(String token);

  /** What is notified there. */
  Channels<ByteBuf> notifications();

  /** What reads must see, unless a session says otherwise. */
  ReadLevel consistency();

  /** How long a session waits for a new primary. */
  Duration patience();

  /** Nothing in the engine takes longer than this. */
  Duration waitLimit();

  /** What a transaction may record before the log may have to be waited for. */
  long stageThresholdBytes();

  /** The version of the catalog in force. */
  long schemaVersion();

  /** What is known of the numbers of the database's own objects. */
  OwnOids ownOids();

  /** What servers have parsed. */
  AcceptedTexts accepted();

  /** False for a replica, and while nobody is in office. */
  boolean isPrimary(BackendId backend);

  /** A small report: column names, and rows of texts. */
  record Table(List<String> columns, List<List<@Nullable String>> rows) {}
}
