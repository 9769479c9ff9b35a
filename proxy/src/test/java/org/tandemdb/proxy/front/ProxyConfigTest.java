package org.tandemdb.proxy.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.config.ClusterFile;
import org.tandemdb.error.TandemException;

/** The proxy's own part of the file. */
class ProxyConfigTest {
  private static final String SECRET =
      "SCRAM-SHA-256$4096:c2FsdA==$"
          + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

  @TempDir Path directory;

  private ProxyConfig read(String front) throws IOException {
    Path file = directory.resolve("cluster.yaml");
    Files.writeString(
        file,
        front
            + """

            databases:
              shop:
                log: ./shop-log
                backends:
                  - { name: a, url: "jdbc:postgresql://127.0.0.1:5432/shop", user: tandem }
                  - { name: b, url: "jdbc:postgresql://127.0.0.1:5433/shop", user: tandem }
            """);
    return ProxyConfig.of(
        ClusterFile.read(file, name -> Optional.ofNullable(Map.of("SECRET", SECRET).get(name))));
  }

  private void assertRefused(String front, String... words) {
    assertThatThrownBy(() -> read(front))
        .isInstanceOf(TandemException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void theFileOfTheDocumentationIsReadAsItStands() throws IOException {
    ProxyConfig config =
        read("listen: 127.0.0.1:6432\nadmin:\n  listen: 127.0.0.1:6433\nclients:\n  auth: trust\n");
    assertThat(config.listen().getPort()).isEqualTo(6432);
    assertThat(config.admin())
        .hasValueSatisfying(a -> assertThat(a.listen().getPort()).isEqualTo(6433));
    assertThat(config.auth()).isEqualTo(ProxyConfig.Auth.TRUST);
    assertThat(config.databases()).containsOnlyKeys("shop");
  }

  @Test
  void aKeyThatIsNotKnownNamesTheNearestOneThatIs() {
    assertRefused("clients:\n  aut: trust\n", "clients.aut", "clients.auth");
    assertRefused("clients:\n  auth: scrum\n", "scrum", "scram");
    assertRefused("admin:\n  lisen: 127.0.0.1:1\n", "admin.lisen", "admin.listen");
  }

  @Test
  void trustIsForLoopbackOnly() {
    assertRefused("listen: 0.0.0.0:6432\n", "trust", "loopback");
  }

  @Test
  void scramNeedsSecretsThatAreSome() throws IOException {
    assertRefused("clients:\n  auth: scram\n", "clients.users");
    assertRefused(
        "clients:\n  auth: scram\n  users:\n    app: { secret: geheim }\n", "clients.users.app");
    assertThatThrownBy(
            () -> read("clients:\n  auth: scram\n  users:\n    app: { secret: geheim }\n"))
        .hasMessageNotContaining("geheim");
    ProxyConfig config =
        read(
            "listen: 0.0.0.0:6432\nclients:\n  auth: scram\n  users:\n"
                + "    app: { secret: \"${SECRET}\", password: other }\n");
    assertThat(config.secret("app")).isPresent();
    assertThat(config.secret("nobody")).isEmpty();
    assertThat(config.toString()).doesNotContain("other").doesNotContain(SECRET);
  }

  @Test
  void tlsNeedsACertificateAndItsKeyWhichLieBesideTheFile() throws IOException {
    assertRefused("clients:\n  tls: { certificate: a.crt }\n", "clients.tls", "key");
    assertRefused("clients:\n  tls: { required: true }\n", "clients.tls.required");
    assertRefused("clients:\n  tls: { certificate: a, key: b, required: maybe }\n", "maybe");
    assertRefused("clients:\n  tls: { certificat: a }\n", "clients.tls.certificate");
    ProxyConfig config =
        read("clients:\n  tls: { certificate: a.crt, key: /keys/a.key, required: true }\n");
    assertThat(config.tls())
        .contains(new ProxyConfig.Tls(directory.resolve("a.crt"), Path.of("/keys/a.key"), true));
    Files.writeString(directory.resolve("a.crt"), "nothing");
    assertThatThrownBy(() -> ClientTls.load(config.tls().orElseThrow()))
        .isInstanceOf(TandemException.class)
        .hasMessageContaining("BEGIN PRIVATE KEY");
  }

  @Test
  void optionsOfAStartAreSettings() {
    assertThat(StartSettings.options("-c a.b=1 --work-mem=4MB -cx=y\\ z"))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a.b", "1", "work_mem", "4MB", "x", "y z"));
    assertThatThrownBy(() -> StartSettings.options("-d 5")).isInstanceOf(ClientFailure.class);
  }

  @Test
  void anAdminPortForOthersNeedsAToken() throws IOException {
    assertRefused("admin: { listen: \"0.0.0.0:6433\" }\n", "admin.listen", "admin.token");
    assertRefused("admin: { listen: \"127.0.0.1:6433\", token: short }\n", "16 characters");
    assertThat(read("admin: { listen: \"0.0.0.0:6433\", token: sixteen-letters- }\n").admin())
        .hasValueSatisfying(a -> assertThat(a.token()).hasValue("sixteen-letters-"));
  }

  @Test
  void whatIsShownOfTheFileHoldsNoSecret() throws IOException {
    ProxyConfig config =
        read(
            "admin: { listen: \"127.0.0.1:6433\", token: sixteen-letters- }\n"
                + "clients: { auth: scram, users: { app: { secret: \"${SECRET}\", password: p4ss } } }\n");
    assertThat(config.shown())
        .contains(
            List.of("admin.listen", "127.0.0.1:6433", "", "cluster.yaml:1"),
            List.of("admin.token", "***", "", "cluster.yaml:1"),
            List.of("clients.auth", "scram", "trust", "cluster.yaml:2"),
            List.of("clients.users.app.secret", "***", "", "cluster.yaml:2, environment"),
            List.of("listen", "127.0.0.1:6432", "127.0.0.1:6432", "default"));
    assertThat(config.shown().toString()).doesNotContain("p4ss", "sixteen", "SCRAM-SHA-256$");
    assertThat(config.toString()).doesNotContain("p4ss", "sixteen", "SCRAM-SHA-256$");
  }
}
