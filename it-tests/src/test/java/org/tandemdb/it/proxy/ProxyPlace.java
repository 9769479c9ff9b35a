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
  private static final String ROLE = ServerPair.ROLE;
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
    pair = ServerPair.start(2, Map.of("fsync", "off", "max_prepared_transactions", "10"));
    Path file = pair.directory().resolve("cluster.yaml");
    Files.writeString(file, yaml());
    proxy = ProxyServer.start(ProxyConfig.of(ClusterFile.read(file)));
  }

  /** As the documentation has it, with a port of its own. */
  private String yaml() {
    StringBuilder text =
        new StringBuilder(
            """
            listen: 127.0.0.1:0
            admin:
              listen: 127.0.0.1:0
            clients:
              auth: trust
            databases:
              shop:
                log: ./shop-log
                consistency: strong
                commit: durable
                limits: { max_links_per_backend: 8 }
                backends:
            """);
    for (PostgresServer server : pair.servers()) {
      String url = server.url(DATABASE, ROLE);
      text.append("      - { name: ")
          .append(server.name())
          .append(", url: \"")
          .append(url, 0, url.indexOf('?'))
          .append("\", user: shop, password: \"${A_PASSWORD:-}\" }\n");
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
    return DriverManager.getConnection(pair.server(server).url(DATABASE, ROLE));
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
