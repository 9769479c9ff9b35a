package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.proxy.pg.CopyIn;
import org.tandemdb.proxy.pg.NettyLink;

/**
 * One client that has been let in: takes its messages one after the other, each when the one before
 * is done. What comes meanwhile waits, within a bound; then nothing more is read from the client.
 * On the event loop.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  /** Of messages that wait; beyond it the client is not read. */
  private static final int MOST_WAITING_BYTES = 256 << 10;

  /** Of notifications that wait; whoever takes none for so long is sent away. */
  private static final int MOST_NOTIFICATION_BYTES = 1 << 20;

  private static final int QUIET_LOOKS = 10;

  /** What a statement of a client that has gone gets to end, after a cancel. */
  private static final int LAST_SECONDS = 10;

  private final Session session;
  private final ClientOutlet outlet;
  private final ExtendedProtocol extended;
  private final Runnable gone;
  private final ArrayDeque<ByteBuf> inbox = new ArrayDeque<>();
  private final Map<String, String> told = new HashMap<>();
  private final ChannelHandlerContext context;
  private int inboxBytes;

  /** What was notified while the client was in the midst of something. */
  private final ArrayDeque<ByteBuf> notifications = new ArrayDeque<>();

  private int notificationBytes;

  /** Messages in the inbox that end a group of others: until one is there, the group waits. */
  private int ends;

  private boolean busy;

  /** How often {@link #look} has found nothing to be done. */
  private int quiet;

  private boolean pumping;
  private boolean ending;
  private @Nullable NettyLink toldOf;
  private int toldVersion = -1;

  /**
   * @param gone is run once the session has ended
   */
  ClientConnection(
      ChannelHandlerContext context, Session session, ClientOutlet outlet, Runnable gone) {
    this.context = context;
    this.session = session;
    this.outlet = outlet;
    this.extended = new ExtendedProtocol(session, outlet);
    this.gone = gone;
    outlet.onCopy(this::copyBegins);
    session.listening().deliver(this::notified, this::missed);
  }

  // --- notifications

  /** To an idle client at once, to any other between its transactions, as a server does. */
  private void notified(ByteBuf frame) {
    if (ending) {
      return;
    }
    if (notificationBytes + frame.readableBytes() > MOST_NOTIFICATION_BYTES) {
      end("53400", "notifications came faster than this connection has taken them");
      return;
    }
    notifications.add(frame.copy());
    notificationBytes += frame.readableBytes();
    if (!busy && !pumping && inbox.isEmpty()) {
      handOver();
      outlet.flush();
    }
  }

  private void handOver() {
    if (ending || session.state().inBlock() || !context.channel().isWritable()) {
      return;
    }
    for (ByteBuf frame = notifications.poll(); frame != null; frame = notifications.poll()) {
      outlet.relay(frame);
    }
    notificationBytes = 0;
  }

  private void missed() {
    ByteBuf warning = context.alloc().buffer();
    ClientMessages.warning(
        warning,
        "01000",
        "the server that notifications came from was lost: what was notified meanwhile may have"
            + " been missed");
    notified(warning);
    warning.release();
  }

  /**
   * To be called now and then: who does nothing gives back its links, at once where others wait for
   * one, else after a while.
   */
  void look() {
    if (!busy && !ending && inbox.isEmpty()) {
      quiet++;
      session.rest(quiet < QUIET_LOOKS);
    }
  }

  /**
   * For {@code SHOW TANDEM SESSIONS}: state, link, what pins it, and what the client says that it
   * is called.
   */
  List<@Nullable String> described() {
    String what =
        busy || pumping
            ? "active"
            : switch (session.state().status()) {
              case 'T' -> "idle in transaction";
              case 'E' -> "idle in transaction (aborted)";
              default -> "idle";
            };
    NettyLink last = outlet.link();
    List<@Nullable String> row = new ArrayList<>();
    row.add(what);
    row.add(last == null ? null : last.backend().name());
    row.add(session.pinned());
    row.add(told.getOrDefault("application_name", ""));
    return row;
  }

  /** See CancelRequest. */
  void cancel() {
    session.cancel();
  }

  /** True while the client is in the midst of something that the proxy's end should wait for. */
  boolean isBusy() {
    return busy || session.state().inBlock();
  }

  /** Ends the session from the proxy's side, as a server does that is shut down. */
  void terminate() {
    end("57P01", "terminating connection due to administrator command");
  }

  /** The settings that the client has been told of. */
  void tellSettings(NettyLink link) {
    tell(link);
  }

  private void tell(@Nullable NettyLink link) {
    if (link == null || (link.equals(toldOf) && link.reportedVersion() == toldVersion)) {
      return;
    }
    toldOf = link;
    toldVersion = link.reportedVersion();
    link.reported()
        .forEach(
            (name, value) -> {
              if (!value.equals(told.put(name, value))) {
                outlet.say(out -> ClientMessages.setting(out, name, value));
              }
            });
  }

  // --- what comes

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    ByteBuf frame = (ByteBuf) message;
    if (ending) {
      frame.release();
      return;
    }
    if (outlet.copying() != null) {
      copy(frame);
      return;
    }
    inbox.add(frame);
    inboxBytes += frame.readableBytes();
    if (isEnd(frame)) {
      ends++;
    }
    pump();
    if (inboxBytes > MOST_WAITING_BYTES && busy) {
      from.channel().config().setAutoRead(false);
    }
  }

  /** Query, Sync, Flush, Terminate, FunctionCall: what came before is to be worked on. */
  private static boolean isEnd(ByteBuf frame) {
    return switch (frame.getByte(frame.readerIndex())) {
      case 'Q', 'S', 'H', 'X', 'F' -> true;
      default -> false;
    };
  }

  /** What has come behind a COPY that begins now is its data. */
  private void copyBegins() {
    CopyIn to = outlet.copying();
    if (ending && to != null) {
      outlet.copied();
      to.fail("the client has gone");
      return;
    }
    for (ByteBuf frame = inbox.poll(); frame != null; frame = inbox.poll()) {
      inboxBytes -= frame.readableBytes();
      if (isEnd(frame)) {
        ends--;
      }
      if (outlet.copying() != null) {
        copy(frame);
      } else {
        channelRead(context, frame);
        return;
      }
    }
    context.channel().config().setAutoRead(true);
  }

  /** As a server does: Flush and Sync among the data are left out, anything else is an error. */
  private void copy(ByteBuf frame) {
    CopyIn to = outlet.copying();
    byte type = frame.getByte(frame.readerIndex());
    if (to == null || type == 'H' || type == 'S') {
      frame.release();
    } else if (type == 'd') {
      to.data(frame);
      if (!to.isWritable()) {
        context.channel().config().setAutoRead(false);
        to.whenWritable(() -> context.channel().config().setAutoRead(true));
      }
    } else if (type == 'c' || type == 'f') {
      outlet.copied();
      to.end(frame);
    } else {
      frame.release();
      outlet.copied();
      to.fail("unexpected message type 0x" + Integer.toHexString(type) + " during COPY from stdin");
    }
  }

  private void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while (!busy && !ending && (ends > 0 || inboxBytes > MOST_WAITING_BYTES)) {
        ByteBuf frame = inbox.poll();
        if (frame == null) {
          break;
        }
        take(frame);
      }
    } finally {
      pumping = false;
    }
    if (!ending && !busy && inboxBytes <= MOST_WAITING_BYTES / 2) {
      context.channel().config().setAutoRead(true);
    }
  }

  private void take(ByteBuf frame) {
    inboxBytes -= frame.readableBytes();
    if (isEnd(frame)) {
      ends--;
    }
    CompletionStage<Void> work;
    try {
      work = handle(frame);
    } catch (ProtocolException e) {
      end("08P01", String.valueOf(e.getMessage()));
      return;
    } catch (RuntimeException e) {
      work = Stages.failed(e);
    } finally {
      frame.release();
    }
    CompletableFuture<Void> future = work.toCompletableFuture();
    if (future.isDone()) {
      worked(future.isCompletedExceptionally() ? failureOf(future) : null);
      return;
    }
    busy = true;
    work.whenComplete(
        (ok, failure) -> {
          busy = false;
          worked(failure);
          pump();
        });
  }

  private static @Nullable Throwable failureOf(CompletableFuture<Void> future) {
    return future.handle((ok, failure) -> failure).join();
  }

  /** Messages report their own errors; what comes here is a fault of the proxy's. */
  private void worked(@Nullable Throwable failure) {
    if (failure != null && !ending) {
      LOG.error("a client's message failed", failure);
      end(ErrorCode.INTERNAL.sqlState(), "internal error: " + failure);
    }
  }

  private CompletionStage<Void> handle(ByteBuf frame) {
    byte type = frame.readByte();
    frame.skipBytes(Integer.BYTES);
    switch (type) {
      case 'Q' -> {
        return query(frame);
      }
      case 'S' -> {
        FrontendReader.end(frame);
        return extended.sync().thenAccept(ok -> ready());
      }
      case 'H' -> {
        FrontendReader.end(frame);
        return extended.flush().thenAccept(ok -> outlet.flush());
      }
      case 'P', 'B', 'D', 'E', 'C' -> {
        return extended.handle(type, frame, this::peek);
      }
      case 'X' -> {
        context.close();
        return Stages.DONE;
      }
      case 'F' -> {
        return function(FrontendReader.functionCall(frame));
      }
      case 'd', 'c', 'f' -> {
        return Stages.DONE; // as a server does: data of a COPY that has failed
      }
      default -> throw new ProtocolException("invalid frontend message type " + type);
    }
  }

  /** The messages that wait, in order. */
  private Iterable<ByteBuf> peek() {
    return inbox;
  }

  private CompletionStage<Void> query(ByteBuf body) {
    String sql;
    try {
      sql = FrontendReader.query(body);
    } catch (ClientFailure e) {
      outlet.next();
      error(e);
      ready();
      return Stages.DONE;
    }
    extended.query();
    outlet.simple();
    outlet.next();
    if (isBlank(sql)) {
      outlet.complete("");
      ready();
      return Stages.DONE;
    }
    return answered(session.execute(Statement.simple(sql, outlet)));
  }

  private CompletionStage<Void> function(FrontendReader.FunctionCall call) {
    extended.query();
    outlet.simple();
    outlet.next();
    return answered(FunctionCalls.run(session, call, outlet));
  }

  private CompletionStage<Void> answered(CompletionStage<Void> work) {
    return work.handle(
        (ok, failure) -> {
          if (failure != null) {
            error(failure);
          }
          ready();
          return null;
        });
  }

  /** Nothing but space, comments and semicolons. */
  static boolean isBlank(String sql) {
    for (int i = 0; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c == '-' || c == '/') {
        return Statement.isEmpty(sql);
      }
      if (c != ';' && !Character.isWhitespace(c)) {
        return false;
      }
    }
    return true;
  }

  private void error(Throwable failure) {
    outlet.discard();
    outlet.resume();
    ClientFailure shown = ClientFailure.of(failure);
    outlet.say(out -> ClientMessages.error(out, shown));
  }

  private void ready() {
    tell(outlet.link());
    session
        .reported()
        .forEach(
            (name, value) -> {
              if (!value.equals(told.put(name, value))) {
                outlet.say(out -> ClientMessages.setting(out, name, value));
              }
            });
    char status = session.state().status();
    handOver();
    outlet.say(out -> ClientMessages.readyForQuery(out, status));
    outlet.flush();
    quiet = 0;
    session.rest(true);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext from) {
    if (from.channel().isWritable()) {
      outlet.resume();
      if (!busy && !pumping && inbox.isEmpty() && !notifications.isEmpty()) {
        handOver();
        outlet.flush();
      }
    }
  }

  // --- the end

  private void end(String sqlState, String message) {
    if (ending) {
      return;
    }
    ending = true;
    outlet.next();
    outlet.say(out -> ClientMessages.fatal(out, sqlState, message));
    outlet.flush();
    context.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
    Throwable reason =
        cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() != null
            ? cause.getCause()
            : cause;
    if (reason instanceof ProtocolException) {
      end("08P01", String.valueOf(reason.getMessage()));
    } else {
      LOG.debug("a client's connection failed", cause);
      ending = true;
      from.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) {
    ending = true;
    for (ByteBuf frame = inbox.poll(); frame != null; frame = inbox.poll()) {
      frame.release();
    }
    inboxBytes = 0;
    notifications.forEach(ByteBuf::release);
    notifications.clear();
    outlet.resume();
    CopyIn copying = outlet.copying();
    if (copying != null) {
      outlet.copied();
      copying.fail("the client has gone");
    }
    if (busy) {
      // What runs must end before its link is anybody else's.
      session.cancel();
      from.channel().eventLoop().schedule(session::severRunning, LAST_SECONDS, TimeUnit.SECONDS);
    }
    awaitIdle();
  }

  private void awaitIdle() {
    if (busy) {
      context.channel().eventLoop().schedule(this::awaitIdle, 50, TimeUnit.MILLISECONDS);
      return;
    }
    outlet.close();
    session.close();
    gone.run();
  }
}
