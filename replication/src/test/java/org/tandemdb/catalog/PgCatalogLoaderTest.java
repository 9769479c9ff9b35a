package org.tandemdb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.tandemdb.entry.TableName;
import org.tandemdb.postgres.TestDatabase;

class PgCatalogLoaderTest {

  /** What a session has prepared, each DDL of anybody's makes it look at. */
  private static int prepared(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) FROM pg_prepared_statements"
                    + " WHERE statement NOT LIKE '%pg_prepared_statements%'")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void whatOneLoadHasPreparedTheNextUsesAgain() throws Exception {
    try (TestDatabase database = TestDatabase.on(0);
        Connection connection = database.connect();
        Connection other = database.connect();
        Statement ddl = other.createStatement()) {
      connection.unwrap(PGConnection.class).setPrepareThreshold(1);
      PgCatalogLoader.load(connection, 0);
      int once = prepared(connection);
      assertThat(once).isGreaterThan(10);
      for (int i = 1; i <= 5; i++) {
        ddl.execute("CREATE TABLE t" + i + " (id int PRIMARY KEY)");
        Catalog catalog = PgCatalogLoader.load(connection, i);
        assertThat(catalog.tables()).hasSize(i).containsKey(new TableName("public", "t" + i));
      }
      assertThat(prepared(connection)).isEqualTo(once);
    }
  }
}
