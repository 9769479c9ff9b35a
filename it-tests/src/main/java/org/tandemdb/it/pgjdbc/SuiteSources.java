package org.tandemdb.it.pgjdbc;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tandemdb.it.server.Directories;

/**
 * The suite as it is published: an archive of sources. Unpacked, patched and compiled once for each
 * archive; sources that need what is not published with it are left out, and named.
 */
final class SuiteSources {
  private static final String ARCHIVE = "-jdbc-src.tar.gz";
  private static final int ROUNDS = 8;

  private static final String VERSION_NUMBER =
      "haveMinimumServerVersion(Connection con, int version) throws SQLException {";
  private static final String VERSION =
      "haveMinimumServerVersion(Connection con, Version version) throws SQLException {";
  private static final String INTEGER_TIMES = "haveIntegerDateTimes(Connection con) {";
  private static final String ESCAPE =
      "escapeString(Connection con, String value) throws SQLException {";
  private static final String CONFORMING = "getStandardConformingStrings(Connection con) {";

  /**
   * By file and the text that is replaced. Where the suite asks its connection for the server's
   * version, and takes one that is not of PostgreSQL's own class for a server of no version at all,
   * most of it would be skipped. A test of StatementTest needs a class of the driver's that has
   * changed since; it fails, and the others of its file are compiled.
   */
  private static final Map<String, Map<String, String>> PATCHES =
      Map.of(
          "org/postgresql/test/TestUtil.java",
          Map.of(
              VERSION_NUMBER,
              VERSION_NUMBER + version("version"),
              VERSION,
              VERSION + version("version.getVersionNum()"),
              INTEGER_TIMES,
              INTEGER_TIMES + " if (!(con instanceof PgConnection)) { return true; }",
              ESCAPE,
              ESCAPE
                  + " if (!(con instanceof PgConnection))"
                  + " { return value.replace(\"'\", \"''\"); }",
              CONFORMING,
              CONFORMING + " if (!(con instanceof PgConnection)) { return true; }"),
          "org/postgresql/test/jdbc2/StatementTest.java",
          Map.of(
              "new LazyCleaner(Duration.ofSeconds(2), \"pgjdbc-test-cleaner-\" + i)",
              "(LazyCleaner) null"));

  private SuiteSources() {}

  private static String version(String wanted) {
    return " if (!(con instanceof PgConnection)) { java.sql.DatabaseMetaData m = con.getMetaData();"
        + " return m.getDatabaseMajorVersion() * 10000 + m.getDatabaseMinorVersion() >= "
        + wanted
        + "; }";
  }

  /**
   * @param work where it is unpacked
   * @param classPath what it is compiled against; one of its entries is the archive
   * @param only simple names of the classes that are wanted, which are compiled with what they need
   *     and must compile; empty for all of them
   * @return the directory with classes and resources
   */
  static Path compiled(Path work, List<Path> classPath, List<String> only) throws IOException {
    Path archive =
        classPath.stream()
            .filter(path -> path.toString().endsWith(ARCHIVE))
            .findFirst()
            .orElseThrow(() -> new IOException("no archive *" + ARCHIVE + " was resolved"));
    String name = String.valueOf(archive.getFileName());
    Path home = work.resolve(name.substring(0, name.length() - ARCHIVE.length()));
    Path classes = home.resolve("classes");
    Path done = home.resolve("compiled");
    String stamp = PATCHES.hashCode() + " " + Files.size(archive) + " " + only;
    if (Files.exists(done) && Files.readString(done).equals(stamp)) {
      return classes;
    }
    Directories.delete(home);
    Path sources = home.resolve("sources");
    unpack(archive, sources);
    Path tests = testSources(sources);
    for (Map.Entry<String, Map<String, String>> patch : PATCHES.entrySet()) {
      patch(tests.resolve(patch.getKey()), patch.getValue());
    }
    compile(tests, classes, classPath, only);
    copyResources(tests.resolveSibling("resources"), classes);
    Files.writeString(done, stamp);
    return classes;
  }

