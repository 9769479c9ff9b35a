package org.tandemdb.it.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tandemdb.proxy.cli.TandemCommand;

/** {@code tandem serve} with this process's classes, and the JVM's options that it comes with. */
public final class ServeCommand {
  private static final String OPTIONS = "serve.jvmoptions";

  private ServeCommand() {}

  /**
   * @param heapMib at most
   */
  public static List<String> of(Path config, int heapMib) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heapMib + "m");
    try (InputStream options = TandemCommand.class.getResourceAsStream(OPTIONS)) {
      if (options == null) {
        throw new IOException(OPTIONS + " is not there");
      }
      new String(options.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("-"))
          .forEach(command::add);
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            TandemCommand.class.getName(),
            "serve",
            "--config",
            config.toString()));
    return command;
  }
}
