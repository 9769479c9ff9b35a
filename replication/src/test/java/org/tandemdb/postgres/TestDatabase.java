package org.tandemdb.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * An empty database of its own on a server that all the tests of this JVM share: a server takes
 * seconds of processor time, a database a twentieth of one. Closing it drops it and resets what was
 * set for the whole server; a server that does not let that happen is not used again.
 *
 * <p>A test may kill processes of the server: no other test runs in this JVM at the same time.
 */
public final class TestDatabase implements AutoCloseable {
  /** Each has a system identifier of its own; they end with the JVM. */
  private static final List<EmbeddedPostgres> SERVERS = new ArrayList<>();

  private static int made;

  private final EmbeddedPostgres server;
  private final String name;

  private TestDatabase(EmbeddedPostgres server, String name) {
    this.server = server;
    this.name = name;
  }

  /**
   * Makes one.
   *
   * @param index of the server, which is started if no test has asked for so many yet
   */
  public static TestDatabase on(int index) throws IOException, SQLException {
    EmbeddedPostgres server;
    String name;
    synchronized (SERVERS) {
      while (SERVERS.size() <= index) {
        SERVERS.add(start());
      }
      server = SERVERS.get(index);
      name = "test" + ++made;
    }
    onServer(server, "CREATE DATABASE " + name);
    return new TestDatabase(server, name);
  }

  private static EmbeddedPostgres start() throws IOException {
    return EmbeddedPostgres.builder()
        .setServerConfig("max_prepared_transactions", "20")
        .setServerConfig("fsync", "off")
        .start();
  }

  private static void onServer(EmbeddedPostgres server, String... statements) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** A plain JDBC URL, without a user: the superuser is {@code postgres} and needs no password. */
  public String url() {
    return server.getJdbcUrl("postgres", name).replaceAll("\\?.*", "");
  }

  /** A connection of the superuser's that nobody else knows of. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(server.getJdbcUrl("postgres", name));
  }

  @Override
  public void close() throws IOException {
    try {
      onServer(
          server,
          "ALTER SYSTEM RESET ALL",
          "SELECT pg_reload_conf()",
          "DROP DATABASE " + name + " WITH (FORCE)");
    } catch (SQLException e) {
      synchronized (SERVERS) {
        // Its place is taken by a new one, so that the tests after this one do not suffer.
        SERVERS.set(SERVERS.indexOf(server), start());
      }
      server.close();
      throw new IOException("the test left something behind in " + name, e);
    }
  }
}
