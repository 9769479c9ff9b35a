package org.tandemdb.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.tandemdb.postgres.TestDatabase;

/** Two databases of the test schema, {@code one} and {@code two}, without rows. */
final class ShopDatabase implements AutoCloseable {
  private final TestDatabase one;
  private final TestDatabase two;

  ShopDatabase() throws IOException, SQLException {
    one = TestDatabase.on(0);
    two = TestDatabase.on(0);
    for (TestDatabase database : List.of(one, two)) {
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        statement.execute(resource("schema.sql"));
      }
    }
  }

  Connection one() throws SQLException {
    return one.connect();
  }

  Connection two() throws SQLException {
    return two.connect();
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
    one.close();
    two.close();
  }
}
