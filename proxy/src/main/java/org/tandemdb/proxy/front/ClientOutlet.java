package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * What goes to a client. A statement's answer is held back until the statement is done, or too
 * large to be held: so long it can be run again on another server without the client's noticing.
 * Large messages are passed on as they are, small ones are gathered.
 *
 * <p>When the client does not read, nothing more is read from the server that answers. On the event
 * loop.
 */
final class ClientOutlet implements Outlet {
  /** Of one answer, before it begins to leave. */
  private static final int MOST_HELD_BYTES = 64 << 10;

  private static final int SMALL_BYTES = 1024;
  private static final int TAIL_BYTES = 4096;

  /** Whom the portal's rows are for that are all here already. */
  interface Portals {
    void fetched(List<ByteBuf> rows, String tag);

    void suspended(NettyLink link);

    /** It has given all its rows, and is still there. */
    void ended(NettyLink link);
  }

  private final Channel client;
  private final List<ByteBuf> held = new ArrayList<>();
  private int heldBytes;
  private @Nullable ByteBuf tail;

  /** How much of {@link #held} is older statements'. */
  private int mark;

  private boolean left;
  private boolean flushing;

  /** A server has taken the statement and its values. */
  private boolean bound;

  private String prefix = "";
  private boolean simple = true;
  private @Nullable Portals portals;
  private @Nullable NettyLink link;
  private @Nullable NettyLink paused;
  private @Nullable CopyIn copying;
  private Runnable entered = () -> {};

  ClientOutlet(Channel client) {
    this.client = client;
  }

  /** The next statement is one of the simple protocol. */
  void simple() {
    simple = true;
    prefix = "";
    portals = null;
  }

  /**
   * The next statement is one of the extended protocol.
   *
   * @param answers types of messages without a body that are due once it is bound
   */
  void extended(String answers, Portals forPortals) {
    simple = false;
    prefix = answers;
    portals = forPortals;
  }

  /** The link that was used last. */
  @Nullable NettyLink link() {
    return link;
  }

  // --- sending

  /** What was held is the client's now. */
  void release() {
    seal();
    for (ByteBuf part : held) {
      client.write(part, client.voidPromise());
    }
    held.clear();
    heldBytes = 0;
    mark = 0;
    if (!client.isWritable()) {
      client.flush();
      pause();
    }
  }

  /** Nobody would ever wake a link that waits for a client who has gone. */
  private void pause() {
    NettyLink from = link;
    if (from != null && paused == null && client.isActive() && !client.isWritable()) {
      paused = from;
      from.reading(false);
    }
  }

  /** The client reads again, or what was read from the server is complete. */
  void resume() {
    NettyLink from = paused;
    if (from != null) {
      paused = null;
      from.reading(true);
    }
  }

  void flush() {
    release();
    client.flush();
  }

  /** A message of the session's own, behind what is held. */
  void say(Consumer<ByteBuf> message) {
    ByteBuf out = tail();
    int before = out.readableBytes();
    message.accept(out);
    grew(out.readableBytes() - before);
  }

  private ByteBuf tail() {
    ByteBuf open = tail;
    if (open == null) {
      open = client.alloc().buffer(TAIL_BYTES);
      tail = open;
    }
    return open;
  }

  private void seal() {
    ByteBuf open = tail;
    tail = null;
    if (open != null) {
      if (open.isReadable()) {
        held.add(open);
      } else {
        open.release();
      }
    }
  }

  private void send(ByteBuf frame) {
    int bytes = frame.readableBytes();
    if (bytes <= SMALL_BYTES) {
      tail().writeBytes(frame);
      frame.release();
    } else {
      seal();
      held.add(frame);
    }
    grew(bytes);
  }

  private void grew(int bytes) {
    heldBytes += bytes;
    if (heldBytes > MOST_HELD_BYTES) {
      left = true;
      release();
    }
  }

  @Override
  public void next() {
    seal();
    mark = held.size();
    left = false;
    bound = false;
  }

