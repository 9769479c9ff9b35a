package org.tandemdb.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code tandem explain} against a real server that no engine knows. */
class ExplainCommandTest {
  private static EmbeddedPostgres server;
  private static String url;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = EmbeddedPostgres.start();
    url = server.getJdbcUrl("postgres", "postgres");
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE item (id bigserial PRIMARY KEY, n int, at timestamptz DEFAULT now())");
    }
  }

  @AfterAll
  static void end() throws IOException {
    server.close();
  }

  private record Answer(int status, String out, String err) {}

  private static Answer tandem(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        TandemCommand.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    int status = command.execute(args);
    return new Answer(status, out.toString(), err.toString());
  }

  @Test
  void formReasonTargetAndLoggedTextAreTold() throws SQLException {
    Answer answer =
        tandem(
            "explain",
            "--url",
            url,
            "UPDATE item SET n = 1 WHERE id = $1",
            "UPDATE item SET n = 2 WHERE n > 3",
            "SELECT n FROM item");
    assertThat(answer.err()).isEmpty();
    assertThat(answer.status()).isZero();
    assertThat(answer.out())
        .containsSubsequence(
            "UPDATE item SET n = 1 WHERE id = $1\n",
            "form     VERBATIM\n",
            "target   public.item\n",
            "reason ",
            "logged ",
            "UPDATE item SET n = 2 WHERE n > 3\n",
            "form     CAPTURED\n",
            "logged   rows updated in public.item by (id): (n)\n",
            "SELECT n FROM item\n",
            "form     READ\n");
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        var schemas =
            statement.executeQuery("SELECT 1 FROM pg_namespace WHERE nspname = 'tandem'")) {
      assertThat(schemas.next()).as("a schema was made").isFalse();
    }
  }

  @Test
  void whatIsRefusedInAFileFailsTheCommand() throws IOException {
    Path migration = directory.resolve("V2__more.sql");
    Files.writeString(
        migration, "CREATE TABLE other (id int PRIMARY KEY);\nALTER SYSTEM SET jit = off;\n");
    Answer answer = tandem("explain", "--url", url, "--file", migration.toString());
    assertThat(answer.status()).isEqualTo(1);
    assertThat(answer.out())
        .containsSubsequence(
            "CREATE TABLE other",
            "form     EXCLUSIVE",
            "ALTER SYSTEM",
            "form     REFUSED",
            "remedy");
  }

  @Test
  void aClusterFileNamesTheDatabase() throws IOException {
    Path config = directory.resolve("cluster.yaml");
    Files.writeString(
        config,
        """
        databases:
          shop:
            log: ./none
            backends:
              - { name: away, url: "jdbc:postgresql://127.0.0.1:1/shop", user: postgres }
              - { name: here, url: "%s", user: postgres }
        """
            .formatted(url.replaceAll("\\?.*", "")));
    Answer answer = tandem("explain", "--config", config + "#shop", "DELETE FROM item");
    assertThat(answer.err()).isEmpty();
    assertThat(answer.out()).contains("form     CAPTURED");
    assertThat(directory.resolve("none")).doesNotExist();
  }

  @Test
  void whatIsWrongIsSaidWithoutAStack() {
    assertThat(tandem("explain", "--url", url, "--config", "x", "SELECT 1").status()).isEqualTo(2);
    Answer nobody = tandem("explain", "--admin", "127.0.0.1:1", "SELECT 1");
    assertThat(nobody.status()).isEqualTo(3);
    assertThat(nobody.err()).startsWith("tandem: no proxy answers at 127.0.0.1:1");
    assertThat(tandem("explain", "--url", url).err()).contains("--file");
    Answer down =
        tandem("explain", "--url", "jdbc:postgresql://127.0.0.1:1/shop?user=a", "SELECT 1");
    assertThat(down.status()).isEqualTo(3);
    assertThat(down.err()).startsWith("tandem: ").contains("127.0.0.1:1").doesNotContain("\tat ");
  }
}
