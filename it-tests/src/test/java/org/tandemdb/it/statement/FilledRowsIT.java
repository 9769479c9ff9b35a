package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/**
 * † DDL that fills rows with what only the primary knows leaves the primary's rows on every copy
 * (architecture, section 4). The copies hold their rows in different heap order.
 */
class FilledRowsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  private static void run(Connection connection, String... script) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : script) {
        statement.execute(sql);
      }
    }
  }

  /** Another heap order on the replica, the same rows. */
  private static void shuffle(Connection tandem, String... tables) throws Exception {
    TandemStatus.awaitEverything(tandem, LIMIT);
    for (String table : tables) {
      pair.server("b")
          .execute(
              ServerPair.DATABASE,
              "UPDATE " + table + " SET n = n WHERE n % 3 = 1",
              "VACUUM " + table);
    }
  }

  private static void equal(Connection tandem) throws Exception {
    TandemStatus.awaitEverything(tandem, LIMIT);
    try (Connection a = direct("a");
        Connection b = direct("b")) {
      assertThat(Comparison.of(a, b).findings()).isEmpty();
      assertThat(columns(a)).isNotEmpty().isEqualTo(columns(b));
    }
  }

  private static Connection direct(String server) throws SQLException {
    return DriverManager.getConnection(pair.server(server).url(ServerPair.DATABASE));
  }

  private static List<String> columns(Connection connection) throws SQLException {
    return strings(
        connection,
        "SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod),"
            + " attnotnull, attidentity, pg_get_expr(adbin, adrelid)) FROM pg_attribute"
            + " JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid"
            + " AND adnum = attnum WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped"
            + " AND relnamespace::regnamespace::text !~ '^(pg_|tandem|information)' ORDER BY 1");
  }

  private static List<String> strings(Connection connection, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  @Test
  void columnsThatAreAddedHaveThePrimarysValues() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl())) {
      run(
          connection,
          "CREATE SCHEMA one",
          "SET search_path = one",
          "CREATE TABLE keyed (id int PRIMARY KEY, n int NOT NULL, t text)",
          "CREATE TABLE keyless (n int, t text)",
          "CREATE TABLE child (n int PRIMARY KEY REFERENCES keyed ON DELETE CASCADE)",
          "CREATE TABLE parted (n int NOT NULL) PARTITION BY RANGE (n)",
          "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (20)",
          "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (20) TO (100)",
          "CREATE TABLE base (n int)",
          "CREATE TABLE derived (more text) INHERITS (base)",
          "CREATE TABLE empty (n int)",
          "CREATE DOMAIN token AS uuid DEFAULT gen_random_uuid()",
          "INSERT INTO keyed SELECT g, g, 'ü' || g FROM generate_series(1, 40) g",
          "INSERT INTO keyless SELECT n, t FROM keyed",
          "INSERT INTO keyless SELECT n, t FROM keyed",
          "INSERT INTO child SELECT n FROM keyed",
          "INSERT INTO parted SELECT n FROM keyed",
          "INSERT INTO base SELECT n FROM keyed",
          "INSERT INTO derived SELECT n, t FROM keyed");
      shuffle(connection, "one.keyed", "one.keyless", "one.base", "one.derived", "one.parted");
      run(
          connection,
          "ALTER TABLE keyed ADD COLUMN s serial, ADD u uuid NOT NULL DEFAULT gen_random_uuid(),"
              + " ADD i int GENERATED ALWAYS AS IDENTITY (START WITH 7) UNIQUE",
          "ALTER TABLE keyed ADD COLUMN at timestamptz NOT NULL DEFAULT now(),"
              + " ADD who text DEFAULT current_user, DROP COLUMN t",
          "ALTER TABLE keyless ADD COLUMN id bigserial PRIMARY KEY",
          "ALTER TABLE parted ADD COLUMN id int NOT NULL DEFAULT nextval('keyed_s_seq')",
          "ALTER TABLE base ADD COLUMN r float8 DEFAULT random()",
          "ALTER TABLE empty ADD COLUMN id bigserial PRIMARY KEY, ADD r float8 DEFAULT random()",
          "ALTER TABLE child ADD COLUMN u token",
          "ALTER TABLE keyed ADD COLUMN IF NOT EXISTS u uuid DEFAULT gen_random_uuid()",
          "ALTER TABLE IF EXISTS nothing ADD COLUMN u uuid DEFAULT gen_random_uuid()",
          "ALTER TABLE keyed ALTER COLUMN at TYPE text USING at || random()::text",
          // What comes afterwards goes on from there.
          "INSERT INTO keyless (n) VALUES (77)",
          "UPDATE keyless SET t = 'x' WHERE id = 80",
          "INSERT INTO keyed (id, n) VALUES (100, 100)",
          "DELETE FROM keyed WHERE id = 5");
      equal(connection);
      assertThat(strings(connection, "SELECT max(id) FROM keyless")).containsExactly("81");
      assertThat(strings(connection, "SELECT count(DISTINCT u) FROM child")).containsExactly("39");
      assertThat(strings(connection, "SELECT max(i) FROM keyed")).containsExactly("47");
    }
  }

  /** Numbers of objects and of transactions are each server's own. */
  @Test
  void whatOneServerNumbersIsTakenFromThePrimary() throws Exception {
    // The numbers that come next are others there.
    pair.server("b").execute(ServerPair.DATABASE, "CREATE TABLE gone ()", "DROP TABLE gone");
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl())) {
      run(
          connection,
          "CREATE SCHEMA four",
          "SET search_path = four",
          "CREATE TABLE named (n int PRIMARY KEY, r regclass, s text, h boolean)",
          "CREATE SEQUENCE counter",
          "INSERT INTO named VALUES (1, 'named', 'the cats'), (2, 'pg_class', 'a dog')",
          "ALTER TABLE named ALTER COLUMN r TYPE bigint, ALTER h TYPE boolean USING s @@ 'cat'",
          "ALTER TABLE named ALTER COLUMN s TYPE text USING xmin::text || tableoid",
          "CREATE TABLE counted AS SELECT last_value, tableoid::bigint AS t FROM counter");
      equal(connection);
      assertThat(strings(connection, "SELECT count(*) FROM named WHERE r > 16000 AND h"))
          .containsExactly("1");
      assertThat(strings(connection, "SELECT last_value FROM counted")).containsExactly("1");
    }
  }

  @Test
  void tablesFromAQueryHaveThePrimarysRows() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl())) {
      run(
          connection,
          "CREATE SCHEMA two",
          "SET search_path = nowhere, two",
          "CREATE TABLE source (id int PRIMARY KEY, n int)",
          "INSERT INTO source SELECT g, g % 10 FROM generate_series(1, 60) g");
      shuffle(connection, "two.source");
      run(
          connection,
          "CREATE TABLE sample AS SELECT id, random() AS r, now() AS at FROM source LIMIT 20",
          "CREATE TABLE IF NOT EXISTS sample AS SELECT random() AS r",
          "CREATE TABLE IF NOT EXISTS two.sample AS SELECT random() AS r",
          "CREATE TABLE IF NOT EXISTS other (a, b) AS"
              + " SELECT id, row_number() OVER (ORDER BY n) FROM source WITH DATA",
          "SELECT DISTINCT ON (n) n, id INTO picked FROM source",
          "WITH w AS (SELECT n FROM source LIMIT 5) SELECT n, current_user AS u INTO TABLE"
              + " two.named FROM w",
          "SELECT id INTO plain FROM source WHERE n = 3",
          "SELECT id, random() AS r INTO TEMP mine FROM source",
          "CREATE TABLE none AS SELECT random() AS r WHERE false");
      equal(connection);
      assertThat(strings(connection, "SELECT count(*) FROM sample")).containsExactly("20");
      assertThat(strings(connection, "SELECT count(*) FROM mine")).containsExactly("60");
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE SEQUENCE s");
        assertThatThrownBy(
                () -> statement.execute("CREATE TABLE bad AS SELECT nextval('s') FROM source"))
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("not a proven read");
      }
    }
  }

  @Test
  void inATransactionWhatIsFilledIsLoggedBeforeWhatComesNext() throws Exception {
    try (Connection connection = DriverManager.getConnection(pair.tandemUrl())) {
      run(
          connection,
          "CREATE SCHEMA three",
          "SET search_path = three",
          "CREATE TABLE keyed (id int PRIMARY KEY, n int NOT NULL)",
          "INSERT INTO keyed SELECT g, g FROM generate_series(1, 30) g");
      shuffle(connection, "three.keyed");
      connection.setAutoCommit(false);
      run(connection, "ALTER TABLE keyed ADD COLUMN r float8 DEFAULT random()");
      Savepoint savepoint = connection.setSavepoint();
      run(connection, "ALTER TABLE keyed ADD COLUMN s serial");
      connection.rollback(savepoint);
      run(
          connection,
          "UPDATE keyed SET r = 5 WHERE id = 1",
          "ALTER TABLE keyed ADD COLUMN u uuid DEFAULT gen_random_uuid()",
          "DELETE FROM keyed WHERE id = 2",
          "CREATE TABLE made AS SELECT random() AS r FROM keyed",
          "INSERT INTO made VALUES (7)");
      connection.commit();
      run(connection, "ALTER TABLE keyed ADD COLUMN gone float8 DEFAULT random()");
      connection.rollback();
      connection.setAutoCommit(true);
      equal(connection);
      assertThat(strings(connection, "SELECT count(*) FROM made")).containsExactly("30");
      try (Statement statement = connection.createStatement()) {
        assertThatThrownBy(() -> statement.execute("SELECT gone FROM keyed"))
            .isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> statement.execute("SELECT s FROM keyed"))
            .isInstanceOf(SQLException.class);
      }
    }
  }
}
