package org.tandemdb.it.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Empty data directories, made once in this process and copied: initdb takes a second of processor
 * time, a copy a twentieth. One for each name of a server, because copies of one have one system
 * identifier, and Tandem does not take such for two servers. Thread-safe.
 */
final class DataTemplates {
  private static final Map<String, DataTemplates> TEMPLATES = new ConcurrentHashMap<>();

  private @Nullable Path made;

  private DataTemplates() {}

  static DataTemplates of(String name) {
    return TEMPLATES.computeIfAbsent(name, key -> new DataTemplates());
  }

  /** The first is made by initdb and copied from. */
  synchronized void copyTo(PostgresServer server) throws IOException, InterruptedException {
    Path template = made;
    if (template != null) {
      PostgresServer.copy(template, server.data());
      return;
    }
    server.initialise();
    Path directory = Files.createTempDirectory("tandem-template-");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(directory), "remove-template"));
    template = directory.resolve("data");
    PostgresServer.copy(server.data(), template);
    made = template;
  }

  private static void remove(Path directory) {
    try {
      Directories.delete(directory);
    } catch (IOException e) {
      System.err.println("left behind: " + directory + ": " + e);
    }
  }
}
