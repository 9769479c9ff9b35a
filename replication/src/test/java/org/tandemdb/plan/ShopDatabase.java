package org.tandemdb.plan;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** An embedded PostgreSQL with two empty databases of the test schema. */
final class ShopDatabase implements AutoCloseable {
  private final EmbeddedPostgres server;

  ShopDatabase() throws IOException, SQLException {
    server = EmbeddedPostgres.builder().start();
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE one");
      statement.execute("CREATE DATABASE two");
    }
    for (String database : new String[] {"one", "two"}) {
      try (Connection connection = connect(database);
          Statement statement = connection.createStatement()) {
        statement.execute(resource("schema.sql"));
      }
    }
  }

  Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(server.getJdbcUrl("postgres", database));
  }

  static String resource(String name) {
    try (InputStream in = ShopDatabase.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("missing " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
