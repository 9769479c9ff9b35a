package org.tandemdb.it.pgjdbc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;

/**
 * A proxy in front of two servers, for clients that need not say who they are, as on the servers
 * themselves. Closing it ends the proxy, not the servers. Thread-safe.
 */
final class SuiteProxy implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ProxyServer server;
  private final String database;

  private SuiteProxy(ProxyServer server, String database) {
    this.server = server;
    this.database = database;
  }

  /**
   * @param tandem Tandem's role on the servers
   */
  static SuiteProxy start(ServerPair pair, String database, String tandem) throws IOException {
    StringBuilder text =
        new StringBuilder("listen: 127.0.0.1:0\nclients: { auth: trust }\ndatabases:\n")
            .append("  ")
            .append(database)
            .append(":\n    log: ./")
            .append(database)
            .append("-log\n    limits: { max_links_per_backend: 150 }\n    backends:\n");
    for (PostgresServer one : pair.servers()) {
      String url = one.url(database, tandem);
      text.append("      - { name: ")
          .append(one.name())
          .append(", url: \"")
          .append(url, 0, url.indexOf('?'))
          .append("\", user: ")
          .append(tandem)
          .append(" }\n");
    }
    Path file = pair.directory().resolve(database + ".yaml");
    Files.writeString(file, text);
    return new SuiteProxy(ProxyServer.start(ProxyConfig.of(ClusterFile.read(file))), database);
  }

  int port() {
    return server.address().getPort();
  }

  /**
   * What differs between the copies, once both have everything.
   *
   * @throws IllegalStateException if one does not get it within {@code limit}
   */
  List<String> differences(ServerPair pair, String user, Duration limit) throws SQLException {
    String url = "jdbc:postgresql://127.0.0.1:" + port() + "/" + database + "?user=" + user;
    try (Connection connection = DriverManager.getConnection(url)) {
      TandemStatus.awaitEverything(connection, limit);
    }
    return CopyCheck.differences(
        pair.servers().get(0).url(database), pair.servers().get(1).url(database));
  }

  @Override
  public void close() {
    server.close(PATIENCE);
  }
}
