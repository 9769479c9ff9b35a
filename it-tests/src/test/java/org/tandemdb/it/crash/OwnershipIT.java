package org.tandemdb.it.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.jdbc.Drivers;

/** One engine at a time: a second process is told who has the cluster, as long as that lives. */
class OwnershipIT {
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @Test
  void aSecondEngineIsRefusedWhileTheFirstLivesStoppedOrNotAndTakesOverWhenItIsGone()
      throws Exception {
    Site site = new Site(pair);
    try (VictimProcess owner = site.victim("none")) {
      owner.awaitAcknowledged(20);
      isRefusedInFavourOf(site, owner);
      owner.signal("STOP");
      isRefusedInFavourOf(site, owner);
      owner.signal("CONT");
      owner.awaitAcknowledged(20);
      owner.signal("STOP");
      site.kill9(owner);
    }
    site.recoversWithEveryPromiseKept();
  }

  /** Section 7: the lock on the log's directory is the directory's, and a copy has another. */
  @Test
  void aCopyOfTheLogOnAnotherMachineIsRefusedUntilTheOperatorEndsTheOwnersSessions()
      throws Exception {
    Site site = new Site(pair);
    Path copy = pair.directory().resolve("copy");
    String url = site.url().replace(site.log().toString(), copy.toString());
    try (VictimProcess owner = site.victim("none")) {
      owner.awaitAcknowledged(20);
      owner.pause();
      copy(site.log(), copy);
      Map<String, FileTime> before = times(copy);
      String fence = fence(site);
      SQLException refusal = refusal(url);
      assertThat(refusal.getSQLState()).isEqualTo("55006");
      assertThat(refusal.getMessage())
          .contains("backend a is in use by process " + owner.pid() + " on ")
          .contains("with log directory " + site.log() + ", since 20");
      assertThat(times(copy)).as("files of the copy").isEqualTo(before);
      assertThat(fence(site)).as("the fence of a").isEqualTo(fence);
      owner.signal("STOP");
      assertThat(refusal(url).getMessage()).contains("is in use by process " + owner.pid());
      // The owner does not answer, and somebody has made sure that it never will.
      for (String server : List.of("a", "b")) {
        try (Connection admin = site.direct(server);
            Statement statement = admin.createStatement()) {
          statement.execute("SELECT pg_terminate_backend(pid) FROM tandem.owner");
        }
      }
      try (Connection connection = open(url);
          Statement statement = connection.createStatement()) {
        statement.executeUpdate("INSERT INTO act (token, part) VALUES ('s-afterwards', 1)");
        TandemStatus.awaitEverything(connection, Duration.ofSeconds(40));
      }
      site.kill9(owner);
    }
    site.promisesAreKept();
  }

  private static Connection open(String url) throws SQLException {
    Connection connection = Drivers.plain().connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("not a URL of Tandem", "08001");
    }
    return connection;
  }

  private static SQLException refusal(String url) throws SQLException {
    try (Connection connection = open(url)) {
      throw new AssertionError("a second engine was let in: " + connection);
    } catch (SQLException e) {
      return e;
    }
  }

  private static String fence(Site site) throws SQLException {
    try (Connection connection = site.direct("a");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT epoch, recovery FROM tandem.fence")) {
      row.next();
      return row.getString(1) + " " + row.getString(2);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
  }

  private static Map<String, FileTime> times(Path directory) throws IOException {
    Map<String, FileTime> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        found.put(file.getFileName().toString(), Files.getLastModifiedTime(file));
      }
    }
    return found;
  }

  private static void isRefusedInFavourOf(Site site, VictimProcess owner) {
    assertThatThrownBy(() -> site.connect().close())
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55006"))
        // The log's lock or the backends', whichever is met first.
        .hasMessageMatching(".*is in use by process " + owner.pid() + " on \\S+.*")
        .hasMessageContaining(site.log().toString())
        .hasMessageEndingWith(
            "(One process at a time has a cluster's engine. Stop that process to start this one, or let"
                + " all applications connect through one proxy.)");
    assertThat(owner.isAlive()).isTrue();
  }
}
