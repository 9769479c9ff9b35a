package org.tandemdb.it.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.proxy.admin.AdminServer;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;

/** A proxy in front of the demonstration's servers, with its admin port. Thread-safe. */
final class DemoProxy implements AutoCloseable {
  private final String database;
  private final ProxyServer server;
  private final AdminServer admin;

  private DemoProxy(String database, ProxyServer server, AdminServer admin) {
    this.database = database;
    this.server = server;
    this.admin = admin;
  }

  /** Serves {@code database}, which is on all servers and nobody else's, on ports of its own. */
  static DemoProxy start(ServerPair pair, String database) throws IOException {
    StringBuilder text =
        new StringBuilder("listen: 127.0.0.1:0\nadmin: { listen: \"127.0.0.1:0\" }\ndatabases:\n")
            .append("  ")
            .append(database)
            .append(":\n")
            .append("    log: ./proxy-log\n    backends:\n");
    for (PostgresServer one : pair.servers()) {
      String url = one.url(database, ServerPair.ROLE);
      int question = url.indexOf('?');
      text.append("      - { name: ")
          .append(one.name())
          .append(", url: \"")
          .append(url, 0, question < 0 ? url.length() : question)
          .append("\", user: ")
          .append(ServerPair.KEEPER)
          .append(", password: ")
          .append(ServerPair.KEEPER)
          .append(" }\n");
    }
    Path file = pair.directory().resolve("cluster.yaml");
    Files.writeString(file, text);
    ProxyConfig config = ProxyConfig.of(ClusterFile.read(file));
    ProxyConfig.Admin operators = config.admin().orElseThrow();
    AdminServer admin = AdminServer.start(operators.listen(), operators::token);
    try {
      ProxyServer server = ProxyServer.start(config);
      admin.show(server.inspection());
      return new DemoProxy(database, server, admin);
    } catch (RuntimeException | Error e) {
      admin.close();
      throw e;
    }
  }

  /** For Tandem's driver. */
  String url() {
    return "jdbc:tandem://127.0.0.1:" + port() + "/" + database + "?user=" + ServerPair.ROLE;
  }

  private int port() {
    return server.address().getPort();
  }

  /** How to connect, and how to look. */
  String connections() {
    return String.format(
        "Tandem       psql 'postgresql://%s@127.0.0.1:%d/%s'%n"
            + "             %s%n"
            + "             ./tandem status --admin 127.0.0.1:%d%n",
        ServerPair.ROLE, port(), database, url(), admin.address().getPort());
  }

  @Override
  public void close() {
    server.close(Duration.ofSeconds(2));
    admin.close();
  }
}
