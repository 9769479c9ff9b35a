package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.Calendar;
import java.util.Collections;
import java.util.Deque;
import java.util.GregorianCalendar;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tandemdb.entry.Position;
import org.tandemdb.entry.Value;
import org.tandemdb.error.ErrorCode;
import org.tandemdb.error.TandemException;
import org.tandemdb.plan.Plan;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.EngineSession.Recourse;

/** What the driver tells the engine, and what it makes of the engine's answers. */
@SuppressWarnings("NullAway") // a null from the driver fails the test
final class TandemConnectionTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());
  private TandemConnection connection = engine.connect();
  private FakeSession session = engine.lastSession();

  @BeforeEach
  void tables() throws SQLException {
    run("DROP TABLE IF EXISTS t");
    run("DROP TABLE IF EXISTS cap");
    run("CREATE TABLE t (id serial PRIMARY KEY, name text, at timestamptz)");
    run("CREATE TABLE cap (id serial PRIMARY KEY, name text, bytes bytea)");
    session.calls.clear();
    session.reported.clear();
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private int count(String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void aReadInAutocommitUsesAReadLinkAndNoTransaction() throws SQLException {
    assertThat(count("t")).isZero();
    assertThat(session.calls).containsExactly("read", "readDone");
  }

  @Test
  void aReadOnlyTransactionStaysOnOneReadLink() throws SQLException {
    connection.setAutoCommit(false);
    connection.setReadOnly(true);
    count("t");
    count("t");
    connection.commit();
    assertThat(session.calls).containsExactly("read in transaction", "readDone");
  }

  @Test
  void aSerializableReadOnlyTransactionRunsOnThePrimary() throws SQLException {
    connection.setAutoCommit(false);
    connection.setReadOnly(true);
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    count("t");
    connection.commit();
    assertThat(session.calls).containsExactly("start", "begin SERIALIZABLE READ ONLY", "commit");
  }

  @Test
  void everyStatementOfATransactionRunsOnThePrimary() throws SQLException {
    connection.setAutoCommit(false);
    count("t");
    run("INSERT INTO t (name) VALUES ('a')");
    connection.rollback();
    assertThat(session.calls).containsExactly("start", "begin READ_COMMITTED", "start", "rollback");
  }

  @Test
  void ddlIsReportedAsExclusive() throws SQLException {
    run("CREATE INDEX ON t (name)");
    assertThat(session.calls)
        .containsExactly(
            "start", "begin READ_COMMITTED", "exclusive CREATE INDEX ON t (name)", "commit");
  }

  @Test
  void captureIsReadToTheEndWhateverTheClientLimits() throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO cap (name) SELECT 'n' || i FROM generate_series(1, 2500) i")) {
      insert.setMaxRows(2);
      insert.setFetchSize(10);
      assertThat(insert.executeUpdate()).isEqualTo(2500);
    }
    assertThat(session.reported).hasSize(1);
    assertThat(session.portals).as("the rest of the rows is still at the server").isEqualTo(1);
    assertThat(session.reported.get(0).captured()).hasSize(2500);
    assertThat(session.reported.get(0).captured().get(2499)).startsWith("2500", "n2500");
  }

  @Test
  void captureIsReadToTheEndThoughTheClientStopsReading() throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO cap (name) VALUES ('a'), ('b') RETURNING name")) {
      insert.setMaxRows(1);
      try (ResultSet rows = insert.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.next()).isFalse();
      }
    }
    assertThat(session.reported.get(0).rows()).isEqualTo(2);
    assertThat(session.reported.get(0).captured())
        .containsExactly(
            java.util.Arrays.asList("1", "a", null), java.util.Arrays.asList("2", "b", null));
  }

  @Test
  void capturedBytesAreTheServersTextAlsoOnceTheStatementIsPreparedThere() throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO cap (name, bytes) VALUES (?, ?)")) {
      for (int i = 0; i < 8; i++) {
        insert.setString(1, "a");
        insert.setBytes(2, new byte[] {0, (byte) 0xfe});
        insert.executeUpdate();
      }
    }
    assertThat(session.reported)
        .hasSize(8)
        .allSatisfy(r -> assertThat(r.captured().get(0).get(2)).isEqualTo("\\x00fe"));
  }

  @Test
  void generatedKeysAreAskedForBeforeTheStatementIsPlanned() throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO cap (name) VALUES (?) /* ; RETURNING */ ; -- end;", new String[] {"id"})) {
      insert.setString(1, "a");
      assertThat(insert.executeUpdate()).isEqualTo(1);
      ResultSet keys = insert.getGeneratedKeys();
      assertThat(keys.getMetaData().getColumnCount()).isEqualTo(1);
      assertThat(keys.next()).isTrue();
      assertThat(keys.getInt("id")).isEqualTo(1);
      assertThatThrownBy(() -> keys.getString("hidden_name")).isInstanceOf(SQLException.class);
    }
    assertThat(session.reported.get(0).captured().get(0)).startsWith("1", "a");
  }

  @Test
  void thePlanThatStartGivesBackIsTheOneThatRuns() throws SQLException {
    session.replacement = new Plan.Refused("The table is gone.", "Make it anew.", "0A000");
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('a')"))
        .isInstanceOf(SQLFeatureNotSupportedException.class)
        .hasMessage("The table is gone. Make it anew.");
    assertThat(session.calls).endsWith("rollback");
    assertThat(count("t")).isZero();
  }

  @Test
  void whatTheEngineCouldNotRecordIsNeverCommitted() throws SQLException {
    connection.setAutoCommit(false);
    session.nextReport = new TandemException(ErrorCode.TRANSACTION_TOO_LARGE, "too much");
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('a')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("54000"));
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
    assertThatThrownBy(() -> connection.commit())
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
    connection.setAutoCommit(true);
    assertThat(count("t")).isZero();
    assertThat(session.calls).doesNotContain("commit");
  }

  @Test
  void aParameterThatCannotBeLoggedIsRefusedBeforeAnythingRuns() throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t (name) VALUES (?)")) {
      insert.setObject(1, "one", Types.INTEGER);
      assertThatThrownBy(insert::executeUpdate)
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22018"));
    }
    assertThat(count("t")).isZero();
    connection.commit();
  }

  @Test
  void aReadWhoseLinkDiesRunsAgain() throws SQLException {
    count("t");
    end(session.reader());
    assertThat(count("t")).isZero();
    assertThat(session.calls)
        .containsExactly("read", "readDone", "read", "lost reader", "read", "readDone");
  }

  @Test
  void anAutocommitWriteRunsAgainOnlyIfTheEngineSaysSo() throws SQLException {
    session.primary();
    end(session.primary());
    run("INSERT INTO t (name) VALUES ('a')");
    assertThat(count("t")).isEqualTo(1);
    session.recourse = Recourse.TRANSACTION_LOST;
    end(session.primary());
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOf(SQLTransactionRollbackException.class);
    session.recourse = Recourse.UNAVAILABLE;
    end(session.primary());
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P03"));
    assertThat(count("t")).isEqualTo(1);
  }

  @Test
  void anOpenTransactionIsNeverReplayed() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    end(session.primary());
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLTransactionRollbackException.class,
            e -> {
              assertThat(e.getSQLState()).isEqualTo("40001");
              assertThat(e.getCause()).isNotNull();
            });
    // Without its first half, the second must not be committed either; and whoever has not heard
    // that it can be run again is told once more.
    for (ThrowingCallable next :
        List.<ThrowingCallable>of(
            () -> run("INSERT INTO t (name) VALUES ('c')"), () -> connection.commit())) {
      assertThatThrownBy(next)
          .isInstanceOfSatisfying(
              SQLTransactionRollbackException.class,
              e -> assertThat(e.getSQLState()).isEqualTo("40001"));
    }
    run("INSERT INTO t (name) VALUES ('d')");
    connection.commit();
    assertThat(count("t")).isEqualTo(1);
    connection.commit();
  }

  private static void assertFailed(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
  }

  /** As with PostgreSQL, where any error fails the transaction, whoever raises it. */
  @Test
  void aRefusalFailsTheTransaction() throws SQLException {
    run("BEGIN");
    run("INSERT INTO t (name) VALUES ('a')");
    assertThatThrownBy(() -> run("LISTEN x")).isInstanceOf(SQLFeatureNotSupportedException.class);
    assertFailed(() -> run("INSERT INTO t (name) VALUES ('b')"));
    assertFailed(() -> count("t"));
    assertFailed(() -> run("COMMIT"));
    assertThat(count("t")).isZero();
    assertThat(session.calls).doesNotContain("commit");
  }

  @Test
  void aTransactionGoesOnFromASavepointBeforeTheRefusal() throws SQLException {
    run("BEGIN");
    run("INSERT INTO t (name) VALUES ('a')");
    run("SAVEPOINT s");
    assertThatThrownBy(() -> run("LISTEN x")).isInstanceOf(SQLFeatureNotSupportedException.class);
    run("ROLLBACK TO SAVEPOINT s");
    run("INSERT INTO t (name) VALUES ('b')");
    run("COMMIT");
    assertThat(count("t")).isEqualTo(2);
  }

  @Test
  void aTransactionThatFailedBeforeItWasOpenCanOnlyBeRolledBack() throws SQLException {
    connection.setAutoCommit(false);
    assertThatThrownBy(() -> run("LISTEN x")).isInstanceOf(SQLFeatureNotSupportedException.class);
    assertFailed(() -> run("ROLLBACK TO SAVEPOINT s"));
    assertFailed(() -> run("INSERT INTO t (name) VALUES ('b')"));
    connection.rollback();
    run("INSERT INTO t (name) VALUES ('c')");
    connection.commit();
    assertThat(count("t")).isEqualTo(1);
    connection.commit();
  }

  @Test
  void aLinkThatDiesWhileItStreamsRowsEndsTheTransaction() throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(10);
      ResultSet rows = statement.executeQuery("SELECT generate_series(1, 100000)");
      assertThat(rows.next()).isTrue();
      end(session.primary());
      assertThatThrownBy(
              () -> {
                while (rows.next()) {
                  rows.getInt(1);
                }
              })
          .isInstanceOf(SQLTransactionRollbackException.class);
    }
    assertThat(session.calls).contains("lost primary");
  }

  private void end(FakeLink link) throws SQLException {
    int pid = link.connection().unwrap(org.postgresql.PGConnection.class).getBackendPID();
    try (Connection other = engine.link();
        Statement statement = other.createStatement()) {
      statement.execute("SELECT pg_terminate_backend(" + pid + ", 5000)");
    }
  }

  @Test
  void theVendorsExceptionIsTheSameObject() throws SQLException {
    SQLException own = new SQLException("own", "40P01");
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('a')");
    session.nextCommit = new CommitResult.RolledBack("40P01", "deadlock", own, false);
    assertThatThrownBy(() -> connection.commit()).isSameAs(own);
  }

  @Test
  void anAutocommitStatementWhoseSessionWasLostAtCommitRunsAgainUnseen() throws SQLException {
    session.nextCommit = new CommitResult.RolledBack("40001", "session lost", null, true);
    try (Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate("INSERT INTO t (name) VALUES ('a')")).isEqualTo(1);
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(-1);
    }
    assertThat(count("t")).isEqualTo(1);
    connection.setAutoCommit(false);
    session.nextCommit = new CommitResult.RolledBack("40001", "session lost", null, true);
    run("INSERT INTO t (name) VALUES ('b')");
    assertThatThrownBy(() -> connection.commit())
        .isInstanceOf(SQLTransactionRollbackException.class);
    assertThat(count("t")).isEqualTo(1);
  }

  /** They are one call to their client, who has seen nothing of what is done again. */
  @Test
  void aBatchAndATextOfSeveralStatementsThatLoseTheirSessionRunAgainUnseen() throws SQLException {
    session.recourse = Recourse.TRANSACTION_LOST;
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t (name) VALUES (?)")) {
      for (String name : List.of("a", "b")) {
        insert.setString(1, name);
        insert.addBatch();
      }
      session.nextCommit = new CommitResult.RolledBack("40001", "session lost", null, true);
      assertThat(insert.executeBatch()).containsExactly(1, 1);
    }
    assertThat(count("t")).isEqualTo(2);
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("INSERT INTO t (name) VALUES ('c')");
      statement.addBatch("UPDATE t SET name = 'd' WHERE name IN ('a', 'b')");
      end(session.primary());
      assertThat(statement.executeBatch()).containsExactly(1, 2);
      end(session.primary());
      statement.execute("INSERT INTO t (name) VALUES ('e'); UPDATE t SET name = 'f'");
      assertThat(statement.getUpdateCount()).isEqualTo(1);
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(4);
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(statement.getUpdateCount()).isEqualTo(-1);
    }
    try (PreparedStatement two =
        connection.prepareStatement(
            "INSERT INTO t (name) VALUES (?); UPDATE t SET name = ? WHERE name = ?")) {
      two.setString(1, "g");
      two.setString(2, "h");
      two.setString(3, "g");
      session.nextCommit = new CommitResult.RolledBack("40001", "session lost", null, true);
      two.execute();
      assertThat(two.getMoreResults()).isFalse();
      assertThat(two.getUpdateCount()).isEqualTo(1);
    }
    assertThat(count("t")).isEqualTo(5);
  }

  /** What was committed in the middle must not be done twice. */
  @Test
  void aBatchThatHasCommittedAPartOfItselfIsNotRunAgain() throws SQLException {
    session.recourse = Recourse.TRANSACTION_LOST;
    try (Statement statement = connection.createStatement()) {
      String first = "INSERT INTO t (name) VALUES ('a')";
      String rest =
          "INSERT INTO t (name) VALUES ('b'); SELECT pg_terminate_backend(pg_backend_pid())";
      assertThatThrownBy(() -> statement.execute(first + "; COMMIT; " + rest))
          .isInstanceOf(SQLTransactionRollbackException.class);
    }
    assertThat(count("t")).isEqualTo(1);
  }

  /** Nothing of the transaction is lost, since there is nothing of it yet. */
  @Test
  void aTransactionWhoseFirstStatementMeetsADeadLinkBeginsAnew() throws SQLException {
    connection.setAutoCommit(false);
    end(session.primary());
    run("INSERT INTO t (name) VALUES ('a')");
    end(session.primary());
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOf(SQLTransactionRollbackException.class);
    connection.rollback();
    assertThat(count("t")).isZero();
    connection.rollback();
  }

  private void replaying(int statements) throws SQLException {
    connection.close();
    engine.replayStatements = statements;
    connection = engine.connect();
    session = engine.lastSession();
    session.recourse = Recourse.TRANSACTION_LOST;
    connection.setAutoCommit(false);
  }

  private String names() throws SQLException {
    try (Statement ask = connection.createStatement();
        ResultSet rows = ask.executeQuery("SELECT string_agg(name, ',' ORDER BY name) FROM t")) {
      rows.next();
      return rows.getString(1);
    }
  }

  @Test
  void aTransactionIsReplayedWhereThatIsWantedAndAllResultsAreTheSame() throws SQLException {
    replaying(100);
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t (name) VALUES (?)")) {
      insert.setString(1, "a");
      assertThat(insert.executeUpdate()).isEqualTo(1);
      insert.setString(1, "not what was executed");
      Savepoint here = connection.setSavepoint("here");
      assertThatThrownBy(() -> run("INSERT INTO nothing (name) VALUES (1)"))
          .isInstanceOf(SQLException.class);
      connection.rollback(here);
      assertThat(names()).isEqualTo("a");
      end(session.primary());
      insert.setString(1, "b");
      assertThat(insert.executeUpdate()).isEqualTo(1);
    }
    assertThat(names()).isEqualTo("a,b");
    end(session.primary());
    assertThat(names()).isEqualTo("a,b");
    session.nextCommit = new CommitResult.RolledBack("40001", "session lost", null, true);
    connection.commit();
    assertThat(names()).isEqualTo("a,b");
    connection.rollback();
    end(session.primary());
    run("INSERT INTO t (name) VALUES ('c')");
    connection.commit();
    assertThat(names()).isEqualTo("a,b,c");
  }

  @Test
  void whatBeginsWithTheWordIsReplayedWithItsModes() throws SQLException {
    replaying(100);
    connection.setAutoCommit(true);
    run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    run("INSERT INTO t (name) VALUES ('a')");
    session.calls.clear();
    session.nextCommit = new CommitResult.RolledBack("40001", "session lost", null, true);
    run("COMMIT");
    assertThat(session.calls).contains("begin REPEATABLE_READ");
    assertThat(names()).isEqualTo("a");
    run("BEGIN");
    run("INSERT INTO t (name) VALUES ('b')");
    end(session.primary());
    assertThat(names()).isEqualTo("a,b");
    run("ROLLBACK");
    assertThat(names()).isEqualTo("a");
    run("INSERT INTO t (name) VALUES ('c')");
    assertThat(names()).as("nothing of a block that has ended comes back").isEqualTo("a,c");
  }

  @Test
  void aResultThatDiffersEndsAReplayWith40001AndTheStatementThatGaveIt() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    replaying(100);
    run("UPDATE t SET name = name || 'x'");
    assertThat(names()).isEqualTo("ax");
    end(session.primary());
    try (Connection other = engine.link();
        Statement change = other.createStatement()) {
      change.execute("UPDATE t SET name = 'z'");
    }
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOf(SQLTransactionRollbackException.class)
        .hasMessageContaining("statement 2 gave another result");
    assertThatThrownBy(() -> connection.commit())
        .isInstanceOf(SQLTransactionRollbackException.class);
    assertThat(names()).isEqualTo("z");
    connection.rollback();
  }

  @Test
  void whatIsTooLongOrReadInPortionsIsNotReplayed() throws SQLException {
    replaying(2);
    for (int i = 0; i < 3; i++) {
      run("INSERT INTO t (name) VALUES ('a')");
    }
    end(session.primary());
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOf(SQLTransactionRollbackException.class);
    connection.rollback();
    run("INSERT INTO t (name) VALUES ('c')");
    try (Statement portions = connection.createStatement()) {
      portions.setFetchSize(10);
      portions.executeQuery("SELECT * FROM t").next();
    }
    end(session.primary());
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('d')"))
        .isInstanceOf(SQLTransactionRollbackException.class);
    connection.rollback();
    assertThat(count("t")).isZero();
    connection.rollback();
  }

  /** Its client has heard of the loss; what comes back must not be all but that statement. */
  @Test
  void aTransactionThatIsLostUnderWhatCannotBeRepeatedIsNotReplayedAfterwards()
      throws SQLException {
    replaying(100);
    run("INSERT INTO t (name) VALUES ('a')");
    end(session.primary());
    try (Statement portions = connection.createStatement()) {
      portions.setFetchSize(10);
      assertThatThrownBy(() -> portions.executeUpdate("INSERT INTO t (name) VALUES ('b')"))
          .isInstanceOf(SQLTransactionRollbackException.class);
    }
    assertThatThrownBy(() -> connection.commit())
        .isInstanceOf(SQLTransactionRollbackException.class);
    assertThat(count("t")).isZero();
    connection.rollback();
  }

  @Test
  void anUnknownOutcomeIs08007() throws SQLException {
    session.nextCommit = new CommitResult.Unknown(new Position(3, 17), "the log is closed");
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('a')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08007"))
        .hasMessageContaining("3/17");
  }

  @Test
  void savepointsAndSettingsAreReportedByWhateverWayTheyCome() throws SQLException {
    connection.setAutoCommit(false);
    run("SET timezone TO 'UTC'");
    run("SAVEPOINT one");
    connection.rollback(connection.setSavepoint("two"));
    run("ROLLBACK TO one");
    run("RELEASE one");
    connection.rollback();
    connection.setAutoCommit(true);
    connection.setSchema("public");
    assertThat(session.calls)
        .contains(
            "savepoint one",
            "savepoint two",
            "rollbackTo two",
            "rollbackTo one",
            "release one",
            "setting search_path=public");
  }

  @Test
  void showTandemIsAnsweredByTheEngine() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW TANDEM LAG")) {
      assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("lag");
      assertThat(rows.next()).isTrue();
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString("backend")).isEqualTo("b");
      assertThat(rows.getInt("lag")).isEqualTo(17);
      assertThat(rows.next()).isFalse();
      assertThat(rows.getStatement()).isSameAs(statement);
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW TANDEM PLAN FOR DELETE FROM t")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString("form")).isEqualTo("VERBATIM");
    }
    assertThat(session.calls).isEmpty();
  }

  @Test
  void aSensitiveResultIsInsensitiveWithAWarning() throws SQLException {
    try (Statement statement =
            connection.createStatement(
                ResultSet.TYPE_SCROLL_SENSITIVE, ResultSet.CONCUR_UPDATABLE);
        ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      assertThat(connection.getWarnings().getSQLState()).isEqualTo("01J02");
      assertThat(connection.getWarnings().getNextWarning() == null).isTrue();
      assertThat(rows.getConcurrency()).isEqualTo(ResultSet.CONCUR_UPDATABLE);
      assertThat(rows.getType()).isEqualTo(ResultSet.TYPE_SCROLL_INSENSITIVE);
    }
  }

  @Test
  void closingGivesTheSessionBackAfterItsStatements() throws SQLException {
    Statement statement = connection.createStatement();
    connection.close();
    assertThat(statement.isClosed()).isTrue();
    assertThat(session.calls).containsExactly("close");
  }

  /** Nothing reachable leads around the engine: no object of the vendor's that has a connection. */
  @Test
  void nothingReachableFromAConnectionBelongsToTheVendor() throws Exception {
    run("INSERT INTO cap (name) VALUES ('a')");
    Deque<Object> toVisit = new ArrayDeque<>();
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Statement statement = connection.createStatement();
    ResultSet rows =
        statement.executeQuery("SELECT id, name, ARRAY[1, 2] AS list, now() AS at FROM cap");
    rows.next();
    PreparedStatement prepared = connection.prepareStatement("SELECT name FROM cap WHERE id = ?");
    ResultSet tables = connection.getMetaData().getTables(null, "public", "%", null);
    tables.next();
    toVisit.addAll(List.of(connection, statement, rows, prepared, tables));
    toVisit.addAll(List.of(rows.getObject(3), rows.getArray("list"), rows.getMetaData()));
    int calls = 0;
    while (!toVisit.isEmpty()) {
      Object object = toVisit.poll();
      if (!seen.add(object)) {
        continue;
      }
      assertThat(object.getClass().getName()).doesNotStartWith("org.postgresql");
      for (Class<?> type : object.getClass().getInterfaces()) {
        calls += visit(object, type, toVisit);
      }
      calls += visit(object, object.getClass(), toVisit);
    }
    assertThat(calls).isGreaterThan(150);
  }

  private static int visit(Object object, Class<?> type, Deque<Object> toVisit)
      throws IllegalAccessException {
    if (!object.getClass().getPackageName().equals("org.tandemdb.jdbc")) {
      return 0;
    }
    int calls = 0;
    for (Class<?> t = type; t != null && t != Object.class; t = t.getSuperclass()) {
      for (Method method : t.getMethods()) {
        boolean getter =
            method.getParameterCount() == 0
                && !Modifier.isStatic(method.getModifiers())
                && method.getName().startsWith("get")
                && !method.getReturnType().isPrimitive()
                && !method.getName().equals("getClass");
        if (!getter) {
          continue;
        }
        try {
          method.setAccessible(true);
          Object result = method.invoke(object);
          calls++;
          if (result != null
              && (result.getClass().getName().startsWith("org.")
                  || result instanceof java.sql.Wrapper)) {
            toVisit.add(result);
          }
        } catch (InvocationTargetException refused) {
          assertThat(refused.getCause()).isInstanceOf(SQLException.class);
        }
      }
    }
    return calls;
  }

  @Test
  void vendorClassesCannotBeUnwrapped() throws SQLException {
    assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
    assertThat(connection.isWrapperFor(Connection.class)).isTrue();
    assertThat(connection.isWrapperFor(org.postgresql.PGConnection.class)).isFalse();
    assertThatThrownBy(() -> connection.unwrap(org.postgresql.PGConnection.class))
        .isInstanceOf(SQLException.class);
  }

  /** The logged text under the logged type must be the value that the server got from pgjdbc. */
  /** Nothing was sent, so 08007 would say too much, and would cost a pool its connection. */
  @Test
  void aStartThatWaitsTooLongIsUnavailableAndWhatItOpensLaterIsEnded() throws SQLException {
    engine.waitLimit = Duration.ofMillis(50);
    connection.close();
    connection = engine.connect();
    session = engine.lastSession();
    CompletableFuture<Void> gate = new CompletableFuture<>();
    session.nextStart = gate;
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('a')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P03"))
        .hasMessageContaining("no transaction was opened within PT0.05S");
    assertThatThrownBy(() -> run("INSERT INTO t (name) VALUES ('b')"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57P03"));
    gate.complete(null);
    session.calls.clear();
    run("INSERT INTO t (name) VALUES ('c')");
    assertThat(session.calls).startsWith("rollback", "start", "begin READ_COMMITTED");
    assertThat(count("t")).isEqualTo(1);
  }

  @Test
  void parametersAreLoggedWithTheTypeAndValueThatTheServerReceives() throws SQLException {
    Calendar tokyo = new GregorianCalendar(TimeZone.getTimeZone("Asia/Tokyo"));
    List<Setter> setters =
        List.of(
            p -> p.setInt(1, -7),
            p -> p.setLong(1, Long.MAX_VALUE),
            p -> p.setShort(1, (short) 3),
            p -> p.setByte(1, (byte) -3),
            p -> p.setBoolean(1, true),
            p -> p.setBoolean(1, false),
            p -> p.setFloat(1, 1.1f),
            p -> p.setDouble(1, 0.1 + 0.2),
            p -> p.setDouble(1, Double.NaN),
            p -> p.setDouble(1, Double.NEGATIVE_INFINITY),
            p -> p.setBigDecimal(1, new BigDecimal("1E+3")),
            p -> p.setBigDecimal(1, new BigDecimal("-0.00000000001")),
            p -> p.setString(1, "ü ' \\ \" \n"),
            p -> p.setBytes(1, new byte[] {0, 1, (byte) 0xff}),
            p -> p.setObject(1, UUID.fromString("00000000-0000-0000-0000-00000000000a")),
            p -> p.setObject(1, LocalDate.of(2024, 2, 29)),
            p -> p.setObject(1, LocalDate.of(-43, 3, 15)),
            p -> p.setObject(1, LocalDate.MAX),
            p -> p.setObject(1, LocalTime.of(1, 2, 3, 123_456_789)),
            p -> p.setObject(1, LocalTime.MAX),
            p -> p.setObject(1, LocalDateTime.of(2024, 2, 29, 23, 59, 59, 999_999_600)),
            p -> p.setObject(1, LocalDateTime.of(-43, 3, 15, 1, 2)),
            p -> p.setObject(1, OffsetDateTime.parse("2024-02-29T12:30:15.1234567+05:30")),
            p -> p.setObject(1, OffsetDateTime.MIN),
            p -> p.setObject(1, 5, Types.BIGINT),
            p -> p.setObject(1, "6", Types.INTEGER),
            p -> p.setObject(1, new BigDecimal("1.005"), Types.NUMERIC, 2),
            p -> p.setObject(1, 7L, Types.VARCHAR),
            p -> p.setObject(1, true),
            p -> p.setObject(1, 'c'),
            p -> p.setNull(1, Types.INTEGER),
            p -> p.setNull(1, Types.VARCHAR),
            p -> p.setString(1, null),
            p -> p.setArray(1, connection.createArrayOf("int4", new Integer[] {1, null})),
            p ->
                p.setArray(
                    1, connection.createArrayOf("text", new String[] {"a,b", "\"\\", "NULL"})));
    for (int i = 0; i < setters.size(); i++) {
      String[] sent = received(setters.get(i), "pg_typeof(?)::text", "?::text");
      Value logged = logged(setters.get(i));
      assertThat(typeOf(logged)).as("type of setter " + i).isEqualTo(sent[0]);
      assertThat(valueOf(logged, typeOf(logged))).as("value of setter " + i).isEqualTo(sent[1]);
    }
    List<Setter> dates =
        List.of(
            p -> p.setTimestamp(1, Timestamp.valueOf("2024-03-31 02:30:00.123456789")),
            p -> p.setTimestamp(1, Timestamp.valueOf("1583-01-01 00:00:00")),
            p -> p.setTimestamp(1, Timestamp.valueOf("2024-12-31 23:59:59.9999999")),
            p -> p.setTimestamp(1, new Timestamp(-1)),
            p -> p.setTimestamp(1, new Timestamp(1_700_000_000_123L), tokyo),
            p -> p.setTimestamp(1, new Timestamp(-70_000_000_000_000L)),
            p ->
                p.setTimestamp(1, new Timestamp(org.postgresql.PGStatement.DATE_POSITIVE_INFINITY)),
            p -> p.setDate(1, Date.valueOf("2024-02-29")),
            p -> p.setDate(1, Date.valueOf("1500-02-28")));
    for (int i = 0; i < dates.size(); i++) {
      for (String type : List.of("timestamp", "timestamptz", "date")) {
        String[] sent = received(dates.get(i), "?::" + type + "::text", "''");
        Value logged = logged(dates.get(i));
        assertThat(logged.type().name()).isEqualTo("unknown");
        assertThat(valueOf(logged, type)).as(type + " of date " + i).isEqualTo(sent[0]);
      }
    }
    for (Setter time :
        List.<Setter>of(
            p -> p.setTime(1, Time.valueOf("23:59:58")), p -> p.setTime(1, new Time(1), tokyo))) {
      for (String type : List.of("time", "timetz")) {
        assertThat(valueOf(logged(time), type))
            .isEqualTo(received(time, "?::" + type + "::text", "''")[0]);
      }
    }
  }

  /** Sets the first parameter. */
  private interface Setter {
    void set(PreparedStatement statement) throws SQLException;
  }

  private String[] received(Setter setter, String first, String second) throws SQLException {
    String[] answers = new String[2];
    String[] expressions = {first, second};
    for (int i = 0; i < 2; i++) {
      if (!expressions[i].contains("?")) {
        continue;
      }
      try (PreparedStatement ask = connection.prepareStatement("SELECT " + expressions[i])) {
        setter.set(ask);
        try (ResultSet rows = ask.executeQuery()) {
          rows.next();
          answers[i] = rows.getString(1);
        }
      }
    }
    return answers;
  }

  private Value logged(Setter setter) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT ?")) {
      setter.set(statement);
      return ((TandemPreparedStatement) statement).parameters().get(0);
    }
  }

  private String typeOf(Value value) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT pg_typeof(NULL::" + value.type().name() + ")::text")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private String valueOf(Value value, String type) throws SQLException {
    try (PreparedStatement ask =
        connection.prepareStatement("SELECT ?::text::" + type + "::text")) {
      ask.setString(1, value.text());
      try (ResultSet rows = ask.executeQuery()) {
        rows.next();
        return rows.getString(1);
      }
    }
  }
}
