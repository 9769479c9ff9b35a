package org.tandemdb.proxy.cli;

import io.netty.util.ResourceLeakDetector;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.proxy.admin.AdminServer;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyConfig.LogFormat;
import org.tandemdb.proxy.front.ProxyServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tandem serve}: the databases of a file, on a port for any PostgreSQL client. */
@Command(
    name = "serve",
    description = {
      "Serves the databases of a cluster file to any PostgreSQL client, until it is ended by a"
          + " signal; then transactions get half a minute to end. SIGHUP reads the file again.",
      "",
      "Exit status: 0, or 2 for wrong arguments, 3 if it cannot start."
    },
    exitCodeOnExecutionException = 3,
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Netty's own properties, by its old and its new name. */
  private static final List<String> LEAK_LEVELS =
      List.of("io.netty.leakDetectionLevel", "io.netty.leakDetection.level");

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "The cluster file.")
  private Path config = Path.of("cluster.yaml");

  @Option(
      names = "--check",
      description = "Reads the file, connects to all backends, changes and serves nothing.")
  private boolean check;

  @Option(
      names = "--log-format",
      paramLabel = "FORM",
      description = "How the log is written, instead of the file's logging.format: text or json.")
  private @Nullable LogFormat logFormat;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    ProxyConfig proxy = ProxyConfig.of(ClusterFile.read(config));
    if (check) {
      ProxyServer.check(proxy);
      out.println("tandem: " + config + " can be served");
      out.flush();
      return 0;
    }
    LogOutput.configure(
        Objects.requireNonNullElse(logFormat, proxy.log().format()), proxy.log().level());
    if (LEAK_LEVELS.stream().allMatch(name -> System.getProperty(name) == null)) {
      // Each buffer in a hundred would note where it comes from: for those who look for a leak.
      ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }
    AtomicReference<@Nullable ProxyServer> started = new AtomicReference<>();
    Optional<AdminServer> admin =
        proxy.admin().map(at -> AdminServer.start(at.listen(), () -> token(started.get(), proxy)));
    ProxyServer server;
    try {
      server = ProxyServer.start(proxy);
      started.set(server);
      new Reloads(config, server).onHangUp();
    } catch (RuntimeException | Error e) {
      admin.ifPresent(AdminServer::close);
      throw e;
    }
    admin.ifPresent(port -> port.show(server.inspection()));
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  server.close(PATIENCE);
                  admin.ifPresent(AdminServer::close);
                  ended.countDown();
                },
                "tandem-stop"));
    out.println("tandem: clients are accepted at " + text(server.address()));
    admin.ifPresent(
        port -> out.println("tandem: operators are answered at " + text(port.address())));
    out.flush();
    ended.await();
    return 0;
  }

  /** Of what is in force; a reload may have changed it. */
  private static Optional<String> token(@Nullable ProxyServer started, ProxyConfig first) {
    ProxyConfig now = started == null ? first : started.config();
    return now.admin().flatMap(ProxyConfig.Admin::token);
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }
}
