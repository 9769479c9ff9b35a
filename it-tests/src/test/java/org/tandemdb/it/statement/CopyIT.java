package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;
import org.tandemdb.jdbc.CopyApi;

/** What COPY brings in is equal on every copy, and what it takes out is the client's own. */
class CopyIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static final String[] SCHEMA = {
    "CREATE TABLE many (id int PRIMARY KEY, name text, d date, at timestamptz DEFAULT clock_timestamp(),"
        + " f float8, b bytea, j jsonb, a int[], twice int GENERATED ALWAYS AS (id * 2) STORED)",
    "CREATE TABLE counted (id bigserial PRIMARY KEY, v text, token uuid DEFAULT gen_random_uuid())",
    "CREATE TABLE ident (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text NOT NULL)",
    "CREATE TABLE keyless (v int, w text)",
    "CREATE TABLE crowd (id int PRIMARY KEY, filler text)",
    "CREATE TABLE large (id int PRIMARY KEY, a int, b int, filler char(40))",
    "CREATE TABLE fresh (id int PRIMARY KEY, v text)",
    "CREATE TABLE part (id int, v text, at timestamptz DEFAULT now(), PRIMARY KEY (id))"
        + " PARTITION BY RANGE (id)",
    "CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE part_high PARTITION OF part FOR VALUES FROM (100) TO (1000)",
    "CREATE TABLE audited (id int PRIMARY KEY, v text)",
    "CREATE TABLE audit (id bigserial PRIMARY KEY, what text, at timestamptz DEFAULT clock_timestamp())",
    "CREATE FUNCTION audit_it() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN"
        + " INSERT INTO audit (what) VALUES (TG_OP || NEW.id); NEW.v := NEW.v || random(); RETURN NEW; END $f$",
    "CREATE TRIGGER audit_it BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION audit_it()",
  };

  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException, SQLException {
    pair = ServerPair.start(2, Map.of("max_prepared_transactions", "10"));
    for (PostgresServer server : pair.servers()) {
      try (Connection owner =
              DriverManager.getConnection(server.url(ServerPair.DATABASE, ServerPair.ROLE));
          Statement statement = owner.createStatement()) {
        for (String sql : SCHEMA) {
          statement.execute(sql);
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

  private static CopyApi copy(Connection connection) throws SQLException {
    return connection.unwrap(CopyApi.class);
  }

  private static long in(Connection connection, String sql, String text)
      throws SQLException, IOException {
    return copy(connection).copyIn(sql, new StringReader(text));
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
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
    }
  }

  private static String form(Connection connection, String sql) throws SQLException {
    return ask(connection, "SHOW TANDEM PLAN FOR " + sql);
  }

  /**
   * † Section 4: 'now' and 'tomorrow' are evaluated in the fields of COPY, too, and defaults, so
   * the client's bytes are not what is logged.
   */
  @Test
  void whatThePrimaryMadeOfTheFieldsIsLogged() throws Exception {
    try (Connection connection = connect()) {
      assertThat(
              in(
                  connection,
                  "COPY many (id, name, d, at, f, b, j, a) FROM STDIN",
                  "1\tone\ttomorrow\tnow\t0.1\t\\\\x00ff\t{\"a\": 1}\t{1,NULL}\n"
                      + "2\t\\N\ttoday\t2026-03-29 01:30:00+01\tNaN\t\\N\t[]\t{}\n"
                      + "3\ttab\\tand\\nline \\\\ ü€😀\tinfinity\tyesterday\t1e300\t\\\\xdeadbeef\tnull\t\\N\n"))
          .isEqualTo(3);
      assertThat(
              in(
                  connection,
                  "COPY many (name, id) FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';', NULL '-',"
                      + " QUOTE '''')",
                  "name;id\n'a;b''''c';10\n-;11\n"))
          .isEqualTo(2);
      assertThat(in(connection, "COPY many (id) FROM STDIN", "")).isZero();
      assertThat(
              copy(connection)
                  .copyIn(
                      "COPY many (id, name) FROM STDIN WITH (ENCODING 'latin1')",
                      new ByteArrayInputStream("20\tsüß\n".getBytes(StandardCharsets.ISO_8859_1))))
          .isEqualTo(1);
      run(connection, "SET TIME ZONE 'Asia/Kolkata'");
      assertThat(in(connection, "COPY many (id, at) FROM STDIN", "30\t2026-01-01 00:00\n"))
          .isEqualTo(1);
      assertThat(form(connection, "COPY many FROM STDIN")).contains("CAPTURED");
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT name FROM many WHERE id = 20")).isEqualTo("süß");
      assertThat(ask(b, "SELECT count(at) FROM many WHERE id IN (10, 11)")).isEqualTo("2");
      assertThat(ask(b, "SELECT name FROM many WHERE id = 3")).isEqualTo("tab\tand\nline \\ ü€😀");
      assertThat(ask(b, "SELECT at AT TIME ZONE 'UTC' FROM many WHERE id = 30"))
          .isEqualTo("2025-12-31 18:30:00");
    }
  }

  @Test
  void sequencesIdentitiesAndTablesWithoutAKey() throws Exception {
    try (Connection connection = connect()) {
      assertThat(in(connection, "COPY counted (v) FROM STDIN", "a\nb\nc\n")).isEqualTo(3);
      assertThat(in(connection, "COPY ident (v) FROM STDIN", "a\nb\n")).isEqualTo(2);
      assertThat(in(connection, "COPY ident (id, v) FROM STDIN", "70\tx\n")).isEqualTo(1);
      assertThat(in(connection, "COPY keyless FROM STDIN", "1\ta\n1\ta\n\\N\t\\N\n")).isEqualTo(3);
      run(connection, "INSERT INTO counted (v) VALUES ('after')");
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT id || v FROM counted ORDER BY id")).isEqualTo("1a 2b 3c 4after");
      assertThat(ask(b, "SELECT id FROM ident ORDER BY id")).isEqualTo("1 2 70");
      assertThat(ask(b, "SELECT count(*) FROM keyless")).isEqualTo("3");
    }
  }

  /** Rows that found room in the middle of the table are found there. */
  @Test
  void rowsThatFillHolesAreReadBackToo() throws Exception {
    try (Connection connection = connect()) {
      run(
          connection,
          "INSERT INTO crowd SELECT i, repeat('x', 400) FROM generate_series(1, 2000) i",
          "DELETE FROM crowd WHERE id % 3 = 0 OR id BETWEEN 900 AND 1100",
          "VACUUM crowd");
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < 700; i++) {
        text.append(3000 + i).append('\t').append("y".repeat(300)).append('\n');
      }
      assertThat(in(connection, "COPY crowd FROM STDIN", text.toString())).isEqualTo(700);
      assertThat(
              ask(
                  connection,
                  "SELECT count(DISTINCT (ctid::text::point)[0]) > 20"
                      + " AND min((ctid::text::point)[0]) < 20 FROM crowd WHERE id >= 3000"))
          .isEqualTo("t");
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT count(*) FROM crowd WHERE id >= 3000")).isEqualTo("700");
    }
  }

  @Test
  void inATransactionWithOtherWritesAndSavepoints() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO many (id, name) VALUES (100, 'before')");
      in(connection, "COPY many (id, name) FROM STDIN", "101\tcopy\n102\tcopy\n");
      run(connection, "UPDATE many SET name = name || '!' WHERE id BETWEEN 100 AND 101");
      Savepoint savepoint = connection.setSavepoint("s");
      in(connection, "COPY many (id, name) FROM STDIN", "103\tgone\n104\tgone\n");
      connection.rollback(savepoint);
      in(connection, "COPY many (id, name) FROM STDIN", "103\tkept\n");
      connection.releaseSavepoint(savepoint);
      in(connection, "COPY many (id, name) FROM STDIN", "105\tlast\n");
      connection.commit();
      in(connection, "COPY many (id, name) FROM STDIN", "106\trolled back\n");
      connection.rollback();
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      in(connection, "COPY many (id, name) FROM STDIN", "107\trepeatable\n");
      connection.commit();
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      serializable(connection);
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT name FROM many WHERE id BETWEEN 100 AND 109 ORDER BY id"))
          .isEqualTo("before! copy! copy kept last repeatable serializable");
    }
  }

  /** On a busy machine it may be asked to come again. */
  private static void serializable(Connection connection) throws SQLException, IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        in(connection, "COPY many (id, name) FROM STDIN", "108\tserializable\n");
        connection.commit();
        return;
      } catch (SQLException e) {
        connection.rollback();
        if (attempt == 10 || !"40001".equals(e.getSQLState())) {
          throw e;
        }
      }
    }
  }

  /** Of a text that is refused a server is asked; the link, and so the transaction, stays. */
  @Test
  void aTextThatIsRefusedLeavesTheTransactionToItsSavepoint() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(connection, "SAVEPOINT s");
      assertThatThrownBy(() -> in(connection, "COPY nobodys FROM STDIN", "1\n"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42P01"));
      run(connection, "ROLLBACK TO s");
      assertThat(ask(connection, "SELECT 1")).isEqualTo("1");
      connection.rollback();
    }
  }

  @Test
  void tracedWhereTheTableOrTheStatementAsksForIt() throws Exception {
    try (Connection connection = connect()) {
      assertThat(in(connection, "COPY audited FROM STDIN", "1\ta\n2\tb\n")).isEqualTo(2);
      assertThat(in(connection, "COPY part (id, v) FROM STDIN", "5\tlow\n105\thigh\n"))
          .isEqualTo(2);
      assertThat(
              in(
                  connection,
                  "COPY many (id, name) FROM STDIN WITH CSV WHERE id > 201 AND random() < 2",
                  "200,a\n201,b\n202,c\n"))
          .isEqualTo(1);
      run(connection, "CREATE TEMPORARY TABLE stage (id int, v text)");
      in(connection, "COPY stage FROM STDIN", "300\tstaged\n301\tstaged\n");
      run(connection, "INSERT INTO many (id, name) SELECT id, v || random() FROM stage");
      connection.setAutoCommit(false);
      run(connection, "TRUNCATE fresh");
      in(connection, "COPY fresh FROM STDIN WITH (FREEZE)", "1\tfrozen\n2\tfrozen\n");
      connection.commit();
      in(connection, "COPY audited FROM STDIN", "3\tc\n");
      in(connection, "COPY many (id, name) FROM STDIN", "310\tafter a traced part\n");
      connection.commit();
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT what FROM audit ORDER BY id")).isEqualTo("INSERT1 INSERT2 INSERT3");
      assertThat(ask(b, "SELECT id FROM many WHERE id BETWEEN 200 AND 310 ORDER BY id"))
          .isEqualTo("202 300 301 310");
      assertThat(ask(b, "SELECT count(*) FROM fresh")).isEqualTo("2");
    }
  }

  /** The server's own error, with the line, and nothing is left. */
  @Test
  void aBadRowUndoesAllOfIt() throws Exception {
    try (Connection connection = connect()) {
      assertThatThrownBy(
              () ->
                  in(
                      connection,
                      "COPY many (id, name) FROM STDIN",
                      "400\tgood\nbad\trow\n401\tx\n"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("COPY many, line 2, column id: \"bad\"")
          .extracting("SQLState")
          .isEqualTo("22P02");
      assertThatThrownBy(() -> in(connection, "COPY many (id) FROM STDIN", "400\n400\n"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("23505");
      assertThat(in(connection, "COPY many (id, name) FROM STDIN", "402\tfine\n")).isEqualTo(1);
      connection.setAutoCommit(false);
      in(connection, "COPY many (id, name) FROM STDIN", "403\tlost with its transaction\n");
      assertThatThrownBy(() -> in(connection, "COPY ident (v) FROM STDIN", "\\N\n"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("23502");
      assertThatThrownBy(() -> run(connection, "SELECT 1"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("25P02");
      connection.rollback();
      Savepoint savepoint = connection.setSavepoint();
      assertThatThrownBy(() -> in(connection, "COPY many FROM STDIN", "nonsense\n"))
          .isInstanceOf(SQLException.class);
      connection.rollback(savepoint);
      in(connection, "COPY many (id, name) FROM STDIN", "404\tafter the savepoint\n");
      connection.commit();
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT id FROM many WHERE id BETWEEN 400 AND 499 ORDER BY id"))
          .isEqualTo("402 404");
    }
  }

  @Test
  void aStreamThatFailsUndoesAllOfItAndTheConnectionGoesOn() throws Exception {
    InputStream broken =
        new InputStream() {
          private int at;

          @Override
          public int read() throws IOException {
            throw new IOException("the disk is gone");
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            if (at++ > 0) {
              throw new IOException("the disk is gone");
            }
            byte[] row = "500\thalf\n".getBytes(StandardCharsets.UTF_8);
            System.arraycopy(row, 0, bytes, offset, row.length);
            return row.length;
          }
        };
    try (Connection connection = connect()) {
      assertThatThrownBy(() -> copy(connection).copyIn("COPY many (id, name) FROM STDIN", broken))
          .isInstanceOf(IOException.class)
          .hasMessage("the disk is gone");
      assertThat(ask(connection, "SELECT count(*) FROM many WHERE id = 500")).isEqualTo("0");
      assertThatThrownBy(
              () ->
                  copy(connection)
                      .copyOut(
                          "COPY many TO STDOUT",
                          new java.io.OutputStream() {
                            @Override
                            public void write(int one) {
                              throw new IllegalStateException("full");
                            }
                          }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("full");
      assertThat(in(connection, "COPY many (id) FROM STDIN", "501\n")).isEqualTo(1);
    }
    equalEverywhere();
  }

  @Test
  void whatGoesOutIsTheClientsOwn() throws Exception {
    try (Connection connection = connect()) {
      in(connection, "COPY many (id, name) FROM STDIN", "600\tä\n601\t\\N\n");
      StringWriter text = new StringWriter();
      assertThat(
              copy(connection)
                  .copyOut(
                      "COPY (SELECT id, name FROM many WHERE id IN (600, 601) ORDER BY id) TO STDOUT"
                          + " WITH (FORMAT csv, HEADER, NULL 'none')",
                      text))
          .isEqualTo(2);
      assertThat(text).hasToString("id,name\n600,ä\n601,none\n");
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      copy(connection)
          .copyOut("COPY (SELECT id, name FROM many WHERE id = 600) TO STDOUT BINARY", bytes);
      run(connection, "DELETE FROM many WHERE id = 600");
      assertThat(
              copy(connection)
                  .copyIn(
                      "COPY many (id, name) FROM STDIN (FORMAT binary)",
                      new ByteArrayInputStream(bytes.toByteArray())))
          .isEqualTo(1);
      StringWriter written = new StringWriter();
      assertThat(
              copy(connection)
                  .copyOut(
                      "COPY (INSERT INTO counted (v) VALUES ('by copy') RETURNING v) TO STDOUT",
                      written))
          .isEqualTo(1);
      assertThat(written).hasToString("by copy\n");
      connection.setAutoCommit(false);
      connection.setReadOnly(true);
      assertThat(copy(connection).copyOut("COPY keyless TO STDOUT", new StringWriter()))
          .isNotNegative();
      assertThatThrownBy(() -> in(connection, "COPY keyless FROM STDIN", "1\tx\n"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("25006");
      connection.rollback();
    }
    equalEverywhere();
  }

  /** As PostgreSQL's own driver says it: a Statement has no place for the bytes. */
  @Test
  void aStatementRefusesCopyAsTheVendorsDriverDoes() throws Exception {
    try (Connection connection = connect();
        Connection direct = direct(0)) {
      for (String sql : new String[] {"COPY many FROM STDIN", "COPY many TO STDOUT"}) {
        String theirs = message(direct, sql);
        assertThat(message(connection, sql)).isEqualTo(theirs);
        assertThat(ask(connection, "SELECT 1")).isEqualTo("1");
      }
      assertThatThrownBy(() -> in(connection, "INSERT INTO keyless VALUES (9, 'x')", ""))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("one COPY statement");
      assertThatThrownBy(() -> in(connection, "COPY many TO STDOUT", ""))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("42809");
      assertThat(ask(connection, "SELECT count(*) FROM keyless WHERE v = 9")).isEqualTo("0");
      assertThat(connection.isWrapperFor(CopyApi.class)).isTrue();
      assertThatThrownBy(() -> connection.unwrap(PGConnection.class))
          .hasMessageContaining(CopyApi.class.getName());
    }
  }

  private static String message(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return "no error";
    } catch (SQLException e) {
      return e.getSQLState() + " " + e.getMessage();
    }
  }

  /** Rows go to the log in chunks, and are read back in portions. */
  @Test
  void aLargeOneIsStaged() throws Exception {
    int rows = 60_000;
    try (Connection connection = connect()) {
      assertThat(copy(connection).copyIn("COPY large FROM STDIN", new Rows(rows, 1, () -> {})))
          .isEqualTo(rows);
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT count(*) FROM large")).isEqualTo(Integer.toString(rows));
    }
  }

  /** The bytes are gone, so it cannot be run again unseen; nothing of it is left. */
  @Test
  void aLinkThatIsLostInTheMiddleIs40001() throws Exception {
    try (Connection connection = connect();
        Connection direct = direct(0)) {
      run(connection, "DELETE FROM large");
      Rows rows =
          new Rows(
              20_000,
              3,
              () ->
                  run(
                      direct,
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          + " WHERE query LIKE 'COPY large%' AND pid <> pg_backend_pid()"));
      assertThatThrownBy(() -> copy(connection).copyIn("COPY large FROM STDIN", rows))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("cannot be run again")
          .extracting("SQLState")
          .isEqualTo("40001");
      assertThat(ask(connection, "SELECT count(*) FROM large")).isEqualTo("0");
      connection.setAutoCommit(false);
      Rows again =
          new Rows(
              20_000,
              3,
              () ->
                  run(
                      direct,
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          + " WHERE query LIKE 'COPY large%' AND pid <> pg_backend_pid()"));
      assertThatThrownBy(() -> copy(connection).copyIn("COPY large FROM STDIN", again))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("40001");
      connection.rollback();
    }
    equalEverywhere();
  }

  @Test
  void anotherThreadMayCancelIt() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    CountDownLatch halfway = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    try (Connection connection = connect()) {
      Rows rows =
          new Rows(
              1000,
              -2,
              () -> {
                halfway.countDown();
                assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
              });
      CopyApi copy = copy(connection);
      Future<?> canceller =
          other.submit(
              () -> {
                assertThat(halfway.await(20, TimeUnit.SECONDS)).isTrue();
                copy.cancel();
                cancelled.countDown();
                return null;
              });
      assertThatThrownBy(() -> copy.copyIn("COPY large FROM STDIN", rows))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("57014");
      canceller.get(20, TimeUnit.SECONDS);
      assertThat(ask(connection, "SELECT count(*) FROM large WHERE a = -2")).isEqualTo("0");
    } finally {
      other.shutdownNow();
    }
  }

  /** † The write of EXPLAIN ANALYZE happens, and is logged. */
  @Test
  void explainAnalyzeOfAWriteIsTraced() throws Exception {
    try (Connection connection = connect()) {
      assertThat(
              ask(
                  connection,
                  "EXPLAIN (ANALYZE, COSTS off, TIMING off) INSERT INTO counted (v)"
                      + " VALUES ('explained'), ('twice')"))
          .startsWith("Insert on counted (actual rows=");
      ask(connection, "EXPLAIN ANALYZE UPDATE counted SET v = v || random() WHERE v = 'explained'");
      ask(connection, "EXPLAIN DELETE FROM counted");
      ask(connection, "EXPLAIN CREATE TABLE x AS SELECT * FROM counted");
    }
    equalEverywhere();
    try (Connection b = direct(1)) {
      assertThat(ask(b, "SELECT count(*) FROM counted WHERE v LIKE 'explained0.%' OR v = 'twice'"))
          .isEqualTo("2");
    }
  }

  /**
   * † COMMIT runs the query of a cursor WITH HOLD, which may fail: so its transaction must not be
   * in the log by then, and is one that wrote nothing.
   */
  @Test
  void aCursorWithHoldOutlivesATransactionThatWroteNothing() throws Exception {
    try (Connection connection = connect()) {
      run(connection, "DECLARE alone CURSOR WITH HOLD FOR SELECT generate_series(1, 5)");
      assertThat(ask(connection, "FETCH 2 FROM alone")).isEqualTo("1 2");
      connection.setAutoCommit(false);
      run(connection, "DECLARE held SCROLL CURSOR WITH HOLD FOR SELECT generate_series(1, 5)");
      assertThat(ask(connection, "FETCH 2 FROM held")).isEqualTo("1 2");
      connection.commit();
      run(connection, "INSERT INTO keyless VALUES (700, 'beside a held cursor')");
      assertThat(ask(connection, "FETCH 2 FROM held")).isEqualTo("3 4");
      connection.commit();
      run(connection, "CLOSE held");
      assertThat(ask(connection, "FETCH ALL FROM alone")).isEqualTo("3 4 5");
      connection.commit();
      run(
          connection,
          "DECLARE late CURSOR WITH HOLD FOR SELECT 1 / (5 - g) FROM generate_series(1, 5) g");
      assertThatThrownBy(connection::commit)
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("22012");
      run(
          connection,
          "DECLARE late CURSOR WITH HOLD FOR SELECT 1 / (5 - g) FROM generate_series(1, 5) g");
      assertThatThrownBy(() -> run(connection, "INSERT INTO keyless VALUES (701, 'x')"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("WITH HOLD and a write");
      connection.rollback();
      run(connection, "INSERT INTO keyless VALUES (702, 'x')");
      assertThatThrownBy(() -> run(connection, "DECLARE late CURSOR WITH HOLD FOR SELECT 1"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("WITH HOLD and a write");
      connection.rollback();
      connection.setReadOnly(true);
      assertThatThrownBy(() -> run(connection, "DECLARE late CURSOR WITH HOLD FOR SELECT 1"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("read-write");
      connection.rollback();
    }
    equalEverywhere();
  }

  @Test
  void maintenanceRunsOnEveryBackend() throws Exception {
    try (Connection connection = connect()) {
      run(
          connection,
          "INSERT INTO keyless SELECT i, 'v' || i FROM generate_series(1, 500) i",
          "CREATE INDEX keyless_v ON keyless (v)");
      TandemStatus.awaitEverything(connection, LIMIT);
      run(
          connection,
          "VACUUM (ANALYZE) keyless",
          "REINDEX INDEX CONCURRENTLY keyless_v",
          "REINDEX TABLE keyless",
          "CLUSTER keyless USING keyless_v",
          "ANALYZE");
      assertThatThrownBy(() -> run(connection, "CHECKPOINT"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("on backend a; done on: []");
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> run(connection, "VACUUM keyless"))
          .isInstanceOf(SQLException.class)
          .extracting("SQLState")
          .isEqualTo("25001");
      connection.rollback();
      run(connection, "ANALYZE keyless");
      connection.commit();
    }
    equalEverywhere();
    for (int server = 0; server < 2; server++) {
      try (Connection direct = direct(server)) {
        assertThat(ask(direct, "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'keyless'"))
            .isEqualTo("t");
        assertThat(ask(direct, "SELECT reltuples FROM pg_class WHERE relname = 'keyless_v'"))
            .isNotEqualTo("0");
      }
    }
  }

  /** Lines of the table large, with something that happens when half of them have been read. */
  private static final class Rows extends Reader {
    interface Halfway {
      void run() throws SQLException, InterruptedException;
    }

    private final int rows;
    private final int mark;
    private final Halfway halfway;
    private int row;
    private String line = "";
    private int at;

    Rows(int rows, int mark, Halfway halfway) {
      this.rows = rows;
      this.mark = mark;
      this.halfway = halfway;
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
      if (at == line.length()) {
        if (row == rows) {
          return -1;
        }
        if (row == rows / 2) {
          try {
            halfway.run();
          } catch (SQLException e) {
            throw new IOException(e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
          }
        }
        line = row + "\t" + mark + "\t" + row % 7 + "\tfiller of some length\n";
        at = 0;
        row++;
      }
      int count = Math.min(length, line.length() - at);
      line.getChars(at, at + count, target, offset);
      at += count;
      return count;
    }

    @Override
    public void close() {}
  }
}
