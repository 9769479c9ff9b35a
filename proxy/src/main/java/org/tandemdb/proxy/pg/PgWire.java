package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.BackendMessages.ServerFailure;

/**
 * One connection to a server: start-up with trust authentication, then flights, answered in the
 * order they were sent. State belongs to the channel's event loop; {@link #send} and {@link #close}
 * may be called from any thread. A message that is not understood, or is longer than the limit,
 * ends the connection: what follows it could be anything.
 */
final class PgWire extends SimpleChannelInboundHandler<ByteBuf> {
  /** Of one message, checked on its length field before it is gathered. */
  static final int MAX_FRAME_BYTES = 16 << 20;

  private static final long MAX_REPLY_BYTES = 64L << 20;
  private static final int MAX_FLIGHTS = 64;

  private final Channel channel;
  private final Map<String, String> parameters;
  private final CompletableFuture<Key> ready = new CompletableFuture<>();
  private final ArrayDeque<Flight> flights = new ArrayDeque<>();
  private @Nullable Key key;
  private @Nullable ServerFailure refusal;
  private volatile boolean lost;

  /** Names the server process, and what a CancelRequest must show. */
  record Key(int pid, int secret) {}

  /**
   * @param parameters of the start-up message
   */
  PgWire(Channel channel, Map<String, String> parameters) {
    this.channel = channel;
    this.parameters = parameters;
  }

  /** Cuts the stream into messages; goes in front of the wire. */
  static LengthFieldBasedFrameDecoder frames(int maxFrameBytes) {
    return new LengthFieldBasedFrameDecoder(maxFrameBytes, 1, Integer.BYTES, -Integer.BYTES, 0);
  }

  /** Complete when the server is ready for the first statement. */
  CompletionStage<Key> ready() {
    return ready;
  }

  boolean isUsable() {
    return !lost;
  }

  /**
   * Sends statements and one Sync. The stage completes on the event loop, with one result for each;
   * exceptionally with the server's error, or 08006 when the connection was lost meanwhile.
   */
  CompletionStage<List<PgResult>> send(List<PgStatement> statements) {
    Flight flight = new Flight(statements);
    try {
      channel.eventLoop().execute(() -> sendNow(flight));
    } catch (RejectedExecutionException e) {
      flight.lost(new SQLException("the event loop has ended", "08006", e));
    }
    return flight.answer;
  }

  private void sendNow(Flight flight) {
    if (lost || !channel.isActive()) {
      flight.lost(new SQLException("the connection is closed", "08006"));
      return;
    }
    if (flights.size() >= MAX_FLIGHTS) {
      flight.lost(new SQLException(MAX_FLIGHTS + " flights await their answer already", "53400"));
      return;
    }
    ByteBuf out = channel.alloc().buffer();
    try {
      flight.statements.forEach(statement -> FrontendMessages.execute(out, statement));
      FrontendMessages.sync(out);
    } catch (RuntimeException e) {
      out.release();
      flight.answer.completeExceptionally(e);
      return;
    }
    flights.add(flight);
    channel.writeAndFlush(out, channel.voidPromise());
  }

  /** At once; what was in flight has no answer. */
  void close() {
    lost = true;
    channel.close();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ByteBuf out = context.alloc().buffer();
    FrontendMessages.startup(out, parameters);
    context.writeAndFlush(out, context.voidPromise());
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
    int type = BackendMessages.uint8(frame);
    frame.skipBytes(Integer.BYTES);
    switch (type) {
      case 'S', 'N', 'A' -> {
        // Settings, notices and notifications: the throw-away has nobody to tell.
      }
      case 'E' -> failed(BackendMessages.errorResponse(frame));
      case 'Z' -> readyForQuery();
      default -> {
        if (ready.isDone()) {
          answer(type, frame);
        } else {
          startUp(type, frame);
        }
      }
    }
  }

  private void startUp(int type, ByteBuf body) {
    switch (type) {
      case 'R' -> {
        int method = BackendMessages.int32(body);
        if (method != 0) {
          throw new CorruptedFrameException(
              "the server asks for authentication method " + method + "; only trust is spoken");
        }
      }
      case 'K' -> key = new Key(BackendMessages.int32(body), BackendMessages.int32(body));
      default -> throw unexpected(type);
    }
  }

  private void answer(int type, ByteBuf body) {
    Flight flight = flights.peek();
    if (flight == null) {
      throw unexpected(type);
    }
    switch (type) {
      case '1', '2', 'n' -> {
        // Parse and Bind went well; a statement without a result has nothing to describe.
      }
      case 'T' -> flight.columns(BackendMessages.rowDescription(body));
      case 'D' -> {
        int size = body.readableBytes();
        if (flight.row(BackendMessages.dataRow(body), size) > MAX_REPLY_BYTES) {
          throw new CorruptedFrameException("a result of more than " + MAX_REPLY_BYTES + " bytes");
        }
      }
      case 'C' -> flight.complete(BackendMessages.cstring(body));
      case 'I' -> flight.complete("");
      default -> throw unexpected(type);
    }
  }

  private static CorruptedFrameException unexpected(int type) {
    return new CorruptedFrameException("message '" + (char) type + "' is not expected here");
  }

  private void failed(ServerFailure failure) {
    if (failure.fatal()) {
      refusal = failure;
      lost = true;
      channel.close();
      return;
    }
    Flight flight = flights.peek();
    if (flight == null) {
      throw unexpected('E');
    }
    flight.fail(failure.exception());
  }

  private void readyForQuery() {
    Key found = key;
    if (!ready.isDone()) {
      if (found == null) {
        throw unexpected('Z');
      }
      ready.complete(found);
      return;
    }
    Flight flight = flights.poll();
    if (flight == null) {
      throw unexpected('Z');
    }
    flight.end();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end("the connection was closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    end(String.valueOf(cause.getMessage()));
    context.close();
  }

  private void end(String message) {
    lost = true;
    ServerFailure said = refusal;
    SQLException why = said == null ? new SQLException(message, "08006") : said.exception();
    ready.completeExceptionally(why);
    for (Flight flight = flights.poll(); flight != null; flight = flights.poll()) {
      flight.lost(why);
    }
  }
}
