package org.tandemdb.proxy.front;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.proxy.admin.Inspection;
import org.tandemdb.proxy.pg.Transport;

/**
 * A proxy at work: its databases, and the port where clients are accepted. One event loop carries
 * clients and links alike, so that nothing that is relayed changes threads; what blocks runs on the
 * workers. {@link #close} may be called from any thread.
 */
public final class ProxyServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyServer.class);

  private static final Duration LOGIN_DEADLINE = Duration.ofSeconds(20);

  /** See {@link ClientConnection#look}. */
  private static final int LOOK_MILLIS = 100;

  private static final byte[] UNBOUND = {};
  private static final int MOST_MESSAGE_BYTES = 64 << 20;

  /** Connections whose client is not known yet. */
  private static final int MOST_STRANGERS = 5_000;

  private static final int MOST_WORKERS = 64;
  private static final int MOST_QUEUED = 10_000;

  private volatile ProxyConfig config;
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("tandem-relay", true), Transport.handlers());
  private final ThreadPoolExecutor workers =
      new ThreadPoolExecutor(
          MOST_WORKERS,
          MOST_WORKERS,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(MOST_QUEUED),
          new DefaultThreadFactory("tandem-worker", true));
  private final Map<String, Database> databases = new LinkedHashMap<>();
  private final Map<String, SecretLookup> lookups = new HashMap<>();
  private final ClientKeys keys = new ClientKeys();
  private final Optional<ClientTls> tls;

  /** Connections that have not ended; on the event loop. */
  private final Map<Channel, @Nullable ClientConnection> clients = new HashMap<>();

  private final Strangers strangers = new Strangers(MOST_STRANGERS);
  private @Nullable Channel listener;
  private final AtomicBoolean closed = new AtomicBoolean();
  private boolean stopping;

  private ProxyServer(ProxyConfig config, Optional<ClientTls> tls) {
    this.config = config;
    this.tls = tls;
    workers.allowCoreThreadTimeOut(true);
  }

  /**
   * Opens the databases, then the port. Blocks until a primary is in office everywhere.
   *
   * @throws TandemException with nothing left running
   */
  public static ProxyServer start(ProxyConfig config) {
    ProxyServer server = new ProxyServer(config, config.tls().map(ClientTls::load));
    try {
      server.open();
      return server;
    } catch (RuntimeException | Error e) {
      server.close(Duration.ZERO);
      throw e;
    }
  }

  /**
   * Looks at the databases of {@code config} as a start would, and changes nothing. Blocks.
   *
   * @throws TandemException if a start would fail
   */
  public static void check(ProxyConfig config) {
    config.tls().ifPresent(ClientTls::load);
    config.databases().values().forEach(Database::check);
  }

  private void open() {
    config
        .databases()
        .forEach(
            (name, cluster) ->
                databases.put(
                    name,
                    Database.open(
                        cluster,
                        user -> config.users().get(user),
                        loops,
                        workers,
                        () -> keys.sessions(name),
                        () -> config.shown())));
    if (config.auth() == ProxyConfig.Auth.LOOKUP) {
      databases.forEach(this::openLookup);
    }
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(Transport.listening(loops))
            .option(ChannelOption.SO_BACKLOG, 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Transport.reads())
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(64 << 10, 256 << 10))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted(channel);
                  }
                })
            .bind(config.listen())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "listen: " + config.listen() + " cannot be opened: " + bound.cause().getMessage(),
          bound.cause());
    }
    loops.scheduleWithFixedDelay(
        () -> {
          databases.values().forEach(Database::lookAtDeadlines);
          clients.values().forEach(ProxyServer::look);
        },
        LOOK_MILLIS,
        LOOK_MILLIS,
        TimeUnit.MILLISECONDS);
    listener = bound.channel();
    LOG.info("clients are accepted at {}", address());
  }

  /**
   * Asks once, so that whoever has not granted what it needs learns it now.
   *
   * @throws TandemException CONFIGURATION
   */
  private void openLookup(String name, Database database) {
    EventLoop loop = database.loop();
    SecretLookup lookup = new SecretLookup(database::ownSession, config.query());
    CompletableFuture<Void> asked = new CompletableFuture<>();
    loop.execute(
        () ->
            lookup
                .probe(database.config().backends().get(0).user())
                .whenComplete(
                    (ok, failure) -> {
                      if (failure == null) {
                        lookups.put(name, lookup);
                        asked.complete(null);
                      } else {
                        asked.completeExceptionally(ClientFailure.unwrap(failure));
                      }
                    }));
    try {
      asked.orTimeout(database.waitLimit().toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      Throwable cause = ClientFailure.unwrap(e);
      throw new TandemException(
          ErrorCode.CONFIGURATION,
          "clients.auth: lookup: Tandem's role cannot ask database '"
              + name
              + "' for secrets: "
              + cause.getMessage()
              + ". Give it a function with its owner's rights, and clients.query that calls it",
          cause);
    }
  }

  /** Where clients are accepted; its port is the one that was given where 0 was asked for. */
  public InetSocketAddress address() {
    Channel open = listener;
    if (open == null) {
      throw new IllegalStateException("not open");
    }
    return (InetSocketAddress) open.localAddress();
  }

  /** See {@link Reload}. Clients that are connected stay; takes effect at once. */
  public synchronized Reload reload(ProxyConfig next) {
    Reload reload = Reload.of(config, next);
    config = reload.inForce();
    databases.forEach(
        (name, database) -> {
          ClusterConfig fresh = config.databases().get(name);
          if (fresh != null) {
            database.engine().reconfigure(fresh);
          }
        });
    return reload;
  }

  /** What is in force, after all reloads. */
  public ProxyConfig config() {
    return config;
  }

  /** What operators may see; of databases that are open. */
  public Inspection inspection() {
    return new Served(new LinkedHashMap<>(databases), loops, keys::count);
  }

  private static void look(@Nullable ClientConnection client) {
    if (client != null) {
      client.look();
    }
  }

  // --- clients, on the event loop

  private void accepted(Channel channel) {
    clients.put(channel, null);
    strangers.add(channel);
    channel.closeFuture().addListener(closed -> clients.remove(channel));
    ClientFrames frames = new ClientFrames(MOST_MESSAGE_BYTES);
    ClientLogin login = new ClientLogin(frames, new Door(), LOGIN_DEADLINE, tls, workers);
    channel.pipeline().addLast(new FirstByte(tls, login, workers), frames, login);
  }

  private final class Door implements ClientLogin.Door {
    @Override
    public void cancel(int pid, int secret) {
      keys.cancel(pid, secret);
    }

    @Override
    public CompletionStage<ClientLogin.Authentication> authentication(
        String user, String name, boolean encrypted) {
      Database database = databases.get(name);
      if (database == null) {
        return Stages.failed(
            new ClientFailure("3D000", "database \"" + name + "\" does not exist"));
      }
      if (database.isOwn(user)) {
        return Stages.failed(
            new ClientFailure(
                "28000",
                "role \""
                    + user
                    + "\" is Tandem's own. Connect as another, with a role of its own"));
      }
      if (config.auth() == ProxyConfig.Auth.TRUST) {
        return CompletableFuture.completedFuture(new Trust());
      }
      byte[] endPoint = encrypted ? tls.map(ClientTls::endPoint).orElse(UNBOUND) : UNBOUND;
      return secret(user, name)
          .thenApply(secret -> new ScramLogin(user, secret, database.mockSeed(), endPoint));
    }

    private CompletionStage<Optional<ScramSecret>> secret(String user, String name) {
      Optional<ScramSecret> configured = config.secret(user);
      SecretLookup lookup = lookups.get(name);
      return configured.isPresent() || lookup == null
          ? CompletableFuture.completedFuture(configured)
          : lookup.secret(user);
    }

    @Override
    public void admit(
        ChannelHandlerContext context,
        String user,
        String database,
        String credential,
        Map<String, String> settings) {
      ProxyServer.this.admit(context, user, database, credential, settings);
    }
  }

  private void admit(
      ChannelHandlerContext context,
      String user,
      String name,
      String credential,
      Map<String, String> settings) {
    Channel channel = context.channel();
    strangers.known(channel);
    channel.config().setAutoRead(false);
    Database database = databases.get(name);
    if (stopping || database == null) {
      ClientLogin.fatal(
          context,
          out -> ClientMessages.fatal(out, "57P03", "the database system is shutting down"));
      return;
    }
    Engines engine =
        new Engines(channel.eventLoop(), workers, database.waitLimit(), database.deadlines());
    Session session = new Session(database, user, database.open(user, credential), engine);
    ClientOutlet outlet = new ClientOutlet(channel);
    Stages.of(
            () -> {
              StartSettings.apply(session, settings);
              // Whoever may not connect there learns it now; others learn what the server reports.
              return session.look(CompletableFuture::completedFuture);
            })
        .whenComplete(
            (link, failure) -> {
              if (failure != null || !channel.isActive()) {
                session.close();
                if (failure != null) {
                  ClientFailure said = ClientLogin.refusal(failure);
                  ClientLogin.fatal(
                      context,
                      out ->
                          ClientMessages.fatal(
                              out, said.sqlState(), String.valueOf(said.getMessage())));
                }
                return;
              }
              ClientKeys.Key key = keys.next();
              ClientConnection client =
                  new ClientConnection(context, session, outlet, () -> keys.remove(key));
              keys.put(key, user, name, client);
              clients.put(channel, client);
              outlet.say(ClientMessages::authenticationOk);
              client.tellSettings(link);
              outlet.say(out -> ClientMessages.backendKey(out, key.pid(), key.secret()));
              outlet.say(out -> ClientMessages.readyForQuery(out, 'I'));
              channel.pipeline().replace(context.handler(), "client", client);
              outlet.flush();
              channel.config().setAutoRead(true);
              session.rest(true); // others who come at the same time need a link, too
            });
  }

  /** Whoever can connect is let in. */
  private static final class Trust implements ClientLogin.Authentication {
    @Override
    public boolean isComplete() {
      return true;
    }

    @Override
    public void begin(ByteBuf out) {
      // AuthenticationOk comes when there is a session.
    }

    @Override
    public void answer(ByteBuf body, ByteBuf out) {
      throw new ProtocolException("nothing was asked");
    }
  }

  // --- the end

  @Override
  public void close() {
    close(Duration.ofSeconds(30));
  }

  /**
   * Accepts nobody any more, lets transactions end for as long as {@code patience}, then tells the
   * clients that are left, and closes everything; once.
   */
  public void close(Duration patience) {
    if (closed.getAndSet(true)) {
      return;
    }
    Channel open = listener;
    if (open != null) {
      open.close().awaitUninterruptibly();
    }
    long deadline = System.nanoTime() + patience.toNanos();
    CompletableFuture<Void> idle = new CompletableFuture<>();
    loops.execute(() -> drain(deadline, idle));
    idle.orTimeout(patience.toMillis() + 5_000, TimeUnit.MILLISECONDS)
        .exceptionally(late -> null)
        .join();
    List.copyOf(databases.values()).forEach(Database::close);
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    workers.shutdownNow();
  }

  /** The idle go at once, the others when their transaction has ended or the time is up. */
  private void drain(long deadline, CompletableFuture<Void> idle) {
    stopping = true;
    boolean late = System.nanoTime() - deadline >= 0;
    for (Map.Entry<Channel, @Nullable ClientConnection> entry : Set.copyOf(clients.entrySet())) {
      ClientConnection client = entry.getValue();
      if (client == null) {
        entry.getKey().close();
      } else if (late || !client.isBusy()) {
        client.terminate();
      }
    }
    if (clients.isEmpty() || late) {
      idle.complete(null);
    } else {
      loops.schedule(() -> drain(deadline, idle), 50, TimeUnit.MILLISECONDS);
    }
  }
}
