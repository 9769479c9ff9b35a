package org.tandemdb.it.framework;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/applications.md} prints is what happens. */
class ApplicationsPageIT {
  @TempDir Path directory;

  private static String program() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "applications.md"));
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
}
