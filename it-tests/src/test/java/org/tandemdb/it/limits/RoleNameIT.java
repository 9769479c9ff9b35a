package org.tandemdb.it.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.jdbc.Drivers;

/** A role may be called as the schema in which Tandem keeps its own. */
class RoleNameIT {
  @Test
  void aRoleCalledTandemHasItsTablesInSchemaPublic() throws Exception {
    try (ServerPair pair = ServerPair.start(2, Map.of("fsync", "off"))) {
      StringBuilder url = new StringBuilder("jdbc:tandem:[");
      for (PostgresServer server : pair.servers()) {
        server.execute(
            "postgres",
            "CREATE ROLE tandem LOGIN",
            "GRANT pg_signal_backend, pg_read_all_stats TO tandem",
            "GRANT SET ON PARAMETER session_replication_role TO tandem",
            "CREATE DATABASE named OWNER tandem");
        url.append(server.name().equals("a") ? "" : ",").append(server.url("named", "tandem"));
      }
      url.append("]?names=a,b&log=").append(pair.directory().resolve("named"));
      for (int start = 1; start <= 2; start++) {
        try (Connection connection = connect(url.toString());
            Statement statement = connection.createStatement()) {
          statement.execute("CREATE TABLE IF NOT EXISTS note (id serial PRIMARY KEY, n int)");
          statement.execute("INSERT INTO note (n) VALUES (" + start + ")");
          statement.execute("UPDATE note SET n = n + 10");
          for (String backend : new String[] {"a", "b"}) {
            Place.await(connection, backend, b -> b.hasEverything());
          }
        }
      }
      for (PostgresServer server : pair.servers()) {
        try (Connection direct =
                java.sql.DriverManager.getConnection(server.url("named", "postgres"));
            Statement statement = direct.createStatement();
            ResultSet rows = statement.executeQuery("SELECT sum(n), count(*) FROM public.note")) {
          rows.next();
          assertThat(rows.getLong(1)).isEqualTo(33);
          assertThat(rows.getLong(2)).isEqualTo(2);
        }
      }
    }
  }

  private static Connection connect(String url) throws SQLException {
    Connection connection = Drivers.plain().connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }
}
