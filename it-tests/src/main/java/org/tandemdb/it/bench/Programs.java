package org.tandemdb.it.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs that may or may not be on this machine. */
final class Programs {
  /** Where Debian has what only root uses, which may not be on the path. */
  private static final List<String> MORE = List.of("/usr/sbin", "/usr/local/sbin");

  private Programs() {}

  /** An executable file of that name. */
  static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(Stream.of(path.split(":", -1)), MORE.stream())
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
