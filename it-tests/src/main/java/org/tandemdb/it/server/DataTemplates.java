package org.tandemdb.it.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Empty data directories, made once in this process and copied: initdb takes a second of processor
 * time, a copy a twentieth. One for each name of a server, because copies of one have one system
 * identifier, and Tandem does not take such for two servers. Thread-safe.
 */
final class DataTemplates {
  private static final Map<String, DataTemplates> TEMPLATES = new ConcurrentHashMap<>();

  private Path made = Path.of("");

  private DataTemplates() {}

  static DataTemplates of(String name) {
    return TEMPLATES.computeIfAbsent(name, key -> new DataTemplates());
  }

  /** The first is made by initdb and copied from. */
  synchronized void copyTo(PostgresServer server) throws IOException, InterruptedException {
    if (!made.toString().isEmpty()) {
      PostgresServer.copy(made, server.data());
      return;
    }
    server.initialise();
    Path directory = Files.createTempDirectory("tandem-template-");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(directory), "remove-template"));
    PostgresServer.copy(server.data(), directory.resolve("data"));
    made = directory.resolve("data");
  }

  private static void remove(Path directory) {
    try {
      Directories.delete(directory);
    } catch (IOException e) {
      System.err.println("left behind: " + directory + ": " + e);
    }
  }
}
