package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * Where the results of one statement go: to the client, or to the session itself. Buffers given to
 * it are its own. On the event loop.
 */
interface Outlet {

  /** A statement of the client's begins: what came before stays. */
  void next();

  /** The statement begins, on this link; what an earlier try has given is void. */
  void begin(NettyLink link);

  void bound();

  void description(ByteBuf frame);

  void row(ByteBuf frame);

  void relay(ByteBuf frame);

  void copyIn(ByteBuf frame, CopyIn to);

  /** It is done; an empty tag is an empty statement's. */
  void complete(String tag);

  /** All rows are here already, to be fetched in portions; then it is done. */
  void fetched(List<ByteBuf> rows, String tag);

  /** There are more rows, for who asks. */
  void suspended();

  /** A portal that might have been suspended has given all its rows; its server keeps it. */
  default void ended() {}

  /**
   * A small report that no backend made.
   *
   * @param described the client wants to know the columns
   */
  void table(List<String> columns, List<List<@Nullable String>> rows, boolean described);

  void warning(String sqlState, String message);

  /** False once something has left that cannot be taken back. */
  boolean mayRunAgain();
}
