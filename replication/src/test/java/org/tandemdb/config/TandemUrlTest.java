package org.tandemdb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.session.ReadLevel;

final class TandemUrlTest {
  private static final String TWO =
      "jdbc:tandem:[jdbc:postgresql://a/shop,jdbc:postgresql://b:5433/shop]";

  @Test
  void theDocumentedUrlIsRead() {
    ConnectSpec spec =
        parse(
            TWO
                + "?log=/var/lib/shop-log&consistency=session&mark_limit=5s&user=app&password=p%26");
    ClusterConfig cluster = spec.cluster();

    assertThat(cluster.database()).isEqualTo("shop");
    assertThat(cluster.log()).isEqualTo(Path.of("/var/lib/shop-log"));
    assertThat(cluster.consistency()).isEqualTo(new ReadLevel.Session());
    assertThat(cluster.limits().markLimit()).hasSeconds(5);
    assertThat(cluster.backends())
        .containsExactly(
            new BackendConfig("a", "jdbc:postgresql://a/shop", "app", "p&"),
            new BackendConfig("b-5433", "jdbc:postgresql://b:5433/shop", "app", "p&"));
    assertThat(spec.user()).isEqualTo("app");
    assertThat(spec.password()).isEqualTo("p&");
  }

  @Test
  void backendUrlsMayHoldParametersAddressesInBracketsAndListsOfHosts() {
    ConnectSpec spec =
        parse(
            "jdbc:tandem:[jdbc:postgresql://[fe80::1]:5432/shop?ssl=true&user=tandem&password=x%2Cjdbc:y,"
                + " jdbc:postgresql://b1,b2:5433/shop?targetServerType=primary]?log=l&user=app");

    assertThat(spec.cluster().backends())
        .extracting(BackendConfig::url)
        .containsExactly(
            "jdbc:postgresql://[fe80::1]:5432/shop?ssl=true",
            "jdbc:postgresql://b1,b2:5433/shop?targetServerType=primary");
    assertThat(spec.cluster().backends().get(0).user()).isEqualTo("tandem");
    assertThat(spec.cluster().backends().get(0).password()).isEqualTo("x,jdbc:y");
    assertThat(spec.cluster().backends().get(1).user()).isEqualTo("app");
    assertThat(spec.user()).isEqualTo("app");
  }

  @Test
  void propertiesWinAndWhatIsNotOursIsTheVendors() {
    Properties properties = new Properties();
    properties.setProperty("user", "other");
    properties.setProperty("consistency", "eventual");
    properties.setProperty("prepareThreshold", "3");
    ConnectSpec spec =
        TandemUrl.parse(TWO + "?log=l&user=app&consistency=strong&tandem_user=t", properties);

    assertThat(spec.user()).isEqualTo("other");
    assertThat(spec.cluster().consistency()).isEqualTo(new ReadLevel.Eventual());
    assertThat(spec.cluster().backends())
        .allSatisfy(
            b -> {
              assertThat(b.user()).isEqualTo("t");
              assertThat(b.vendorProperties()).isEqualTo(Map.of("prepareThreshold", "3"));
            });
  }

  @Test
  void errorsSayWhereInTheUrl() {
    refused("jdbc:tandem:oops", "URL, column 13: '['");
    refused("jdbc:tandem:[jdbc:postgresql://a/shop", "URL, column 13: '[' is not closed");
    refused(TWO + "log=l", "URL, column " + (TWO.length() + 1) + ":");
    refused(TWO + "?log=l&logg=l", "column 76: unknown parameter 'logg': did you mean 'log'?");
    refused(TWO + "?log=l&mark_limit=5", "column 87: mark_limit: '5' needs a unit");
    refused(TWO + "?log=l&consistency=best", "column 88: consistency: 'best' is not strong");
    refused(TWO + "?log=l&commit=never", "column 83: commit: 'never' is not durable or applied");
    refused(TWO + "?log=%zz", "column 74: '%'");
    refused(TWO + "?log", "'=' is missing");
    refused(TWO + "?log=a&log=b", "twice");
    refused("jdbc:tandem:[jdbc:postgresql://a/x,jdbc:mysql://b/x]?log=l", "column 36: url");
    refused("jdbc:tandem:[]?log=l", "column 14:");
    refused(TWO, "'log' is missing");
    refused("jdbc:tandem:[jdbc:postgresql:x,jdbc:postgresql://[::1]/x]?log=l", "same database");
    refused(TWO + "?log=l&names=a", "1 names for 2 backends");
    refused("jdbc:tandem:[jdbc:mysql://b/x?password=hidden]?log=l", "***");
  }

  @Test
  void aMisspeltConnectPropertyIsAnErrorAndAToolsOwnIsNot() {
    for (String key : new String[] {"consistancy", "markLimit", "mark-limit", "max_batch_entrys"}) {
      Properties properties = new Properties();
      properties.setProperty(key, "x");
      assertThatThrownBy(() -> TandemUrl.parse(TWO + "?log=l", properties))
          .isInstanceOf(TandemException.class)
          .hasMessageContaining("'" + key + "': did you mean '");
    }
    Properties properties = new Properties();
    properties.setProperty("characterEncoding", "utf8"); // nobody's
    properties.setProperty("connectTimeout", "3"); // the vendor's, and nearly ours
    assertThat(TandemUrl.parse(TWO + "?log=l", properties).cluster().backends())
        .allSatisfy(b -> assertThat(b.vendorProperties()).hasSize(2));
  }

  @Test
  void namesMayBeGiven() {
    assertThat(parse(TWO + "?log=l&names=east,west").cluster().backends())
        .extracting(b -> b.id().name())
        .containsExactly("east", "west");
  }

  @Test
  void aFileIsReadByItsUrlAndParametersWinOverIt(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("cluster.yaml");
    Files.writeString(
        file,
        """
        databases:
          shop:
            log: ./shop-log
            backends:
              - { name: a, url: "jdbc:postgresql://a/shop", user: tandem, password: x }
        """);
    ConnectSpec spec = parse("jdbc:tandem:config:" + file + "#shop?consistency=session&user=me");

    assertThat(spec.user()).isEqualTo("me");
    assertThat(spec.cluster().consistency()).isEqualTo(new ReadLevel.Session());
    assertThat(spec.cluster().log()).isEqualTo(directory.resolve("shop-log").toAbsolutePath());
    assertThat(spec.cluster().backends().get(0).user()).isEqualTo("tandem");
    refused("jdbc:tandem:config:" + file + "#shap", "did you mean 'shop'?");
  }

  @Test
  void noPasswordIsEverShown() {
    ConnectSpec spec = parse(TWO + "?log=l&user=app&password=hidden");

    assertThat(spec.toString()).contains("app").doesNotContain("hidden");
    assertThat(spec.cluster().canonical()).doesNotContain("hidden");
  }

  private static void refused(String url, String part) {
    assertThatThrownBy(() -> parse(url))
        .isInstanceOfSatisfying(
            TandemException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION))
        .message()
        .contains(part)
        .doesNotContain("hidden");
  }

  private static ConnectSpec parse(String url) {
    return TandemUrl.parse(url, new Properties());
  }
}
