package org.tandemdb.it.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;
import org.tandemdb.it.server.TandemStatus;
import org.tandemdb.it.workload.Comparison;

/** What a session keeps between its statements: prepared statements, settings, roles, modes. */
class SessionStateIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static ServerPair pair;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    pair = ServerPair.start(2, Map.of("fsync", "off", "max_prepared_transactions", "10"));
  }

  @AfterAll
  static void end() {
    pair.close();
  }

  @BeforeEach
  void tables() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "DROP TABLE IF EXISTS note", "DROP TABLE IF EXISTS copied");
      run(
          connection,
          "CREATE TABLE note (id serial PRIMARY KEY, n bigint, t text, d date, z timestamptz,"
              + " i interval, b bytea)");
    }
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(pair.tandemUrl());
  }

  /** As with PostgreSQL's driver, whichever links there are from before. */
  @Test
  void aConnectionHasTheDefaultZoneOfItsBeginning() throws Exception {
    // Another configuration has an engine of its own: others' tests look at zones of links.
    String url = pair.tandemUrl() + "&max_idle_users=15";
    TimeZone before = TimeZone.getDefault();
    try (Connection first = DriverManager.getConnection(url)) {
      String own = zone(first);
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
      try (Connection second = DriverManager.getConnection(url);
          Connection third = DriverManager.getConnection(url)) {
        for (Connection connection : new Connection[] {second, third, second, third}) {
          assertThat(zone(connection)).isEqualTo("Asia/Tokyo");
          run(connection, "INSERT INTO note (z) VALUES ('2020-01-01 09:00')");
        }
        assertThat(zone(first)).isEqualTo(own);
      }
      TimeZone.setDefault(before);
      try (Connection last = DriverManager.getConnection(url);
          Statement statement = last.createStatement()) {
        assertThat(zone(last)).isEqualTo(own);
        try (ResultSet rows =
            statement.executeQuery("SELECT count(*) FROM note WHERE z = '2020-01-01 00:00+00'")) {
          rows.next();
          assertThat(rows.getInt(1)).isEqualTo(4);
        }
        TandemStatus.awaitEverything(last, LIMIT);
      }
    } finally {
      TimeZone.setDefault(before);
    }
  }

  private static String zone(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT current_setting('TimeZone')")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void run(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "no row";
    }
  }

  private static void assertFails(Connection connection, String sql, String state) {
    assertThatThrownBy(() -> run(connection, sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).as(sql).isEqualTo(state));
  }

  private static void assertEqualCopies(Connection connection) throws SQLException {
    TandemStatus.awaitEverything(connection, LIMIT);
    try (Connection a = DriverManager.getConnection(pair.server("a").url(ServerPair.DATABASE));
        Connection b = DriverManager.getConnection(pair.server("b").url(ServerPair.DATABASE))) {
      Comparison comparison = Comparison.of(a, b);
      assertThat(comparison.findings()).isEmpty();
    }
  }

  /** Ends the server process behind the connection's writes, on whichever server it is. */
  private static void endLink(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    String pid = text(connection, "SELECT pg_backend_pid()");
    connection.commit();
    connection.setAutoCommit(true);
    for (var server : pair.servers()) {
      server.execute(
          ServerPair.DATABASE,
          "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid = "
              + pid
              + " AND backend_type = 'client backend'");
    }
  }

  @Test
  void preparedStatementsArePlannedAsWhatTheyAre() throws SQLException {
    try (Connection connection = connect()) {
      run(
          connection,
          "PREPARE ins (bigint, text) AS INSERT INTO note (n, t) VALUES ($1, $2 || $1)",
          "EXECUTE ins(7, 'it''s ')",
          "PREPARE brief AS SELECT $1::int; EXECUTE brief(1); DEALLOCATE brief",
          "EXECUTE ins((random() * 1000)::bigint, 'random ')",
          "EXECUTE ins(NULL, NULL)",
          "PREPARE later AS UPDATE note SET d = $1, z = now() WHERE n = $2 OR n > $2",
          "EXECUTE later('2020-02-29', -5)",
          "PREPARE one AS SELECT $1, t FROM note WHERE n = $2::int ORDER BY $1 LIMIT $3");
      assertThat(text(connection, "EXECUTE one('x', '7', 1)")).isEqualTo("x");
      assertThat(text(connection, "SELECT t FROM note WHERE n = 7")).isEqualTo("it's 7");
      // Evaluated once: what is in one column is in the other.
      assertThat(text(connection, "SELECT t = 'random ' || n FROM note WHERE t LIKE 'random%'"))
          .isEqualTo("t");
      assertThat(text(connection, "EXPLAIN (COSTS off) EXECUTE one(1, 2, 3)")).startsWith("Limit");
      assertThat(text(connection, "SHOW TANDEM PLAN FOR EXECUTE ins(1, 'x')"))
          .isEqualTo("CAPTURED");
      run(
          connection,
          "PREPARE few AS SELECT id, t FROM note WHERE n = $1",
          "CREATE TABLE copied AS EXECUTE few(7)");
      assertThat(text(connection, "SELECT t FROM copied")).isEqualTo("it's 7");
      try (PreparedStatement prepared = connection.prepareStatement("EXECUTE one(1, 7, 5)");
          ResultSet rows = prepared.executeQuery()) {
        assertThat(rows.getMetaData().getColumnName(1)).isEqualTo("?column?");
        assertThat(rows.next()).isTrue();
      }
      assertEqualCopies(connection);
    }
  }

  @Test
  void preparedStatementsHaveTheServersErrors() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "PREPARE p (int) AS SELECT $1");
      assertFails(connection, "PREPARE p AS SELECT 1", "42P05");
      assertFails(connection, "EXECUTE q", "26000");
      assertFails(connection, "EXECUTE p", "42601");
      assertFails(connection, "EXECUTE p(1, 2)", "42601");
      assertFails(connection, "EXECUTE p('x')", "22P02");
      assertFails(connection, "EXECUTE p(1 / 0)", "22012");
      assertFails(connection, "PREPARE r AS SELECT nothing FROM note", "42703");
      assertFails(connection, "DEALLOCATE r", "26000");
      connection.setAutoCommit(false);
      run(connection, "PREPARE kept AS INSERT INTO note (n) VALUES ($1)", "EXECUTE kept(1)");
      connection.rollback();
      run(connection, "EXECUTE kept(2)");
      connection.commit();
      assertFails(connection, "EXECUTE q", "26000");
      assertFails(connection, "EXECUTE kept(3)", "25P02");
      connection.rollback();
      connection.setAutoCommit(true);
      assertThat(text(connection, "SELECT sum(n) FROM note")).isEqualTo("2");
      run(connection, "DEALLOCATE ALL");
      assertFails(connection, "EXECUTE kept(1)", "26000");
      assertEqualCopies(connection);
    }
  }

  @Test
  void whatASessionKeepsOutlivesItsLinks() throws SQLException {
    try (Connection connection = connect()) {
      run(
          connection,
          "PREPARE p AS INSERT INTO note (n, i) VALUES ($1, $2)",
          "SET IntervalStyle = 'sql_standard'",
          "SET app.tenant = 'seven'",
          "EXECUTE p(1, '-1 2:03:04')",
          "INSERT INTO note (id, i) VALUES (90, '-1 2:03:04')");
      endLink(connection);
      run(connection, "EXECUTE p(2, '-1 2:03:04')");
      assertThat(text(connection, "SELECT current_setting('app.tenant')")).isEqualTo("seven");
      assertThat(text(connection, "SELECT count(DISTINCT i) FROM note WHERE n > 0")).isEqualTo("1");
      assertEqualCopies(connection);
    }
  }

  /** † A text means what it does under the settings of its moment, not of COMMIT. */
  @Test
  void textsAreReadUnderTheSettingsOfTheirMoment() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      run(
          connection,
          "INSERT INTO note (id, z, d) VALUES (1, '2020-01-01 00:00:00', '01-02-2020')",
          "SET LOCAL TimeZone = 'Asia/Tokyo'",
          "SET DateStyle = 'ISO, DMY'",
          "INSERT INTO note (id, z, d) VALUES (2, '2020-01-01 00:00:00', '01-02-2020')",
          "SAVEPOINT s",
          "SET TimeZone = 'America/Lima'",
          "SET bytea_output = 'escape'",
          "INSERT INTO note (id, z) VALUES (3, '2020-01-01 00:00:00')",
          "ROLLBACK TO s",
          "INSERT INTO note (id, z, b) VALUES (4, '2020-01-01 00:00:00', '\\x5c00ff')",
          "SET LOCAL TimeZone = 'Europe/Berlin'",
          "SET bytea_output = 'escape'",
          "UPDATE note SET t = b::text WHERE id = 4");
      connection.commit();
      connection.setAutoCommit(true);
      run(
          connection,
          "INSERT INTO note (id, z, d) VALUES (5, '2020-01-01 00:00:00', '01-02-2020')");
      assertThat(text(connection, "SHOW TANDEM PLAN FOR UPDATE note SET t = b::text WHERE id = 4"))
          .isEqualTo("CAPTURED");
      assertThat(text(connection, "SELECT count(DISTINCT z) FROM note WHERE id IN (2, 4)"))
          .isEqualTo("1");
      assertThat(text(connection, "SELECT string_agg(d::text, ' ' ORDER BY id) FROM note"))
          .isEqualTo("2020-01-02 2020-02-01 2020-02-01");
      assertEqualCopies(connection);
    }
  }

  /**
   * † Nor by what one server, or a link, has by itself: the primary's configuration, and the zone
   * that the process had when the link was opened.
   */
  @Test
  void whatAServerHasByItselfDecidesNoCopy() throws Exception {
    TimeZone zone = TimeZone.getDefault();
    try (Connection connection = connect()) {
      run(
          connection,
          "DROP TABLE IF EXISTS keyless, dated, searched",
          "CREATE TABLE keyless (d date, z timestamptz)",
          "CREATE TABLE searched (id int PRIMARY KEY, body text, hit boolean)");
      ownSettings(
          "DateStyle = 'ISO, DMY'",
          "IntervalStyle = 'sql_standard'",
          "bytea_output = 'escape'",
          "default_text_search_config = 'pg_catalog.simple'");
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
      endLink(connection);
      run(
          connection,
          "INSERT INTO note (id, d, z) VALUES (1, '01-02-2020', '2020-01-01 00:00:00')",
          "INSERT INTO note (id, i, b) VALUES (2, '-1 2:03:04', '\\x5c00ff')",
          "INSERT INTO note (id, i) SELECT 3, i * 2 FROM note WHERE id = 2",
          "INSERT INTO note (id, z) VALUES (4, timestamp '2020-01-01 00:00:00')",
          "INSERT INTO note (id, d) VALUES (5, '2020-05-06')",
          "UPDATE note SET t = b::text WHERE id = 2",
          "UPDATE note SET z = d WHERE id = 5",
          "UPDATE note SET n = 7 WHERE id = 5 AND d < z + '1 s'",
          "INSERT INTO keyless VALUES ('2020-02-01', '2020-01-01 00:00:00+09'), ('2020-01-02',"
              + " now())",
          "DELETE FROM keyless WHERE d = '01-02-2020' AND z = '2020-01-01 00:00:00'",
          "CREATE TABLE dated (id int, d date DEFAULT '01-02-2020', z timestamptz)"
              + " PARTITION BY RANGE (z)",
          "CREATE TABLE dated_1 PARTITION OF dated (PRIMARY KEY (id))"
              + " FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
          "CREATE TABLE dated_2 PARTITION OF dated (PRIMARY KEY (id)) DEFAULT",
          "INSERT INTO dated (id, z) VALUES (1, '2019-12-31 20:00:00+00')",
          "ALTER TABLE dated ADD COLUMN e date DEFAULT '03-04-2020'",
          "ALTER TABLE note ALTER COLUMN z TYPE text",
          "INSERT INTO searched VALUES (1, 'the cats', 'the cats' @@ 'cat')",
          "UPDATE searched SET hit = body @@ 'the' WHERE id = 1");
      assertThat(text(connection, "SELECT d FROM note WHERE id = 1")).isEqualTo("2020-02-01");
      assertThat(text(connection, "SELECT n FROM note WHERE id = 5")).isEqualTo("7");
      assertThat(text(connection, "SELECT count(*) FROM keyless")).isEqualTo("1");
      assertThat(text(connection, "SELECT count(*) FROM dated_1 WHERE d = '2020-02-01'"))
          .isEqualTo("1");
      assertThat(text(connection, "SELECT hit FROM searched")).isEqualTo("t");
      TandemStatus.awaitEverything(connection, LIMIT);
      // Compared as texts, which the settings of each server decide.
      ownSettings();
      assertEqualCopies(connection);
    } finally {
      TimeZone.setDefault(zone);
      ownSettings();
    }
  }

  /** Of the server that is the primary at first; none: as it was. */
  private static void ownSettings(String... settings) throws SQLException {
    PostgresServer server = pair.server("a");
    server.execute(ServerPair.DATABASE, "ALTER SYSTEM RESET ALL");
    for (String setting : settings) {
      server.execute(ServerPair.DATABASE, "ALTER SYSTEM SET " + setting);
    }
    // A session that begins later has read the file again.
    server.execute(ServerPair.DATABASE, "SELECT pg_reload_conf()");
    String expected = settings.length == 0 ? "hex" : "escape";
    Instant end = Instant.now().plus(LIMIT);
    String shown = "";
    while (!shown.equals(expected)) {
      assertThat(Instant.now()).isBefore(end);
      try (Connection direct = DriverManager.getConnection(server.url(ServerPair.DATABASE))) {
        shown = text(direct, "SHOW bytea_output");
      }
    }
  }

  @Test
  void poolsMayResetAndDiscard() throws SQLException {
    try (Connection connection = connect()) {
      run(
          connection,
          "SET search_path = pg_catalog",
          "SET work_mem = '1MB'",
          "SET my.own = 'x'",
          "PREPARE p AS SELECT 1",
          "CREATE TEMP TABLE brief (n int)",
          "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
      assertFails(connection, "INSERT INTO public.note (n) VALUES (1)", "25006");
      run(connection, "DISCARD ALL", "INSERT INTO note (n) VALUES (1)");
      assertThat(text(connection, "SELECT current_setting('my.own')")).isEmpty();
      assertThat(text(connection, "SHOW synchronous_commit")).isEqualTo("off");
      assertFails(connection, "EXECUTE p", "26000");
      assertFails(connection, "SELECT * FROM brief", "42P01");
      run(connection, "SET my.own = 'y'", "RESET ALL");
      assertThat(text(connection, "SELECT current_setting('my.own')")).isEmpty();
      connection.setAutoCommit(false);
      assertFails(connection, "DISCARD ALL", "25001");
      connection.rollback();
      assertEqualCopies(connection);
    }
  }

  @Test
  void aChainGoesOnWithTheModesThatItHad() throws SQLException {
    try (Connection connection = connect()) {
      assertFails(connection, "COMMIT AND CHAIN", "25P01");
      run(
          connection,
          "BEGIN ISOLATION LEVEL REPEATABLE READ",
          "INSERT INTO note (n) VALUES (1)",
          "COMMIT AND CHAIN");
      assertThat(text(connection, "SHOW transaction_isolation")).isEqualTo("repeatable read");
      run(connection, "INSERT INTO note (n) VALUES (2)", "ROLLBACK AND CHAIN");
      run(connection, "INSERT INTO note (n) VALUES (3)", "COMMIT");
      run(connection, "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE");
      connection.setAutoCommit(false);
      assertThat(text(connection, "SHOW transaction_isolation")).isEqualTo("serializable");
      connection.commit();
      run(connection, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
      assertThat(text(connection, "SHOW transaction_isolation")).isEqualTo("read committed");
      assertFails(connection, "SET TRANSACTION READ ONLY", "25001");
      connection.rollback();
      run(connection, "SET default_transaction_isolation = 'repeatable read'");
      connection.rollback();
      assertThat(text(connection, "SHOW transaction_isolation")).isEqualTo("serializable");
      connection.rollback();
      connection.setAutoCommit(true);
      assertThat(text(connection, "SELECT sum(n) FROM note")).isEqualTo("4");
      assertEqualCopies(connection);
    }
  }

  /** † Reads and writes are the role's; what is applied is Tandem's own. */
  @Test
  void aRoleIsTakenOnEveryLinkAndGivenBack() throws SQLException {
    for (var server : pair.servers()) {
      server.execute(
          ServerPair.DATABASE,
          "DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
          "GRANT clerk TO " + ServerPair.ROLE,
          "GRANT CREATE ON SCHEMA public TO clerk");
    }
    try (Connection connection = connect()) {
      run(connection, "GRANT SELECT ON note TO clerk", "SET ROLE clerk");
      for (int i = 0; i < 4; i++) {
        assertThat(text(connection, "SELECT current_user")).isEqualTo("clerk");
      }
      assertFails(connection, "INSERT INTO note (n) VALUES (1)", "42501");
      run(connection, "CREATE TABLE clerks (id int PRIMARY KEY)", "INSERT INTO clerks VALUES (1)");
      endLink(connection);
      assertFails(connection, "INSERT INTO note (n) VALUES (1)", "42501");
      run(connection, "INSERT INTO clerks VALUES (2)", "DROP TABLE clerks", "RESET ROLE");
      run(connection, "INSERT INTO note (n) VALUES (1)");
      connection.setAutoCommit(false);
      run(connection, "SET LOCAL ROLE clerk");
      assertThat(text(connection, "SELECT current_user")).isEqualTo("clerk");
      connection.commit();
      assertThat(text(connection, "SELECT current_user")).isEqualTo(ServerPair.ROLE);
      run(connection, "SET ROLE clerk");
      connection.commit();
    }
    try (Connection connection = connect()) {
      for (int i = 0; i < 4; i++) {
        assertThat(text(connection, "SELECT current_user")).isEqualTo(ServerPair.ROLE);
      }
      run(connection, "INSERT INTO note (n) VALUES (1)");
      assertEqualCopies(connection);
    }
  }

  @Test
  void numbersDrawnAreTheSessionsOwn() throws Exception {
    try (Connection connection = connect();
        Connection other = connect()) {
      assertFails(connection, "SELECT currval('note_id_seq')", "55000");
      assertFails(connection, "SELECT lastval()", "55000");
      run(connection, "INSERT INTO note (n) VALUES (1)");
      run(other, "INSERT INTO note (n) VALUES (2)");
      String mine = text(connection, "SELECT id FROM note WHERE n = 1");
      for (int i = 0; i < 3; i++) {
        assertThat(text(connection, "SELECT currval('note_id_seq')")).isEqualTo(mine);
        assertThat(text(connection, "SELECT lastval()")).isEqualTo(mine);
      }
      run(
          connection,
          "INSERT INTO note (id, n) VALUES (currval('note_id_seq') + 1000, 3)",
          "UPDATE note SET t = 'me' WHERE id = currval(pg_get_serial_sequence('note', 'id'))",
          "INSERT INTO note (id, t) VALUES (lastval() + 2000, 'n' ||"
              + " currval('public.note_id_seq'))");
      assertThat(text(connection, "SELECT t FROM note WHERE n = 1")).isEqualTo("me");
      endLink(connection);
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT currval(?), lastval()")) {
        statement.setString(1, "note_id_seq");
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          assertThat(row.getString("currval")).isEqualTo(mine);
          assertThat(row.getString("lastval")).isEqualTo(mine);
        }
      }
      run(
          connection,
          "UPDATE note SET t = 'again' WHERE id = currval('note_id_seq')",
          "SELECT nextval('note_id_seq')");
      assertThat(text(connection, "SELECT t FROM note WHERE n = 1")).isEqualTo("again");
      assertThat(text(connection, "SELECT currval('note_id_seq') > " + mine)).isEqualTo("t");
      run(connection, "DISCARD SEQUENCES");
      assertFails(connection, "SELECT currval('note_id_seq')", "55000");
      assertEqualCopies(connection);
    }
  }

  /** INSERTs that shared a transaction ran in another session of the server's. */
  @Test
  void numbersDrawnInACombinedInsertAreTheSessionsOwn() throws Exception {
    int clients = 6;
    var failures = new java.util.concurrent.ConcurrentLinkedQueue<String>();
    var threads = new java.util.ArrayList<Thread>();
    for (int c = 0; c < clients; c++) {
      int client = c;
      Thread thread =
          new Thread(
              () -> {
                try (Connection connection = connect();
                    PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO note (n) VALUES (?)")) {
                  for (int i = 0; i < 40; i++) {
                    long n = client * 1000L + i;
                    insert.setLong(1, n);
                    insert.executeUpdate();
                    if (i % 4 == 3) {
                      String id = text(connection, "SELECT id FROM note WHERE n = " + n);
                      String drawn = text(connection, "SELECT currval('note_id_seq')");
                      String last = text(connection, "SELECT lastval()");
                      if (!id.equals(drawn) || !id.equals(last)) {
                        failures.add(n + ": " + id + " " + drawn + " " + last);
                      }
                    }
                  }
                } catch (SQLException e) {
                  failures.add(e.toString());
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void advisoryLocksStayWithTheSession() throws Exception {
    try (Connection holder = connect();
        Connection other = connect()) {
      run(holder, "SELECT pg_advisory_lock(7)");
      assertThat(text(other, "SELECT pg_try_advisory_lock(7)")).isEqualTo("f");
      // Who waits for it outside of a block holds up nobody, DDL of the holder least of all.
      Thread waiter =
          new Thread(
              () -> {
                try {
                  run(other, "SELECT pg_advisory_lock(7)");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      waiter.start();
      run(holder, "ALTER TABLE note ADD COLUMN late int", "INSERT INTO note (late) VALUES (1)");
      assertThat(text(holder, "SELECT pg_advisory_unlock(7)")).isEqualTo("t");
      waiter.join();
      assertThat(text(holder, "SELECT pg_try_advisory_lock(7)")).isEqualTo("f");
      endLink(other);
      assertFails(other, "INSERT INTO note (n) VALUES (1)", "57P01");
      run(other, "INSERT INTO note (n) VALUES (1)");
      assertThat(text(holder, "SELECT pg_try_advisory_lock(7)")).isEqualTo("t");
      run(holder, "DISCARD ALL");
      assertThat(text(other, "SELECT pg_try_advisory_lock(7)")).isEqualTo("t");
      other.setAutoCommit(false);
      run(other, "INSERT INTO note (n) VALUES (2)", "SELECT pg_advisory_unlock(7)");
      other.rollback();
      assertThat(text(holder, "SELECT pg_try_advisory_lock(7)")).isEqualTo("t");
      assertEqualCopies(holder);
    }
    try (Connection connection = connect()) {
      assertThat(text(connection, "SELECT pg_try_advisory_lock(7)")).isEqualTo("t");
    }
  }

  @Test
  void whoeverListensOnThePrimaryIsNotified() throws Exception {
    try (Connection connection = connect();
        Connection listener =
            DriverManager.getConnection(pair.server("a").url(ServerPair.DATABASE))) {
      run(listener, "LISTEN channel");
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO note (n) VALUES (1)", "NOTIFY channel, 'one'");
      connection.commit();
      run(connection, "NOTIFY channel, 'two'");
      connection.rollback();
      connection.setAutoCommit(true);
      run(connection, "NOTIFY channel, 'three'", "SELECT pg_notify('channel', 'four')");
      var got = new java.util.ArrayList<String>();
      long end = System.nanoTime() + LIMIT.toNanos();
      while (got.size() < 3 && System.nanoTime() < end) {
        var some = listener.unwrap(org.postgresql.PGConnection.class).getNotifications(1000);
        for (var one : some == null ? new org.postgresql.PGNotification[0] : some) {
          got.add(one.getParameter());
        }
      }
      assertThat(got).containsExactly("one", "three", "four");
      assertEqualCopies(connection);
    }
  }

  @Test
  void setConfigIsSet() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "SELECT pg_catalog.set_config('app.tenant', 'five', false)");
      assertThat(text(connection, "SELECT current_setting('app.tenant')")).isEqualTo("five");
      connection.setAutoCommit(false);
      try (PreparedStatement set =
          connection.prepareStatement("SELECT set_config('app.tenant', ?, true)")) {
        set.setString(1, "six");
        set.execute();
      }
      run(connection, "INSERT INTO note (t) VALUES (current_setting('app.tenant'))");
      connection.commit();
      connection.setAutoCommit(true);
      assertThat(text(connection, "SELECT t || current_setting('app.tenant') FROM note"))
          .isEqualTo("sixfive");
      assertEqualCopies(connection);
    }
  }

  /** † Copies check at their COMMIT, too, or the first row of these would end the entry. */
  @Test
  void constraintsMayBeDeferred() throws SQLException {
    try (Connection connection = connect()) {
      run(
          connection,
          "DROP TABLE IF EXISTS leaf, tree, seat",
          "CREATE TABLE tree (id int PRIMARY KEY)",
          "CREATE TABLE leaf (id int PRIMARY KEY, tree int REFERENCES tree DEFERRABLE)",
          "CREATE TABLE seat (id int PRIMARY KEY, place int UNIQUE DEFERRABLE)",
          "INSERT INTO seat VALUES (1, 1), (2, 2)");
      assertFails(connection, "INSERT INTO leaf VALUES (1, 1)", "23503");
      assertThat(text(connection, "SHOW TANDEM PLAN FOR INSERT INTO leaf VALUES (1, 1)"))
          .isEqualTo("VERBATIM");
      connection.setAutoCommit(false);
      run(
          connection,
          "SAVEPOINT s",
          "SET CONSTRAINTS ALL DEFERRED",
          "INSERT INTO leaf VALUES (7, 7)",
          "ROLLBACK TO s",
          "SET CONSTRAINTS ALL DEFERRED",
          "INSERT INTO leaf VALUES (1, 1), (2, 1)",
          "INSERT INTO tree VALUES (1)");
      connection.commit();
      run(
          connection,
          "SET CONSTRAINTS ALL DEFERRED",
          "UPDATE seat SET place = 2 WHERE id = 1",
          "UPDATE seat SET place = 1 WHERE id = 2");
      connection.commit();
      run(connection, "SET CONSTRAINTS ALL DEFERRED", "INSERT INTO leaf VALUES (3, 3)");
      assertThatThrownBy(connection::commit)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23503"));
      connection.setAutoCommit(true);
      run(connection, "INSERT INTO leaf VALUES (4, 1)");
      assertEqualCopies(connection);
    }
  }

  /**
   * The vendor's driver closes such a link, whichever it is: none of the next would fare better.
   */
  @Test
  void aSettingThatNobodyCouldReadUnderIsRefusedAtOnce() throws SQLException {
    String german =
        "DO 'BEGIN SET LOCAL DateStyle = German; INSERT INTO note (t) VALUES (now()::text); END'";
    try (Connection connection = connect()) {
      assertThatThrownBy(() -> run(connection, german))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("0A000"))
          .hasMessageContaining("DateStyle parameter was changed");
      connection.setAutoCommit(false);
      run(connection, "INSERT INTO note (n) VALUES (1)");
      assertFails(connection, german, "0A000");
      connection.rollback();
      connection.setAutoCommit(true);
      assertThat(text(connection, "SELECT count(*) FROM note")).isEqualTo("0");
      run(connection, "INSERT INTO note (n) VALUES (2)");
      assertEqualCopies(connection);
    }
  }

  /** Pools send DISCARD ALL or RESET ALL for each new borrower. */
  @Test
  void whatTheServerHasRefusedToSetIsNotReset() throws SQLException {
    try (Connection connection = connect()) {
      run(connection, "SET work_mem = '1MB'");
      assertFails(connection, "SET plpgsql.variable_conflict = 'use_column'", "42501");
      run(connection, "RESET ALL");
      assertThat(text(connection, "SHOW work_mem")).isEqualTo("4MB");
      assertFails(connection, "SET plpgsql.variable_conflict = 'use_column'", "42501");
      run(connection, "DISCARD ALL");
    }
  }

  @Test
  void aPlanIsShownOfWhatHasParametersOfItsOwn() throws SQLException {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      assertThat(
              text(
                  connection,
                  "SHOW TANDEM PLAN FOR PREPARE p (int) AS INSERT INTO note (n) VALUES ($1)"))
          .isEqualTo("LOCAL");
      assertThat(
              text(connection, "SHOW TANDEM PLAN FOR UPDATE note SET t = $1::text WHERE id = $2"))
          .isEqualTo("VERBATIM");
      assertThat(text(connection, "SHOW TANDEM PLAN FOR UPDATE note SET t = ? WHERE id = ?"))
          .isEqualTo("VERBATIM");
      connection.commit();
    }
  }
}
