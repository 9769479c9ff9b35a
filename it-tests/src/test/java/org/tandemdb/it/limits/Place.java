package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.jdbc.Drivers;

/** Two servers and, for each test, a database and a log of its own. */
final class Place implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final long POLL_NANOS = Duration.ofMillis(20).toNanos();
  private final AtomicInteger databases = new AtomicInteger();
  private final Driver driver = Drivers.plain();
  private final ServerPair pair;
  private String database = "";

  Place() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  /** A new database with {@code tables} on both servers. */
  void fresh(String... tables) throws SQLException {
    database = "limits_" + databases.incrementAndGet();
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + database + " OWNER " + ServerPair.ROLE);
      try (Connection connection =
              DriverManager.getConnection(server.url(database, ServerPair.ROLE));
          Statement statement = connection.createStatement()) {
        for (String sql : tables) {
          statement.execute(sql);
        }
      }
    }
  }

  PostgresServer server(String name) {
    return pair.server(name);
  }

  /** For the superuser, past Tandem. */
  String url(String server) {
    return server(server).url(database);
  }

  Path log() {
    return pair.directory().resolve("log-" + database);
  }

  /** A connection of an engine that ends with its last connection. */
  Connection connect(String... parameters) throws SQLException {
    return connect(driver, parameters);
  }

  Connection connect(Driver driver, String... parameters) throws SQLException {
    StringBuilder url = new StringBuilder("jdbc:tandem:[");
    url.append(server("a").url(database, ServerPair.ROLE)).append(',');
    url.append(server("b").url(database, ServerPair.ROLE));
    url.append("]?names=a,b&log=").append(log());
    for (String parameter : parameters) {
      url.append('&').append(parameter);
    }
    Connection connection = driver.connect(url.toString(), new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  /** Waits until {@code backend} is as asked. */
  static void await(Connection connection, String backend, Predicate<TandemStatus.Backend> asked)
      throws SQLException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    TandemStatus status = TandemStatus.read(connection);
    while (status.backends().stream().filter(b -> b.name().equals(backend)).noneMatch(asked)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(status.backends() + "\n" + status.lastEvents(30));
      }
      LockSupport.parkNanos(POLL_NANOS);
      status = TandemStatus.read(connection);
    }
  }

  /** Waits until both hold everything, and compares them row by row. */
  void awaitEqual(Connection connection) throws SQLException {
    await(connection, "a", TandemStatus.Backend::hasEverything);
    await(connection, "b", TandemStatus.Backend::hasEverything);
    try (Connection a = DriverManager.getConnection(server("a").url(database));
        Connection b = DriverManager.getConnection(server("b").url(database))) {
      assertThat(Comparison.of(a, b).findings()).isEmpty();
    }
  }

  static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static AbstractThrowableAssert<?, ? extends Throwable> refused(
      String sqlState, ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(sqlState));
  }

  @Override
  public void close() {
    pair.close();
  }
}
