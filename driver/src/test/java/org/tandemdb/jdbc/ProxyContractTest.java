package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.proxy.admin.AdminServer;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;

/** PostgreSQL's own driver keeps through the proxy, over two servers, what it keeps without. */
final class ProxyContractTest extends SurfaceContract {
  @TempDir private static Path directory;
  private static EmbeddedPostgres a;
  private static EmbeddedPostgres b;
  private static ProxyServer proxy;

  @BeforeAll
  static void start() throws IOException, SQLException {
    a = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    b = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    for (EmbeddedPostgres server : new EmbeddedPostgres[] {a, b}) {
      try (Connection admin = server.getPostgresDatabase().getConnection();
          Statement statement = admin.createStatement()) {
        statement.execute("CREATE ROLE tandem LOGIN SUPERUSER");
      }
    }
    Path file = directory.resolve("cluster.yaml");
    Files.writeString(
        file,
        "listen: 127.0.0.1:0\ndatabases:\n  postgres:\n    log: ./log\n    backends:\n"
            + backend("a", a)
            + backend("b", b));
    proxy = ProxyServer.start(ProxyConfig.of(ClusterFile.read(file)));
  }

  private static String backend(String name, EmbeddedPostgres server) {
    return "      - { name: "
        + name
        + ", url: \"jdbc:postgresql://localhost:"
        + server.getPort()
        + "/postgres\", user: tandem }\n";
  }

  @AfterAll
  static void end() throws IOException {
    proxy.close(Duration.ofSeconds(2));
    a.close();
    b.close();
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + proxy.address().getPort() + "/postgres?user=postgres");
  }

  @Test
  void whatBecameOfATransactionIsKnownByItsToken() throws SQLException {
    new TokenContract(connection).isKept();
  }

  @Test
  void aClientIsToldOfTheTokenOfEachTransactionAheadOfIt() throws SQLException {
    PGConnection told = connection.unwrap(PGConnection.class);
    assertThat(told.getParameterStatus("tandem.transaction_token")).isNull();
    run("SET tandem.report_session = on");
    String first = told.getParameterStatus("tandem.transaction_token");
    run("INSERT INTO t (name) VALUES ('told')");
    String second = told.getParameterStatus("tandem.transaction_token");
    run("RESET ALL");
    run("SET app.tenant = 'a&b=c'");
    assertThat(told.getParameterStatus("tandem.session_settings")).contains("app.tenant=a%26b%3Dc");
    assertThat(told.getParameterStatus("tandem.session_pinned")).isEmpty();
    run("CREATE TEMP TABLE own (n int)");
    run("PREPARE one AS SELECT 1");
    assertThat(told.getParameterStatus("tandem.session_pinned"))
        .isEqualTo("temporary tables, prepared statements");
    assertThat(outcome(first)).isEqualTo("committed");
    assertThat(outcome(second)).isEqualTo("in progress");
    assertThat(told.getParameterStatus("tandem.transaction_token")).isEqualTo(second);
  }

  private String outcome(String token) throws SQLException {
    return TokenContract.show(connection, "SHOW TANDEM OUTCOME '" + token + "'");
  }

  @Test
  void aTemporaryTableComesAndGoesBehindWhatIsTraced() throws SQLException {
    connection.setAutoCommit(false);
    run("CREATE TEMP TABLE brief (n int)");
    run("INSERT INTO brief VALUES (1), (2)");
    run("SAVEPOINT s");
    run("CREATE TEMP TABLE briefer (n int)");
    run("INSERT INTO briefer SELECT n FROM brief");
    run("UPDATE briefer SET n = n + 1");
    run("DROP TABLE brief, briefer");
    connection.commit();
    connection.setAutoCommit(true);
    run("CREATE TEMP TABLE brief (n int); INSERT INTO brief VALUES (1); DROP TABLE brief");
  }

  @Test
  void theConfigurationIsShownWithTheProxysOwnPart() throws SQLException {
    Map<String, String> sources = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW TANDEM CONFIG")) {
      while (rows.next()) {
        sources.put(rows.getString("name"), rows.getString("source"));
      }
    }
    assertThat(sources)
        .containsEntry("listen", "cluster.yaml:1")
        .containsEntry("backends.a.user", "cluster.yaml:6")
        .containsEntry("clients.auth", "default")
        .containsEntry("mark_limit", "default");
  }

  @Test
  void anAdminPortShowsTheProxyThatRuns() throws IOException, InterruptedException {
    try (AdminServer admin =
        AdminServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional::empty)) {
      admin.show(proxy.inspection());
      HttpClient client = HttpClient.newHttpClient();
      HttpRequest.Builder request = HttpRequest.newBuilder().timeout(Duration.ofSeconds(20));
      String base = "http://127.0.0.1:" + admin.address().getPort();
      assertThat(ask(client, request.uri(URI.create(base + "/metrics"))))
          .contains("tandem_writable{cluster=\"postgres\"} 1.0", "tandem_proxy_clients ");
      assertThat(ask(client, request.uri(URI.create(base + "/sessions"))))
          .contains("\"user\":\"postgres\"", "\"state\":\"idle\"");
      assertThat(ask(client, request.uri(URI.create(base + "/config"))))
          .contains("{\"name\":\"clients.auth\",\"value\":\"trust\"");
      assertThat(ask(client, request.uri(URI.create(base + "/health/ready"))))
          .contains("\"status\":\"ready\"");
      request.POST(HttpRequest.BodyPublishers.ofString("UPDATE t SET name = 'x' WHERE id = 1"));
      assertThat(ask(client, request.uri(URI.create(base + "/plan"))))
          .contains("\"form\":\"VERBATIM\"", "\"target\":\"public.t\"");
    }
  }

  private static String ask(HttpClient client, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  @Test
  @Disabled("PostgreSQL's own driver shows every schema, Tandem's too")
  @Override
  void descriptionsShowTheApplicationsSchemasAndNoOthers() {
    throw new UnsupportedOperationException();
  }

  /** The same proxy, by Tandem's own driver. */
  @Nested
  final class ByTandemsDriver extends ProxiedContract {
    @Override
    int port() {
      return proxy.address().getPort();
    }

    @Override
    int serverPort() {
      return a.getPort();
    }
  }
}
