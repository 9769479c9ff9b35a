package org.tandemdb.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** What the figures were measured on. */
final class Machine {
  private Machine() {}

  static List<String> facts(Arm arm) throws SQLException, IOException {
    return List.of(
        "processors: " + Runtime.getRuntime().availableProcessors() + " x " + processor(),
        "memory: " + field("/proc/meminfo", "MemTotal"),
        "system: " + System.getProperty("os.name") + " " + System.getProperty("os.version"),
        "file system of the servers and the log: "
            + Files.getFileStore(arm.pair().directory()).type(),
        "Java: " + System.getProperty("java.vm.version"),
        "PostgreSQL: " + version(arm),
        "load average at the start: " + loadAverage());
  }

  private static String processor() {
    return field("/proc/cpuinfo", "model name");
  }

  private static String loadAverage() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String field(String file, String name) {
    try {
      for (String line : Files.readAllLines(Path.of(file))) {
        if (line.startsWith(name)) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      return "unknown";
    }
    return "unknown";
  }

  private static String version(Arm arm) throws SQLException {
    try (Connection connection = arm.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SHOW server_version")) {
      result.next();
      return result.getString(1);
    }
  }
}
