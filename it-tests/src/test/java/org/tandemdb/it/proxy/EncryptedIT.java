package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ongres.scram.common.util.TlsServerEndpoint;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.backend.FencedException;
import org.tandemdb.backend.IncarnationException;
import org.tandemdb.backend.pg.PgBackend;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.it.server.Certificate;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.proxy.front.ProxyConfig;
import org.tandemdb.proxy.front.ProxyServer;
import org.tandemdb.proxy.pg.NettyPort;
import org.tandemdb.proxy.pg.ServerTls;

/** TLS and passwords, of clients and of links, with servers that ask for them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EncryptedIT {
  private static final int SSL_REQUEST = 80877103;
  private static final int GSSENC_REQUEST = 80877104;

  @TempDir static Path directory;

  private ProxyPlace place;
  private Certificate certificate;

  @BeforeAll
  void start() throws Exception {
    certificate = Certificate.of("ip:127.0.0.1", directory);
    Path rules = directory.resolve("pg_hba.conf");
    Files.write(
        rules,
        List.of(
            "host all postgres 127.0.0.1/32 trust",
            "hostssl all keeper,shop 127.0.0.1/32 scram-sha-256",
            "hostssl all md5er,filed 127.0.0.1/32 md5",
            "hostssl all clear 127.0.0.1/32 password",
            "hostnossl all plain 127.0.0.1/32 scram-sha-256"));
    ServerPair servers =
        ProxyPlace.servers(
            Map.of(
                "ssl", "on",
                "ssl_cert_file", certificate.certificate().toString(),
                "ssl_key_file", certificate.key().toString(),
                "hba_file", rules.toString()));
    PostgresServer first = servers.server("a");
    first.execute("postgres", "ALTER ROLE shop PASSWORD 'open sesame'");
    String secret;
    try (Connection connection = DriverManager.getConnection(first.url("postgres"))) {
      secret =
          ProxyPlace.rows(connection, "SELECT rolpassword FROM pg_authid WHERE rolname = 'shop'")
              .get(0);
    }
    for (PostgresServer server : servers.servers()) {
      server.execute(
          "shop",
          "ALTER ROLE shop PASSWORD '" + secret + "'",
          "CREATE ROLE clear LOGIN PASSWORD 'open sesame'",
          "CREATE ROLE plain LOGIN PASSWORD 'open sesame'",
          "SET password_encryption = 'md5'; CREATE ROLE md5er LOGIN PASSWORD 'open sesame';"
              + " CREATE ROLE filed LOGIN PASSWORD 'open sesame'",
          "CREATE FUNCTION secret_of(name text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER"
              + " SET search_path = pg_catalog AS"
              + " 'SELECT rolpassword FROM pg_authid WHERE rolname = $1 AND rolcanlogin'",
          "REVOKE ALL ON FUNCTION secret_of(text) FROM PUBLIC",
          "GRANT EXECUTE ON FUNCTION secret_of(text) TO keeper");
    }
    String user = ": { secret: '" + secret + "', password: 'open sesame' }";
    place =
        new ProxyPlace(
            servers,
            "{ auth: lookup, query: 'SELECT secret_of($1)', tls: { certificate: '"
                + certificate.certificate()
                + "', key: '"
                + certificate.key()
                + "' }, users: { "
                + "filed"
                + user
                + ", clear"
                + user
                + " } }",
            "?sslmode=verify-full&sslrootcert=" + certificate.certificate());
  }

  @AfterAll
  void stop() {
    place.close();
  }

  private Connection connect(String parameters) throws SQLException {
    return place.connect("password=open%20sesame&" + parameters);
  }

  // --- clients

  @Test
  void aClientChecksWhoTheProxyIsAndBindsItsProofToTheChannel() throws Exception {
    for (String negotiation : new String[] {"postgres", "direct"}) {
      try (Connection connection =
          connect(
              "sslmode=verify-full&channelBinding=require&sslNegotiation="
                  + negotiation
                  + "&sslrootcert="
                  + certificate.certificate())) {
        assertThat(ProxyPlace.rows(connection, "SELECT current_user, 1 + 1"))
            .containsExactly("shop|2");
      }
    }
    try (Connection connection = connect("sslmode=disable")) {
      assertThat(ProxyPlace.rows(connection, "SELECT 1")).containsExactly("1");
    }
    assertThatThrownBy(() -> place.connect("password=wrong&sslmode=require"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
  }

  /** CVE-2021-23214: somebody else's bytes must not pass for the client's. */
  @Test
  void whatComesInTheClearBehindARequestForEncryptionIsRefused() throws Exception {
    for (int request : new int[] {SSL_REQUEST, GSSENC_REQUEST}) {
      try (WireClient client = new WireClient(place.port())) {
        client.raw(8, request).startup(3 << 16, "user", "shop").send();
        WireClient.Answer answer = client.answer();
        assertThat(answer.field('C')).isEqualTo("08P01");
        assertThat(answer.field('M')).contains("unencrypted data");
        assertThat(client.isClosed()).isTrue();
      }
    }
  }

  @Test
  void gssIsDeclinedAndTlsTakenInItsPlace() throws Exception {
    try (WireClient client = new WireClient(place.port())) {
      client.raw(8, GSSENC_REQUEST).send();
      assertThat(client.oneByte()).isEqualTo('N');
      client.raw(8, SSL_REQUEST).send();
      assertThat(client.oneByte()).isEqualTo('S');
      client.encrypt().startup(3 << 16, "user", "shop").send();
      assertThat(client.answer().text()).contains("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0");
    }
    try (WireClient client = new WireClient(place.port())) {
      client.startup(3 << 16, "user", "shop").send();
      assertThat(client.answer().text()).doesNotContain("PLUS");
    }
  }

  @Test
  void aHandshakeWithoutARequestMustNameTheProtocol() throws Exception {
    try (WireClient client = new WireClient(place.port())) {
      client.encrypt("postgresql").startup(3 << 16, "user", "shop").send();
      assertThat(client.answer().text()).contains("SCRAM-SHA-256-PLUS");
    }
    try (WireClient client = new WireClient(place.port())) {
      assertThatThrownBy(() -> client.encrypt("h2")).isInstanceOf(SSLException.class);
    }
    try (WireClient client = new WireClient(place.port())) {
      assertClosed(client);
    }
  }

  /** The handshake may be complete on the client's side before the proxy has looked at it. */
  private static void assertClosed(WireClient client) throws IOException {
    try {
      client.encrypt().startup(3 << 16, "user", "shop").send();
      assertThat(client.isClosed()).isTrue();
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void aHandshakeIsNotBegunAnew() throws Exception {
    try (WireClient client = new WireClient(place.port()).oldest()) {
      client.encrypt("postgresql").startup(3 << 16, "user", "shop").send();
      client.answer();
      assertThatThrownBy(client::renegotiate)
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void whereTlsIsRequiredNobodyIsLetInWithout() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("required.yaml"),
            "listen: 127.0.0.1:0\ndatabases: {}\nclients:\n  auth: trust\n  tls: { certificate: "
                + "server.crt, key: server.key, required: true }\n");
    try (ProxyServer proxy = ProxyServer.start(ProxyConfig.of(ClusterFile.read(file)))) {
      int port = proxy.address().getPort();
      try (WireClient client = new WireClient(port)) {
        client.startup(3 << 16, "user", "shop").send();
        assertThat(client.answer().field('C')).isEqualTo("28000");
      }
      try (WireClient client = new WireClient(port)) {
        client.encrypt("postgresql").startup(3 << 16, "user", "shop").send();
        assertThat(client.answer().field('C')).isEqualTo("3D000");
      }
    }
  }

  /** Somebody on the way has taken SCRAM-SHA-256-PLUS out of what the server offers. */
  @Test
  void aClientThatThinksThatTheProxyCannotBindIsToldOtherwise() throws Exception {
    try (WireClient client = new WireClient(place.port())) {
      client.raw(8, SSL_REQUEST).send();
      client.oneByte();
      client.encrypt().startup(3 << 16, "user", "shop").send();
      client.answer();
      byte[] first = "y,,n=*,r=abcdefghijklmnopqrstuvwx".getBytes(StandardCharsets.UTF_8);
      client
          .message(
              'p',
              WireClient.join(
                  WireClient.cstring("SCRAM-SHA-256"),
                  new byte[] {0, 0, 0, (byte) first.length},
                  first))
          .send();
      WireClient.Answer answer = client.answer();
      assertThat(answer.field('C')).isEqualTo("28000");
      assertThat(answer.field('M')).contains("channel binding negotiation");
    }
  }

  /** By a secret of the primary's and one of the file's, with and without what binds the proof. */
  @Test
  void libpqLogsInWithAMessageThatNamesNobody() throws Exception {
    byte[] endPoint = endPoint();
    for (String user : List.of("shop", "filed")) {
      try (WireClient client = new WireClient(place.port())) {
        isLetIn(client, LibpqLogin.unbound(), user);
      }
      try (WireClient client = new WireClient(place.port()).encrypt("postgresql")) {
        isLetIn(client, LibpqLogin.unbound(), user);
      }
      try (WireClient client = new WireClient(place.port()).encrypt("postgresql")) {
        isLetIn(client, LibpqLogin.bound(endPoint), user);
      }
    }
  }

  private static void isLetIn(WireClient client, LibpqLogin login, String user) throws IOException {
    WireClient.Answer answer = login.of(client, user, "open sesame");
    assertThat(answer.type()).as(answer.text()).isEqualTo('R');
    client.until('Z');
    client.query("SELECT current_user").send();
    assertThat(client.words('Z')).contains("D [" + user + "]");
  }

  @Test
  void libpqIsRefusedWithAWrongPasswordAndOverSomebodyElsesChannel() throws Exception {
    byte[] endPoint = endPoint();
    try (WireClient client = new WireClient(place.port())) {
      assertThat(LibpqLogin.unbound().of(client, "shop", "wrong").field('C')).isEqualTo("28P01");
    }
    try (WireClient client = new WireClient(place.port()).encrypt("postgresql")) {
      assertThat(LibpqLogin.bound(endPoint).of(client, "shop", "wrong").field('C'))
          .isEqualTo("28P01");
    }
    endPoint[0]++;
    try (WireClient client = new WireClient(place.port()).encrypt("postgresql")) {
      assertThat(LibpqLogin.bound(endPoint).of(client, "shop", "open sesame").field('C'))
          .isEqualTo("28000");
    }
  }

  private byte[] endPoint() throws Exception {
    try (InputStream in = Files.newInputStream(certificate.certificate())) {
      return TlsServerEndpoint.getChannelBindingData(
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
  }

  // --- secrets that the primary has

  @Test
  void aPasswordThatIsChangedIsAskedForTheNextTime() throws Exception {
    try (Connection connection = connect("");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE by_lookup (n int PRIMARY KEY)");
      statement.execute("INSERT INTO by_lookup VALUES (1)");
      statement.execute("ALTER ROLE shop PASSWORD 'another'");
    }
    try (Connection connection = place.connect("password=another");
        Statement statement = connection.createStatement()) {
      assertThat(ProxyPlace.rows(connection, "SELECT n FROM by_lookup")).containsExactly("1");
      isRefused("28P01", "shop", "open sesame");
      statement.execute("ALTER ROLE shop PASSWORD 'open sesame'");
    }
    connect("").close();
  }

  /**
   * Who may not, learns nothing of why: there is no such user, or one without a secret for SCRAM.
   */
  @Test
  void whoeverIsNotThereFailsAsWithAWrongPassword() throws Exception {
    isRefused("28P01", "shop", "wrong");
    isRefused("28P01", "nobody", "open sesame");
    isRefused("28P01", "md5er", "open sesame");
    assertThat(salt("nobody")).isEqualTo(salt("nobody")).isNotEqualTo(salt("nobody else"));
  }

  @Test
  void tandemsOwnRoleIsNobodysToLogInAs() {
    isRefused("28000", ProxyPlace.KEEPER, ProxyPlace.KEEPER);
  }

  @Test
  void whoGuessesPasswordsTakesNothingFromThoseWhoAreIn() throws Exception {
    AtomicBoolean ending = new AtomicBoolean();
    AtomicInteger guesses = new AtomicInteger();
    try (Connection connection = connect("")) {
      List<CompletableFuture<Void>> guessing = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        guessing.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!ending.get()) {
                    isRefused("28P01", "shop", "guess " + guesses.incrementAndGet());
                  }
                }));
      }
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      long slowest = 0;
      for (int done = 0; done < 50 || guesses.get() < 20; done++) {
        long begun = System.nanoTime();
        assertThat(ProxyPlace.rows(connection, "SELECT 1")).containsExactly("1");
        slowest = Math.max(slowest, System.nanoTime() - begun);
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
      ending.set(true);
      CompletableFuture.allOf(guessing.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
      assertThat(TimeUnit.NANOSECONDS.toMillis(slowest)).isLessThan(5_000);
    }
  }

  private void isRefused(String sqlState, String user, String password) {
    assertThatThrownBy(
            () ->
                DriverManager.getConnection(
                    "jdbc:postgresql://127.0.0.1:" + place.port() + "/shop", user, password))
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(sqlState));
  }

  private String salt(String user) throws IOException {
    try (WireClient client = new WireClient(place.port())) {
      client.startup(3 << 16, "user", user, "database", "shop").send();
      client.answer();
      String first = "n,,n=*,r=abcdefghijklmnopqrstuvwx";
      client
          .message(
              'p',
              WireClient.join(
                  WireClient.cstring("SCRAM-SHA-256"),
                  new byte[] {0, 0, 0, (byte) first.length()},
                  first.getBytes(StandardCharsets.UTF_8)))
          .send();
      return client.answer().text().replaceAll(".*,s=([^,]*),.*", "$1");
    }
  }

  // --- links

  @Test
  void linksAreEncryptedAndShowTheirServersWhatTheseAskFor() throws Exception {
    for (String user : List.of("shop", "filed", "clear")) {
      try (Connection connection =
          DriverManager.getConnection(
              "jdbc:postgresql://127.0.0.1:" + place.port() + "/shop", user, "open sesame")) {
        assertThat(
                ProxyPlace.rows(
                    connection,
                    "SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
            .containsExactly(user + "|t");
      }
    }
  }

  @Test
  void aServerIsBelievedAsFarAsSslmodeSays() throws Exception {
    Path otherPlace = Files.createDirectory(directory.resolve("other"));
    String root = certificate.certificate().toString();
    String other = Certificate.of("ip:127.0.0.1", otherPlace).certificate().toString();
    try (Links links = new Links(place.server("a"))) {
      links.areRefused("shop", "127.0.0.1", Map.of("sslmode", "disable"));
      links.areLetIn("plain", "127.0.0.1", Map.of("sslmode", "disable"));
      links.areLetIn("shop", "127.0.0.1", Map.of());
      links.areLetIn("plain", "127.0.0.1", Map.of("sslmode", "prefer"));
      links.areRefused("plain", "127.0.0.1", Map.of("sslmode", "require"));
      links.areLetIn("shop", "localhost", Map.of("sslmode", "require", "sslrootcert", other));
      links.areRefused("shop", "localhost", Map.of("sslmode", "verify-ca", "sslrootcert", other));
      links.areLetIn("shop", "localhost", Map.of("sslmode", "verify-ca", "sslrootcert", root));
      links.areRefused("shop", "localhost", Map.of("sslmode", "verify-full", "sslrootcert", root));
      links.areLetIn("shop", "127.0.0.1", Map.of("sslmode", "verify-full", "sslrootcert", root));
      Map<String, String> bound = Map.of("sslmode", "require", "channelBinding", "require");
      links.areLetIn("shop", "127.0.0.1", bound);
      links.areRefused("md5er", "127.0.0.1", bound);
      links.areRefused("clear", "127.0.0.1", bound);
      Map<String, String> direct = Map.of("sslmode", "require", "sslNegotiation", "direct");
      if (version() >= 17) {
        links.areLetIn("shop", "127.0.0.1", direct);
      }
    }
  }

  private int version() throws SQLException {
    try (Connection connection = DriverManager.getConnection(place.server("a").url("postgres"))) {
      return connection.getMetaData().getDatabaseMajorVersion();
    }
  }

  @Test
  void whatCannotBeDoneAsTheUrlSaysIsNotBegun() {
    for (Map<String, String> properties :
        List.of(
            Map.of("sslmode", "verify-ca", "sslrootcert", "/nowhere"),
            Map.of("sslmode", "always"),
            Map.of("sslfactory", "org.example.Trusting"),
            Map.of("sslNegotiation", "direct"))) {
      assertThatThrownBy(() -> ServerTls.of(Links.reader(properties), "127.0.0.1", 5432))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Links of a session that the server lets in and Tandem's own function then does not. */
  private static final class Links implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final PostgresServer server;
    private final SystemEnvironment environment = new SystemEnvironment("links", 2);
    private final MultiThreadIoEventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    Links(PostgresServer server) {
      this.server = server;
    }

    static UnaryOperator<String> reader(Map<String, String> properties) {
      return name -> properties.getOrDefault(name, "");
    }

    void areLetIn(String user, String host, Map<String, String> properties) throws Exception {
      assertThat(failure(user, host, properties))
          .as("%s with %s", user, properties)
          .isInstanceOfAny(FencedException.class, IncarnationException.class);
    }

    void areRefused(String user, String host, Map<String, String> properties) throws Exception {
      assertThat(failure(user, host, properties))
          .as("%s with %s", user, properties)
          .isNotInstanceOfAny(
              FencedException.class, IncarnationException.class, TimeoutException.class);
    }

    private Throwable failure(String user, String host, Map<String, String> properties)
        throws Exception {
      try (NettyPort port = port(host, properties)) {
        return port.open(user, "open sesame", "test", 1, new UUID(0, 0))
            .handle((link, failure) -> failure)
            .toCompletableFuture()
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
    }

    private NettyPort port(String host, Map<String, String> properties) {
      return new NettyPort(
          new PgBackend(
              new BackendId("a"),
              environment,
              new UUID(0, 0),
              "jdbc:postgresql://127.0.0.1:" + server.port() + "/shop?sslmode=require",
              ProxyPlace.KEEPER,
              ProxyPlace.KEEPER,
              Map.of(),
              LIMIT,
              LIMIT,
              LIMIT),
          new InetSocketAddress("127.0.0.1", server.port()),
          "shop",
          ServerTls.of(reader(properties), host, server.port()),
          loops,
          LIMIT,
          environment.scheduler()::execute);
    }

    @Override
    public void close() {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
      environment.close();
    }
  }
}
