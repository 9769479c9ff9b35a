package org.tandemdb.it.server;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The unpacked binaries. They are kept in the user's cache directory, by their hash, so that they
 * are unpacked once. Immutable.
 */
final class PostgresBinaries {
  /** Telling which they are takes reading them all. */
  private static @Nullable PostgresBinaries found;

  private final Path home;

  private PostgresBinaries(Path home) {
    this.home = home;
  }

  /** Finds the binaries for this machine, and unpacks them if that has not been done yet. */
  static synchronized PostgresBinaries unpacked() throws IOException {
    PostgresBinaries known = found;
    if (known == null) {
      known = find();
      found = known;
    }
    return known;
  }

  private static PostgresBinaries find() throws IOException {
    byte[] archive;
    try (InputStream in =
        DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system(), architecture())) {
      archive = in.readAllBytes();
    }
    Path cache = cacheDirectory();
    Path home = cache.resolve("postgres-" + hash(archive));
    if (!Files.isDirectory(home)) {
      Path fresh = Files.createTempDirectory(cache, "unpacking-");
      unpack(archive, fresh);
      publish(fresh, home);
    }
    return new PostgresBinaries(home);
  }

  /**
   * A command line for one of PostgreSQL's programs. PostgreSQL refuses to run as root, so root
   * runs it in a user namespace of its own, in which it is nobody; the process id stays the
   * program's.
   */
  List<String> command(String program, List<String> arguments) {
    List<String> command = new ArrayList<>();
    if (LinuxUtils.isUnshareAvailable()) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(home.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    return command;
  }

  private static String system() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (name.contains("linux")) {
      return "Linux";
    }
    if (name.contains("mac")) {
      return "Darwin";
    }
    throw new IllegalStateException(
        "servers can be started on Linux and macOS only, not on " + name);
  }

  private static String architecture() {
    String name = System.getProperty("os.arch", "");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private static Path cacheDirectory() throws IOException {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path base =
        configured != null && !configured.isEmpty()
            ? Path.of(configured)
            : Path.of(System.getProperty("user.home", "."), ".cache");
    return Files.createDirectories(base.resolve("tandem"));
  }

  private static String hash(byte[] archive) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(archive);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void unpack(byte[] archive, Path target) throws IOException {
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new XZCompressorInputStream(
                new BufferedInputStream(new ByteArrayInputStream(archive))))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException("the archive holds a file outside of it: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          continue;
        }
        Files.createDirectories(file.resolveSibling("."));
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else {
          Files.copy(tar, file);
          if ((entry.getMode() & 0111) != 0 && !file.toFile().setExecutable(true, false)) {
            throw new IOException("cannot make " + file + " executable");
          }
        }
      }
    }
  }

  /**
   * Two processes may unpack at once; the first one's files are kept. That the place is taken comes
   * as one of several exceptions, on Linux as one without a type of its own.
   */
  static void publish(Path fresh, Path home) throws IOException {
    try {
      Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      Directories.delete(fresh);
      if (!Files.isDirectory(home)) {
        throw e;
      }
    }
  }
}
