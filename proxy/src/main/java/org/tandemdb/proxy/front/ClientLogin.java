package org.tandemdb.proxy.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.ServerError;

/**
 * A connection until its client is known: requests for encryption, CancelRequest, the start-up
 * message, authentication. All of it within a deadline, and one small message at a time. On the
 * event loop.
 */
final class ClientLogin extends ChannelInboundHandlerAdapter {
  private static final int CANCEL_REQUEST = 80877102;
  private static final int SSL_REQUEST = 80877103;
  private static final int GSSENC_REQUEST = 80877104;
  private static final int MAJOR = 3;
  private static final int NEWEST_MINOR = 2;

  /** Of the handler of an encrypted connection. */
  static final String TLS = "tls";

  /** How a client becomes a session. */
  interface Door {
    /** Ends the statement of whoever has that key; silent if nobody has. */
    void cancel(int pid, int secret);

    /**
     * Completes on the event loop; fails with {@link ClientFailure}: 3D000 where there is no such
     * database, 28000 where the user may not.
     *
     * @param encrypted the client has come by TLS
     */
    CompletionStage<Authentication> authentication(String user, String database, boolean encrypted);

    /**
     * Opens the session; takes over from here.
     *
     * @param credential see {@link Authentication#credential}
     */
    void admit(
        ChannelHandlerContext context,
        String user,
        String database,
        String credential,
        Map<String, String> settings);
  }

  /** What is asked of a client before it is let in. */
  interface Authentication {
    /** True when it is. */
    boolean isComplete();

    /** What the client has shown, for its links to show to servers; empty for nothing. */
    default String credential() {
      return "";
    }

    /** The first question; nothing if there is none. */
    void begin(ByteBuf out);

    /**
     * @throws ClientFailure 28P01
     */
    void answer(ByteBuf body, ByteBuf out);
  }

  private final ClientFrames frames;
  private final Door door;
  private final Duration deadline;
  private final Optional<ClientTls> tls;
  private final Executor executor;
  private @Nullable ScheduledFuture<?> timer;
  private @Nullable Authentication authentication;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private String user = "";
  private String database = "";
  private boolean sslAsked;
  private boolean gssAsked;
  private boolean direct;
  private boolean ended;

  /** It is being found out what to ask. */
  private boolean asking;

  /**
   * @param executor see {@link ClientTls#handler}
   */
  ClientLogin(
      ClientFrames frames,
      Door door,
      Duration deadline,
      Optional<ClientTls> tls,
      Executor executor) {
    this.frames = frames;
    this.door = door;
    this.deadline = deadline;
    this.tls = tls;
    this.executor = executor;
  }

  /** The client has begun with the handshake. */
  void isDirect() {
    direct = true;
    sslAsked = true;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    timer =
        context
            .channel()
            .eventLoop()
            .schedule(
                () -> {
                  ended = true;
                  context.close();
                },
                deadline.toMillis(),
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf frame = (ByteBuf) message;
    try {
      if (ended) {
        return;
      }
      if (asking) {
        throw new ProtocolException("nothing was asked yet");
      }
      if (authentication == null) {
        startUp(context, frame);
      } else {
        answered(context, frame);
      }
    } catch (ClientFailure e) {
      fatal(context, e.sqlState(), String.valueOf(e.getMessage()));
    } finally {
      frame.release();
    }
  }

  private void startUp(ChannelHandlerContext context, ByteBuf frame) {
    frame.skipBytes(Integer.BYTES);
    if (frame.readableBytes() < Integer.BYTES) {
      throw new ProtocolException("invalid length of startup packet");
    }
    int code = frame.readInt();
    switch (code) {
      case SSL_REQUEST -> {
        refuseAgain(sslAsked);
        sslAsked = true;
        if (tls.isPresent()) {
          encrypt(context, tls.get());
        } else {
          answerByte(context, 'N');
        }
      }
      case GSSENC_REQUEST -> {
        refuseAgain(gssAsked || isEncrypted(context));
        gssAsked = true;
        answerByte(context, 'N');
      }
      case CANCEL_REQUEST -> {
        if (frame.readableBytes() == 2 * Integer.BYTES) {
          door.cancel(frame.readInt(), frame.readInt());
        }
        ended = true;
        context.close();
      }
      default -> begin(context, code >>> 16, code & 0xffff, frame);
    }
  }

  /** To be asked once, and alone. */
  private void refuseAgain(boolean again) {
    if (again) {
      throw new ProtocolException("encryption was asked for already");
    }
    if (frames.holdsMore()) {
      // Nobody may take for encrypted what somebody has put in behind the request.
      throw new ProtocolException("received unencrypted data after a request for encryption");
    }
  }

  /** Which is no message. */
  private static void answerByte(ChannelHandlerContext context, char answer) {
    context.writeAndFlush(context.alloc().buffer(1).writeByte(answer));
  }

  private void encrypt(ChannelHandlerContext context, ClientTls by) {
    answerByte(context, 'S');
    context.pipeline().addFirst(TLS, by.handler(context.channel(), executor));
  }

  private static boolean isEncrypted(ChannelHandlerContext context) {
    return context.pipeline().get(SslHandler.class) != null;
  }

  /** A handshake that nobody asked for must be meant for this protocol. */
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (direct
        && event instanceof SslHandshakeCompletionEvent done
        && done.isSuccess()
        && !ClientTls.isNamed(context.pipeline().get(SslHandler.class))) {
      ended = true;
      context.close();
    }
    context.fireUserEventTriggered(event);
  }

