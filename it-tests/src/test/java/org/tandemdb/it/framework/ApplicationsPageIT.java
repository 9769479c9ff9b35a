package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.jdbc.Drivers;

/** What {@code docs/applications.md} prints is what happens. */
class ApplicationsPageIT {
  private static final Path PAGE = Path.of("..", "docs", "applications.md");

  @TempDir Path directory;

  private static String program() throws IOException {
    String page = Files.readString(PAGE);
    Matcher matcher = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
    assertThat(matcher.find()).as("the page has a program").isTrue();
    return matcher.group(1);
  }

  @Test
  void thePrintedPoolRunsAsPrinted() throws Exception {
    Path source = directory.resolve("Pooled.java");
    Files.writeString(source, program());
    Path output = directory.resolve("output");
    Cluster cluster = Cluster.create("printed");
    String url = cluster.url();
    cluster.close(); // the engine is the program's now
    String classPath = System.getProperty("surefire.test.class.path");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            source.toString(),
            url);
    builder
        .environment()
        .put("CLASSPATH", classPath != null ? classPath : System.getProperty("java.class.path"));
    Process program = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(program.waitFor(180, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      program.destroyForcibly();
    }
    assertThat(Files.readString(output)).containsPattern("(?m)^visits: 1$");
    assertThat(program.exitValue()).isZero();
  }

  /** With what differs from cluster to cluster taken out, and on one line. */
  private static String shape(String message) {
    return message
        .strip()
        .replaceAll("process \\d+ on \\S+,", "process P on H,")
        .replaceAll("log directory \\S+,", "log directory L,")
        .replaceAll("since \\S+Z\\.", "since T.")
        .replaceAll("pg_terminate_backend\\(\\d+\\)", "pg_terminate_backend(N)")
        .replaceAll("\\s+", " ");
  }

  @Test
  void aSecondApplicationHearsWhatIsPrinted() throws Exception {
    Matcher printed =
        Pattern.compile("## Two applications.*?```\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(printed.find()).as("the page has the message").isTrue();
    try (Cluster first = Cluster.create("owned")) {
      assertThatThrownBy(() -> Drivers.plain().connect(first.url(), new Properties()))
          .isInstanceOfSatisfying(
              SQLException.class,
              e -> {
                assertThat(e.getSQLState()).isEqualTo("55006");
                assertThat(shape(printed.group(1)))
                    .isEqualTo(shape(String.valueOf(e.getMessage())));
              });
    }
  }
}
