package org.tandemdb.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/** The driver's jar with all its libraries, as an application has it, in a JVM of its own. */
class AllJarIT {
  private static final long LIMIT_SECONDS = 60;
  private static final Path JAR = Path.of(System.getProperty("tandem.all-jar", ""));

  private static ServerPair pair;

  @TempDir private Path directory;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    assertThat(JAR).as("the build before makes it").isRegularFile();
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @Test
  void everythingInItIsTandemsOrMovedToTandemsPackages() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      List<String> foreign =
          jar.stream()
              .filter(entry -> !entry.isDirectory())
              .map(JarEntry::getName)
              .filter(name -> !name.startsWith("org/tandemdb/"))
              .filter(name -> !name.startsWith("org/slf4j/"))
              .toList();
      assertThat(foreign)
          .allSatisfy(name -> assertThat(name).startsWith("META-INF/"))
          .noneSatisfy(name -> assertThat(name).endsWith(".class"))
          .contains(
              "META-INF/LICENSE",
              "META-INF/NOTICE",
              "META-INF/LICENSES-OF-LIBRARIES.txt",
              "META-INF/FastDoubleParser-LICENSE");
      assertThat(foreign.stream().filter(name -> name.startsWith("META-INF/services/")).toList())
          .containsExactly("META-INF/services/java.sql.Driver");
      assertThat(text(jar, "META-INF/services/java.sql.Driver").strip())
          .isEqualTo("org.tandemdb.jdbc.TandemDriver");
      assertThat(text(jar, "META-INF/NOTICE"))
          .contains("The Tandem authors", "Apache Calcite", "Jackson");
      assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
          .isEqualTo("org.tandemdb.jdbc");
    }
  }

  private static String text(JarFile jar, String name) throws IOException {
    try (InputStream in = jar.getInputStream(jar.getEntry(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void itNeedsNothingButTheVendorsDriverOnTheClassPath() throws Exception {
    Path classes = compiled("App.java");
    String classPath = String.join(":", JAR.toString(), vendorsJar(), classes.toString());
    assertThat(lines("class_path", "-cp", classPath, "app.App"))
        .containsSubsequence("row 1 manager", "row 2 source", "module null");
  }

  @Test
  void itIsAModuleOnTheModulePath() throws Exception {
    Path classes = compiled("App.java", "module-info.java");
    String modulePath = String.join(":", JAR.toString(), vendorsJar(), classes.toString());
    assertThat(lines("module_path", "-p", modulePath, "-m", "app/app.App"))
        .containsSubsequence("row 1 manager", "row 2 source", "module org.tandemdb.jdbc");
  }

  @Test
  void withoutTheVendorsDriverTheErrorSaysSo() throws Exception {
    Path classes = compiled("App.java");
    assertThat(lines("no_vendor", "-cp", JAR + ":" + classes, "app.App"))
        .anySatisfy(line -> assertThat(line).contains("refused", "org.postgresql:postgresql"));
  }

  private Path compiled(String... sources) throws IOException, URISyntaxException {
    List<String> arguments = new ArrayList<>(List.of("-d", directory.resolve("app").toString()));
    arguments.addAll(
        sources.length == 1 ? List.of("-cp", JAR.toString()) : List.of("-p", JAR.toString()));
    for (String source : sources) {
      arguments.add(Path.of(AllJarIT.class.getResource("/product/" + source).toURI()).toString());
    }
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    assertThat(javac.run(System.out, System.err, arguments.toArray(String[]::new))).isZero();
    return directory.resolve("app");
  }

  private static String vendorsJar() throws URISyntaxException {
    var source = org.postgresql.Driver.class.getProtectionDomain().getCodeSource();
    return Path.of(source.getLocation().toURI()).toString();
  }

  /** What a JVM with these arguments says, which connects to {@code database}, made for it. */
  private List<String> lines(String database, String... arguments)
      throws IOException, InterruptedException, SQLException {
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + database + " OWNER " + ServerPair.ROLE);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(arguments));
    command.add(pair.tandemUrl(database, directory.resolve("log")));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("CLASSPATH");
    Path output = directory.resolve("output.txt");
    Process child = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(child.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output);
    assertThat(child.exitValue()).as("%s", lines).isZero();
    return lines;
  }
}
