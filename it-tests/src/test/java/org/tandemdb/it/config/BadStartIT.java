package org.tandemdb.it.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.jdbc.Drivers;

/**
 * Whatever is wrong at the start is said in words that help, and nothing has been changed: no file
 * of a log made or altered, no schema created.
 */
class BadStartIT {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static ServerPair pair;
  private String database = "";
  private Path log = Path.of("");

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void createDatabases() throws SQLException {
    database = "bad_" + DATABASES.incrementAndGet();
    log = pair.directory().resolve("log-" + database);
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + database + " OWNER " + ServerPair.ROLE);
    }
  }

  private String a() {
    return pair.server("a").url(database, ServerPair.ROLE);
  }

  private String b() {
    return pair.server("b").url(database, ServerPair.ROLE);
  }

  private String url(String a, String b) {
    return "jdbc:tandem:[" + a + "," + b + "]?names=a,b&log=" + log;
  }

  private static Connection open(String url) throws SQLException {
    Connection connection = Drivers.plain().connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("not a URL of Tandem", "08001");
    }
    return connection;
  }

  private AbstractThrowableAssert<?, ? extends Throwable> refused(String url, String sqlState)
      throws IOException, SQLException {
    Map<String, String> before = files();
    boolean schemaA = hasSchema("a");
    boolean schemaB = hasSchema("b");
    var refusal =
        assertThatThrownBy(() -> open(url).close())
            .isInstanceOf(SQLException.class)
            .hasMessageNotContaining("null")
            .satisfies(
                e ->
                    assertThat(((SQLException) e).getSQLState())
                        .as(e.getMessage())
                        .isEqualTo(sqlState));
    assertThat(files()).as("files of the log").isEqualTo(before);
    assertThat(hasSchema("a")).as("schema on a").isEqualTo(schemaA);
    assertThat(hasSchema("b")).as("schema on b").isEqualTo(schemaB);
    return refusal;
  }

  /** All but who had it last, which says nothing about the log. */
  private Map<String, String> files() throws IOException {
    Map<String, String> found = new TreeMap<>();
    if (Files.isDirectory(log)) {
      try (Stream<Path> files = Files.list(log)) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString();
          if (!name.equals("owner") && !name.equals("lock")) {
            found.put(name, Files.size(file) + " " + Files.getLastModifiedTime(file));
          }
        }
      }
    } else if (Files.exists(log)) {
      found.put("", "a file");
    }
    return found;
  }

  private boolean hasSchema(String server) throws SQLException {
    if (!pair.server(server).isRunning()) {
      return false;
    }
    try (Connection connection = DriverManager.getConnection(pair.server(server).url(database));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT to_regnamespace('tandem') IS NOT NULL")) {
      rows.next();
      return rows.getBoolean(1);
    }
  }

  @Test
  void anUnknownKeyIsNamedWithTheNearestKnownOne() throws Exception {
    refused(url(a(), b()) + "&log_max_byte=1GiB", "F0000")
        .hasMessageContaining("'log_max_byte'")
        .hasMessageContaining("did you mean 'log_max_bytes'?");
  }

  @Test
  void limitsThatContradictEachOtherAreNamed() throws Exception {
    refused(url(a(), b()) + "&log_max_bytes=1MiB", "F0000")
        .hasMessageContaining("log_max_bytes")
        .hasMessageContaining("log_segment_bytes");
  }

  @Test
  void theFirstStartNeedsEveryBackend() throws Exception {
    pair.server("b").stop();
    try {
      refused(url(a(), b()), "57P03").hasMessageContaining("first start needs every backend: {b=");
    } finally {
      pair.server("b").start();
    }
  }

  @Test
  void oneDatabaseIsNotTwoCopies() throws Exception {
    refused(url(a(), a()), "F0000").hasMessageContaining("the same database");
    refused(url(a(), a().replace("127.0.0.1", "localhost")), "F0000")
        .hasMessageContaining("the same database");
    // A name that only the server itself can see through.
    refused(url(a(), a().replace("127.0.0.1", "127.1")), "F0000")
        .hasMessageContaining("one and the same database");
  }

  @Test
  void aCopyOfTheFilesIsAnotherServer() throws Exception {
    PostgresServer origin = pair.server("a");
    PostgresServer copy =
        PostgresServer.create("c", pair.directory().resolve("c"), Map.of("fsync", "off"));
    origin.stop();
    copy.copyFrom(origin);
    origin.start();
    copy.start();
    try (Connection connection = open(url(a(), copy.url(database, ServerPair.ROLE)));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (id int PRIMARY KEY)");
      TandemStatus.awaitEverything(connection, Duration.ofSeconds(30));
      copy.execute(database, "SELECT id FROM t");
    } finally {
      copy.stop();
    }
  }

  @Test
  void differentDataIsNamedAtTheFirstStart() throws Exception {
    for (PostgresServer server : pair.servers()) {
      server.execute(
          database,
          "CREATE TABLE alike (id int PRIMARY KEY)",
          "CREATE TABLE stock (id int PRIMARY KEY, n int)");
    }
    refused(url(a(), b()), "42501").hasMessageContaining("permission denied for table alike");
    for (PostgresServer server : pair.servers()) {
      server.execute(database, "GRANT ALL ON ALL TABLES IN SCHEMA public TO " + ServerPair.ROLE);
    }
    pair.server("b").execute(database, "INSERT INTO stock VALUES (1, 1)");
    refused(url(a(), b()), "55000")
        .hasMessageContaining("a and b differ in the rows of table public.stock (0 and 1)");
    pair.server("a").execute(database, "INSERT INTO stock VALUES (1, 2)");
    refused(url(a(), b()), "55000").hasMessageContaining("rows of table public.stock (1 and 1)");
  }

  @Test
  void aDifferentDefinitionIsNamedAtTheFirstStart() throws Exception {
    for (PostgresServer server : pair.servers()) {
      boolean first = server.name().equals("a");
      server.execute(
          database,
          "SET ROLE " + ServerPair.ROLE,
          "CREATE SCHEMA own",
          "CREATE TABLE own.stock (id int PRIMARY KEY, n int)",
          "CREATE VIEW own.few AS SELECT id FROM own.stock WHERE n < " + (first ? 5 : 6),
          "CREATE FUNCTION own.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
    }
    refused(url(a(), b()), "55000").hasMessageContaining("the definition of view own.few");
    pair.server("b")
        .execute(
            database, "CREATE OR REPLACE VIEW own.few AS SELECT id FROM own.stock WHERE n < 5");
    pair.server("b")
        .execute(
            database,
            "CREATE TRIGGER t BEFORE INSERT ON own.stock FOR EACH ROW EXECUTE FUNCTION own.f()");
    refused(url(a(), b()), "55000")
        .hasMessageContaining("trigger t of own.stock, which only one of them has");
    pair.server("b").execute(database, "DROP TRIGGER t ON own.stock");
    pair.server("b").execute(database, "CREATE DOMAIN own.d AS int CHECK (VALUE > 0)");
    pair.server("a").execute(database, "CREATE DOMAIN own.d AS int CHECK (VALUE > 1)");
    refused(url(a(), b()), "55000").hasMessageContaining("the definition of type own.d");
    pair.server("a").execute(database, "DROP DOMAIN own.d");
    pair.server("b").execute(database, "DROP DOMAIN own.d");
    pair.server("b")
        .execute(
            database,
            "CREATE OR REPLACE FUNCTION own.f() RETURNS trigger LANGUAGE plpgsql"
                + " AS 'BEGIN RETURN NULL; END'");
    refused(url(a(), b()), "55000").hasMessageContaining("the definition of function own.f()");
  }

  /** † Entries hold values as text (architecture, 9.3), and money is read by this setting. */
  @Test
  void serversThatReadMoneyInTwoWaysAreRefusedWhereThereIsMoney() throws Exception {
    for (PostgresServer server : pair.servers()) {
      String locale = server.name().equals("a") ? "C" : "POSIX";
      server.execute(
          database,
          "ALTER DATABASE " + database + " SET lc_monetary = '" + locale + "'",
          "SET ROLE " + ServerPair.ROLE,
          "CREATE TABLE price (id int PRIMARY KEY, amount money)");
    }
    refused(url(a(), b()), "55000").hasMessageContaining("the definition of setting lc_monetary");
  }

  /** † As above, where the money comes later, or the servers' own setting is changed. */
  @Test
  void moneyIsReadInOneWayWhateverTheServersOwnSettingsBecome() throws Exception {
    ownMoney("C.utf8", "POSIX");
    assertThat(moneyOnEachServer()).containsExactly("C", "C");
    ownMoney("POSIX", "C.utf8");
    assertThat(moneyOnEachServer()).containsExactly("C", "C");
    createDatabases();
    ownMoney("C.utf8", "C.utf8");
    assertThat(moneyOnEachServer()).containsExactly("C.utf8", "C.utf8");
    ownMoney("C", "POSIX");
    assertThat(moneyOnEachServer()).containsExactly("C.utf8", "C.utf8");
  }

  private void ownMoney(String a, String b) throws SQLException {
    pair.server("a")
        .execute(database, "ALTER DATABASE " + database + " SET lc_monetary = '" + a + "'");
    pair.server("b")
        .execute(database, "ALTER DATABASE " + database + " SET lc_monetary = '" + b + "'");
  }

  /** By two transactions that are open at a time, of which each server has one. */
  private List<String> moneyOnEachServer() throws SQLException {
    Map<Integer, String> found = new TreeMap<>();
    Driver driver = Drivers.plain();
    try (Connection one = driver.connect(url(a(), b()), new Properties());
        Connection other = driver.connect(url(a(), b()), new Properties())) {
      TandemStatus.awaitEverything(one, Duration.ofSeconds(30));
      for (Connection connection : List.of(one, other)) {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement();
            ResultSet rows =
                statement.executeQuery(
                    "SELECT inet_server_port(), current_setting('lc_monetary')")) {
          rows.next();
          found.put(rows.getInt(1), rows.getString(2));
        }
      }
    }
    return List.copyOf(found.values());
  }

  @Test
  void anOlderCopyOfTheLogIsRefusedAtOnce() throws Exception {
    Path older = pair.directory().resolve("older-" + database);
    try (Connection connection = open(url(a(), b()));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (id int PRIMARY KEY)");
    }
    Files.createDirectory(older);
    try (var files = Files.list(log)) {
      for (Path file : files.toList()) {
        Files.copy(file, older.resolve(file.getFileName().toString()));
      }
    }
    try (Connection connection = open(url(a(), b()));
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO t VALUES (1)");
      TandemStatus.awaitEverything(connection, Duration.ofSeconds(30));
    }
    long began = System.nanoTime();
    refused(url(a(), b()).replace(log.toString(), older.toString()), "55000")
        .hasMessageContaining("the log is an older copy")
        .hasMessageContaining("that was in use last");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void aMissingPrivilegeIsNamedWithItsGrant() throws Exception {
    pair.server("b")
        .execute(
            database,
            "CREATE ROLE weak LOGIN",
            "GRANT pg_read_all_stats TO weak",
            "GRANT CREATE ON DATABASE " + database + " TO weak");
    try {
      refused(url(a(), pair.server("b").url(database, "weak")), "42501")
          .hasMessageContaining("b lacks: pg_signal_backend")
          .hasMessageContaining("GRANT pg_signal_backend TO <role>");
    } finally {
      pair.server("b").execute(database, "DROP OWNED BY weak", "DROP ROLE weak");
    }
  }

  @Test
  void anotherClustersLogIsRefused() throws Exception {
    open(url(a(), b())).close();
    String first = url(a(), b());
    createDatabases();
    open(url(a(), b())).close();
    Path mine = log;
    log = Path.of(first.substring(first.indexOf("&log=") + 5));
    refused(url(a(), b()), "55000").hasMessageContaining("cluster");
    log = pair.directory().resolve("nothing-here");
    refused(url(a(), b()), "55000").hasMessageContaining("there is no log at " + log);
    Files.createDirectory(log);
    refused(url(a(), b()), "55000").hasMessageContaining("there is no log at " + log);
    log = mine;
    open(url(a(), b())).close();
  }

  @Test
  void garbageInTheLogIsNamedWithFileAndOffset() throws Exception {
    Files.createDirectory(log);
    Files.writeString(log.resolve("state"), "this is not what it should be");
    refused(url(a(), b()), "58030").hasMessageContaining(log.resolve("state") + " at offset 0");
    Files.delete(log.resolve("state"));
    Files.writeString(log.resolve("0000000000000001.log"), "nor is this");
    refused(url(a(), b()), "58030").hasMessageContaining("'state' is missing");
  }

  @Test
  void aLogThatCannotBeWrittenIsNamed() throws Exception {
    Files.writeString(log, "a file where the directory should be");
    refused(url(a(), b()), "58030").hasMessageContaining(log + ": not a directory");
    Path inside = log.resolve("deeper");
    refused(url(a(), b()).replace(log.toString(), inside.toString()), "58030")
        .hasMessageContaining(inside + ": not a directory");
    Path nowhere = Path.of("/proc/tandem-log");
    refused(url(a(), b()).replace(log.toString(), nowhere.toString()), "58030")
        .hasMessageContaining("cannot be created: " + nowhere + ": no such file or directory");
  }

  /** It works, and is hardly what anybody wants. */
  @Test
  void oneBackendAloneIsTakenWithAWarningAndGetsNoCopyLater() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(PgEngines.class);
    ListAppender<ILoggingEvent> said = new ListAppender<>();
    said.start();
    logger.addAppender(said);
    try (Connection alone = open("jdbc:tandem:[" + a() + "]?names=a&log=" + log);
        Statement statement = alone.createStatement()) {
      statement.execute("CREATE TABLE t (id int PRIMARY KEY)");
      statement.execute("INSERT INTO t VALUES (1)");
    } finally {
      logger.detachAppender(said);
    }
    assertThat(said.list)
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getLevel()).isEqualTo(Level.WARN);
              assertThat(event.getFormattedMessage())
                  .contains(database + " has one backend, a:", "None can be added later");
            });
    assertThatThrownBy(() -> open(url(a(), b())).close()).isInstanceOf(SQLException.class);
  }
}