  /** What the statement has answered so far is void, as far as it has not left. */
  void discard() {
    copying = null;
    seal();
    while (held.size() > mark) {
      ByteBuf part = held.remove(held.size() - 1);
      heldBytes -= part.readableBytes();
      part.release();
    }
  }

  void close() {
    mark = 0;
    discard();
    resume();
  }

  // --- what comes of a statement

  @Override
  public void begin(NettyLink on) {
    bound = false;
    discard();
    resume();
    link = on;
  }

  @Override
  public void bound() {
    bound = true;
    for (int i = 0; i < prefix.length(); i++) {
      char type = prefix.charAt(i);
      say(out -> ClientMessages.bare(out, type));
    }
  }

  /** The simple protocol says nothing of a statement without a result. */
  @Override
  public void description(ByteBuf frame) {
    if (simple && frame.getByte(frame.readerIndex()) == 'n') {
      frame.release();
    } else {
      send(frame);
    }
  }

  @Override
  public void row(ByteBuf frame) {
    send(frame);
  }

  @Override
  public void relay(ByteBuf frame) {
    if (frame.getByte(frame.readerIndex()) == 'N') {
      notice(frame);
    } else {
      send(frame);
    }
  }

  /**
   * Goes at once, ahead of what is held of its own statement, which the protocol allows: what its
   * statement waits for may be waiting for it. A statement that is run again raises it again.
   */
  private void notice(ByteBuf frame) {
    seal();
    List<ByteBuf> older = held.subList(0, mark);
    for (ByteBuf part : older) {
      heldBytes -= part.readableBytes();
      client.write(part, client.voidPromise());
    }
    older.clear();
    mark = 0;
    client.write(frame, client.voidPromise());
    if (!flushing) {
      flushing = true;
      client.eventLoop().execute(this::flushed); // one flush for all that have come together
    }
    pause();
  }

  private void flushed() {
    flushing = false;
    client.flush();
  }

  @Override
  public void copyIn(ByteBuf frame, CopyIn to) {
    copying = to;
    left = true;
    send(frame);
    flush();
    entered.run();
  }

  /**
   * True if a server has taken the statement before it failed, so that what is due ahead is still
   * to be said: whoever pipelines would take the error for that of the first message.
   */
  boolean isBound() {
    return bound && !left;
  }

  /** Who waits for the client's data; null while nobody does. */
  @Nullable CopyIn copying() {
    return copying;
  }

  /** The data has come to its end. */
  void copied() {
    copying = null;
  }

  /** What is run when a server waits for the client's data. */
  void onCopy(Runnable action) {
    entered = action;
  }

  @Override
  public void complete(String tag) {
    resume();
    if (tag.isEmpty()) {
      say(out -> ClientMessages.bare(out, 'I'));
    } else {
      say(out -> ClientMessages.commandComplete(out, tag));
    }
  }

  @Override
  public void fetched(List<ByteBuf> rows, String tag) {
    resume();
    Portals to = portals;
    if (to == null) {
      rows.forEach(this::row);
      complete(tag);
    } else {
      to.fetched(rows, tag);
    }
  }

  @Override
  public void suspended() {
    resume();
    Portals to = portals;
    NettyLink on = link;
    if (to != null && on != null) {
      to.suspended(on);
    }
    say(out -> ClientMessages.bare(out, 's'));
  }

  @Override
  public void ended() {
    Portals to = portals;
    NettyLink on = link;
    if (to != null && on != null) {
      to.ended(on);
    }
  }

  @Override
  public void table(List<String> columns, List<List<@Nullable String>> rows, boolean described) {
    if (described) {
      say(out -> ClientMessages.textColumns(out, columns));
    }
    rows.forEach(row -> say(out -> ClientMessages.textRow(out, row)));
    complete("SHOW");
  }

  @Override
  public void warning(String sqlState, String message) {
    say(out -> ClientMessages.warning(out, sqlState, message));
  }

  @Override
  public boolean mayRunAgain() {
    return !left;
  }
}
