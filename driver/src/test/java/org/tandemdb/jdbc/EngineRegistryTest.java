package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;

@SuppressWarnings("NullAway") // a null from the driver fails the test
final class EngineRegistryTest {
  private static final String URL =
      "jdbc:tandem:[jdbc:postgresql://a/shop,jdbc:postgresql://b/shop]?log=/tmp/shop&user=app";

  private final List<FakeEngine> opened = new ArrayList<>();
  private final TandemDriver driver =
      new TandemDriver(
          new EngineRegistry(
              config -> {
                FakeEngine engine = new FakeEngine(Postgres.server());
                opened.add(engine);
                return engine;
              },
              Duration.ZERO));

  private Connection connect(String url) throws SQLException {
    return driver.connect(url, new Properties());
  }

  @Test
  void connectionsOfOneClusterShareAnEngineThatClosesWithTheLast() throws SQLException {
    Connection first = connect(URL);
    Connection second = connect(URL.replace("user=app", "user=app&password=x"));
    assertThat(opened).hasSize(1);
    first.close();
    first.close();
    assertThat(opened.get(0).closed).isFalse();
    second.close();
    assertThat(opened.get(0).closed).isTrue();
    connect(URL).close();
    assertThat(opened).hasSize(2);
  }

  @Test
  void anotherConfigurationOfTheSameClusterIsAnError() throws SQLException {
    try (Connection first = connect(URL)) {
      assertThatThrownBy(() -> connect(URL + "&commit=applied"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("F0000"))
          .hasMessageContaining("other settings: commit (durable there, applied here). ");
      assertThat(first.isClosed()).isFalse();
    }
    assertThat(opened).hasSize(1);
    assertThat(opened.get(0).closed).isTrue();
  }

  @Test
  void anEngineThatFailsToOpenIsTriedAgain() throws SQLException {
    boolean[] fail = {true};
    TandemDriver failing =
        new TandemDriver(
            new EngineRegistry(
                config -> {
                  if (fail[0]) {
                    throw new TandemException(ErrorCode.NOT_OWNER, "held by 17");
                  }
                  return new FakeEngine(Postgres.server());
                },
                Duration.ZERO));
    assertThatThrownBy(() -> failing.connect(URL, new Properties()))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55006"));
    fail[0] = false;
    failing.connect(URL, new Properties()).close();
  }

  /** A driver whose engines outlive their last connection by far. */
  private TandemDriver lingering(boolean[] fails) {
    return new TandemDriver(
        new EngineRegistry(
            config -> {
              if (fails[0]) {
                throw new TandemException(ErrorCode.NO_BACKEND, "nobody is there");
              }
              FakeEngine engine = new FakeEngine(Postgres.server());
              opened.add(engine);
              return engine;
            },
            Duration.ofHours(1)));
  }

  @Test
  void aStartThatFailedLeavesRoomForACorrectedUrl() throws SQLException {
    boolean[] fails = {true};
    TandemDriver lingering = lingering(fails);
    assertThatThrownBy(() -> lingering.connect(URL, new Properties()))
        .isInstanceOf(SQLException.class);
    fails[0] = false;
    lingering.connect(URL.replace("//b/", "//c/"), new Properties()).close();
    assertThat(opened).hasSize(1);
  }

  @Test
  void anEngineThatNobodyUsesMakesRoomForAnotherConfiguration() throws SQLException {
    TandemDriver lingering = lingering(new boolean[] {false});
    lingering.connect(URL, new Properties()).close();
    lingering.connect(URL, new Properties()).close();
    assertThat(opened).hasSize(1);
    assertThat(opened.get(0).closed).as("it lingers").isFalse();
    lingering.connect(URL + "&commit=applied", new Properties()).close();
    assertThat(opened.get(0).closed).isTrue();
    assertThat(opened).hasSize(2);
  }

  @Test
  void theErrorNamesWhatDiffersAndNoSecret() throws SQLException {
    String named =
        URL.replace("//a/shop", "//a/shop?sslpassword=old") + "&names=a,b&tandem_password=old";
    try (Connection first = connect(named)) {
      assertThatThrownBy(
              () ->
                  connect(
                      named.replace("//b/", "//c:5433/").replace("old", "hidden")
                          + "&mark_limit=5s&consistency=bounded:2s"))
          .hasMessageContaining(
              "other settings: consistency (strong there, bounded:2s here);"
                  + " url of backend a (a secret in it); url of backend b"
                  + " (jdbc:postgresql://b/shop there, jdbc:postgresql://c:5433/shop here);"
                  + " mark_limit (30s there, 5s here). Use the same")
          .hasMessageNotContaining("hidden")
          .hasMessageNotContaining("old");
      assertThat(first.isClosed()).isFalse();
    }
  }

  @Test
  void theDriverIsFoundAndTakesItsOwnUrlsOnly() throws SQLException {
    assertThat(ServiceLoader.load(Driver.class)).anyMatch(d -> d instanceof TandemDriver);
    assertThat(DriverManager.getDriver("jdbc:tandem:x")).isInstanceOf(TandemDriver.class);
    assertThat(driver.connect("jdbc:postgresql://a/b", new Properties())).isNull();
    assertThatThrownBy(() -> connect("jdbc:tandem:[oops")).isInstanceOf(SQLException.class);
  }

  @Test
  void propertyInfoComesFromTheDeclarationsAndHidesPasswords() {
    Properties given = new Properties();
    given.setProperty("password", "hidden");
    DriverPropertyInfo[] info = driver.getPropertyInfo(URL, given);
    assertThat(info)
        .anySatisfy(
            i -> {
              assertThat(i.name).isEqualTo("mark_limit");
              assertThat(i.value).isEqualTo("30s");
            });
    assertThat(Arrays.stream(info).map(i -> i.value)).doesNotContain("hidden");
  }

  @Test
  void metadataShowsTheUrlWithoutPasswords() throws SQLException {
    try (Connection connection = connect(URL + "&password=hid,den")) {
      assertThat(connection.getMetaData().getURL()).contains("shop").doesNotContain("den");
    }
  }

  @Test
  void theDataSourceConnectsWithItsProperties() throws SQLException {
    TandemDataSource source = new TandemDataSource(driver);
    source.setUrl(URL);
    source.setUser("app");
    source.setPassword("x");
    try (Connection one = source.getConnection();
        Connection two = source.getConnection("app", "y")) {
      assertThat(one.isValid(5)).isTrue();
      assertThat(two.isValid(5)).isTrue();
    }
    assertThat(opened).hasSize(1);
  }
}
