package org.tandemdb.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.it.server.Certificate;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

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
    ServerPair servers = ProxyPlace.servers(java.util.Map.of());
    PostgresServer first = servers.server("a");
    first.execute("postgres", "ALTER ROLE shop PASSWORD 'open sesame'");
    String secret;
    try (Connection connection = DriverManager.getConnection(first.url("postgres"))) {
      secret =
          ProxyPlace.rows(connection, "SELECT rolpassword FROM pg_authid WHERE rolname = 'shop'")
              .get(0);
    }
    place =
        new ProxyPlace(
            servers,
            "{ auth: scram, tls: { certificate: '"
                + certificate.certificate()
                + "', key: '"
                + certificate.key()
                + "' }, users: { shop: { secret: '"
                + secret
                + "' } } }",
            "");
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
      assertThat(e).isNotInstanceOf(java.net.SocketTimeoutException.class);
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
      byte[] first =
          "y,,n=*,r=abcdefghijklmnopqrstuvwx".getBytes(java.nio.charset.StandardCharsets.UTF_8);
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
}
