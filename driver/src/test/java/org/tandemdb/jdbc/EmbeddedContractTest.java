package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Properties;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The driver with its own engine over two servers keeps the contract. */
final class EmbeddedContractTest extends JdbcContract {
  private static final TandemDriver DRIVER =
      new TandemDriver(new EngineRegistry(EmbeddedEngine::open, Duration.ofMinutes(1)));

  @TempDir private static Path directory;
  private static EmbeddedPostgres a;
  private static EmbeddedPostgres b;

  @BeforeAll
  static void start() throws IOException {
    a = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    b = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  @AfterAll
  static void end() throws IOException {
    a.close();
    b.close();
  }

  @Override
  Connection connect() throws SQLException {
    String url =
        "jdbc:tandem:["
            + a.getJdbcUrl("postgres", "postgres")
            + ","
            + b.getJdbcUrl("postgres", "postgres")
            + "]?names=a,b&log="
            + directory.resolve("log");
    Connection connection = DRIVER.connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  /** What the planner does not take, though the driver would. */
  @Test
  @Override
  void parametersAreSharedOutAmongSeveralStatements() {
    assertRefused(super::parametersAreSharedOutAmongSeveralStatements);
  }

  private static void assertRefused(ThrowingCallable test) {
    assertThatThrownBy(test).isInstanceOf(SQLFeatureNotSupportedException.class);
  }
}
