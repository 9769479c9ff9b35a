package org.tandemdb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.ReadLevel;

final class ClusterFileTest {
  private static final String SHOP =
      """
      listen: 127.0.0.1:6432
      admin: { listen: 127.0.0.1:6433 }
      clients: { auth: trust }
      databases:
        shop:
          log: ./shop-log
          consistency: strong
          commit: durable
          backends:
            - { name: a, url: "jdbc:postgresql://127.0.0.1:5432/shop", user: tandem, password: "${A_PASSWORD:-}" }
            - { name: b, url: "jdbc:postgresql://127.0.0.1:5433/shop", user: tandem, password: "${B_PASSWORD:-}" }
      """;

  @TempDir Path directory;

  @Test
  void theDocumentedFileIsRead() {
    ClusterFile file = read(SHOP, Map.of("A_PASSWORD", "s3cret"));
    ClusterConfig shop = file.database("shop");

    assertThat(shop.log()).isEqualTo(directory.resolve("shop-log").toAbsolutePath());
    assertThat(shop.consistency()).isEqualTo(new ReadLevel.Strong());
    assertThat(shop.commit()).isEqualTo(CommitMode.DURABLE);
    assertThat(shop.limits()).isEqualTo(Limits.DEFAULTS);
    assertThat(shop.backends())
        .containsExactly(
            new BackendConfig("a", "jdbc:postgresql://127.0.0.1:5432/shop", "tandem", "s3cret"),
            new BackendConfig("b", "jdbc:postgresql://127.0.0.1:5433/shop", "tandem", ""));
    assertThat(file.front()).containsEntry("admin.listen", "127.0.0.1:6433");
  }

  @Test
  void limitsAndBoundedReadsAreRead() {
    ClusterConfig shop =
        read(
                SHOP.replace(
                    "consistency: strong",
                    "limits: { mark_limit: 5s, log_max_bytes: 1GiB }\n"
                        + "    consistency: bounded:250ms"),
                Map.of())
            .database("");

    assertThat(shop.limits().markLimit()).isEqualTo(Duration.ofSeconds(5));
    assertThat(shop.limits().logMaxBytes()).isEqualTo(1L << 30);
    assertThat(shop.consistency()).isEqualTo(new ReadLevel.Bounded(Duration.ofMillis(250)));
  }

  @Test
  void anUnknownKeyIsAnErrorWithItsLineAndTheNearestKey() {
    refused(SHOP.replace("consistency:", "consistancy:"), ":7: ", "did you mean 'consistency'?");
    refused(SHOP.replace("databases:", "database:"), ":4: ", "did you mean 'databases'?");
    refused(SHOP.replace("{ name: b", "{ nam: b"), ":11: ", "did you mean 'name'?");
    refused(
        SHOP.replace("commit: durable", "limits: { mark_limits: 1s }"),
        ":8: ",
        "did you mean 'mark_limit'?");
  }

  @Test
  void mistakesAreErrorsWithTheirLine() {
    refused(SHOP.replace("name: b", "name: a"), ":10: ", "two backends are named 'a'");
    refused(SHOP.replace("5433", "5432"), ":10: ", "are the same database");
    refused(
        SHOP.replace("127.0.0.1:5433", "localhost"), ":10: ", "'a' and 'b' are the same database");
    refused(SHOP.replace("name: b", "name: b.c"), ":11: ", "letters, digits");
    refused(SHOP.replace("jdbc:postgresql://127.0.0.1:5433", "jdbc:other:"), ":11: ", "jdbc:other");
    refused(SHOP.replace("durable", "someday"), ":6: ", "someday");
    refused(SHOP.replace("    log: ./shop-log\n", ""), "has no 'log'");
    refused(SHOP.substring(0, SHOP.indexOf("    backends:")), "no backend");
    refused(SHOP.replace("listen: 127.0.0.1:6432", "listen: a\nlisten: b"), ":2: ", "twice");
    refused(
        SHOP.replace("commit: durable", "limits: { mark_limit: 1000h }"), ":8: ", "out of range");
    refused(SHOP.replace("${A_PASSWORD:-}", "${A_PASSWORD}"), ":10: ", "no 'A_PASSWORD'");
    refused(SHOP.replace("shop:\n", "shop: [\n"), "cluster.yaml:");
  }

  @Test
  void noPasswordIsEverShown() {
    String text =
        SHOP.replace("5433/shop", "5433/shop?sslpassword=hidden2")
            .replace("user: tandem,", "user: tandem, properties: { trustPassword: hidden3 },");
    ClusterFile file = read(text, Map.of("A_PASSWORD", "hidden1"));

    assertThat(file.toString()).contains("127.0.0.1:5433").doesNotContain("hidden");
  }

  @Test
  void aDollarSignThatIsDoubledStandsForItself() {
    ClusterConfig shop = read(SHOP.replace("${A_PASSWORD:-}", "x$${y}$z"), Map.of()).database("");

    assertThat(shop.backends().get(0).password()).isEqualTo("x${y}$z");
  }

  @Test
  void canonicalFormIgnoresOrderAndPasswordsButNotWhatMatters() {
    String one = read(SHOP, Map.of("A_PASSWORD", "x")).database("shop").canonical();
    String swapped =
        SHOP.replace("name: a", "name: c")
            .replace("name: b", "name: a")
            .replace("name: c", "name: b")
            .replace("5432", "9999")
            .replace("5433", "5432")
            .replace("9999", "5433");

    assertThat(read(swapped, Map.of("A_PASSWORD", "y")).database("shop").canonical())
        .isEqualTo(one);
    assertThat(read(SHOP.replace("durable", "applied"), Map.of()).database("shop").canonical())
        .isNotEqualTo(one);
  }

  private void refused(String yaml, String... parts) {
    assertThatThrownBy(() -> read(yaml, Map.of()))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION))
        .message()
        .contains(parts)
        .contains("cluster.yaml");
  }

  private ClusterFile read(String yaml, Map<String, String> environment) {
    Path file = directory.resolve("cluster.yaml");
    try {
      Files.writeString(file, yaml);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return ClusterFile.read(file, name -> Optional.ofNullable(environment.get(name)));
  }
}
