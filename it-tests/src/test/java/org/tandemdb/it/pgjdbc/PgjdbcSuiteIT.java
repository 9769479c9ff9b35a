package org.tandemdb.it.pgjdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Some classes of the test suite of PostgreSQL's own driver through the proxy: those that show what
 * only the wire does. The whole of it is {@code ./tandem pgjdbc-tests --through proxy}.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class PgjdbcSuiteIT {
  /** Where the build before puts the archive of sources, and what they need. */
  private static final Path FETCHED = Path.of("target/pgjdbc-suite").toAbsolutePath();

  private static final Path LIST = Path.of("pgjdbc/proxy-differences.txt");
  private static final int SECONDS_FOR_A_TEST = 60;

  /**
   * By their simple names, which several may have. Chosen for what they show and for their time.
   */
  private static final List<String> CLASSES =
      List.of(
          "BatchExecuteTest", // many messages up to one Sync, and errors among them
          "CompositeTest", // numbers of types
          "CopyLargeFileTest",
          "CopyTest",
          "CursorFetchTest", // portals fetched in portions
          "Jdbc3SavepointTest",
          "ParameterMetaDataTest", // what is described and never run
          "ParameterStatusTest",
          "PGCopyInputStreamTest",
          "RefCursorTest",
          "ResultSetRefreshTest",
          "SearchPathLookupTest",
          "ServerCursorTest",
          "ServerErrorTest", // the fields of an error
          "ServerPreparedStmtTest"); // statements that are kept by name

  private static List<Path> classPath = List.of();

  @BeforeAll
  static void find() throws IOException {
    assertThat(FETCHED).as("mvn pre-integration-test fetches it").isDirectory();
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(FETCHED)) {
      files.filter(Files::isRegularFile).forEach(found::add);
    }
    String booted = System.getProperty("surefire.test.class.path");
    String ours = booted != null ? booted : System.getProperty("java.class.path", "");
    for (String entry : ours.split(File.pathSeparator, -1)) {
      found.add(Path.of(entry));
    }
    classPath = List.copyOf(found);
  }

  @Test
  void whatOnlyTheWireShowsIsAsOnOneServer() throws Exception {
    Path work = Files.createDirectories(FETCHED.resolve("work"));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Differences differences = Differences.read(LIST);
    SuiteProcess process = new SuiteProcess(work, classPath, SECONDS_FOR_A_TEST, out);
    Path classes = SuiteSources.compiled(work, classPath, CLASSES);
    SuiteComparison suite =
        new SuiteComparison(process, classes, SuiteComparison.named(CLASSES), out);

    boolean direct = suite.directly();
    boolean good = suite.throughProxy();
    Verdict verdict = suite.verdict("proxy", differences);
    verdict.print(out, differences);

    String report = said.toString(StandardCharsets.UTF_8);
    assertThat(direct).as(report).isTrue();
    assertThat(good).as(report).isTrue();
    assertThat(verdict.isGood()).as(report).isTrue();
    // None of the classes was passed over, nor came to its end without its tests.
    Map<String, Long> passed =
        Outcome.read(process.outcomes("proxy")).values().stream()
            .filter(outcome -> outcome.status() == Outcome.Status.PASSED)
            .collect(
                Collectors.groupingBy(
                    outcome -> outcome.name().replaceFirst("#.*", ""), Collectors.counting()));
    assertThat(passed.keySet().stream().map(name -> name.replaceFirst(".*\\.", "")).toList())
        .as(report)
        .containsAll(CLASSES);
  }
}
