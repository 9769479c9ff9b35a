package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what comes of a call, on the event loop, in the order in which it comes. Buffers given to
 * it are its own. What ends a call is its stage, not told here.
 */
public interface Results {

  /** The statement was understood and has its parameters. */
  void bound();

  /** RowDescription of the client's own columns, or NoData. */
  void description(ByteBuf frame);

  /** One of the client's columns, which are described next, if at all, has a type of its own. */
  default void ownTypes() {}

  /** DataRow of the client's own columns. */
  void row(ByteBuf frame);

  /** The hidden columns of a row. */
  void captured(List<@Nullable String> texts);

  /** A message that is the client's as it is: a notice, a notification, COPY's data. */
  void relay(ByteBuf frame);

  /** CopyInResponse: the server waits for the client's data. */
  void copyIn(ByteBuf frame, CopyIn to);
}