  private void begin(ChannelHandlerContext context, int major, int minor, ByteBuf body) {
    if (major != MAJOR) {
      fatal(
          context,
          "0A000",
          "unsupported frontend protocol " + major + "." + minor + ": server supports 3.0 to 3.2");
      return;
    }
    List<String> unknown = new ArrayList<>();
    read(body, unknown);
    if (user.isEmpty()) {
      fatal(context, "28000", "no PostgreSQL user name specified in startup packet");
      return;
    }
    if (database.isEmpty()) {
      database = user;
    }
    ByteBuf out = context.alloc().buffer();
    if (minor > NEWEST_MINOR || !unknown.isEmpty()) {
      int newest = (MAJOR << 16) | Math.min(minor, NEWEST_MINOR);
      ClientMessages.negotiateProtocol(out, newest, unknown);
    }
    boolean encrypted = isEncrypted(context);
    if (!encrypted && tls.filter(ClientTls::isRequired).isPresent()) {
      out.release();
      fatal(
          context,
          "28000",
          "connections without encryption are not accepted here: connect with sslmode=require");
      return;
    }
    frames.phase(ClientFrames.Phase.LOGIN);
    asking = true;
    context.channel().config().setAutoRead(false);
    door.authentication(user, database, encrypted)
        .whenComplete((found, failure) -> ask(context, out, found, failure));
  }

  private void ask(
      ChannelHandlerContext context,
      ByteBuf out,
      @Nullable Authentication found,
      @Nullable Throwable failure) {
    if (ended || found == null || !context.channel().isActive()) {
      out.release();
      if (!ended) {
        ClientFailure said =
            ClientFailure.of(failure == null ? new IllegalStateException("gone") : failure);
        fatal(context, said.sqlState(), String.valueOf(said.getMessage()));
      }
      return;
    }
    asking = false;
    authentication = found;
    found.begin(out);
    context.writeAndFlush(out);
    context.channel().config().setAutoRead(true);
    admitIfComplete(context, found);
  }

  private void read(ByteBuf body, List<String> unknown) {
    List<String> texts = FrontendReader.cstrings(body);
    boolean terminated = !texts.isEmpty() && texts.get(texts.size() - 1).isEmpty();
    if (!terminated || texts.size() % 2 == 0) {
      throw new ProtocolException(
          "invalid startup packet layout: expected terminator as last byte");
    }
    for (int i = 0; i + 1 < texts.size(); i += 2) {
      String name = texts.get(i);
      String value = texts.get(i + 1);
      switch (name) {
        case "user" -> user = value;
        case "database" -> database = value;
        case "replication" -> {
          String off = value.toLowerCase(Locale.ROOT);
          if (!List.of("false", "off", "no", "0").contains(off)) {
            throw new ClientFailure(
                "0A000", "replication connections are not relayed: connect to the server itself");
          }
        }
        default -> {
          if (name.startsWith("_pq_.")) {
            unknown.add(name);
          } else {
            settings.put(name, value);
          }
        }
      }
    }
  }

  private void answered(ChannelHandlerContext context, ByteBuf frame) {
    Authentication asked = authentication;
    if (asked == null || frame.readByte() != 'p') {
      throw new ProtocolException("expected an answer to the authentication request");
    }
    frame.skipBytes(Integer.BYTES);
    ByteBuf out = context.alloc().buffer();
    try {
      asked.answer(frame, out);
    } catch (RuntimeException e) {
      out.release();
      throw e;
    }
    context.writeAndFlush(out);
    admitIfComplete(context, asked);
  }

  private void admitIfComplete(ChannelHandlerContext context, Authentication asked) {
    if (!asked.isComplete()) {
      return;
    }
    ended = true;
    cancelTimer();
    frames.phase(ClientFrames.Phase.OPEN);
    door.admit(context, user, database, asked.credential(), settings);
  }

  private void cancelTimer() {
    ScheduledFuture<?> running = timer;
    if (running != null) {
      running.cancel(false);
    }
  }

  private void fatal(ChannelHandlerContext context, String sqlState, String message) {
    ended = true;
    fatal(context, out -> ClientMessages.fatal(out, sqlState, message));
  }

  /** The last message to a client that is not let in. */
  static void fatal(ChannelHandlerContext context, Consumer<ByteBuf> message) {
    ByteBuf out = context.alloc().buffer();
    message.accept(out);
    context.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
  }

  /** What a client is told whose session does not come about. */
  static ClientFailure refusal(Throwable failure) {
    ClientFailure said = ClientFailure.of(failure);
    return ServerError.isLinkLost(ClientFailure.unwrap(failure))
        ? new ClientFailure("57P03", "no backend can serve: " + said.getMessage())
        : said;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    Throwable reason =
        cause instanceof io.netty.handler.codec.DecoderException && cause.getCause() != null
            ? cause.getCause()
            : cause;
    if (reason instanceof ProtocolException && !ended) {
      fatal(context, "08P01", String.valueOf(reason.getMessage()));
    } else {
      ended = true;
      context.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ended = true;
    cancelTimer();
  }
}
