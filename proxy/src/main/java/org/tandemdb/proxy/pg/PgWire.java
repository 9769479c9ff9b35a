package org.tandemdb.proxy.pg;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.X509Certificate;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.proxy.pg.BackendMessages.ServerFailure;

/**
 * One connection to a server: start-up, then exchanges, answered in the order they were sent; or
 * lent to a guest, who speaks with the server by itself. State belongs to the channel's event loop;
 * {@link #submit}, {@link #send} and {@link #close} may be called from any thread. A message that
 * is not understood, or is longer than the limit, ends the connection: what follows it could be
 * anything.
 */
final class PgWire extends ChannelInboundHandlerAdapter {
  /** Of one message, checked on its length field before it is gathered; PostgreSQL's own limit. */
  static final int MAX_FRAME_BYTES = 1 << 30;

  private static final int MAX_EXCHANGES = 64;

  private final Channel channel;
  private final ServerFrames frames;
  private final Map<String, String> startup;
  private final ServerAuthentication authentication;
  private final CompletableFuture<Key> ready = new CompletableFuture<>();
  private final ArrayDeque<Exchange> exchanges = new ArrayDeque<>();
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final ArrayDeque<Runnable> writable = new ArrayDeque<>();
  private final ArrayDeque<Runnable> held = new ArrayDeque<>();
  private final AtomicInteger holds = new AtomicInteger();
  private int settingsVersion;
  private boolean flushPlanned;
  private @Nullable Consumer<ByteBuf> guest;
  private @Nullable Consumer<ByteBuf> notified;
  private @Nullable Key key;
  private @Nullable ServerFailure refusal;
  private volatile boolean lost;

  /** Names the server process, and what a CancelRequest must show. */
  record Key(int pid, int secret) {}

  /**
   * @param startup parameters of the start-up message
   */
  PgWire(Channel channel, Map<String, String> startup, ServerAuthentication authentication) {
    this(channel, startup, authentication, MAX_FRAME_BYTES);
  }

  PgWire(
      Channel channel,
      Map<String, String> startup,
      ServerAuthentication authentication,
      int mostFrameBytes) {
    this.channel = channel;
    this.frames = new ServerFrames(mostFrameBytes, this::frame);
    this.startup = startup;
    this.authentication = authentication;
  }

  /** Complete when the server is ready for the first statement. */
  CompletionStage<Key> ready() {
    return ready;
  }

  /** False as soon as the channel is closed, which those in flight are told a little later. */
  boolean isUsable() {
    return !lost && channel.isActive();
  }

  Channel channel() {
    return channel;
  }

  /** What the server has reported of its session; read on the event loop. */
  Map<String, String> settings() {
    return settings;
  }

  /** Grows with each change of {@link #settings}. */
  int settingsVersion() {
    return settingsVersion;
  }

  /**
   * Sends statements and one Sync. The stage completes on the event loop, with one result for each;
   * exceptionally with the server's error, or 08006 when the connection was lost meanwhile.
   */
  CompletionStage<List<PgResult>> send(List<PgStatement> statements) {
    Flight flight = new Flight(statements);
    ByteBuf out = channel.alloc().buffer();
    try {
      flight.statements.forEach(statement -> FrontendMessages.statement(out, statement));
      FrontendMessages.sync(out);
    } catch (RuntimeException e) {
      out.release();
      flight.answer.completeExceptionally(e);
      return flight.answer;
    }
    submit(out, flight);
    return flight.answer;
  }

  /**
   * Sends a flight of messages that ends with one Sync (or is one Query).
   *
   * @param flight released here
   */
  void submit(ByteBuf flight, Exchange exchange) {
    if (channel.eventLoop().inEventLoop()) {
      submitNow(flight, exchange);
      return;
    }
    try {
      channel.eventLoop().execute(() -> submitNow(flight, exchange));
    } catch (RejectedExecutionException e) {
      flight.release();
      exchange.lost(new SQLException("the event loop has ended", "08006", e));
    }
  }

  /** Nothing more is submitted until {@link #release}; from any thread. */
  void hold() {
    holds.incrementAndGet();
  }

  /** As often as {@link #hold}; from any thread. */
  void release() {
    if (channel.eventLoop().inEventLoop()) {
      releaseNow();
      return;
    }
    try {
      channel.eventLoop().execute(this::releaseNow);
    } catch (RejectedExecutionException e) {
      holds.decrementAndGet(); // the loop has ended, and everything with it
    }
  }

  private void releaseNow() {
    if (holds.decrementAndGet() == 0) {
      goOn();
    }
  }

  private void goOn() {
    for (Runnable next = held.poll(); next != null; next = held.poll()) {
      next.run();
    }
  }

  private void submitNow(ByteBuf flight, Exchange exchange) {
    if (holds.get() > 0 && isUsable() && held.size() < MAX_EXCHANGES) {
      held.add(() -> submitNow(flight, exchange));
      return;
    }
    String unusable =
        !isUsable() ? "the connection is closed" : guest != null ? "the connection is lent" : "";
    if (!unusable.isEmpty()) {
      flight.release();
      exchange.lost(new SQLException(unusable, "08006"));
      return;
    }
    if (exchanges.size() >= MAX_EXCHANGES) {
      flight.release();
      exchange.lost(
          new SQLException(MAX_EXCHANGES + " flights await their answer already", "53400"));
      return;
    }
    exchanges.add(exchange);
    channel.writeAndFlush(flight, channel.voidPromise());
  }

