package org.tandemdb.proxy.admin;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.metrics.TandemMetrics;

/**
 * The admin port at work, on a thread of its own, so that nobody who looks holds up what is
 * relayed. It is open before the databases are, so that whoever watches can tell a long recovery
 * from a process that hangs: live, and not ready. Thread-safe.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

  private static final int MOST_CONNECTIONS = 64;
  private static final int MOST_LINE_BYTES = 8 << 10;
  private static final int MOST_HEADER_BYTES = 16 << 10;
  private static final int MOST_BODY_BYTES = 256 << 10;
  private static final int WRITE_SECONDS = 10;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("tandem-admin", true), NioIoHandler.newFactory());
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final TandemMetrics metrics = new TandemMetrics();
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Supplier<Optional<String>> token;
  private final Duration patience;
  private volatile Optional<Inspection> inspection = Optional.empty();
  private @Nullable Channel listener;

  private AdminServer(Supplier<Optional<String>> token, Duration patience) {
    this.token = token;
    this.patience = patience;
    metrics.bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    Gauge.builder("tandem.proxy.clients", () -> inspection.map(Inspection::clients).orElse(0))
        .description("Clients that are connected")
        .register(registry);
  }

  /**
   * Opens the port.
   *
   * @param token that whoever asks for more than health must show; asked at each request
   * @throws TandemException CONFIGURATION if it cannot be opened
   */
  public static AdminServer start(InetSocketAddress listen, Supplier<Optional<String>> token) {
    return start(listen, token, Duration.ofSeconds(60));
  }

  /** As above; {@code patience} is how long a connection may be without a whole request. */
  static AdminServer start(
      InetSocketAddress listen, Supplier<Optional<String>> token, Duration patience) {
    AdminServer server = new AdminServer(token, patience);
    try {
      server.open(listen);
      return server;
    } catch (RuntimeException | Error e) {
      server.close();
      throw e;
    }
  }

  private void open(InetSocketAddress listen) {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted(channel);
                  }
                })
            .bind(listen)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "admin.listen: " + listen + " cannot be opened: " + bound.cause().getMessage(),
          bound.cause());
    }
    listener = bound.channel();
    LOG.info("operators are answered at {}", address());
  }

  private void accepted(Channel channel) {
    if (connections.size() >= MOST_CONNECTIONS) {
      channel.close();
      return;
    }
    connections.add(channel);
    channel
        .pipeline()
        .addLast(
            new HttpServerCodec(MOST_LINE_BYTES, MOST_HEADER_BYTES, MOST_LINE_BYTES),
            new WriteTimeoutHandler(WRITE_SECONDS),
            new HttpObjectAggregator(MOST_BODY_BYTES, true),
            new AdminRequests(() -> inspection, token, registry::scrape, patience));
  }

  /** From now on it has something to show. */
  public void show(Inspection proxy) {
    inspection = Optional.of(proxy);
  }

  /** Where it is; its port is the one that was given where 0 was asked for. */
  public InetSocketAddress address() {
    Channel open = listener;
    if (open == null) {
      throw new IllegalStateException("not open");
    }
    return (InetSocketAddress) open.localAddress();
  }

  @Override
  public void close() {
    Channel open = listener;
    if (open != null) {
      open.close().awaitUninterruptibly(WRITE_SECONDS, TimeUnit.SECONDS);
    }
    connections.close();
    metrics.close();
    registry.close();
    loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
