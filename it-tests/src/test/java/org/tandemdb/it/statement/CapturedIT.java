package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/**
 * Statements that are logged as the rows that came back: each kind alone, and all of them at once
 * on the same rows. Afterwards both servers must hold the same.
 */
class CapturedIT {
  private static final int CLIENTS = 4;
  private static final int STATEMENTS = 60;
  private static final int ROWS = 40;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of());
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void tables() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "DROP TABLE IF EXISTS item; DROP TABLE IF EXISTS archive; DROP TABLE IF EXISTS slot;"
              + " DROP TABLE IF EXISTS line; DROP TABLE IF EXISTS head; DROP TABLE IF EXISTS tree;"
              + " CREATE TABLE item (id int PRIMARY KEY, code text UNIQUE, qty int NOT NULL"
              + "   DEFAULT 0, note text, at timestamptz DEFAULT clock_timestamp());"
              + " CREATE TABLE archive (no bigserial PRIMARY KEY, item int, what text,"
              + "   at timestamptz NOT NULL DEFAULT now());"
              + " CREATE TABLE slot (pos int UNIQUE, name text PRIMARY KEY, n numeric);"
              + " CREATE TABLE head (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);"
              + " CREATE TABLE line (id bigserial PRIMARY KEY, head bigint REFERENCES head, v text);"
              + " CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree, v text)");
      statement.execute(
          "INSERT INTO item (id, code) SELECT g, 'c' || g FROM generate_series(1, " + ROWS + ") g");
      statement.execute(
          "INSERT INTO slot SELECT g, 's' || g, random() FROM generate_series(1, " + ROWS + ") g");
    }
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  private static Connection direct(String server) throws SQLException {
    return DriverManager.getConnection(pair.server(server).url(ServerPair.DATABASE));
  }

  private static List<String> rows(Statement statement, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (ResultSet result = statement.executeQuery(sql)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
          row.append(i == 1 ? "" : ",").append(result.getString(i));
        }
        rows.add(row.toString());
      }
    }
    return rows;
  }

  // ---- what the client sees

  /** † The client sees no trace of capture: same shape, rows and counts. */
  @Test
  void resultsAndCountsAreTheClientsOwn() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      assertThat(
              s.executeUpdate(
                  "INSERT INTO item (id, code) VALUES (1, 'x'), (99, 'y') ON CONFLICT DO NOTHING"))
          .isEqualTo(1);
      assertThat(
              s.executeUpdate(
                  "INSERT INTO item (id, qty) VALUES (1, 5), (100, 6) ON CONFLICT (id)"
                      + " DO UPDATE SET qty = item.qty + EXCLUDED.qty"))
          .isEqualTo(2);
      assertThat(
              rows(
                  s,
                  "INSERT INTO item (id, qty) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET qty = item.qty + 1 RETURNING id, qty"))
          .containsExactly("1,6");
      assertThat(
              s.executeUpdate(
                  "UPDATE item SET note = s.name FROM slot s WHERE s.pos = item.id AND item.id <= 3"))
          .isEqualTo(3);
      assertThat(
              rows(
                  s,
                  "UPDATE item SET note = s.name FROM slot s WHERE s.pos = item.id AND item.id = 2 RETURNING item.id, s.name, note"))
          .containsExactly("2,s2,s2");
      assertThat(
              s.executeUpdate(
                  "DELETE FROM item USING slot s WHERE s.pos = item.id AND s.name IN ('s4', 's5')"))
          .isEqualTo(2);
      assertThat(s.executeUpdate("UPDATE slot SET pos = pos + 1000")).isEqualTo(ROWS);
      assertThat(s.executeUpdate("UPDATE slot SET name = name || '!' WHERE pos > 1038"))
          .isEqualTo(2);
      try (ResultSet r =
          s.executeQuery(
              "UPDATE slot SET name = upper(name), pos = DEFAULT WHERE pos = 1001 RETURNING *")) {
        ResultSetMetaData meta = r.getMetaData();
        assertThat(meta.getColumnCount()).isEqualTo(3);
        assertThat(meta.getColumnLabel(2)).isEqualTo("name");
        assertThat(r.next()).isTrue();
        assertThat(r.getString("name")).isEqualTo("S1");
        assertThat(r.next()).isFalse();
      }
      assertThat(
              s.executeUpdate(
                  "MERGE INTO item i USING (VALUES (1), (2), (500)) v(id) ON i.id = v.id"
                      + " WHEN MATCHED AND v.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET qty = 77"
                      + " WHEN NOT MATCHED THEN INSERT (id, code) VALUES (v.id, 'm')"))
          .isEqualTo(3);
      if (connection.getMetaData().getDatabaseMajorVersion() >= 17) {
        assertThat(
                rows(
                    s,
                    "MERGE INTO item i USING (VALUES (2)) v(id) ON i.id = v.id WHEN MATCHED THEN UPDATE SET qty = 78 RETURNING merge_action(), i.id, i.qty"))
            .containsExactly("UPDATE,2,78");
      }
      assertThat(
              s.executeUpdate(
                  "WITH d AS (DELETE FROM item WHERE id IN (6, 7, 8) RETURNING *) INSERT INTO archive (item, what) SELECT id, code FROM d WHERE id < 8"))
          .isEqualTo(2);
      try (PreparedStatement p =
          connection.prepareStatement(
              "WITH u AS (UPDATE item SET qty = ? WHERE id = ANY (?) RETURNING id, qty) SELECT qty, id FROM u ORDER BY id DESC")) {
        p.setInt(1, 9);
        p.setArray(2, connection.createArrayOf("int4", new Integer[] {11, 12, 13}));
        try (ResultSet r = p.executeQuery()) {
          assertThat(r.getMetaData().getColumnCount()).isEqualTo(2);
          List<Integer> ids = new ArrayList<>();
          while (r.next()) {
            assertThat(r.getInt("qty")).isEqualTo(9);
            ids.add(r.getInt("id"));
            assertThat(r.getRow()).isEqualTo(ids.size());
          }
          assertThat(ids).containsExactly(13, 12, 11);
        }
      }
      assertThat(
              rows(
                  s,
                  "WITH h AS (INSERT INTO head (v) VALUES ('a'), ('b') RETURNING id, v) INSERT INTO line (head, v) SELECT id, v FROM h RETURNING v"))
          .containsExactly("a", "b");
      assertThat(
              s.executeUpdate(
                  "WITH l AS (DELETE FROM line RETURNING head) DELETE FROM head WHERE id IN (SELECT head FROM l)"))
          .isEqualTo(2);
    }
    equalEverywhere();
  }

  /** Rows that refer to each other in one statement are checked at its end, on replicas too. */
  @Test
  void rowsOfOneStatementMayReferToEachOther() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      s.execute(
          "INSERT INTO tree SELECT g, nullif(g - 1, 0), random()::text FROM generate_series(20, 1, -1) g");
      s.execute(
          "INSERT INTO tree SELECT 100 + g, 100 + (g + 1) % 7, 'ring' FROM generate_series(0, 6) g");
      assertThat(s.executeUpdate("DELETE FROM tree WHERE v = 'ring'")).isEqualTo(7);
      assertThat(s.executeUpdate("DELETE FROM tree WHERE id > 5")).isEqualTo(15);
      assertThat(s.executeUpdate("DELETE FROM tree")).isEqualTo(5);
      // Afterwards in the same transaction, too.
      connection.setAutoCommit(false);
      s.execute("INSERT INTO tree SELECT g, g % 5, random()::text FROM generate_series(0, 4) g");
      s.execute("UPDATE tree SET v = random()::text");
      s.execute("DELETE FROM tree WHERE random() < 2");
      connection.commit();
    }
    equalEverywhere();
  }

  /** Many rows go to replicas as arrays: what separates and quotes elements is data there. */
  @Test
  void valuesOfManyRowsArriveAsTheyAre() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      s.execute("TRUNCATE slot");
      assertThat(
              s.executeUpdate(
                  "INSERT INTO slot SELECT g, (ARRAY['{a,b}','\"q\"','back\\slash','NULL','null',"
                      + " E'a\\nb\\t','it''s',' ','\\\\\"{}'])[g % 9 + 1] || g,"
                      + " CASE WHEN g % 3 > 0 THEN random() END FROM generate_series(1, 1500) g"))
          .isEqualTo(1500);
      assertThat(s.executeUpdate("INSERT INTO slot VALUES (1501, '', NULL)")).isOne();
      // In another order than the primary's, some of these would meet the next one's place.
      assertThat(s.executeUpdate("UPDATE slot SET pos = pos - 1 WHERE pos < 300")).isEqualTo(299);
      assertThat(s.executeUpdate("UPDATE slot SET pos = pos - 1 WHERE pos < 300")).isEqualTo(299);
      assertThat(s.executeUpdate("UPDATE slot SET n = random() WHERE pos > 100")).isPositive();
      assertThat(s.executeUpdate("UPDATE slot SET n = NULL WHERE pos % 2 = 0")).isPositive();
      assertThat(s.executeUpdate("UPDATE slot SET name = name || '\\,\"' WHERE pos > 1100"))
          .isEqualTo(401);
      assertThat(s.executeUpdate("DELETE FROM slot WHERE n < 0.5 OR pos > 1400")).isPositive();
      equalEverywhere();
    }
  }

  @Test
  void cursorsReadAndWritesFollowThem() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      connection.setAutoCommit(false);
      s.execute("DECLARE c SCROLL CURSOR FOR SELECT id FROM item ORDER BY id");
      assertThat(rows(s, "FETCH 2 FROM c")).containsExactly("1", "2");
      assertThat(rows(s, "FETCH PRIOR FROM c")).containsExactly("1");
      s.execute("MOVE LAST IN c");
      s.execute("CLOSE c");
      s.execute(
          "DECLARE w CURSOR FOR SELECT * FROM item WHERE id > 10 ORDER BY random() FOR UPDATE");
      for (int i = 0; i < 3; i++) {
        rows(s, "FETCH w");
        assertThat(
                s.executeUpdate(
                    "UPDATE item SET note = 'by cursor', qty = (random() * 100)::int WHERE CURRENT OF w"))
            .isEqualTo(1);
      }
      rows(s, "FETCH w");
      assertThat(s.executeUpdate("DELETE FROM item WHERE CURRENT OF w")).isEqualTo(1);
      s.execute("LOCK TABLE slot IN SHARE ROW EXCLUSIVE MODE");
      connection.commit();
      s.execute("DECLARE h CURSOR WITH HOLD FOR SELECT 1");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(rows(s, "FETCH h")).containsExactly("1");
      s.execute("CLOSE h");
      for (String alone : List.of("LOCK TABLE item", "DECLARE c CURSOR FOR SELECT 1")) {
        assertThatThrownBy(() -> s.execute(alone))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P01"));
      }
      assertThat(rows(s, "EXPLAIN (ANALYZE, COSTS off) SELECT * FROM item")).isNotEmpty();
      assertThat(rows(s, "EXPLAIN ANALYZE DELETE FROM item WHERE id = 9")).isNotEmpty();
      assertThat(rows(s, "SELECT count(*) FROM item")).containsExactly(Integer.toString(ROWS - 2));
    }
    equalEverywhere();
  }

  @Test
  void aPlanIsShownWithWhatItLogs() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement();
        ResultSet plan =
            s.executeQuery(
                "SHOW TANDEM PLAN FOR INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET qty = 1")) {
      assertThat(plan.next()).isTrue();
      assertThat(plan.getString("form")).isEqualTo("CAPTURED");
      assertThat(plan.getString("target")).contains("item");
      assertThat(plan.getString("reason")).contains("inserted or updated");
      assertThat(plan.getString("logged")).contains("by (id)");
    }
  }

  /** Keys that are none, columns that are not stored, and rows as they were: PostgreSQL 18. */
  @Test
  void whatPostgres18Brings() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      assumeThat(connection.getMetaData().getDatabaseMajorVersion()).isGreaterThanOrEqualTo(18);
      for (String server : List.of("a", "b")) {
        pair.server(server)
            .execute(
                ServerPair.DATABASE,
                "SET ROLE shop; DROP TABLE IF EXISTS stay, loose; CREATE TABLE stay (room int4range,"
                    + " at daterange, PRIMARY KEY (room, at WITHOUT OVERLAPS)); CREATE TABLE loose"
                    + " (k int UNIQUE, v text); INSERT INTO loose VALUES (NULL, 'x'), (NULL, 'y');"
                    + " ALTER TABLE loose ADD CONSTRAINT nn NOT NULL k NOT VALID");
      }
      // So that the schema is read again.
      s.execute("CREATE TABLE virtual (id int PRIMARY KEY, v int)");
      s.execute("DROP TABLE virtual");
      s.execute("INSERT INTO stay VALUES ('[1,2)', '[2026-01-01,2026-02-01)')");
      // Neither is a key by which a row could be named.
      assertThatThrownBy(() -> s.execute("DELETE FROM stay WHERE room = '[1,2)' AND random() < 2"))
          .hasMessageContaining("key");
      assertThatThrownBy(() -> s.execute("UPDATE loose SET v = random()::text"))
          .hasMessageContaining("key");
      for (String generated : List.of("(v * 2)", "(v * 2) VIRTUAL")) {
        try {
          s.execute(
              "CREATE TABLE virtual (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS "
                  + generated
                  + ")");
          s.execute("INSERT INTO virtual VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = 3");
          s.execute("UPDATE virtual SET v = w + random()");
          s.execute("DROP TABLE virtual");
        } catch (SQLException e) {
          // Not understood here, or not by a server before 18.
          assertThat(e.getSQLState()).as(e.getMessage()).isIn("0A000", "42601");
        }
      }
      assertThat(
              rows(
                  s,
                  "UPDATE item SET qty = 5 WHERE id = 1 RETURNING old.qty, new.qty, old.id = new.id"))
          .containsExactly("0,5,t");
      assertThat(
              rows(
                  s,
                  "UPDATE item SET qty = qty + 1 WHERE id = 1 RETURNING WITH (OLD AS o) o.qty, qty"))
          .containsExactly("5,6");
      s.execute("INSERT INTO archive (item, what) SELECT 1, uuidv7()::text");
      s.execute("DROP TABLE stay");
      s.execute("DROP TABLE loose");
    }
    equalEverywhere();
  }

  // ---- at the same time

  private static final List<String> MIXED =
      List.of(
          "INSERT INTO item (id, code) VALUES (%1$d, 'n%2$d') ON CONFLICT DO NOTHING",
          "INSERT INTO item (id, code, qty) VALUES (%1$d, 'c%2$d', 1), (%3$d, 'd%1$d', 2) ON CONFLICT (id)"
              + " DO UPDATE SET qty = item.qty + EXCLUDED.qty, code = EXCLUDED.code, at = clock_timestamp()",
          "INSERT INTO item AS i (id, code) VALUES (%1$d, 'c%2$d') ON CONFLICT (code) DO UPDATE SET"
              + " note = random()::text RETURNING i.*",
          "INSERT INTO archive (item, what) SELECT id, random()::text FROM item WHERE id > %1$d LIMIT 3",
          "INSERT INTO archive (item, what) SELECT count(*), max(code) FROM item",
          "UPDATE item SET qty = qty + 1 WHERE id IN (SELECT id FROM item LIMIT 2)",
          "UPDATE item SET note = s.name, qty = qty + (random() * 9)::int FROM slot s"
              + " WHERE s.pos = item.id AND item.id BETWEEN %1$d AND %3$d",
          "UPDATE item SET note = 'skip' WHERE id = (SELECT id FROM item WHERE id >= %1$d LIMIT 1 FOR UPDATE SKIP LOCKED)",
          "UPDATE item SET id = id + 1000 WHERE id = %1$d",
          "UPDATE item SET id = id - 1000 + (random() * 3)::int WHERE id BETWEEN 1000 AND 1000 + %1$d",
          "UPDATE slot SET pos = pos + 100 WHERE pos BETWEEN %1$d AND %1$d + 2",
          "UPDATE slot SET pos = pos - 100 WHERE pos > 100 AND pos - 100 NOT IN (SELECT pos FROM slot)",
          "UPDATE slot SET (n, name) = (random(), name || '') WHERE pos %% 7 = %1$d %% 7",
          "DELETE FROM item WHERE id = %1$d OR code = 'd%2$d'",
          "DELETE FROM item USING slot s WHERE s.pos = item.id AND s.n < random() AND item.id > %1$d + 30",
          "DELETE FROM archive WHERE no IN (SELECT no FROM archive ORDER BY random() LIMIT 1)",
          "MERGE INTO item i USING (VALUES (%1$d), (%3$d)) v(id) ON i.id = v.id WHEN MATCHED AND"
              + " random() < 0.3 THEN DELETE WHEN MATCHED THEN UPDATE SET qty = i.qty + 1, note ="
              + " clock_timestamp()::text WHEN NOT MATCHED THEN INSERT (id, code) VALUES (v.id, 'm' || v.id)",
          "WITH d AS (DELETE FROM item WHERE id BETWEEN %1$d AND %1$d + 1 RETURNING *)"
              + " INSERT INTO archive (item, what) SELECT id, code FROM d",
          "WITH u AS (UPDATE slot SET n = n + random() WHERE pos = %1$d RETURNING pos, n)"
              + " SELECT count(*), max(n) FROM u",
          "SELECT * FROM item WHERE id >= %1$d ORDER BY id LIMIT 2 FOR NO KEY UPDATE");

  /** † Section 9.1: what commits in an order is not what ran in it, yet copies end up equal. */
  @Test
  void copiesAreEqualAfterAllKindsAtOnce() throws Exception {
    allAtOnce(
        MIXED,
        Set.of("23505", "40001", "40P01", "25P02"),
        Connection.TRANSACTION_READ_COMMITTED,
        Connection.TRANSACTION_REPEATABLE_READ);
    equalEverywhere();
  }

  @Test
  void whatADomainGivesIsThePrimarys() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      s.execute("CREATE DOMAIN lucky AS float8 DEFAULT random()");
      s.execute("CREATE TABLE drawn (id int PRIMARY KEY, r lucky)");
      s.execute("INSERT INTO drawn (id) VALUES (1), (2)");
      s.execute("INSERT INTO drawn VALUES (3, DEFAULT)");
      s.execute("UPDATE drawn SET r = DEFAULT WHERE id = 1");
      equalEverywhere(7);
      s.execute("DROP TABLE drawn");
      s.execute("DROP DOMAIN lucky");
    }
  }

  private static final List<String> WITHOUT_A_KEY =
      List.of(
          "INSERT INTO heap SELECT g %% 5, 'x', %1$d FROM generate_series(1, 3) g",
          "INSERT INTO heap VALUES (%1$d %% 5, 'y', %2$d)",
          "UPDATE heap SET n = n + 1 WHERE v = %1$d %% 5",
          "UPDATE heap SET w = w || 'z', v = (v + 1) %% 5 WHERE n %% 7 = %1$d %% 7 AND length(w) < 20",
          "DELETE FROM heap WHERE v = %1$d %% 5 AND n > %2$d",
          "DELETE FROM heap WHERE w = 'xzz'");

  /**
   * Rows without a key cannot be named: a write to them runs while nobody else writes, so that the
   * same rows are there on every copy when it is applied.
   */
  @Test
  void tablesWithoutAKeyAreWrittenByOneAtATime() throws Exception {
    try (Connection connection = connect();
        Statement s = connection.createStatement()) {
      s.execute("CREATE TABLE heap (v int, w text, n int)");
      s.execute("INSERT INTO heap SELECT g % 5, 'x', g FROM generate_series(1, 40) g");
      try (PreparedStatement update =
          connection.prepareStatement("UPDATE heap SET n = ? WHERE v = ? AND n < ?")) {
        update.setInt(1, 3);
        update.setInt(2, 1);
        update.setInt(3, 30);
        assertThat(update.executeUpdate()).isEqualTo(6);
      }
      assertThat(rows(s, "DELETE FROM heap WHERE n > 38 RETURNING n"))
          .containsExactlyInAnyOrder("39", "40");
      allAtOnce(
          WITHOUT_A_KEY,
          Set.of("40001", "40P01", "25P02", "55P03"), // who waits for the gate holds rows
          Connection.TRANSACTION_READ_COMMITTED);
      equalEverywhere(7);
      s.execute("DROP TABLE heap");
    }
  }

  /**
   * Statements of these kinds from several clients that begin together.
   *
   * @param conflicts the SQLStates that they may meet
   * @param levels the isolation of the clients, in turns
   */
  private static void allAtOnce(List<String> kinds, Set<String> conflicts, int... levels)
      throws Exception {
    long seed = 20261123;
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try {
      CountDownLatch ready = new CountDownLatch(CLIENTS);
      List<Future<Integer>> all = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        Random random = new Random(seed + client);
        int level = levels[client % levels.length];
        all.add(
            threads.submit(
                () -> {
                  ready.countDown();
                  ready.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
                  return work(random, level, kinds, conflicts);
                }));
      }
      int done = 0;
      for (Future<Integer> each : all) {
        done += each.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(done).as("statements that succeeded").isGreaterThan(CLIENTS * STATEMENTS / 4);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Some alone, some in transactions, which may be undone; conflicts are part of it. */
  private static int work(Random random, int isolation, List<String> kinds, Set<String> conflicts)
      throws SQLException {
    int done = 0;
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      connection.setTransactionIsolation(isolation);
      for (int i = 0; i < STATEMENTS; i++) {
        connection.setAutoCommit(random.nextBoolean());
        int inOne = connection.getAutoCommit() ? 1 : 1 + random.nextInt(3);
        try {
          for (int k = 0; k < inOne; k++) {
            int a = 1 + random.nextInt(ROWS);
            statement.execute(
                String.format(
                    kinds.get(random.nextInt(kinds.size())), a, 1 + random.nextInt(ROWS), a + 1));
          }
          if (!connection.getAutoCommit()) {
            if (random.nextInt(8) == 0) {
              connection.rollback();
            } else {
              connection.commit();
            }
          }
          done += inOne;
        } catch (SQLException e) {
          // Duplicates, serialization failures and deadlocks are what happens here.
          assertThat(e.getSQLState()).as(e.getMessage()).isIn(conflicts);
          if (!connection.getAutoCommit()) {
            connection.rollback();
          }
        }
      }
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    }
    return done;
  }

  // ---- both servers

  private static void equalEverywhere() throws Exception {
    equalEverywhere(6);
  }

  private static void equalEverywhere(int tables) throws Exception {
    try (Connection tandem = connect();
        Connection a = direct("a");
        Connection b = direct("b")) {
      TandemStatus.awaitEverything(tandem, LIMIT);
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
      assertThat(comparison.tables()).isEqualTo(tables);
    }
  }
}
