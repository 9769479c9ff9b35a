package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** Writes that happen inside the database are equal on every copy. */
class TracedIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException, SQLException {
    pair = ServerPair.start(2, Map.of("max_prepared_transactions", "20"));
    try (InputStream in = TracedIT.class.getResourceAsStream("traced.sql")) {
      if (in == null) {
        throw new IllegalStateException("traced.sql is not on the class path");
      }
      String schema = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (PostgresServer server : pair.servers()) {
        // As the owner, so that Tandem's role may give each table a trigger.
        try (Connection owner =
                DriverManager.getConnection(server.url(ServerPair.DATABASE, ServerPair.ROLE));
            Statement statement = owner.createStatement()) {
          statement.execute(schema);
        }
      }
    }
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  private static Connection direct(int server) throws SQLException {
    return DriverManager.getConnection(pair.servers().get(server).url(ServerPair.DATABASE));
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        try {
          statement.execute(sql);
        } catch (SQLException e) {
          throw new SQLException(sql + ": " + e.getMessage(), e.getSQLState(), e);
        }
      }
    }
  }

  private static void run(String... statements) throws SQLException {
    try (Connection connection = connect()) {
      run(connection, statements);
    }
  }

  private static String ask(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      StringBuilder text = new StringBuilder();
      while (rows.next()) {
        text.append(text.isEmpty() ? "" : " ").append(rows.getString(1));
      }
      return text.toString();
    }
  }

  private static void equalEverywhere() throws SQLException {
    try (Connection connection = connect()) {
      TandemStatus.awaitEverything(connection, LIMIT);
    }
    try (Connection a = direct(0);
        Connection b = direct(1)) {
      assertThat(Comparison.of(a, b).findings()).isEmpty();
      assertThat(ask(a, "SELECT count(*) FROM tandem.touched")).isEqualTo("0");
    }
  }

  private static long position() throws SQLException {
    try (Connection connection = connect()) {
      TandemStatus.awaitEverything(connection, LIMIT);
      return TandemStatus.read(connection).backends().stream()
          .mapToLong(
              backend ->
                  Long.parseLong(backend.position().substring(backend.position().indexOf('/') + 1)))
          .max()
          .orElseThrow();
    }
  }

  @Test
  void triggersWithWritesOfTheirOwn() throws SQLException {
    run(
        "INSERT INTO item (name, qty) VALUES ('a', 1), ('b', 2), ('c', 3)",
        "UPDATE item SET qty = qty + 1 WHERE name <> 'b'",
        "UPDATE item SET qty = 7 WHERE id = 1",
        "DELETE FROM item WHERE name = 'b'",
        "INSERT INTO item (name) SELECT 'copy of ' || name FROM item",
        "INSERT INTO item (id, name) VALUES (1, 'again') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        "MERGE INTO item i USING (VALUES (1, 50), (1000, 60)) v(id, qty) ON i.id = v.id"
            + " WHEN MATCHED THEN UPDATE SET qty = v.qty"
            + " WHEN NOT MATCHED THEN INSERT (id, name, qty) VALUES (v.id, 'merged', v.qty)",
        "WITH gone AS (DELETE FROM item WHERE qty < 3 RETURNING id)"
            + " INSERT INTO word (w) SELECT 'gone ' || id FROM gone");
    equalEverywhere();
    try (Connection a = direct(0)) {
      assertThat(ask(a, "SELECT items = (SELECT count(*) FROM item) FROM totals")).isEqualTo("t");
    }
  }

  /** What their table's owner may do to them, and what would end all writes of it. */
  @Test
  void tandemsOwnTriggersAreKept() throws SQLException {
    run("CREATE TABLE owned (id int PRIMARY KEY, n int)", "INSERT INTO owned VALUES (1, 0)");
    run("DO 'BEGIN UPDATE owned SET n = 1; END'");
    for (String sql :
        new String[] {
          "ALTER TRIGGER tandem_trace ON owned RENAME TO mine",
          "ALTER TABLE owned DISABLE TRIGGER tandem_trace",
          "DO 'BEGIN ALTER TRIGGER tandem_trace ON owned RENAME TO mine; END'",
          "DO 'BEGIN DROP TRIGGER tandem_trace ON owned; END'"
        }) {
      assertThatThrownBy(() -> run(sql))
          .as(sql)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"));
    }
    run("DROP TRIGGER tandem_trace ON owned", "DO 'BEGIN UPDATE owned SET n = n + 1; END'");
    run("ALTER TABLE owned DISABLE TRIGGER ALL", "DO 'BEGIN UPDATE owned SET n = n + 1; END'");
    equalEverywhere();
    try (Connection a = direct(0)) {
      assertThat(ask(a, "SELECT n FROM owned")).isEqualTo("3");
    }
    run("DROP TABLE owned");
  }

  /** † The server keeps a function that is not VOLATILE from writing, and not what it calls. */
  @Test
  void operatorsAndCastsThatWriteThroughAnotherFunctionAreTraced() throws SQLException {
    run(
        "CREATE TABLE seen (id int PRIMARY KEY, n int)",
        "INSERT INTO seen VALUES (1, 0)",
        "CREATE TYPE sly AS (a int)",
        "CREATE TABLE odds (id int PRIMARY KEY, o sly)",
        "INSERT INTO odds VALUES (1, '(1)')",
        "CREATE FUNCTION see() RETURNS bool LANGUAGE sql"
            + " AS 'UPDATE seen SET n = n + 1; SELECT true'",
        "CREATE FUNCTION sly_like(sly, sly) RETURNS bool LANGUAGE plpgsql STABLE"
            + " AS 'BEGIN RETURN see(); END'",
        "CREATE FUNCTION sly_number(sly) RETURNS int LANGUAGE plpgsql IMMUTABLE"
            + " AS 'BEGIN RETURN CASE WHEN see() THEN 5 END; END'",
        "CREATE OPERATOR =~~ (LEFTARG = sly, RIGHTARG = sly, FUNCTION = sly_like)",
        "CREATE CAST (sly AS int) WITH FUNCTION sly_number(sly) AS IMPLICIT",
        "SELECT o =~~ o FROM odds",
        "SELECT o + 1 FROM odds",
        "INSERT INTO odds SELECT o + 2, o FROM odds");
    equalEverywhere();
    try (Connection a = direct(0)) {
      assertThat(ask(a, "SELECT n FROM seen")).isEqualTo("3");
    }
    run("DROP TYPE sly CASCADE", "DROP TABLE odds, seen", "DROP FUNCTION see()");
  }

  /** † Where the rows are applied, no trigger runs again: there is one audit row for each write. */
  @Test
  void triggersAreOffWhereTheRowsAreApplied() throws SQLException {
    run("INSERT INTO item (id, name) VALUES (5001, 'x')", "DELETE FROM item WHERE id = 5001");
    equalEverywhere();
    try (Connection a = direct(0);
        Connection b = direct(1)) {
      String audit = "SELECT op FROM audit WHERE item = 5001 ORDER BY id";
      assertThat(ask(a, audit)).isEqualTo("INSERT DELETE");
      assertThat(ask(b, audit)).isEqualTo("INSERT DELETE");
    }
  }

  @Test
  void referentialActions() throws SQLException {
    run(
        "INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 9) i",
        "INSERT INTO child SELECT 10 * p + i, p FROM generate_series(1, 9) p, generate_series(0, 3) i",
        "INSERT INTO loose SELECT i, i FROM generate_series(1, 9) i",
        "INSERT INTO home SELECT i, i FROM generate_series(1, 9) i",
        "DELETE FROM parent WHERE id = 3",
        "UPDATE parent SET id = id + 100 WHERE id IN (4, 5)",
        "DELETE FROM parent WHERE id BETWEEN 6 AND 104",
        "INSERT INTO tree SELECT i, nullif(i / 2, 0), 'v' || i FROM generate_series(1, 31) i",
        "DELETE FROM tree WHERE id = 2",
        "DELETE FROM tree WHERE id = 12");
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT id FROM tree WHERE id < 100 ORDER BY id"))
          .isEqualTo("1 3 6 7 13 14 15 26 27 28 29 30 31");
      assertThat(ask(b, "SELECT coalesce(parent, -1) FROM loose ORDER BY id"))
          .isEqualTo("1 2 -1 -1 105 -1 -1 -1 -1");
      assertThat(ask(b, "SELECT DISTINCT parent FROM home ORDER BY 1")).isEqualTo("0 1 2");
    }
  }

  @Test
  void keysThatAreSwappedAndKeysOfManyTypes() throws SQLException {
    run(
        "INSERT INTO queue SELECT 'q' || i, i FROM generate_series(1, 20) i",
        "UPDATE queue SET pos = pos - 1",
        "UPDATE queue SET name = 'q' || (21 - substring(name, 2)::int) WHERE name = 'q1'"
            + " AND NOT EXISTS (SELECT FROM queue WHERE name = 'q20')",
        "DELETE FROM queue WHERE pos = 0",
        "UPDATE queue SET pos = 20 - pos");
    run(
        "INSERT INTO keyed SELECT '2026-01-01'::date + i, i / 3.0, decode(lpad(i::text, 4, '0'), 'hex'),"
            + " md5(i::text)::uuid, '2026-03-29 01:30:00+01'::timestamptz + i * interval '1 h', i / 7.0::float8,"
            + " 'it''s ' || i || chr(10) || E'\\\\', random()::text FROM generate_series(1, 30) i",
        "UPDATE keyed SET e = e + interval '1 microsecond', v = 'moved' WHERE f > 1",
        "DELETE FROM keyed WHERE b < 1",
        "DO 'BEGIN INSERT INTO precise VALUES (1.0, 1), (2, 2); UPDATE precise SET k = 1.00 WHERE k = 1;"
            + " UPDATE precise SET v = 3 WHERE k = 1.000; END'");
    run(
        "DO 'BEGIN INSERT INTO odd (\"Key\", \"select\", spot, spots, w, note, c, j) SELECT m::mood, i, ROW(i, ''a,\"b'')::place,"
            + " ARRAY[ROW(1, NULL)::place, NULL], repeat(''x'', i), NULL, ''q'', ''{\"a\": [1, null]}''"
            + " FROM generate_series(0, 4) i, (VALUES (''sad''), (''happy'')) v(m); END'",
        "DO 'BEGIN UPDATE odd SET \"Key\" = ''happy'', \"select\" = \"select\" + 10 WHERE \"Key\" = ''sad''; END'",
        "DO 'BEGIN INSERT INTO entry_key VALUES (1, ''a''), (2, ''b''); UPDATE entry_key SET id = 3 - id + 10; END'");
    equalEverywhere();
  }

  @Test
  void functionsProceduresAndBlocks() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "DO 'BEGIN PERFORM draw(3); END'", "CALL draw_again(2)");
      try (PreparedStatement call =
          connection.prepareStatement("SELECT draw(?) AS drawn, ? AS text")) {
        for (int i = 1; i <= 7; i++) {
          call.setInt(1, i);
          call.setString(2, "t" + i);
          try (ResultSet rows = call.executeQuery()) {
            assertThat(rows.getMetaData().getColumnLabel(1)).isEqualTo("drawn");
            assertThat(rows.next()).isTrue();
            assertThat(rows.getInt("drawn")).isEqualTo(i);
            assertThat(rows.getString("text")).isEqualTo("t" + i);
            assertThat(rows.next()).isFalse();
          }
        }
      }
      assertThat(ask(connection, "CALL draw_again(1)")).isEqualTo("10");
      assertThat(ask(connection, "SELECT count(*) FROM draws()")).isNotEqualTo("0");
      run(
          connection,
          "SELECT say('x')",
          "SELECT say('x')",
          "SELECT half_done('y')",
          "SELECT half_done('z')");
      try (Statement batch = connection.createStatement()) {
        batch.addBatch("DO 'BEGIN PERFORM say(''batch''); END'");
        batch.addBatch("DO 'BEGIN PERFORM say(''batch''); END'");
        batch.executeBatch();
      }
      run(
          connection,
          "SELECT say('one'); SELECT say('two'); INSERT INTO plain VALUES (900, 'in a batch')");
      try (PreparedStatement keys =
          connection.prepareStatement(
              "INSERT INTO item (name, qty) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
        keys.setString(1, "key");
        keys.setInt(2, 1);
        assertThat(keys.executeUpdate()).isEqualTo(1);
        try (ResultSet key = keys.getGeneratedKeys()) {
          assertThat(key.next()).isTrue();
          assertThat(key.getInt("id")).isPositive();
        }
      }
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(
              ask(b, "SELECT w || n FROM word WHERE w IN ('x', 'batch') OR w LIKE 'y%' ORDER BY 1"))
          .isEqualTo("batch2 x2 y after1 y before1");
    }
  }

  @Test
  void viewsRulesPartitionsAndInheritance() throws SQLException {
    run(
        "INSERT INTO happy VALUES ('view', 3)",
        "UPDATE happy SET n = n + 1 WHERE w = 'view'",
        "INSERT INTO couple VALUES (700, 'instead', 701)",
        "INSERT INTO ruled VALUES (1, 'a'), (2, 'b')",
        "DELETE FROM ruled WHERE id = 1",
        "INSERT INTO part SELECT i, i * 10, 'v' FROM generate_series(1, 15) i",
        "UPDATE part SET at = at + 55 WHERE id BETWEEN 4 AND 8",
        "UPDATE part SET at = at - 40, v = 'back' WHERE id = 9 OR id = 12",
        "DELETE FROM part WHERE id = 10",
        "INSERT INTO base VALUES (1, 'base'), (2, 'base')",
        "INSERT INTO derived VALUES (1, 'derived', 'x'), (3, 'derived', 'y')",
        "UPDATE base SET v = v || random()",
        "DELETE FROM ONLY base WHERE id = 1");
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT tableoid::regclass || ':' || id FROM base ORDER BY 1"))
          .isEqualTo("base:2 derived:1 derived:3");
      assertThat(ask(b, "SELECT id FROM part_high ORDER BY id")).isEqualTo("5 6 7 8 11 13 14 15");
    }
  }

  /** † An image logged for each trigger would bring row 2 back as it was inserted. */
  @Test
  void rowsAreLoggedAsTheyAreInTheEndAndNotAsTheirTriggersSawThem() throws SQLException {
    run("INSERT INTO pair VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT v FROM pair ORDER BY id")).isEqualTo("a b+1+1 c+2+2");
    }
  }

  /** Nothing can change such a row later in the transaction, so it is logged as it was inserted. */
  @Test
  void rowsOfTablesWithoutAKeyAreInserted() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(
          connection,
          "SELECT run('INSERT INTO keyless SELECT i / 2 FROM generate_series(1, 5) i')",
          "INSERT INTO keyless VALUES (NULL)",
          "INSERT INTO history (what, at) VALUES ('x', now())",
          "CALL draw_again(1)");
      connection.commit();
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT coalesce(v, -1) FROM keyless ORDER BY v"))
          .isEqualTo("0 1 1 2 2 -1");
    }
  }

  /** The server's idea of what is equal counts, wherever the type comes from. */
  @Test
  void keysMayBeEqualAndHaveDifferentTexts() throws SQLException {
    run(
        "DO 'BEGIN INSERT INTO folded VALUES (''Abc'', 1), (''Def'', 1); UPDATE folded SET k = ''ABC'' WHERE k = ''abc''; END'",
        "DO 'BEGIN UPDATE folded SET k = upper(k::text)::ext.citext, v = 2; UPDATE folded SET k = lower(k::text)::ext.citext; END'");
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT k || v::text FROM folded ORDER BY 1")).isEqualTo("abc2 def2");
    }
  }

  @Test
  void deferredTriggersRunBeforeTheRowsAreRead() throws SQLException {
    run("INSERT INTO late VALUES (1, 'x'), (2, 'y')");
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT count(*) FROM word WHERE w LIKE 'late%'")).isEqualTo("2");
    }
  }

  /** Once a part is TRACED, the rest is: a replica gets its rows only at the end. */
  @Test
  void aTransactionOfAllFormsIsAppliedInOrder() throws SQLException {
    try (Connection connection = connect()) {
      for (int level :
          new int[] {
            Connection.TRANSACTION_READ_COMMITTED,
            Connection.TRANSACTION_REPEATABLE_READ,
            Connection.TRANSACTION_SERIALIZABLE
          }) {
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(level);
        connection.setAutoCommit(false);
        int id = 100 * level;
        run(
            connection,
            "INSERT INTO plain VALUES (" + id + ", 'verbatim')",
            "INSERT INTO plain VALUES (" + (id + 1) + ", random()::text)",
            "UPDATE plain SET v = 'changed' WHERE id = " + id,
            "SELECT run('INSERT INTO plain VALUES (" + (id + 2) + ", ''traced'')')",
            "UPDATE plain SET v = v || ' and verbatim' WHERE id = " + (id + 2),
            "DELETE FROM plain WHERE id = " + (id + 1),
            "INSERT INTO plain VALUES (" + (id + 1) + ", 'anew')",
            "UPDATE plain SET v = v || '!' WHERE id >= " + id + " AND id < " + (id + 10));
        connection.commit();
        connection.rollback();
      }
      equalEverywhere();
      try (Connection b = direct(1)) {
        assertThat(ask(b, "SELECT v FROM plain WHERE id BETWEEN 200 AND 210 ORDER BY id"))
            .isEqualTo("changed! anew! traced and verbatim!");
      }
    }
  }

  /** † ROLLBACK TO SAVEPOINT takes SET LOCAL back, so tracing is switched on each time. */
  @Test
  void afterRollbackToSavepointTheNextStatementIsTracedAgain() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO plain VALUES (1001, 'stays')");
      Savepoint first = connection.setSavepoint();
      run(connection, "SELECT run('INSERT INTO plain VALUES (1002, ''undone'')')");
      connection.rollback(first);
      run(connection, "SELECT run('INSERT INTO plain VALUES (1003, ''traced'')')");
      Savepoint second = connection.setSavepoint();
      run(connection, "SELECT run('UPDATE plain SET v = ''undone'' WHERE id > 1000')");
      connection.rollback(second);
      run(connection, "SELECT run('INSERT INTO plain VALUES (1004, ''traced'')')");
      connection.commit();
      run(connection, "SELECT run('INSERT INTO plain VALUES (1005, ''undone'')')");
      connection.rollback();
      Savepoint third = connection.setSavepoint();
      run(connection, "SELECT run('INSERT INTO plain VALUES (1006, ''undone'')')");
      connection.rollback(third);
      run(connection, "INSERT INTO plain VALUES (1007, 'verbatim')");
      connection.commit();
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT id || v FROM plain WHERE id BETWEEN 1001 AND 1099 ORDER BY id"))
          .isEqualTo("1001stays 1003traced 1004traced 1007verbatim");
    }
  }

  @Test
  void whatWritesNothingLogsNothing() throws SQLException {
    long before = position();
    try (Connection connection = connect()) {
      assertThat(ask(connection, "SELECT run('SELECT 1')")).isEqualTo("1");
      assertThat(ask(connection, "SELECT count(*) FROM draws()")).isNotEmpty();
      connection.setAutoCommit(false);
      run(connection, "SELECT run('SELECT 1')", "SELECT run('DELETE FROM plain WHERE false')");
      connection.commit();
    }
    assertThat(position()).isEqualTo(before);
  }

  /** † What the server counted and the trace does not explain is refused, and rolled back. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SET LOCAL tandem.trace = off; INSERT INTO plain VALUES (1, 'x') | switched off",
        "SET LOCAL tandem.trace = off; INSERT INTO plain VALUES (1, 'x'); SET LOCAL tandem.trace = on"
            + " | no trigger has seen",
        "SET LOCAL tandem.trace = off; DELETE FROM parent WHERE id = 0; SET LOCAL tandem.trace = on"
            + " | no trigger has seen",
        "TRUNCATE plain | TRUNCATE of public.plain",
        "TRUNCATE part | TRUNCATE of public.part",
        "CREATE TABLE made (id int PRIMARY KEY) | changed the schema",
        "CREATE TABLE made AS SELECT * FROM plain | changed the schema",
        "DROP TABLE plain | changed the schema",
        "ALTER TABLE plain DISABLE TRIGGER ALL; INSERT INTO plain VALUES (1, 'x');"
            + " ALTER TABLE plain ENABLE TRIGGER ALL | changed the schema",
        "ALTER TABLE plain DISABLE TRIGGER tandem_trace; INSERT INTO plain VALUES (1, 'x')"
            + " | changed the schema",
        "CREATE INDEX ON plain (v) | changed the schema",
        "GRANT SELECT ON plain TO PUBLIC | changed the schema",
        "COMMENT ON TABLE plain IS 'x' | changed the schema",
        "ALTER SEQUENCE draw_id_seq RESTART | changed the schema",
        "PERFORM lo_create(0) | changed the schema",
        "INSERT INTO keyless VALUES (1); UPDATE keyless SET v = 2 WHERE v = 1"
            + " | UPDATE of public.keyless inside the database cannot be made equal",
        "INSERT INTO keyless VALUES (1); DELETE FROM keyless WHERE v = 1 | it has no key",
        "INSERT INTO scratch VALUES (1) | unlogged",
        "INSERT INTO always VALUES (1, 'x') | ENABLE ALWAYS",
        "SET session_replication_role = replica; INSERT INTO item (name) VALUES ('x')"
            + " | settings were changed",
        "PERFORM set_config('IntervalStyle', 'iso_8601', false) | settings were changed",
        "PERFORM set_config('lc_monetary', 'POSIX', true) | settings were changed",
        "SET LOCAL search_path = pg_catalog; INSERT INTO public.plain VALUES (1, 'x')"
            + " | settings were changed",
        "DECLARE c CURSOR WITH HOLD FOR SELECT draw(1) | WITH HOLD",
        "INSERT INTO tandem.marker VALUES (0, -1) | tandem.marker",
        "UPDATE tandem.fence SET epoch = epoch | tandem.fence",
      })
  void whatTheTraceDoesNotExplainIsRefused(String sql, String reason) throws SQLException {
    long before = position();
    String body = sql.replace("'", "''").contains("PERFORM") ? sql : execute(sql);
    try (Connection connection = connect()) {
      // With something else than definitions in it, which alone would run on every copy.
      String block = "DO $block$ BEGIN PERFORM 1; " + body + "; END $block$";
      assertThatThrownBy(() -> run(connection, block))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
          .hasMessageContaining(reason);
      assertThat(ask(connection, "SELECT count(*) FROM plain WHERE id = 1")).isEqualTo("0");
      connection.setAutoCommit(false);
      run(connection, "SELECT run('UPDATE totals SET one = one')");
      assertThatThrownBy(
              () -> {
                run(connection, block);
                connection.commit();
              })
          .hasMessageContaining(reason);
      connection.rollback();
    }
    assertThat(position()).isEqualTo(before);
  }

  /** † Where the server counts less than the triggers have seen, its counts prove nothing. */
  @Test
  void whatTheServerDoesNotCountIsRefused() throws SQLException {
    for (PostgresServer server : pair.servers()) {
      // Only a superuser may switch it off.
      server.execute(
          ServerPair.DATABASE,
          "SET check_function_bodies = off",
          "CREATE FUNCTION uncounted(int) RETURNS void LANGUAGE sql SECURITY DEFINER"
              + " SET track_counts = off AS 'INSERT INTO public.dark VALUES ($1)'");
    }
    run("CREATE TABLE dark (id int PRIMARY KEY)");
    long before = position();
    for (String[] block :
        new String[][] {
          {"PERFORM uncounted(801)", "does not count rows written (track_counts)"},
          {
            "INSERT INTO dark VALUES (802); PERFORM uncounted(803)",
            "has not counted all rows of public.dark"
          }
        }) {
      assertThatThrownBy(() -> run("DO 'BEGIN " + block[0] + "; END'"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
          .hasMessageContaining(block[1]);
    }
    assertThat(position()).isEqualTo(before);
    equalEverywhere();
    for (PostgresServer server : pair.servers()) {
      server.execute(ServerPair.DATABASE, "DROP FUNCTION uncounted(int)");
    }
    run("DROP TABLE dark");
  }

  /**
   * INSERT ... ON CONFLICT puts a row in and takes it back when another transaction was faster:
   * counted as an insertion and a deletion that no trigger has seen. It is nobody's fault, so it is
   * 40001; a function that leaves the same counts stands for the race, whose moment is inside the
   * server.
   */
  @Test
  void aRowThatOnConflictTakesBackIsTriedAgain() throws SQLException {
    run("DO 'BEGIN INSERT INTO plain VALUES (810, NULL); END'");
    String unseen =
        "PERFORM set_config(''tandem.trace'', ''off'', true); %s;"
            + " PERFORM set_config(''tandem.trace'', ''on'', true)";
    String takenBack =
        unseen.formatted("INSERT INTO plain VALUES (811, NULL); DELETE FROM plain WHERE id = 811");
    assertThatThrownBy(() -> run("DO 'BEGIN " + takenBack + "; END'"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"))
        .hasMessageContaining("inserted by another transaction at the same moment");
    for (String hidden :
        new String[] {
          "INSERT INTO plain VALUES (812, NULL)",
          "UPDATE plain SET v = NULL WHERE id = 810",
          "INSERT INTO plain VALUES (813, NULL), (814, NULL); DELETE FROM plain WHERE id = 813"
        }) {
      assertThatThrownBy(() -> run("DO 'BEGIN " + unseen.formatted(hidden) + "; END'"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
          .hasMessageContaining("written that no trigger has seen");
    }
    run("DELETE FROM plain WHERE id = 810");
    equalEverywhere();
  }

  private static String execute(String sql) {
    StringBuilder body = new StringBuilder();
    for (String one : sql.split(";", -1)) {
      body.append(body.isEmpty() ? "" : "; ").append("EXECUTE $sql$").append(one).append("$sql$");
    }
    return body.toString();
  }

  @Test
  void sequencesAreReservedAheadOfWhatFunctionsTake() throws SQLException {
    try (Connection connection = connect()) {
      long ascending = Long.parseLong(ask(connection, "SELECT a FROM seqs()"));
      long descending = Long.parseLong(ask(connection, "SELECT b FROM seqs()"));
      run(connection, "SELECT nextval('item_id_seq')");
      connection.setAutoCommit(false);
      Savepoint savepoint = connection.setSavepoint();
      run(connection, "SELECT nextval('spare')");
      connection.rollback(savepoint);
      connection.commit();
      connection.setAutoCommit(true);
      TandemStatus.awaitEverything(connection, LIMIT);
      int replica = TandemStatus.read(connection).backends().get(0).isPrimary() ? 1 : 0;
      try (Connection b = direct(replica)) {
        String reserved = "SELECT reserved FROM tandem.reservation WHERE sequence_name = ";
        assertThat(Long.parseLong(ask(b, reserved + "'draw_id_seq'"))).isGreaterThan(ascending);
        assertThat(Long.parseLong(ask(b, reserved + "'down'"))).isLessThan(descending);
        assertThat(ask(b, reserved + "'item_id_seq'")).isNotEmpty();
        assertThat(ask(b, reserved + "'spare'")).isNotEmpty();
      }
    }
    equalEverywhere();
  }

  @Test
  void aTransactionThatIsTooLargeForTheMemoryIsStaged() throws SQLException {
    run(
        "DO 'BEGIN INSERT INTO plain SELECT 100000 + i, repeat(''y'', 100) FROM generate_series(1, 20000) i; END'",
        "DO 'BEGIN UPDATE plain SET v = ''z'' WHERE id BETWEEN 100000 AND 115000;"
            + " DELETE FROM plain WHERE id > 115000; END'");
    equalEverywhere();
    run("DELETE FROM plain WHERE id > 100000");
  }

  @Test
  void aFunctionMayRunReadOnlyOnThePrimaryAsLongAsItWritesNothing() throws SQLException {
    try (Connection connection = connect()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      assertThat(ask(connection, "SELECT count(*) FROM (SELECT run('SELECT 1')) x")).isEqualTo("1");
      assertThat(ask(connection, "SELECT count(*) FROM plain WHERE id = -1")).isEqualTo("0");
      for (String write :
          List.of("INSERT INTO plain VALUES (-1, NULL)", "SELECT nextval(''spare'')")) {
        assertThatThrownBy(() -> run(connection, "SELECT run('" + write + "')"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
        connection.rollback();
      }
      run(connection, "DO 'BEGIN PERFORM 1; END'");
      connection.commit();
      assertThatThrownBy(() -> run(connection, "INSERT INTO plain VALUES (-1, NULL)"))
          .hasMessageContaining("read-only");
      connection.rollback();
    }
    equalEverywhere();
  }

  /** † Capture never needs a privilege that the statement does not. */
  @Test
  void whoMayWriteAndNotReadWritesAllTheSame() throws SQLException {
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE ROLE scribe", "GRANT scribe TO shop");
    }
    run(
        "CREATE TABLE mail (id serial PRIMARY KEY, at timestamptz DEFAULT now(), v text, w text)",
        "GRANT INSERT, UPDATE (v) ON mail TO scribe",
        "GRANT SELECT (id) ON mail TO scribe",
        "GRANT USAGE ON SEQUENCE mail_id_seq TO scribe");
    try (Connection connection = connect()) {
      run(
          connection,
          "SET ROLE scribe",
          "INSERT INTO public.mail (v) VALUES ('a'), ('b')",
          "INSERT INTO public.mail (v) SELECT random()::text",
          "UPDATE public.mail SET v = random()::text WHERE id > 1");
      assertThatThrownBy(() -> run(connection, "SELECT v FROM public.mail"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
      run(connection, "RESET ROLE");
      assertThat(ask(connection, "SELECT count(*) FROM mail")).isEqualTo("3");
    }
    equalEverywhere();
    run("DROP TABLE mail");
  }

  /** † An old snapshot shows rows that others have taken away from a key since. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void aRowThatOnlyAnOldSnapshotShowsIsNotLogged(boolean keeps) throws SQLException {
    run("DELETE FROM plain", "INSERT INTO plain VALUES (1, 'theirs')");
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      run(connection, "SELECT count(*) FROM plain");
      run("UPDATE plain SET id = 1000 WHERE id = 1");
      run(connection, "SELECT run('INSERT INTO plain VALUES (1, ''own'')')");
      if (!keeps) {
        run(connection, "SELECT run('DELETE FROM plain WHERE v = ''own''')");
      }
      connection.commit();
    }
    equalEverywhere();
    try (Connection server = direct(1)) {
      assertThat(ask(server, "SELECT id || v FROM plain ORDER BY id"))
          .isEqualTo(keeps ? "1own 1000theirs" : "1000theirs");
    }
    run("DELETE FROM plain");
  }

  /** New tables get their triggers in the transaction that makes them, on every server. */
  @Test
  void tablesThatAreMadeLaterAreTracedToo() throws SQLException {
    run(
        "CREATE TABLE later (id int PRIMARY KEY, v text)",
        "SELECT run('INSERT INTO later VALUES (1, ''x'')')",
        "ALTER TABLE later RENAME COLUMN id TO \"new id\"",
        "SELECT run('UPDATE later SET \"new id\" = 2, v = ''y''')");
    equalEverywhere();
    for (int i = 0; i < 2; i++) {
      try (Connection server = direct(i)) {
        assertThat(
                ask(
                    server,
                    "SELECT tgname || tgenabled::text FROM pg_trigger WHERE tgrelid = 'later'::regclass"
                        + " ORDER BY 1"))
            .isEqualTo("tandem_traceA tandem_truncateA");
      }
    }
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(
          connection,
          "CREATE TABLE within (id int PRIMARY KEY, v text)",
          "SELECT run('INSERT INTO within VALUES (1, random()::text)')",
          "UPDATE within SET v = v || 'x'");
      connection.commit();
      run(connection, "SELECT run('DELETE FROM within')");
      assertThatThrownBy(() -> run(connection, "ALTER TABLE within ADD COLUMN w int"))
          .hasMessageContaining("must come before");
      connection.rollback();
    }
    equalEverywhere();
    run("DROP TABLE later", "DROP TABLE within");
  }

  /**
   * What only dynamic SQL writes is found out at COMMIT. The table gets its triggers, and what
   * stood alone runs again by itself.
   */
  @Test
  void aTableThatNothingNamesGetsItsTriggersWhenItIsWritten() throws SQLException {
    String triggers =
        "SELECT count(*) FROM pg_trigger WHERE tgname = 'tandem_trace' AND tgrelid = '";
    run(
        "CREATE TABLE \"un named\" (id int PRIMARY KEY, v text)",
        "CREATE TABLE unnamed (id int PRIMARY KEY, v text)",
        "CREATE TABLE beside (id int PRIMARY KEY, v text)",
        "INSERT INTO beside VALUES (0, 'y')");
    for (String table : List.of("\"un named\"", "unnamed", "beside")) {
      try (Connection server = direct(0)) {
        assertThat(ask(server, triggers + table + "'::regclass")).isEqualTo("0");
      }
    }
    try (Connection connection = connect()) {
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      run(connection, "SELECT run('INSERT INTO \"un named\" VALUES (1, ''x'')')");
      connection.setAutoCommit(false);
      run(connection, "SELECT run('INSERT INTO unnamed VALUES (1, ''x'')')");
      assertThatThrownBy(connection::commit)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"))
          .hasMessageContaining("for the first time")
          .hasMessageContaining("unnamed");
      run(connection, "SELECT run('INSERT INTO unnamed VALUES (2, ''x'')')");
      assertThatThrownBy(() -> run(connection, "INSERT INTO beside VALUES (1, 'x')"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
      connection.rollback();
      run(
          connection,
          "SELECT run('INSERT INTO unnamed VALUES (3, ''x'')')",
          "INSERT INTO beside VALUES (2, 'x')");
      connection.commit();
    }
    equalEverywhere();
    for (int i = 0; i < 2; i++) {
      try (Connection server = direct(i)) {
        assertThat(ask(server, "SELECT id FROM unnamed")).isEqualTo("3");
        assertThat(ask(server, "SELECT id FROM \"un named\"")).isEqualTo("1");
        assertThat(ask(server, "SELECT id FROM beside ORDER BY id")).isEqualTo("0 2");
        for (String table : List.of("\"un named\"", "unnamed", "beside")) {
          assertThat(ask(server, triggers + table + "'::regclass")).isEqualTo("1");
        }
      }
    }
    run("DROP TABLE \"un named\"", "DROP TABLE unnamed", "DROP TABLE beside");
  }

  /** Triggers cost something with each write, so tables have none before anything needs them. */
  @Test
  void theFirstStatementThatNeedsTriggersMakesThem() throws SQLException {
    String database = "without";
    StringBuilder url = new StringBuilder("jdbc:tandem:[");
    for (PostgresServer server : pair.servers()) {
      server.execute("postgres", "CREATE DATABASE " + database + " OWNER " + ServerPair.ROLE);
      url.append(server.name().equals("a") ? "" : ",")
          .append(server.url(database, ServerPair.ROLE));
    }
    url.append("]?names=a,b&log=").append(pair.directory().resolve(database));
    String triggers =
        "SELECT count(*) FROM pg_trigger WHERE tgname = 'tandem_trace' AND tgrelid = 't'::regclass";
    try (Connection connection = DriverManager.getConnection(url.toString())) {
      run(
          connection,
          "CREATE TABLE t (id int PRIMARY KEY, v text)",
          "INSERT INTO t VALUES (1, 'x')");
      TandemStatus.awaitEverything(connection, LIMIT);
      for (PostgresServer server : pair.servers()) {
        try (Connection direct = DriverManager.getConnection(server.url(database))) {
          assertThat(ask(direct, triggers)).isEqualTo("0");
        }
      }
      connection.setAutoCommit(false);
      run(
          connection,
          "INSERT INTO t VALUES (2, 'y')",
          "DO 'BEGIN UPDATE t SET v = v || random(); END'",
          "INSERT INTO t VALUES (3, 'z')");
      connection.commit();
      connection.setAutoCommit(true);
      run(connection, "DO 'BEGIN DELETE FROM t WHERE id = 1; END'");
      TandemStatus.awaitEverything(connection, LIMIT);
      List<String> contents = new ArrayList<>();
      for (PostgresServer server : pair.servers()) {
        try (Connection direct = DriverManager.getConnection(server.url(database))) {
          assertThat(ask(direct, triggers)).isEqualTo("1");
          contents.add(ask(direct, "SELECT id || v FROM t ORDER BY id"));
        }
      }
      assertThat(contents.get(0)).isEqualTo(contents.get(1)).contains("2y0").endsWith("3z");
    }
  }

  /** Many at once, on the same rows, while the primary is killed. */
  @Test
  void manyAtOnceStayEqualOverAFailover() throws Exception {
    int clients = 6;
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger done = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try (Connection watch = connect()) {
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int client = i;
        running.add(threads.submit(() -> load(client, stop, done)));
      }
      await(done, 150);
      PostgresServer primary =
          pair.server(
              TandemStatus.read(watch).backends().stream()
                  .filter(TandemStatus.Backend::isPrimary)
                  .findFirst()
                  .orElseThrow()
                  .name());
      primary.kill9();
      await(done, done.get() + 100);
      primary.start();
      await(done, done.get() + 50);
      stop.set(true);
      for (Future<Integer> one : running) {
        assertThat(one.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      stop.set(true);
      threads.shutdownNow();
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT items = (SELECT count(*) FROM item) FROM totals")).isEqualTo("t");
    }
  }

  private static void await(AtomicInteger done, int wanted) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (done.get() < wanted) {
      assertThat(System.nanoTime()).as("%d of %d", done.get(), wanted).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static int load(int client, AtomicBoolean stop, AtomicInteger done) throws SQLException {
    Random random = new Random(client);
    int mine = 0;
    try (Connection connection = connect()) {
      while (!stop.get()) {
        boolean together = random.nextBoolean();
        try {
          connection.setAutoCommit(!together);
          for (int i = 0; i < (together ? 3 : 1); i++) {
            run(connection, work(random));
          }
          if (together) {
            connection.commit();
          }
          mine++;
          done.incrementAndGet();
        } catch (SQLException e) {
          if (together) {
            connection.rollback();
          }
          // A failover, or one that waited for the other.
          assertThat(e.getSQLState()).as(e.getMessage()).isIn("40001", "40P01");
        }
      }
    }
    return mine;
  }

  private static String work(Random random) {
    int n = random.nextInt(40);
    return switch (random.nextInt(9)) {
      case 0 -> "INSERT INTO item (name, qty) VALUES ('n" + n + "', " + n + ")";
      case 1 -> "UPDATE item SET qty = qty + 1 WHERE name = 'n" + n + "'";
      case 2 ->
          "DELETE FROM item WHERE id IN (SELECT id FROM item WHERE name = 'n" + n + "' LIMIT 1)";
      case 3 -> "SELECT draw(2)";
      case 4 -> "SELECT say('w" + n + "')";
      case 5 ->
          "INSERT INTO word (w, n) VALUES ('v"
              + n
              + "', 1) ON CONFLICT (w) DO UPDATE SET n = word.n + 1";
      case 6 ->
          "DO 'BEGIN INSERT INTO tree VALUES (100 + "
              + n
              + ", NULL, random()) ON CONFLICT DO NOTHING;"
              + " INSERT INTO tree VALUES (200 + "
              + n
              + ", 100 + "
              + n
              + ", random()) ON CONFLICT DO NOTHING; END'";
      case 7 -> "DELETE FROM tree WHERE id = 100 + " + n;
      default -> "UPDATE word SET n = n + 1 WHERE w = 'w" + n + "'";
    };
  }
}
