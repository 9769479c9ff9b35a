package org.tandemdb.it.fuzz;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.tandemdb.it.server.PostgresServer;

/** Where everybody stands when something does not end. */
final class Hangs {
  private static final int FRAMES = 25;
  private static final String ACTIVITY =
      "SELECT concat_ws(' | ', datname, pid, state, wait_event_type, wait_event,"
          + " pg_blocking_pids(pid), left(query, 120)) FROM pg_stat_activity"
          + " WHERE state IS NOT NULL AND state <> 'idle' AND pid <> pg_backend_pid()";

  private Hangs() {}

  static String describe(List<PostgresServer> servers) {
    StringBuilder text = new StringBuilder("the threads did not end\n");
    for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
      if (thread.getKey().getName().equals("fuzz player")) {
        text.append("  a player:\n");
        List.of(thread.getValue()).stream()
            .limit(FRAMES)
            .forEach(frame -> text.append("    ").append(frame).append('\n'));
      }
    }
    for (PostgresServer server : servers) {
      text.append("  server ").append(server.name()).append('\n');
      try (Connection connection = DriverManager.getConnection(server.url("postgres"));
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(ACTIVITY)) {
        while (rows.next()) {
          text.append("    ").append(rows.getString(1)).append('\n');
        }
      } catch (SQLException e) {
        text.append("    ").append(e.getMessage()).append('\n');
      }
    }
    return text.toString();
  }
}