  /** Sends what belongs to the exchange in flight: the data of a COPY. */
  void sendMore(ByteBuf messages) {
    if (lost) {
      messages.release();
      return;
    }
    channel.write(messages, channel.voidPromise());
    if (!flushPlanned) {
      flushPlanned = true; // for all that comes before the loop gets to it
      channel
          .eventLoop()
          .execute(
              () -> {
                flushPlanned = false;
                channel.flush();
              });
    }
  }

  /** Runs {@code action}, once, when more can be written, or nothing ever will be. */
  void whenWritable(Runnable action) {
    if (lost || channel.isWritable()) {
      action.run();
    } else {
      writable.add(action);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (channel.isWritable()) {
      wake();
    }
  }

  private void wake() {
    for (Runnable action = writable.poll(); action != null; action = writable.poll()) {
      action.run();
    }
  }

  /** Whether more is read; off while nobody can take it. */
  void reading(boolean on) {
    if (channel.config().isAutoRead() != on) {
      channel.config().setAutoRead(on);
    }
  }

  /**
   * Lends the connection, on the event loop: all messages behind the answers that are awaited go to
   * {@code to} from now on, and what it sends comes by {@link #sendMore}. Null ends it.
   *
   * @throws IllegalStateException if it is lost: nothing would ever come
   */
  void lend(@Nullable Consumer<ByteBuf> to) {
    if (to != null && !isUsable()) {
      throw new IllegalStateException("the connection is closed");
    }
    guest = to;
  }

  /** At once; what was in flight has no answer. */
  void close() {
    lost = true;
    channel.close();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ByteBuf out = context.alloc().buffer();
    FrontendMessages.startup(out, startup);
    context.writeAndFlush(out, context.voidPromise());
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object chunk) {
    frames.read((ByteBuf) chunk);
  }

  private void frame(ByteBuf frame) {
    int type = frame.getUnsignedByte(frame.readerIndex());
    Consumer<ByteBuf> lentTo = guest;
    if (lentTo != null && exchanges.isEmpty()) {
      lentTo.accept(frame);
      return;
    }
    switch (type) {
      case 'S' -> setting(body(frame));
      case 'E' -> failed(frame);
      case 'Z' -> readyForQuery((char) BackendMessages.uint8(body(frame)));
      default -> {
        if (ready.isDone()) {
          answer(type, frame);
        } else {
          startUp(type, body(frame));
        }
      }
    }
  }

  private static ByteBuf body(ByteBuf frame) {
    return frame.slice().skipBytes(1 + Integer.BYTES);
  }

  private void setting(ByteBuf body) {
    String name = BackendMessages.cstring(body);
    String value = BackendMessages.cstring(body);
    if (!value.equals(settings.put(name, value))) {
      settingsVersion++;
    }
  }

  private void startUp(int type, ByteBuf body) {
    switch (type) {
      case 'R' -> {
        byte[] answer = authentication.answer(body, certificate());
        if (answer.length > 0) {
          ByteBuf out = channel.alloc().buffer();
          FrontendMessages.password(out, answer);
          channel.writeAndFlush(out, channel.voidPromise());
        }
      }
      case 'K' -> key = new Key(BackendMessages.int32(body), BackendMessages.int32(body));
      case 'N', 'v' -> {
        // Nobody to tell yet; and 3.0 is what was asked for.
      }
      default -> throw unexpected(type);
    }
  }

  /** The server's own; empty without TLS. */
  private Optional<X509Certificate> certificate() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      return Optional.empty();
    }
    try {
      return Optional.of((X509Certificate) tls.engine().getSession().getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException e) {
      throw new CorruptedFrameException("the server has shown no certificate", e);
    }
  }

  /** See {@link NettyLink#whenNotified}. */
  void whenNotified(Consumer<ByteBuf> to) {
    notified = to;
  }

  private void answer(int type, ByteBuf frame) {
    Consumer<ByteBuf> listener = notified;
    if (type == 'A' && listener != null) {
      listener.accept(frame);
      return;
    }
    Exchange exchange = exchanges.peek();
    if (exchange != null) {
      exchange.message(type, frame);
    } else if (type != 'N' && type != 'A') {
      throw unexpected(type);
    }
  }

  static CorruptedFrameException unexpected(int type) {
    return new CorruptedFrameException("message '" + (char) type + "' is not expected here");
  }

  private void failed(ByteBuf frame) {
    ServerFailure failure = BackendMessages.errorResponse(body(frame));
    if (failure.fatal()) {
      refusal = failure;
      lost = true;
      channel.close();
      return;
    }
    answer('E', frame);
  }

  private void readyForQuery(char status) {
    Key found = key;
    if (!ready.isDone()) {
      if (found == null || !authentication.isComplete()) {
        throw unexpected('Z');
      }
      ready.complete(found);
      return;
    }
    Exchange exchange = exchanges.poll();
    if (exchange == null) {
      throw unexpected('Z');
    }
    exchange.ready(status);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    frames.close();
    end("the connection was closed", null);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    Throwable reason =
        cause instanceof DecoderException && cause.getCause() instanceof SSLException tls
            ? tls
            : cause;
    end(String.valueOf(reason.getMessage()), reason);
    context.close();
  }

  private void end(String message, @Nullable Throwable cause) {
    lost = true;
    ServerFailure said = refusal;
    SQLException why = said == null ? new SQLException(message, "08006", cause) : said.exception();
    ready.completeExceptionally(why);
    for (Exchange next = exchanges.poll(); next != null; next = exchanges.poll()) {
      next.lost(why);
    }
    goOn();
    wake();
    Consumer<ByteBuf> lentTo = guest;
    if (lentTo != null) {
      guest = null;
      lentTo.accept(io.netty.buffer.Unpooled.EMPTY_BUFFER);
    }
  }
}
