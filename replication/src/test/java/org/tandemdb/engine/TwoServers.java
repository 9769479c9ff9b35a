package org.tandemdb.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.config.BackendConfig;
import org.tandemdb.config.ClusterConfig;
import org.tandemdb.config.CommitMode;
import org.tandemdb.config.Limits;
import org.tandemdb.engine.pg.PgEngines;
import org.tandemdb.entry.BackendId;
import org.tandemdb.env.SystemEnvironment;
import org.tandemdb.postgres.TestDatabase;
import org.tandemdb.session.ReadLevel;

/** A database of its own on each of some real PostgreSQL servers, and an engine over them. */
final class TwoServers implements AutoCloseable {
  final List<TestDatabase> servers = new ArrayList<>();
  final SystemEnvironment environment = new SystemEnvironment("engine", 16);
  final Path log;

  TwoServers(int count, Path directory) throws IOException, SQLException {
    this.log = directory.resolve("log");
    for (int i = 0; i < count; i++) {
      servers.add(TestDatabase.on(i));
    }
  }

  ClusterConfig config(Map<org.tandemdb.config.Setting, String> limits) {
    List<BackendConfig> backends = new ArrayList<>();
    for (int i = 0; i < servers.size(); i++) {
      backends.add(
          new BackendConfig(
              new BackendId(Character.toString('a' + i)),
              servers.get(i).url(),
              "postgres",
              "",
              Map.of(),
              1));
    }
    return new ClusterConfig(
        "shop", log, new ReadLevel.Strong(), CommitMode.DURABLE, backends, Limits.of(limits));
  }

  Engine<JdbcLink> open() {
    return PgEngines.open(config(Map.of()), environment);
  }

  List<String> rows(int server, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = servers.get(server).connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.append(i == 1 ? "" : "|").append(result.getString(i));
        }
        rows.add(row.toString());
      }
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    for (TestDatabase server : servers) {
      server.close();
    }
    environment.close();
  }
}
