package org.tandemdb.proxy.pg;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.math.BigInteger;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.backend.BackendControl;
import org.tandemdb.backend.BackendLink;
import org.tandemdb.backend.BackendLink.ServerProcess;
import org.tandemdb.backend.BackendPort;
import org.tandemdb.backend.BackendUnreachableException;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.ServerError;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.entry.BackendId;

/**
 * One PostgreSQL server whose client links are Netty's. Control, catalog and Tandem's own links
 * stay with {@link PgBackend}: they are few, and may block. Thread-safe.
 */
public final class NettyPort implements BackendPort<NettyLink> {
  private static final Logger LOG = LoggerFactory.getLogger(NettyPort.class);
  private static final SecureRandom SECRETS = new SecureRandom();

  private final PgBackend backend;
  private final SocketAddress address;
  private final String database;
  private final ServerTls tls;
  private final EventLoopGroup loops;
  private final Duration openTimeout;
  private final Executor workers;

  /**
   * @param backend asked for everything but client links; closed with this port
   * @param tls how its links are encrypted
   * @param loops owned by the caller
   * @param openTimeout for connecting, start-up and entering together
   * @param workers run what blocks
   */
  public NettyPort(
      PgBackend backend,
      SocketAddress address,
      String database,
      ServerTls tls,
      EventLoopGroup loops,
      Duration openTimeout,
      Executor workers) {
    this.backend = backend;
    this.address = address;
    this.database = database;
    this.tls = tls;
    this.loops = loops;
    this.openTimeout = openTimeout;
    this.workers = workers;
  }

  @Override
  public BackendId id() {
    return backend.id();
  }

  @Override
  public BackendControl control() {
    return backend.control();
  }

  @Override
  public CompletionStage<? extends BackendLink> openOwn(long epoch, UUID incarnation) {
    return backend.openOwn(epoch, incarnation);
  }

  @Override
  public CompletionStage<Catalog> loadCatalog(long previousVersion) {
    return backend.loadCatalog(previousVersion);
  }

  @Override
  public CompletionStage<NettyLink> open(
      String user, String password, String purpose, long epoch, UUID incarnation) {
    return open(user, password, purpose, epoch, incarnation, tls);
  }

  private CompletionStage<NettyLink> open(
      String user,
      String password,
      String purpose,
      long epoch,
      UUID incarnation,
      ServerTls encryption) {
    CompletableFuture<NettyLink> opened = new CompletableFuture<>();
    PgWireOpening opening = connect(user, password, purpose, encryption);
    opening
        .wire
        .thenCompose(
            wire -> wire.ready().thenCompose(key -> enter(wire, user, key, epoch, incarnation)))
        .whenComplete(
            (link, failure) -> {
              if (failure != null) {
                opened.completeExceptionally(
                    encryption.mayBeLeft() && isOfEncryption(opening.channel, failure)
                        ? new WithoutTls(failure)
                        : translated(failure));
              } else {
                opened.complete(link);
              }
            });
    opening
        .channel
        .eventLoop()
        .schedule(
            () ->
                opened.completeExceptionally(
                    new BackendUnreachableException(
                        "no link to " + id() + " within " + openTimeout, null)),
            openTimeout.toMillis(),
            TimeUnit.MILLISECONDS);
    opened.whenComplete(
        (link, failure) -> {
          if (failure != null) {
            opening.channel.close();
          }
        });
    CompletableFuture<NettyLink> last = new CompletableFuture<>();
    opened.whenComplete(
        (link, failure) -> {
          if (failure instanceof WithoutTls) {
            open(user, password, purpose, epoch, incarnation, ServerTls.NONE)
                .whenComplete((plain, second) -> complete(last, plain, second));
          } else {
            complete(last, link, failure);
          }
        });
    return last;
  }

  private static void complete(
      CompletableFuture<NettyLink> stage, NettyLink link, @Nullable Throwable failure) {
    if (failure != null) {
      stage.completeExceptionally(unwrapped(failure));
    } else {
      stage.complete(link);
    }
  }

