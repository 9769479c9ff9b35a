package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;

/**
 * A server that waits for the data of a COPY. Once it has failed, or got all, what comes is left
 * out. On the event loop.
 */
public interface CopyIn {

  /** CopyData as the client has sent it; its reference is taken over. */
  void data(ByteBuf frame);

  /** CopyDone or CopyFail as the client has sent it; its reference is taken over. */
  void end(ByteBuf frame);

  /** There will be no more, for a reason of the proxy's own. */
  void fail(String reason);

  /** False while the server does not take what was sent. */
  boolean isWritable();

  /** Runs {@code action} when it takes more again. */
  void whenWritable(Runnable action);
}
