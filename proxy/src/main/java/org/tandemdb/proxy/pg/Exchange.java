package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import java.sql.SQLException;

/**
 * Takes what a server answers to one flight of messages, on the event loop. Ended exactly once, by
 * {@link #ready} or {@link #lost}.
 */
public interface Exchange {

  /**
   * One message; settings that changed ('S') do not come here.
   *
   * @param frame the whole message with its type and length; the caller's, retain what is kept
   * @throws io.netty.handler.codec.CorruptedFrameException if it does not belong here: the
   *     connection is closed
   */
  void message(int type, ByteBuf frame);

  /**
   * ReadyForQuery came.
   *
   * @param status {@code I}, {@code T} or {@code E}
   */
  void ready(char status);

  /** No answer will come any more. */
  void lost(SQLException why);
}