  private static void unpack(Path archive, Path target) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(file))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        // Without the archive's own outermost directory.
        String name = entry.getName().substring(entry.getName().indexOf('/') + 1);
        Path path = target.resolve(name).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("the archive holds a file outside of it: " + entry.getName());
        }
        if (entry.isFile()) {
          Files.createDirectories(path.resolveSibling("."));
          Files.copy(tar, path);
        }
      }
    }
  }

  private static Path testSources(Path sources) throws IOException {
    try (Stream<Path> all = Files.walk(sources)) {
      return all.filter(path -> path.endsWith("src/test/java"))
          .findFirst()
          .orElseThrow(() -> new IOException("the archive has no src/test/java"));
    }
  }

  private static void patch(Path file, Map<String, String> replacements) throws IOException {
    String text = Files.readString(file);
    for (Map.Entry<String, String> replacement : replacements.entrySet()) {
      String place = Pattern.quote(replacement.getKey()).replace(" ", "\\E\\s+\\Q");
      String[] parts = text.split(place, -1);
      if (parts.length != 2) {
        throw new IOException(
            "'" + replacement.getKey() + "' is " + (parts.length - 1) + " times in " + file);
      }
      text = parts[0] + replacement.getValue() + parts[1];
    }
    Files.writeString(file, text);
  }

  private static void compile(Path tests, Path classes, List<Path> classPath, List<String> only)
      throws IOException {
    Files.createDirectories(classes);
    Set<Path> files;
    try (Stream<Path> all = Files.walk(tests)) {
      files =
          all.filter(path -> isWanted(path, only))
              .collect(Collectors.toCollection(LinkedHashSet::new));
    }
    List<String> leftOut;
    if (only.isEmpty()) {
      leftOut = compileWhatCompiles(tests, files, classes, classPath);
    } else {
      List<String> options = List.of("-sourcepath", tests.toString(), "-implicit:class");
      leftOut = described(tests, failing(files, classes, classPath, options));
      if (!leftOut.isEmpty()) {
        throw new IOException("the classes do not compile:\n" + String.join("\n", leftOut));
      }
    }
    leftOut.forEach(line -> System.out.println("not compiled: " + line));
  }

  private static boolean isWanted(Path path, List<String> only) {
    String name = String.valueOf(path.getFileName());
    return only.isEmpty()
        ? name.endsWith(".java")
        : only.stream().anyMatch(one -> name.equals(one + ".java"));
  }

  private static List<String> described(Path tests, Map<Path, String> failed) {
    return failed.entrySet().stream()
        .map(entry -> tests.relativize(entry.getKey()) + ": " + entry.getValue())
        .toList();
  }

  /**
   * Again and again without what does not compile, until the rest does.
   *
   * @return what is left out
   */
  private static List<String> compileWhatCompiles(
      Path tests, Set<Path> files, Path classes, List<Path> classPath) throws IOException {
    List<String> leftOut = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      Map<Path, String> failed = failing(files, classes, classPath, List.of());
      leftOut.addAll(described(tests, failed));
      if (failed.isEmpty()) {
        return leftOut;
      }
      if (!files.removeAll(failed.keySet())) {
        break;
      }
    }
    throw new IOException("the suite does not compile:\n" + String.join("\n", leftOut));
  }

  /** The files that have errors, with the first of each. */
  private static Map<Path, String> failing(
      Set<Path> files, Path classes, List<Path> classPath, List<String> more) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new IOException("a JDK is needed, not just the runtime");
    }
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, null)) {
      List<String> options = new ArrayList<>(more);
      options.addAll(
          List.of(
              "-proc:none",
              "-nowarn",
              "-Xmaxerrs",
              "10000",
              "-encoding",
              "UTF-8",
              "-d",
              classes.toString(),
              "-cp",
              classPath.stream()
                  .map(Path::toString)
                  .filter(path -> path.endsWith(".jar"))
                  .collect(Collectors.joining(java.io.File.pathSeparator))));
      boolean good =
          compiler
              .getTask(
                  null,
                  manager,
                  diagnostics,
                  options,
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (good) {
        return Map.of();
      }
    }
    return diagnostics.getDiagnostics().stream()
        .filter(one -> one.getKind() == Diagnostic.Kind.ERROR && one.getSource() != null)
        .collect(
            Collectors.toMap(
                one -> Path.of(one.getSource().toUri()),
                one -> one.getMessage(Locale.ROOT).lines().findFirst().orElse(""),
                (first, second) -> first));
  }

  private static void copyResources(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(from)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Path target = to.resolve(from.relativize(file).toString());
      Files.createDirectories(target.resolveSibling("."));
      Files.copy(file, target);
    }
  }
}
