package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The driver with its own engine over two servers keeps the contract. */
final class EmbeddedContractTest extends SurfaceContract {
  private static final TandemDriver DRIVER =
      new TandemDriver(new EngineRegistry(EmbeddedEngine::open, Duration.ofMinutes(1)));

  @TempDir private static Path directory;
  private static EmbeddedPostgres a;
  private static EmbeddedPostgres b;

  @BeforeAll
  static void start() throws IOException {
    a = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    b = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  @AfterAll
  static void end() throws IOException {
    a.close();
    b.close();
  }

  @Override
  Connection connect() throws SQLException {
    return connect("postgres", "");
  }

  private static Connection connect(String database, String parameters) throws SQLException {
    String url =
        "jdbc:tandem:["
            + backend(a, database, parameters)
            + ","
            + backend(b, database, parameters)
            + "]?names=a,b&log="
            + directory.resolve(database);
    Connection connection = DRIVER.connect(url, new Properties());
    if (connection == null) {
      throw new SQLException("the driver does not know its URL", "08001");
    }
    return connection;
  }

  private static String backend(EmbeddedPostgres server, String database, String parameters) {
    String url = server.getJdbcUrl("postgres", database);
    return parameters.isEmpty()
        ? url
        : url + parameters.replace("?", url.contains("?") ? "&" : "?");
  }

  @Override
  boolean isTandems() {
    return true;
  }

  @Test
  void nothingThatCanBeReachedLeadsAroundTheEngine() throws SQLException {
    try (Connection walked = connect()) {
      assertThat(new SurfaceWalk(walked).walk()).isEmpty();
    }
  }

  private static String eventually(EmbeddedPostgres server, String database, String sql)
      throws SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try (Connection direct = server.getDatabase("postgres", database).getConnection();
          Statement statement = direct.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        String answer = rows.next() ? String.valueOf(rows.getString(1)) : "no row";
        if (!answer.equals("not yet") || System.nanoTime() > deadline) {
          return answer;
        }
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Test
  void whatAnUpdatableResultHasChangedIsOnBothCopies() throws SQLException {
    run("DROP TABLE IF EXISTS changed");
    run("CREATE TABLE changed (id serial PRIMARY KEY, name text, at timestamptz DEFAULT now())");
    run("INSERT INTO changed (name) VALUES ('a'), ('b'), ('c')");
    for (boolean commits : new boolean[] {false, true}) {
      connection.setAutoCommit(false);
      changeARowOfEachKind();
      if (commits) {
        connection.commit();
      } else {
        connection.rollback();
      }
      connection.setAutoCommit(true);
    }
    changeARowOfEachKind();
    run("INSERT INTO changed (name) VALUES ('end')");
    String all =
        "SELECT CASE WHEN bool_or(name = 'end') THEN string_agg(id || name || at, ' ' ORDER BY id)"
            + " ELSE 'not yet' END FROM changed";
    String first = eventually(a, "postgres", all);
    // Those of the transaction that was rolled back are not there; its serials are gone.
    assertThat(text("SELECT string_agg(name, ' ' ORDER BY id) FROM changed"))
        .isEqualTo("a!! new! new end");
    assertThat(eventually(b, "postgres", all)).isEqualTo(first);
  }

  @Test
  void aTemporaryTableIsUpdatedAndNotTheOneThatItHides() throws SQLException {
    run("INSERT INTO t (name) VALUES ('kept')");
    run("CREATE TEMP TABLE t (id int PRIMARY KEY, name text)");
    run("INSERT INTO t VALUES (1, 'temporary')");
    try (Statement statement =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
        ResultSet hiding = statement.executeQuery("SELECT * FROM t")) {
      hiding.next();
      hiding.updateString("name", "changed");
      hiding.updateRow();
      hiding.moveToInsertRow();
      hiding.updateInt("id", 2);
      hiding.insertRow();
      assertThat(text("SELECT count(*) || max(name) FROM pg_temp.t")).isEqualTo("2changed");
      try (Statement hidden =
              connection.createStatement(
                  ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
          ResultSet rows = hidden.executeQuery("SELECT * FROM public.t")) {
        rows.next();
        rows.updateInt("amount", 7);
        rows.updateRow();
      }
    }
    run("DROP TABLE pg_temp.t");
    assertThat(text("SELECT name || amount FROM t")).isEqualTo("kept7.00");
  }

  /** Updates the first row, deletes the second and inserts another. */
  private void changeARowOfEachKind() throws SQLException {
    try (Statement statement =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
        ResultSet rows = statement.executeQuery("SELECT * FROM changed ORDER BY id")) {
      rows.first();
      rows.updateString("name", rows.getString("name") + "!");
      rows.updateRow();
      rows.next();
      rows.deleteRow();
      rows.next();
      rows.updateString("name", "new!");
      rows.updateRow();
      rows.moveToInsertRow();
      rows.updateString("name", "new");
      rows.insertRow();
      assertThat(rows.getTimestamp("at")).isNotNull();
    }
  }

  @Test
  void whatBecameOfATransactionIsKnownByItsToken() throws SQLException {
    new TokenContract(connection).isKept();
  }

  /** INSERTs of several connections may share a transaction; one that has a token may not. */
  @Test
  void anInsertOnItsOwnHasATokenToo() throws SQLException {
    String token = TokenContract.show(connection, "SHOW tandem.transaction_token");
    run("INSERT INTO t (name) VALUES ('alone')");
    assertThat(TokenContract.show(connection, "SHOW TANDEM OUTCOME '" + token + "'"))
        .isEqualTo("committed");
  }

  @Test
  void theConfigurationIsShownWithItsSources() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW TANDEM CONFIG")) {
      while (rows.next() && !rows.getString("name").equals("backends.b.url")) {
        // the next one
      }
      assertThat(rows.getString("value")).contains(":" + b.getPort() + "/postgres");
      assertThat(rows.getString("source")).isEqualTo("URL");
    }
  }

  @Test
  void whatACallWritesIsOnEveryServer() throws SQLException {
    run(
        "CREATE OR REPLACE FUNCTION noted(what text, OUT id int) LANGUAGE plpgsql AS"
            + " 'BEGIN INSERT INTO t (name) VALUES (what) RETURNING t.id INTO id; END'");
    try (CallableStatement call = connection.prepareCall("{call noted(?, ?)}")) {
      call.setString(1, "called");
      call.registerOutParameter(2, Types.INTEGER);
      call.execute();
      assertThat(call.getInt(2)).isPositive();
    }
    for (EmbeddedPostgres server : List.of(a, b)) {
      assertThat(
              eventually(
                  server,
                  "postgres",
                  "SELECT CASE count(*) WHEN 0 THEN 'not yet' ELSE max(name) END FROM t"))
          .isEqualTo("called");
    }
  }

  /** An application's old URL may say anything of this. */
  @Test
  void propertiesOfTheVendorsDriverDoNotSpoilReplication() throws SQLException {
    for (EmbeddedPostgres server : List.of(a, b)) {
      try (Connection direct = server.getPostgresDatabase().getConnection();
          Statement statement = direct.createStatement()) {
        statement.execute("CREATE DATABASE vendor");
      }
    }
    String parameters =
        "?reWriteBatchedInserts=true&defaultRowFetchSize=2&stringtype=unspecified"
            + "&prepareThreshold=1&preferQueryMode=extended";
    try (Connection own = connect("vendor", parameters)) {
      batches(own);
    }
    for (EmbeddedPostgres server : List.of(a, b)) {
      assertThat(
              eventually(
                  server,
                  "vendor",
                  "SELECT CASE WHEN count(*) < 60 THEN 'not yet' ELSE count(*) || ' '"
                      + " || count(made) || ' ' || count(DISTINCT data::text) || ' '"
                      + " || (SELECT count(*) FROM w) END FROM v"))
          .isEqualTo("60 60 30 30");
    }
    assertThatThrownBy(() -> connect("other", "?preferQueryMode=simple"))
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getSQLState()).isEqualTo("F0000");
              assertThat(e.getMessage()).contains("preferQueryMode=simple");
            });
  }

  private static void batches(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE v (id serial PRIMARY KEY, data json, made timestamptz DEFAULT now(),"
              + " raw bytea)");
      statement.execute("CREATE TABLE w (id int PRIMARY KEY, name text)");
    }
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO w VALUES (?, ?)")) {
      for (int i = 0; i < 30; i++) {
        insert.setInt(1, i);
        insert.setString(2, "as it is");
        insert.addBatch();
      }
      assertThat(insert.executeBatch()).hasSize(30).containsOnly(1);
    }
    for (int round = 0; round < 2; round++) {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO v (data, raw) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
        for (int i = 0; i < 30; i++) {
          insert.setString(1, "{\"n\": " + i + "}");
          insert.setBytes(2, new byte[] {(byte) i});
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).hasSize(30).containsOnly(1);
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW TANDEM STATUS")) {
      int column = rows.findColumn("state");
      while (rows.next()) {
        assertThat(rows.getString(column)).isIn("ONLINE", "CATCHING_UP");
      }
    }
  }

  /** † What was left of its answer became that of other statements, and copies differed. */
  @Test
  void aParameterWithoutAValueDoesNotShiftTheAnswersOfOthers() throws SQLException {
    run("INSERT INTO t (name) VALUES ('one'), ('two')");
    for (String sql : List.of("SELECT $1", "UPDATE t SET name = $1", "EXPLAIN SELECT $1")) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> run(sql)).isInstanceOf(SQLException.class);
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery("SELECT " + i)) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getInt(1)).isEqualTo(i);
          assertThat(statement.executeUpdate("UPDATE t SET amount = amount + 1")).isEqualTo(2);
        }
      }
    }
  }

  // --- whose word counts --------------------------------------------------------------------

  /** SQLState and text, without the place, which is in the whole text or in one statement's. */
  private static String answer(Connection connection, String sql, boolean escapes) {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(escapes);
      statement.execute(sql);
      return "no error";
    } catch (SQLException e) {
      return e.getSQLState()
          + " "
          + String.valueOf(e.getMessage()).replaceAll("\\s*Position:.*", "");
    }
  }

  @Test
  void whatIsWrongInAListTheServerSays() throws SQLException {
    try (Connection direct = a.getPostgresDatabase().getConnection()) {
      for (String sql :
          List.of(
              "SELECT 1;SELEC",
              "SELEC;SELECT 1",
              "INSERT INTO t (name) VALUES ('lost'); SELEC",
              "SELECT 1; CREATE TABLE unfinished (",
              "SELECT ';'; FOO",
              "CREATE TEMP TABLE brief (a int); SELEC",
              "CREATE TEMP TABLE brief (a int); SELECT nosuch(a) FROM brief",
              "SELECT 1; SELECT nosuch('x')",
              "SELECT 1; SELECT nosuch(NULL)",
              "SELECT nosuch(NULL)",
              "SELECT nosuch('x')",
              "SELECT 1; SELECT lo_create('x')",
              "SELECT 1; SET search_path TO",
              "SET search_path TO",
              "SET search_path TO ,",
              "SET application_name",
              "SET TIME ZONE",
              "SET TRANSACTION",
              "SET ROLE",
              "SET nothing TO 1",
              "SELECT 1; SET nothing TO 1")) {
        assertThat(answer(connection, sql, true))
            .as(sql)
            .isEqualTo(answer(direct, sql, true))
            .isNotEqualTo("no error");
      }
      for (String sql :
          List.of(
              "SELECT {d '2020-01-01'}",
              "SELECT 1; SELECT {ts '2020-01-01 00:00:00'}",
              "INSERT INTO t (name) VALUES ({fn upper('x')})")) {
        assertThat(answer(connection, sql, false)).as(sql).isEqualTo(answer(direct, sql, false));
        assertThat(answer(connection, sql, false)).startsWith("42601");
      }
    }
    assertThat(text("SELECT count(*) FROM t")).isEqualTo("0");
  }

  /** What a server would take has Tandem's own reason. */
  @Test
  void whatIsRightAndRefusedHasTandemsReason() {
    assertThat(answer(connection, "SELECT 1; SELECT lo_create(0)", true))
        .startsWith("0A000")
        .contains("lo_create");
    assertThat(answer(connection, "CREATE TEMP TABLE b (a int); SET xmloption TO document", true))
        .startsWith("0A000");
  }

  @Test
  void aFunctionIsMissedByTheTypesOfItsParameters() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT nosuch(?, ?)")) {
      select.setInt(1, 1);
      select.setString(2, "x");
      assertThatThrownBy(select::execute)
          .hasMessageContaining("nosuch(integer, character varying) does not exist");
    }
  }

  @Test
  void aParameterByNumberThatNobodyCanSetIsNone() throws SQLException {
    for (String sql :
        List.of("SELECT $3", "SELECT 1; SELECT $1", "UPDATE t SET name = $1", "SELECT ?, $2")) {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        if (sql.contains("?")) {
          statement.setInt(1, 1);
        }
        assertThatThrownBy(statement::execute)
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42P02"))
            .hasMessageContaining("there is no parameter $");
      }
    }
    assertThat(answer(connection, "SELEC $1", true))
        .isEqualTo("42601 ERROR: syntax error at or near \"SELEC\"");
  }

  /** † A server takes it for the end of the text, and loses its place: that cost sixteen links. */
  @Test
  void aTextWithANulIsRefusedAndCostsNoLink() throws SQLException {
    run("INSERT INTO t (name) VALUES ('one')");
    String process = text("SELECT pg_backend_pid() FROM t FOR UPDATE");
    for (String sql :
        List.of(
            "SELECT 'a\0b'",
            "INSERT INTO t (name) VALUES ('a\0b')",
            "SELECT 1 /* \0 */",
            "SELECT 1; SELECT \"a\0\"",
            "SELECT 1\0")) {
      assertThat(answer(connection, sql, true))
          .isEqualTo("22021 invalid byte sequence for encoding \"UTF8\": 0x00");
      try (PreparedStatement prepared = connection.prepareStatement(sql)) {
        assertThatThrownBy(prepared::getMetaData).isInstanceOf(SQLException.class);
        assertThatThrownBy(prepared::getParameterMetaData).isInstanceOf(SQLException.class);
      }
    }
    assertThat(text("SELECT pg_backend_pid() FROM t FOR UPDATE")).isEqualTo(process);
  }

  @Test
  void aListUsesTheTemporaryTableThatItMakes() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TEMP TABLE made (a int); INSERT INTO made VALUES (1), (2);"
              + " INSERT INTO t (name) SELECT a FROM made");
      statement.execute("DROP TABLE made");
      statement.execute(
          "CREATE SCHEMA IF NOT EXISTS aside; SET search_path TO aside;"
              + " CREATE TABLE IF NOT EXISTS found (id int PRIMARY KEY);"
              + " INSERT INTO found VALUES (1) ON CONFLICT DO NOTHING; RESET search_path");
    }
    assertThat(text("SELECT count(*) FROM t")).isEqualTo("2");
    assertThat(text("SELECT count(*) FROM aside.found")).isEqualTo("1");
  }

  // --- modes --------------------------------------------------------------------------------

  @Test
  void modesAreShownAsTheyWereSet() throws SQLException {
    try (Connection direct = a.getPostgresDatabase().getConnection()) {
      for (Connection each : List.of(direct, connection)) {
        for (boolean autoCommit : new boolean[] {true, false}) {
          each.setAutoCommit(autoCommit);
          mode(each, Connection.TRANSACTION_READ_UNCOMMITTED, "read uncommitted");
          mode(each, Connection.TRANSACTION_REPEATABLE_READ, "repeatable read");
          if (autoCommit) { // a block needs prepared transactions, which these servers do not have
            mode(each, Connection.TRANSACTION_SERIALIZABLE, "serializable");
          }
          mode(each, Connection.TRANSACTION_READ_COMMITTED, "read committed");
        }
        each.setAutoCommit(true);
        try (Statement statement = each.createStatement()) {
          statement.execute("BEGIN ISOLATION LEVEL READ UNCOMMITTED");
          assertThat(shown(each, "transaction_isolation")).isEqualTo("read uncommitted");
          assertThat(shown(each, "default_transaction_isolation")).isEqualTo("read committed");
          assertThat(each.getTransactionIsolation())
              .isEqualTo(Connection.TRANSACTION_READ_UNCOMMITTED);
          statement.execute("ROLLBACK");
          statement.execute(
              "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ,"
                  + " READ ONLY");
          assertThat(shown(each, "transaction_isolation")).isEqualTo("repeatable read");
          assertThat(shown(each, "transaction_read_only")).isEqualTo("on");
          assertThat(shown(each, "default_transaction_read_only")).isEqualTo("on");
          statement.execute(
              "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED,"
                  + " READ WRITE");
        }
        for (int level : new int[] {Connection.TRANSACTION_NONE, 3}) {
          assertThatThrownBy(() -> each.setTransactionIsolation(level))
              .isInstanceOfSatisfying(
                  SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"));
        }
      }
    }
  }

  private static void mode(Connection connection, int level, String name) throws SQLException {
    connection.setTransactionIsolation(level);
    assertThat(connection.getTransactionIsolation()).isEqualTo(level);
    assertThat(shown(connection, "transaction_isolation")).isEqualTo(name);
    assertThat(shown(connection, "TRANSACTION ISOLATION LEVEL")).isEqualTo(name);
    assertThat(shown(connection, "default_transaction_isolation")).isEqualTo(name);
    if (!connection.getAutoCommit()) {
      connection.rollback();
    }
  }

  private static String shown(Connection connection, String setting) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW " + setting)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  @Test
  void aUrlThatIsNoneIsAnSqlException() throws SQLException {
    assertThatThrownBy(() -> DRIVER.connect(null, new Properties()))
        .isInstanceOf(SQLException.class)
        .hasMessage("url is null");
    assertThat(DRIVER.connect("jdbc:postgresql://localhost/x", null)).isNull();
    assertThatThrownBy(() -> DRIVER.connect("jdbc:tandem:", null)).isInstanceOf(SQLException.class);
  }
}
