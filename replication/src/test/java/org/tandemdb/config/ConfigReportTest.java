package org.tandemdb.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code SHOW TANDEM CONFIG} tells of a configuration, and what it keeps to itself. */
final class ConfigReportTest {
  @TempDir Path directory;

  private List<List<String>> ofFile() throws IOException {
    Path file = directory.resolve("cluster.yaml");
    Files.writeString(
        file,
        """
        databases:
          shop:
            log: ./shop-log
            consistency: session
            limits: { mark_limit: 5000ms }
            backends:
              - { name: a, url: "jdbc:postgresql://a/shop?sslpassword=hidden1", user: tandem,
                  password: "${A}", properties: { loginTimeout: 5, sslpassword: hidden2 } }
              - { name: b, url: "jdbc:postgresql://b/shop?user=own&password=hidden3" }
        """);
    ClusterFile read = ClusterFile.read(file, name -> Optional.of("hidden4"));
    return ConfigReport.rows(read.database("shop"));
  }

  @Test
  void eachValueHasItsDefaultAndItsPlaceInTheFile() throws IOException {
    assertThat(ofFile())
        .contains(
            List.of("database", "shop", "", "cluster.yaml:2"),
            List.of("consistency", "session", "strong", "cluster.yaml:4"),
            List.of("commit", "durable", "durable", "default"),
            List.of("mark_limit", "5s", "30s", "cluster.yaml:5"),
            List.of("max_transaction_bytes", "256MiB", "256MiB", "default"),
            List.of("backends.a.user", "tandem", "", "cluster.yaml:7"),
            List.of("backends.a.password", "***", "", "cluster.yaml:8, environment"),
            List.of("backends.a.weight", "1", "1", "default"),
            List.of("backends.a.properties.loginTimeout", "5", "", "cluster.yaml:8"),
            List.of("backends.b.user", "own", "", "cluster.yaml:9"));
  }

  @Test
  void noSecretIsShownWhereverItWasGiven() throws IOException {
    assertThat(ofFile().toString()).contains("***").doesNotContain("hidden");
  }

  @Test
  void aUrlAndConnectPropertiesAreSourcesToo() {
    Properties properties = new Properties();
    properties.setProperty("user", "app");
    properties.setProperty("password", "hidden");
    properties.setProperty("commit", "applied");
    List<List<String>> rows =
        ConfigReport.rows(
            TandemUrl.parse(
                    "jdbc:tandem:[jdbc:postgresql://a/shop,jdbc:postgresql://b/shop]?log=/l"
                        + "&names=a,b&gate_timeout=2s",
                    properties)
                .cluster());
    assertThat(rows)
        .contains(
            List.of("commit", "applied", "durable", "connect property"),
            List.of("gate_timeout", "2s", "1s", "URL"),
            List.of("backends.a.user", "app", "", "connect property"),
            List.of("backends.b.password", "***", "", "connect property"),
            List.of("consistency", "strong", "strong", "default"));
  }

  /** Or a second connection of an application would be refused for how it was written. */
  @Test
  void whereAValueWasGivenDoesNotMakeAnotherConfiguration() {
    String url = "jdbc:tandem:[jdbc:postgresql://a/shop]?log=/l";
    Properties properties = new Properties();
    properties.setProperty("gate_timeout", "2s");
    ClusterConfig one = TandemUrl.parse(url, properties).cluster();
    ClusterConfig other = TandemUrl.parse(url + "&gate_timeout=2s", new Properties()).cluster();
    assertThat(one.origins()).isNotEqualTo(other.origins());
    assertThat(one.canonical()).isEqualTo(other.canonical());
    assertThat(one.differencesFrom(other)).isEmpty();
  }
}