  /** A link that could not be had with TLS, where it may be had without. */
  private static final class WithoutTls extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WithoutTls(Throwable cause) {
      super(cause);
    }
  }

  /** The handshake failed, or {@code pg_hba.conf} lets nobody in by TLS. */
  private static boolean isOfEncryption(Channel channel, Throwable failure) {
    Throwable cause = unwrapped(failure);
    return cause.getCause() instanceof SSLException
        || (TlsStart.isOn(channel)
            && ServerError.sqlState(cause).filter(state -> state.equals("28000")).isPresent());
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private record PgWireOpening(Channel channel, CompletableFuture<PgWire> wire) {}

  private PgWireOpening connect(
      String user, String password, String purpose, ServerTls encryption) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("user", user);
    parameters.put("database", database);
    parameters.put("client_encoding", "UTF8");
    parameters.put("application_name", purpose);
    // "$user" would be Tandem's own schema for a role of that name, and its tables nobody's.
    String path = user.equals("tandem") ? " -c search_path=public" : "";
    parameters.put("options", backend.linkOptions() + path);
    // As pgjdbc does, which applies what is captured here: it reads no other style. The order of
    // day and month stays the server's own.
    parameters.put("DateStyle", "ISO");
    parameters.put("extra_float_digits", "3");
    ChannelFuture connecting =
        bootstrap()
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    encrypt(channel, encryption);
                    channel
                        .pipeline()
                        .addLast(
                            new PgWire(
                                channel,
                                parameters,
                                new ServerAuthentication(user, password, encryption.binding())));
                  }
                })
            .connect(address);
    CompletableFuture<PgWire> wire = new CompletableFuture<>();
    connecting.addListener(
        (ChannelFutureListener)
            done -> {
              if (done.isSuccess()) {
                wire.complete(done.channel().pipeline().get(PgWire.class));
              } else {
                wire.completeExceptionally(
                    new BackendUnreachableException("connect to " + id(), done.cause()));
              }
            });
    return new PgWireOpening(connecting.channel(), wire);
  }

  private void encrypt(Channel channel, ServerTls encryption) {
    if (encryption.isUsed()) {
      channel.pipeline().addLast(new TlsStart(encryption, workers));
    }
  }

  private Bootstrap bootstrap() {
    return new Bootstrap()
        .group(loops)
        .channel(Transport.connecting(loops))
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.RECVBUF_ALLOCATOR, Transport.reads())
        .option(ChannelOption.SO_KEEPALIVE, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) openTimeout.toMillis());
  }

  /** Nobody sees the link before the server has let it in. */
  private CompletionStage<NettyLink> enter(
      PgWire wire, String user, PgWire.Key key, long epoch, UUID incarnation) {
    String secret = new BigInteger(128, SECRETS).toString(Character.MAX_RADIX);
    return backend
        .admit(key.pid(), secret)
        .thenCompose(
            ok ->
                wire.send(
                    List.of(
                        PgStatement.of(
                            "SELECT tandem.enter($1, $2, $3)",
                            Long.toString(epoch),
                            incarnation.toString(),
                            secret))))
        .thenApply(
            results -> {
              ServerProcess process = new ServerProcess(key.pid(), results.get(0).single());
              return new NettyLink(
                  id(),
                  process,
                  wire,
                  secret,
                  backend.preparedPrefix(),
                  () -> cancel(key),
                  new Guest(wire, backend, user, process, secret, workers));
            });
  }

  /**
   * On a connection of its own, as the protocol wants it. Complete when the server has closed that:
   * then it has passed the cancel on.
   */
  private CompletionStage<Void> cancel(PgWire.Key key) {
    ChannelFuture connecting =
        bootstrap()
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    encrypt(channel, tls);
                    channel.pipeline().addLast(new CancelRequest(key));
                  }
                })
            .connect(address);
    Channel channel = connecting.channel();
    channel
        .eventLoop()
        .schedule(() -> channel.close(), openTimeout.toMillis(), TimeUnit.MILLISECONDS);
    CompletableFuture<Void> over = new CompletableFuture<>();
    connecting.addListener(
        (ChannelFutureListener)
            connected -> {
              if (!connected.isSuccess()) {
                // The statement goes on, as it may after any cancel.
                LOG.debug("cancel did not reach {}", id(), connected.cause());
                over.complete(null);
              }
            });
    channel.closeFuture().addListener(closed -> over.complete(null));
    return over;
  }

  /** Says it, and waits for the server to close. */
  private static final class CancelRequest extends ChannelInboundHandlerAdapter {
    private final PgWire.Key key;

    CancelRequest(PgWire.Key key) {
      this.key = key;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      ByteBuf out = context.alloc().buffer(16);
      FrontendMessages.cancelRequest(out, key.pid(), key.secret());
      context.writeAndFlush(out);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      LOG.debug("cancel was not sent", cause);
      context.close();
    }
  }

  private Throwable translated(Throwable failure) {
    Throwable cause = unwrapped(failure);
    String state = ServerError.sqlState(cause).orElse("");
    String message = "open a link to " + id() + ": " + cause.getMessage();
    if (state.equals("TD001")) {
      return new FencedException(message, cause);
    }
    if (state.equals("TD002")) {
      return new IncarnationException(message, cause);
    }
    boolean lost = state.startsWith("08") || state.startsWith("57P");
    return lost ? new BackendUnreachableException(message, cause) : new CompletionException(cause);
  }

  @Override
  public void close() {
    backend.close();
  }
}
