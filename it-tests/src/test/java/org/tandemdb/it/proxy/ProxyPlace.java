package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;

/** Two servers, a configuration file, and a proxy that was started with it. */
final class ProxyPlace implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Tandem's own, and its password. */
  static final String KEEPER = ServerPair.KEEPER;

  /** Of each server, for all clients that are the same user. */
  static final int MOST_LINKS = 8;

  private static final String DATABASE = ServerPair.DATABASE;

  private final ServerPair pair;
  private final ProxyServer proxy;

  private static final AtomicReference<ProxyPlace> SHARED = new AtomicReference<>();

  /** One for all tests that leave both servers running; ended with the process. */
  static synchronized ProxyPlace shared() throws IOException, InterruptedException {
    ProxyPlace place = SHARED.get();
    if (place == null) {
      place = new ProxyPlace();
      SHARED.set(place);
    }
    return place;
  }

  ProxyPlace() throws IOException, InterruptedException {
    this(servers(), "{ auth: trust }", "");
  }

  /**
   * @param servers closed with this place; Tandem's role is made here
   * @param clients as the file has it
   * @param parameters of the backends' URLs
   */
  ProxyPlace(ServerPair servers, String clients, String parameters) throws IOException {
    pair = servers;
    Path file = pair.directory().resolve("cluster.yaml");
    try {
      Files.writeString(file, yaml(clients, parameters));
      proxy = ProxyServer.start(ProxyConfig.of(ClusterFile.read(file)));
    } catch (IOException | RuntimeException e) {
      pair.close();
      throw e;
    }
  }

  /** With a role for Tandem that is not the clients'. */
  static ServerPair servers(Map<String, String> settings) throws IOException, InterruptedException {
    Map<String, String> all =
        new HashMap<>(Map.of("fsync", "off", "max_prepared_transactions", "10"));
    all.putAll(settings);
    ServerPair servers = ServerPair.start(2, all);
    try {
      servers.createKeeper();
    } catch (SQLException e) {
      servers.close();
      throw new IOException("there is no role for Tandem", e);
    }
    return servers;
  }

  private static ServerPair servers() throws IOException, InterruptedException {
    return servers(Map.of());
  }

  /** As the documentation has it, with a port of its own. */
  private String yaml(String clients, String parameters) {
    StringBuilder text =
        new StringBuilder(
            """
            listen: 127.0.0.1:0
            admin:
              listen: 127.0.0.1:0
            clients: CLIENTS
            databases:
              shop:
                log: ./shop-log
                consistency: strong
                commit: durable
                limits: { max_links_per_backend: LINKS }
                backends:
            """
                .replace("CLIENTS", clients)
                .replace("LINKS", Integer.toString(MOST_LINKS)));
    for (PostgresServer server : pair.servers()) {
      String url = server.url(DATABASE);
      text.append("      - { name: ")
          .append(server.name())
          .append(", url: \"")
          .append(url, 0, url.indexOf('?'))
          .append(parameters)
          .append("\", user: " + KEEPER + ", password: \"${A_PASSWORD:-" + KEEPER + "}\" }\n");
    }
    return text.toString();
  }

  ProxyServer proxy() {
    return proxy;
  }

  int port() {
    return proxy.address().getPort();
  }

  PostgresServer server(String name) {
    return pair.server(name);
  }

  /**
   * PostgreSQL's own driver, through the proxy.
   *
   * @param properties of the driver, {@code name=value&name=value}
   */
  Connection connect(String properties) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port() + "/shop?user=shop&" + properties);
  }

  Connection connect() throws SQLException {
    return connect("");
  }

  /** Past the proxy. */
  Connection directly(String server) throws SQLException {
    return DriverManager.getConnection(pair.server(server).url(DATABASE, ServerPair.ROLE));
  }

  /** Rows as texts, past the proxy. */
  List<String> rows(String server, String sql) throws SQLException {
    try (Connection connection = directly(server)) {
      return rows(connection, sql);
    }
  }

  static List<String> rows(Connection connection, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }

  /** All tables, when the replica has applied everything. */
  void assertEqualCopies() throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (Connection connection = connect()) {
      while (!rows(connection, "SHOW TANDEM LAG").stream().allMatch(row -> row.contains("|0|"))) {
        assertThat(System.nanoTime()).as("the replica has everything").isLessThan(deadline);
        LockSupport.parkNanos(5_000_000);
      }
    }
    try (Connection a = directly("a");
        Connection b = directly("b")) {
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
      assertThat(comparison.rows()).isPositive();
    }
  }

  @Override
  public void close() {
    proxy.close(Duration.ofSeconds(2));
    pair.close();
  }
}
