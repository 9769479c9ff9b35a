package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.geometric.PGpoint;
import org.postgresql.util.PGobject;

/** The less travelled parts of JDBC: calls, escapes, streams, kinds of results, warnings. */
abstract class SurfaceContract extends UpdatableContract {

  private static void isRefused(String sqlState, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
  }

  @Test
  void anyNumberMayBeGivenAndWhatIsNoBooleanMayNot() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT ?")) {
      statement.setObject(1, new AtomicLong(4711));
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getBigDecimal(1)).isEqualByComparingTo("4711");
      }
      isRefused("42846", () -> statement.setObject(1, "perhaps", Types.BOOLEAN));
    }
  }

  // --- mistakes -----------------------------------------------------------------------------

  private static void says(String sqlState, String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat((Throwable) e).isNotInstanceOf(BatchUpdateException.class);
              assertThat(e.getSQLState()).isEqualTo(sqlState);
              assertThat(e.getMessage()).isEqualTo(text);
            });
  }

  @Test
  void aParameterThatTheTextDoesNotHaveCannotBeSet() throws SQLException {
    String sql = "INSERT INTO t (name, amount) /* ? */ VALUES (?, ?) -- ?";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (int index : new int[] {-1, 0, 3}) {
        String text = "The column index is out of range: " + index + ", number of columns: 2.";
        says("22023", text, () -> insert.setInt(index, 1));
        says("22023", text, () -> insert.setString(index, "a"));
        says("22023", text, () -> insert.setNull(index, Types.VARCHAR));
        says("22023", text, () -> insert.setObject(index, 1, Types.INTEGER));
        says(
            "22023",
            text,
            () -> insert.setBinaryStream(index, new ByteArrayInputStream(new byte[1])));
      }
      insert.setString(1, "a");
      insert.setInt(2, 1);
      assertThat(insert.executeUpdate()).isEqualTo(1);
    }
    try (PreparedStatement none = connection.prepareStatement("SELECT '?'")) {
      says(
          "22023",
          "The column index is out of range: 1, number of columns: 0.",
          () -> none.setInt(1, 1));
    }
    try (CallableStatement call = connection.prepareCall("{? = call upper(?)}")) {
      String text = "The column index is out of range: 3, number of columns: 2.";
      says("22023", text, () -> call.setString(3, "a"));
      says("22023", text, () -> call.registerOutParameter(3, Types.VARCHAR));
    }
  }

  @Test
  void aParameterWithoutAValueIsNamed() throws SQLException {
    String missing = "No value specified for parameter 2.";
    for (String sql :
        List.of(
            "INSERT INTO t (name, amount) VALUES (?, ?)",
            "UPDATE t SET name = ? WHERE amount = ?",
            "SELECT ?, ?")) {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, "a");
        says("22023", missing, statement::execute);
        statement.addBatch();
        says("22023", missing, statement::executeBatch);
        statement.clearBatch();
        statement.setInt(2, 1);
        statement.clearParameters();
        says("22023", "No value specified for parameter 1.", statement::execute);
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO t (name, amount) VALUES (?, ?)")) {
      insert.setString(1, "whole");
      insert.setInt(2, 1);
      insert.addBatch();
      insert.clearParameters();
      insert.setString(1, "half");
      insert.addBatch();
      says("22023", missing, insert::executeBatch);
    }
    assertThat(text("SELECT count(*) FROM t")).isEqualTo("0");
  }

  @Test
  void rowsThatOnlyComeForwardDoNotGoBack() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b')");
    for (String sql : List.of("SELECT id FROM t", "UPDATE t SET amount = 1 RETURNING id")) {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        assertThat(rows.next()).isTrue();
        isRefused("24000", rows::previous);
        isRefused("24000", rows::first);
        isRefused("24000", rows::beforeFirst);
        isRefused("24000", () -> rows.absolute(1));
        assertThat(rows.next()).isTrue();
      }
    }
  }

  @Test
  void aSavepointIsGoodForItsTransactionUntilItIsReleased() throws SQLException {
    says(
        "25P01",
        "Cannot establish a savepoint in auto-commit mode.",
        () -> connection.setSavepoint());
    connection.setAutoCommit(false);
    Savepoint named = connection.setSavepoint("named");
    Savepoint unnamed = connection.setSavepoint();
    says("42809", "Cannot retrieve the id of a named savepoint.", named::getSavepointId);
    says("42809", "Cannot retrieve the name of an unnamed savepoint.", unnamed::getSavepointName);
    connection.releaseSavepoint(unnamed);
    String released = "Cannot reference a savepoint after it has been released.";
    says("3B000", released, () -> connection.rollback(unnamed));
    says("3B000", released, () -> connection.releaseSavepoint(unnamed));
    says("3B000", released, unnamed::getSavepointId);
    run("INSERT INTO t (name) VALUES ('a')");
    connection.rollback(named);
    connection.rollback(named);
    connection.commit();
    isRefused("25P01", () -> connection.rollback(named));
    isRefused("25P01", () -> connection.releaseSavepoint(named));
    run("INSERT INTO t (name) VALUES ('b')");
    isRefused("3B001", () -> connection.rollback(named));
    connection.rollback();
    connection.setAutoCommit(true);
    isRefused("25P01", () -> connection.rollback(named));
    assertThat(text("SELECT count(*) FROM t")).isEqualTo("0");
  }

  @Test
  void whatIsOfNoFittingClassIsToldWhenItIsSet() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT ?")) {
      for (int type : new int[] {Types.INTEGER, Types.BIGINT, Types.DOUBLE, Types.NUMERIC}) {
        isRefused("07006", () -> select.setObject(1, new Object(), type));
        isRefused("07006", () -> select.setObject(1, List.of(1), type));
      }
      isRefused("07006", () -> select.setObject(1, 1, Types.BLOB));
      isRefused("07006", () -> select.setObject(1, "a", Types.ARRAY));
      for (int type : new int[] {Types.STRUCT, Types.REF, Types.ROWID, Types.DATALINK, 12_345}) {
        isRefused("07006", () -> select.setObject(1, 1, type));
      }
    }
  }

  @Test
  void anElementThatIsNotThereLeavesNoTransactionOpen() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThatThrownBy(
              () -> {
                statement.addBatch("INSERT INTO t (name) VALUES ('lost')");
                statement.addBatch(null);
                statement.executeBatch();
              })
          .isInstanceOf(NullPointerException.class);
      statement.clearBatch();
    }
    run("INSERT INTO t (name) VALUES ('kept')");
    try (Connection other = connect();
        Statement statement = other.createStatement();
        ResultSet rows = statement.executeQuery("SELECT name FROM t")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("kept");
      assertThat(rows.next()).isFalse();
    }
  }

  // --- calls --------------------------------------------------------------------------------

  private void functions() throws SQLException {
    run(
        "CREATE OR REPLACE FUNCTION plus(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE"
            + " AS 'SELECT a + b'");
    run(
        "CREATE OR REPLACE FUNCTION parts(IN a int, OUT half numeric, INOUT word text)"
            + " LANGUAGE sql IMMUTABLE AS 'SELECT a / 2.0, upper(word)'");
    run("CREATE OR REPLACE FUNCTION nothing() RETURNS void LANGUAGE sql IMMUTABLE AS 'SELECT'");
    run(
        "CREATE OR REPLACE PROCEDURE doubled(INOUT a int) LANGUAGE plpgsql"
            + " AS 'BEGIN a := a * 2; END'");
  }

  @Test
  void aFunctionIsCalledAndGivesItsValue() throws SQLException {
    functions();
    try (CallableStatement call = connection.prepareCall("{ ? = call plus(?, ?) }")) {
      call.registerOutParameter(1, Types.INTEGER);
      for (int i = 0; i < 7; i++) {
        call.setInt(2, i);
        call.setInt(3, 2);
        assertThat(call.execute()).isFalse();
        assertThat(call.getUpdateCount()).isEqualTo(-1);
        assertThat(call.getResultSet()).isNull();
        assertThat(call.getInt(1)).isEqualTo(i + 2);
        assertThat(call.wasNull()).isFalse();
        assertThat(call.getObject(1)).isEqualTo(i + 2);
      }
      isRefused("2200G", () -> call.getString(1));
    }
    try (CallableStatement call = connection.prepareCall("{?= call upper( {fn lcase(?)} )}")) {
      call.registerOutParameter(1, Types.VARCHAR);
      call.setString(2, "Mixed");
      call.execute();
      assertThat(call.getString(1)).isEqualTo("MIXED");
    }
  }

  @Test
  void aCursorThatComesOutOfACallIsRead() throws SQLException {
    run(
        "CREATE OR REPLACE FUNCTION numbers() RETURNS refcursor LANGUAGE plpgsql AS"
            + " 'DECLARE c refcursor; BEGIN OPEN c FOR SELECT 7; RETURN c; END'");
    connection.setAutoCommit(false);
    try (CallableStatement call = connection.prepareCall("{ ? = call numbers() }")) {
      call.registerOutParameter(1, Types.REF_CURSOR);
      call.execute();
      try (ResultSet rows = call.getObject(1, ResultSet.class)) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(7);
        assertThat(rows.next()).isFalse();
      }
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  @Test
  void aCursorThatCameOutOfACallOutlivesItsTransaction() throws SQLException {
    run(
        "CREATE OR REPLACE FUNCTION numbers() RETURNS refcursor LANGUAGE plpgsql AS"
            + " 'DECLARE c refcursor; BEGIN OPEN c FOR SELECT 7; RETURN c; END'");
    connection.setAutoCommit(false);
    try (CallableStatement call = connection.prepareCall("{ ? = call numbers() }")) {
      call.registerOutParameter(1, Types.REF_CURSOR);
      call.execute();
      connection.commit();
      try (ResultSet rows = (ResultSet) call.getObject(1)) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(7);
      }
      assertThat(call.wasNull()).isFalse();
      connection.setAutoCommit(true);
      isRefused("34000", call::execute); // it was gone before it could be read
    } finally {
      connection.setAutoCommit(true);
    }
  }

  @Test
  void parametersOfACallGoInAndOutAndBothWays() throws SQLException {
    functions();
    try (CallableStatement call = connection.prepareCall("{call parts(?,?,?)}")) {
      call.setInt(1, 5);
      call.registerOutParameter(2, Types.DECIMAL);
      call.setString(3, "word");
      call.registerOutParameter(3, Types.VARCHAR);
      call.execute();
      assertThat(call.getBigDecimal(2)).isEqualByComparingTo(new BigDecimal("2.5"));
      assertThat(call.getString(3)).isEqualTo("WORD");
    }
    try (CallableStatement call = connection.prepareCall("call doubled(?)")) {
      call.setInt(1, 21);
      call.registerOutParameter(1, Types.INTEGER);
      call.execute();
      assertThat(call.getInt(1)).isEqualTo(42);
    }
  }

  @Test
  void aCallWithoutOutParametersGivesRows() throws SQLException {
    functions();
    try (CallableStatement call = connection.prepareCall("{call plus(?, 4)}")) {
      call.setInt(1, 3);
      try (ResultSet rows = call.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(7);
      }
    }
    try (CallableStatement call = connection.prepareCall("{call nothing}")) {
      assertThat(call.execute()).isTrue();
    }
    try (CallableStatement plain = connection.prepareCall("SELECT ?::int + 1")) {
      plain.setInt(1, 1);
      try (ResultSet rows = plain.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(2);
      }
      isRefused("2F003", () -> plain.registerOutParameter(1, Types.INTEGER));
    }
  }

  @Test
  void mistakesInCallsAreNamed() throws SQLException {
    functions();
    isRefused("2F003", () -> connection.prepareCall("{ ? call plus(1, 2) }"));
    isRefused("2F003", () -> connection.prepareCall("{ call plus(1, 2) "));
    try (CallableStatement call = connection.prepareCall("{? = call plus(1, 2)}")) {
      isRefused("55000", () -> call.getInt(1));
      call.registerOutParameter(1, Types.INTEGER);
      assertThatThrownBy(() -> call.getInt(1)).isInstanceOf(SQLException.class);
      call.registerOutParameter(1, Types.VARCHAR);
      isRefused("42821", call::execute);
      assertThatThrownBy(() -> call.registerOutParameter(7, Types.INTEGER))
          .isInstanceOf(SQLException.class);
    }
    try (CallableStatement call = connection.prepareCall("{call plus(?, 2)}")) {
      assertThatThrownBy(call::execute).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> call.setInt("a", 1))
          .isInstanceOf(SQLFeatureNotSupportedException.class);
    }
  }

  // --- escapes ------------------------------------------------------------------------------

  @Test
  void escapesAreUnderstoodInStatementsAndPreparedOnes() throws SQLException {
    String sql =
        "SELECT {fn concat('a', {fn ucase('b')})} || {fn year({d '2024-02-29'})}"
            + " || '{fn now()}' WHERE 'x' LIKE 'x' {escape '!'}";
    assertThat(text(sql)).isEqualTo("aB2024{fn now()}");
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT {fn ifnull(?::text, 'none')}, {ts '2024-01-02 03:04:05'}")) {
      select.setString(1, null);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("none");
        assertThat(rows.getTimestamp(2)).isEqualTo(Timestamp.valueOf("2024-01-02 03:04:05"));
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("INSERT INTO cap (name) VALUES ({fn lcase('ABC')})");
      statement.setEscapeProcessing(false);
      assertThatThrownBy(() -> statement.executeQuery("SELECT {fn now()}"))
          .isInstanceOf(SQLException.class);
    }
    assertThat(text("SELECT name FROM cap")).isEqualTo("abc");
  }

  // --- parameters ---------------------------------------------------------------------------

  private void wide(String table) throws SQLException {
    run("DROP TABLE IF EXISTS " + table);
    run(
        "CREATE TABLE "
            + table
            + " (id int PRIMARY KEY, b bytea, t text, x xml, d date, ti time, ts timestamp,"
            + " tz timestamptz, n numeric, f bool, a int[], u uuid, p point, ttz timetz)");
  }

  @Test
  void streamsAndLargeValuesAreStored() throws SQLException {
    for (String table : List.of("wide", "capwide")) {
      wide(table);
      byte[] bytes = new byte[3 << 19]; // more than is kept in memory
      new java.util.Random(1).nextBytes(bytes);
      String text = "ü\u20ac😀".repeat(300_000);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO " + table + " (id, b, t) VALUES (?, ?, ?)")) {
        insert.setInt(1, 1);
        insert.setBinaryStream(2, new ByteArrayInputStream(bytes));
        insert.setCharacterStream(3, new StringReader(text));
        assertThat(insert.executeUpdate()).isEqualTo(1);
        insert.setInt(1, 2);
        insert.setBinaryStream(2, new ByteArrayInputStream(bytes), 3);
        insert.setCharacterStream(3, new StringReader(text), 5);
        assertThat(insert.executeUpdate()).isEqualTo(1);
        insert.setInt(1, 3);
        insert.setBinaryStream(2, null, 0);
        insert.setAsciiStream(
            3, new ByteArrayInputStream("abcdef".getBytes(StandardCharsets.US_ASCII)), 4);
        assertThat(insert.executeUpdate()).isEqualTo(1);
        for (int i = 0; i < 2; i++) {
          insert.setInt(1, 4 + i);
          insert.setBinaryStream(2, new ByteArrayInputStream(bytes), bytes.length);
          insert.setString(3, "batch");
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).containsExactly(1, 1);
      }
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT b, t FROM " + table + " ORDER BY id")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getBytes(1)).isEqualTo(bytes);
        assertThat(rows.getString(2)).isEqualTo(text);
        assertThat(rows.next()).isTrue();
        assertThat(rows.getBytes(1)).hasSize(3);
        assertThat(rows.getString(2)).isEqualTo(text.substring(0, 5));
        assertThat(rows.next()).isTrue();
        assertThat(rows.getBinaryStream(1)).isNull();
        assertThat(rows.getAsciiStream(2)).hasBinaryContent(new byte[] {'a', 'b', 'c', 'd'});
        assertThat(rows.next()).isTrue();
        assertThat(rows.getBinaryStream(1)).hasBinaryContent(bytes);
        assertThat(rows.next()).isTrue();
        assertThat(rows.getBytes(1)).isEqualTo(bytes);
      }
    }
  }

  @Test
  void objectsAreConvertedToTheTypeThatIsAskedFor() throws Exception {
    for (String table : List.of("wide", "capwide")) {
      wide(table);
      OffsetDateTime moment = OffsetDateTime.parse("2024-02-29T12:30:15.5+02:00");
      String columns = "id, b, x, d, ti, ts, tz, n, f, a, u, p, ttz";
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO " + table + " (" + columns + ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")) {
        insert.setObject(1, "7", Types.INTEGER);
        insert.setObject(2, new byte[] {1, 2}, Types.BINARY);
        SQLXML xml = connection.createSQLXML();
        xml.setString("<a>1</a>");
        insert.setSQLXML(3, xml);
        insert.setObject(4, "2024-02-29", Types.DATE);
        insert.setObject(5, LocalTime.of(1, 2, 3), Types.TIME);
        insert.setObject(6, "2024-02-29 01:02:03.25", Types.TIMESTAMP);
        insert.setObject(7, moment, Types.TIMESTAMP_WITH_TIMEZONE);
        insert.setObject(8, 12.345, Types.NUMERIC, 2);
        insert.setObject(9, "t", Types.BOOLEAN);
        insert.setObject(10, new int[] {1, 2});
        insert.setObject(11, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", Types.OTHER);
        insert.setObject(12, new PGpoint(1, 2));
        insert.setObject(13, OffsetTime.parse("10:11:12+03:00"));
        assertThat(insert.executeUpdate()).isEqualTo(1);
        insert.setInt(1, 8);
        insert.setObject(4, Timestamp.valueOf("2024-02-29 10:00:00"), Types.DATE);
        insert.setObject(5, "04:05:06", Types.TIME);
        insert.setObject(6, LocalDateTime.of(2024, 1, 1, 1, 1), Types.TIMESTAMP);
        insert.setObject(9, 0, Types.BIT);
        insert.setNull(10, Types.ARRAY);
        insert.setNull(3, Types.SQLXML);
        assertThat(insert.executeUpdate()).isEqualTo(1);
      }
      try (Statement statement = connection.createStatement();
          ResultSet rows =
              statement.executeQuery("SELECT " + columns + " FROM " + table + " ORDER BY id")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(7);
        assertThat(rows.getSQLXML(3).getString()).isEqualTo("<a>1</a>");
        assertThat(rows.getSQLXML("x").getBinaryStream()).hasContent("<a>1</a>");
        assertThat(rows.getObject(3)).isInstanceOf(SQLXML.class);
        assertThat(rows.getDate(4)).isEqualTo(Date.valueOf("2024-02-29"));
        assertThat(rows.getTime(5)).isEqualTo(Time.valueOf("01:02:03"));
        assertThat(rows.getTimestamp(6)).isEqualTo(Timestamp.valueOf("2024-02-29 01:02:03.25"));
        assertThat(rows.getObject(7, OffsetDateTime.class).toInstant())
            .isEqualTo(moment.toInstant());
        assertThat(rows.getBigDecimal(8)).isEqualTo("12.35");
        assertThat(rows.getBoolean(9)).isTrue();
        assertThat(rows.getString(11)).startsWith("a0eebc99");
        assertThat(rows.getObject(12)).isEqualTo(new PGpoint(1, 2));
        assertThat(rows.getObject(13, OffsetTime.class).toString()).startsWith("10:11:12+03");
        Array array = rows.getArray(10);
        try (ResultSet elements = array.getResultSet()) {
          assertThat(elements.next()).isTrue();
          assertThat(elements.getInt(1)).isEqualTo(1);
          assertThat(elements.getInt(2)).isEqualTo(1);
          assertThat(elements.next()).isTrue();
          assertThat(elements.getInt("VALUE")).isEqualTo(2);
          assertThat(elements.next()).isFalse();
        }
        assertThat(rows.next()).isTrue();
        assertThat(rows.getObject(4, LocalDate.class)).isEqualTo(LocalDate.of(2024, 2, 29));
        assertThat(rows.getTime(5)).isEqualTo(Time.valueOf("04:05:06"));
        assertThat(rows.getBoolean(9)).isFalse();
        assertThat(rows.getArray(10)).isNull();
        assertThat(rows.getSQLXML(3)).isNull();
      }
    }
  }

  @Test
  void aNullMayBeOfATypeByItsName() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT 'ok' WHERE ? = ? OR ? IS NULL")) {
      select.setObject(1, UUID.randomUUID());
      select.setNull(2, Types.OTHER, "uuid");
      select.setNull(3, Types.OTHER, "uuid");
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
      }
    }
    for (String table : List.of("wide", "capwide")) {
      wide(table);
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO " + table + " (id, t, u) VALUES (?, pg_typeof(?)::text, ?)")) {
        insert.setInt(1, 1);
        insert.setNull(2, Types.OTHER, "jsonb");
        insert.setNull(3, Types.VARCHAR, "no_such_type"); // left to the server, as pgjdbc does
        assertThat(insert.executeUpdate()).isEqualTo(1);
        insert.setInt(1, 2);
        insert.setNull(2, Types.INTEGER, null);
        insert.setNull(3, Types.OTHER, "uuid");
        insert.addBatch();
        assertThat(insert.executeBatch()).containsExactly(1);
      }
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT t, u FROM " + table + " ORDER BY id")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("jsonb");
        assertThat(rows.getObject(2)).isNull();
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("integer");
        assertThat(rows.getObject(2)).isNull();
      }
    }
  }

  @Test
  void anArrayKnowsWhatItsElementsAre() throws SQLException {
    PGobject json = new PGobject();
    json.setType("json");
    json.setValue("{\"a\": 1}");
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT '{{1,2},{3,4}}'::int[], ARRAY[NULL, '{\"a\": 1}']::json[]")) {
      assertThat(rows.next()).isTrue();
      ResultSet nested = rows.getArray(1).getResultSet();
      assertThat(nested.getMetaData().getColumnType(2)).isEqualTo(Types.ARRAY);
      assertThat(nested.getMetaData().getColumnTypeName(2)).isEqualTo("_int4");
      assertThat(nested.next()).isTrue();
      assertThat(nested.next()).isTrue();
      ResultSet inner = nested.getArray(2).getResultSet();
      assertThat(inner.getMetaData().getColumnType(2)).isEqualTo(Types.INTEGER);
      assertThat(inner.getMetaData().getColumnTypeName(2)).isEqualTo("int4");
      assertThat(inner.next()).isTrue();
      assertThat(inner.getInt(2)).isEqualTo(3);

      Array objects = rows.getArray(2);
      ResultSet elements = objects.getResultSet();
      assertThat(elements.next()).isTrue();
      assertThat(elements.getObject(2)).isNull();
      assertThat(elements.next()).isTrue();
      assertThat(elements.getObject(2)).isEqualTo(json);
      assertThat(elements.getString(2)).isEqualTo("{\"a\": 1}");
      assertThat((Object[]) objects.getArray()).isEqualTo(new String[] {null, "{\"a\": 1}"});
    }
  }

  @Test
  void anArrayMayBeMadeOfPrimitivesOrOfNothing() throws SQLException {
    Array numbers = connection.createArrayOf("float8", new double[][] {{3.5, -4.5}, {0, 77}});
    assertThat((Double[][]) numbers.getArray())
        .isDeepEqualTo(new Double[][] {{3.5, -4.5}, {0.0, 77.0}});
    Array nothing = connection.createArrayOf("float8", null);
    assertThat(nothing.getArray()).isNull();
    try (PreparedStatement select = connection.prepareStatement("SELECT ?::float8[], ?")) {
      select.setArray(1, numbers);
      select.setArray(2, nothing);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("{{3.5,-4.5},{0,77}}");
        assertThat(rows.getArray(2)).isNull();
        assertThat(rows.getMetaData().getColumnTypeName(2)).isEqualTo("_float8");
      }
    }
  }

  @Test
  void aTextMayBeATimeWithoutEnd() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT ?::date, ?::timestamp, ?::timestamptz")) {
      select.setObject(1, "infinity", Types.DATE);
      select.setObject(2, "-infinity", Types.TIMESTAMP);
      select.setObject(3, "infinity", Types.TIMESTAMP);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("infinity");
        assertThat(rows.getString(2)).isEqualTo("-infinity");
        assertThat(rows.getString(3)).isEqualTo("infinity");
      }
    }
  }

  @Test
  void timesMayBeWrittenWithOneDigit() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT ?::time::text, ?::time::text, ?::text, ?::text")) {
      select.setObject(1, "8:46:44", Types.TIME);
      select.setObject(2, "22:12:1.5", Types.TIME);
      select.setObject(3, "2024-2-9", Types.DATE);
      select.setObject(4, "2024-2-9 1:2:3", Types.TIMESTAMP);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("08:46:44");
        assertThat(rows.getString(2)).isEqualTo("22:12:01.5");
        assertThat(rows.getString(3)).startsWith("2024-02-09");
        assertThat(rows.getString(4)).startsWith("2024-02-09 01:02:03");
      }
      isRefused("22007", () -> select.setObject(1, "8 o'clock", Types.TIME));
    }
  }

  @Test
  void aTextWithAZoneIsAMomentByTheClockOfTheJvm() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT ?::time")) {
      select.setObject(1, "5:1:2-03", Types.TIME);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getObject(1, LocalTime.class))
            .isEqualTo(
                OffsetDateTime.parse("1970-01-01T05:01:02-03:00")
                    .atZoneSameInstant(ZoneId.systemDefault())
                    .toLocalTime());
      }
    }
  }

  @Test
  void aStreamOfCharactersMayBeShorterThanSaid() throws SQLException {
    byte[] hello = "Hello".getBytes(StandardCharsets.US_ASCII);
    try (PreparedStatement select = connection.prepareStatement("SELECT ?, ?, ?")) {
      select.setAsciiStream(1, new ByteArrayInputStream(hello), 100);
      select.setCharacterStream(2, new StringReader("Hello"), 100);
      select.setAsciiStream(3, new ByteArrayInputStream(hello), 0);
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("Hello");
        assertThat(rows.getString(2)).isEqualTo("Hello");
        assertThat(rows.getString(3)).isEmpty();
      }
    }
  }

  @Test
  void whatCannotBeConvertedSaysSo() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT ?")) {
      isRefused("07006", () -> select.setObject(1, new Object()));
      assertThatThrownBy(() -> select.setObject(1, "yesterday or so", Types.DATE))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> select.setObject(1, "maybe", Types.BOOLEAN))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> select.setBinaryStream(1, new ByteArrayInputStream(new byte[1]), -1))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> select.setRowId(1, null))
          .isInstanceOf(SQLFeatureNotSupportedException.class);
      assertThatThrownBy(() -> select.setRef(1, null))
          .isInstanceOf(SQLFeatureNotSupportedException.class);
    }
  }

  @Test
  void objectsOfTheDatabasesOwnTypesGoInAndOut() throws SQLException {
    try (PreparedStatement select = connection.prepareStatement("SELECT ?, ?::text")) {
      PGobject json = new PGobject();
      json.setType("json");
      json.setValue("{\"a\": 1}");
      select.setObject(1, json);
      select.setObject(2, 'c');
      try (ResultSet rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getObject(1)).isEqualTo(json);
        assertThat(rows.getObject(1, PGobject.class)).isEqualTo(json);
        assertThat(rows.getString(2)).isEqualTo("c");
      }
    }
  }

  // --- results ------------------------------------------------------------------------------

  @Test
  void rowsInABatchArePassedOver() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("INSERT INTO t (name) VALUES ('a')");
      statement.addBatch("SELECT 1");
      statement.addBatch("INSERT INTO t (name) VALUES ('b'), ('c')");
      assertThat(statement.executeBatch()).containsExactly(1, 0, 2);
    }
    try (PreparedStatement select = connection.prepareStatement("SELECT ?::int")) {
      select.setInt(1, 1);
      select.addBatch();
      assertThat(select.executeBatch()).containsExactly(0);
    }
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("SELECT 1");
      statement.addBatch("SELECT 1/0");
      BatchUpdateException failure =
          catchThrowableOfType(BatchUpdateException.class, statement::executeBatch);
      assertThat(failure.getSQLState()).isEqualTo("22012");
    }
  }

  @Test
  void earlierResultsStayOpenOrAreClosedAsIsAsked() throws SQLException {
    String three = "SELECT 1; SELECT 2; SELECT 3";
    try (Statement statement = connection.createStatement()) {
      assertThat(statement.execute(three)).isTrue();
      ResultSet first = statement.getResultSet();
      assertThat(statement.getMoreResults(Statement.KEEP_CURRENT_RESULT)).isTrue();
      ResultSet second = statement.getResultSet();
      assertThat(first.isClosed()).isFalse();
      assertThat(statement.getMoreResults(Statement.CLOSE_ALL_RESULTS)).isTrue();
      assertThat(first.isClosed()).isTrue();
      assertThat(second.isClosed()).isTrue();
      ResultSet third = statement.getResultSet();
      assertThat(third.next()).isTrue();
      assertThat(third.getInt(1)).isEqualTo(3);
      assertThat(statement.getMoreResults()).isFalse();
      assertThat(third.isClosed()).isTrue();
      assertThat(statement.getUpdateCount()).isEqualTo(-1);
      assertThat(statement.execute(three)).isTrue();
      ResultSet kept = statement.getResultSet();
      statement.getMoreResults(Statement.KEEP_CURRENT_RESULT);
      statement.executeQuery("SELECT 4");
      assertThat(kept.isClosed()).isTrue();
    }
  }

  // --- warnings and settings ----------------------------------------------------------------

  private static List<String> states(SQLWarning first) {
    List<String> states = new ArrayList<>();
    for (SQLWarning w = first; w != null; w = w.getNextWarning()) {
      states.add(w.getSQLState());
    }
    return states;
  }

  @Test
  void warningsOfAStatementReachItsClient() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS was_never_there");
      assertThat(states(statement.getWarnings())).containsExactly("00000");
      statement.executeQuery("SELECT 1");
      assertThat(states(statement.getWarnings())).isEmpty();
      statement.execute("COMMIT");
      assertThat(states(statement.getWarnings())).containsExactly("25P01");
      statement.clearWarnings();
      assertThat(states(statement.getWarnings())).isEmpty();
      statement.execute("ROLLBACK");
      assertThat(states(statement.getWarnings())).containsExactly("25P01");
      statement.execute("DROP TABLE IF EXISTS never_1; DROP TABLE IF EXISTS never_2");
      assertThat(states(statement.getWarnings())).hasSize(2);
      statement.execute("BEGIN");
      statement.execute("INSERT INTO t (name) VALUES ('a')");
      statement.execute("BEGIN");
      assertThat(states(statement.getWarnings())).containsExactly("25001");
      statement.execute("ROLLBACK");
      assertThat(states(statement.getWarnings())).isEmpty();
    }
  }

  @Test
  void theApplicationsNameTakesEffectAndIsReadBack() throws SQLException {
    connection.setClientInfo("ApplicationName", "it's me");
    assertThat(connection.getClientInfo("ApplicationName")).isEqualTo("it's me");
    assertThat(text("SHOW application_name")).isEqualTo("it's me");
    connection.setAutoCommit(false);
    assertThat(text("SHOW application_name")).isEqualTo("it's me");
    connection.commit();
    connection.setAutoCommit(true);
    run("SET application_name = 'by SQL'");
    assertThat(connection.getClientInfo("ApplicationName")).isEqualTo("by SQL");
    Properties info = new Properties();
    info.setProperty("ApplicationName", "by properties");
    connection.setClientInfo(info);
    assertThat(connection.getClientInfo().getProperty("ApplicationName"))
        .isEqualTo("by properties");
    connection.setClientInfo("Unknown", "x");
    assertThat(states(connection.getWarnings())).contains("0A000");
    Connection closed = connect();
    closed.close();
    assertThatThrownBy(() -> closed.setClientInfo("ApplicationName", "x"))
        .isInstanceOf(SQLClientInfoException.class);
  }

  @Test
  void whatAConnectionIsToldItSaysAgain() throws SQLException {
    connection.setHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT);
    assertThat(connection.getHoldability()).isEqualTo(ResultSet.HOLD_CURSORS_OVER_COMMIT);
    assertThatThrownBy(() -> connection.setHoldability(77)).isInstanceOf(SQLException.class);
    Map<String, Class<?>> types = new HashMap<>();
    types.put("mood", String.class);
    connection.setTypeMap(types);
    assertThat(connection.getTypeMap()).isEqualTo(types);
    connection.beginRequest();
    connection.endRequest();
    assertThatThrownBy(() -> connection.setShardingKey(null))
        .isInstanceOf(SQLFeatureNotSupportedException.class);
    assertThat(connection.isWrapperFor(Connection.class)).isTrue();
    assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
    assertThat(connection.isWrapperFor(List.class)).isFalse();
    assertThatThrownBy(() -> connection.abort(null)).isInstanceOf(SQLException.class);
    assertThat(connection.nativeSQL("SELECT {fn lcase('A')}")).isEqualTo("SELECT lower('A')");
    try (Statement statement = connection.createStatement()) {
      statement.setMaxFieldSize(2);
      assertThat(statement.getMaxFieldSize()).isEqualTo(2);
      statement.setFetchDirection(ResultSet.FETCH_REVERSE);
      assertThat(statement.getFetchDirection()).isEqualTo(ResultSet.FETCH_REVERSE);
      assertThatThrownBy(() -> statement.setFetchDirection(1)).isInstanceOf(SQLException.class);
      statement.setCursorName("c");
      assertThat(statement.enquoteIdentifier("a b", true)).isEqualTo("\"a b\"");
      assertThat(statement.enquoteLiteral("it's")).isEqualTo("'it''s'");
    }
  }

  // --- descriptions -------------------------------------------------------------------------

  private static List<String> column(ResultSet rows, String label) throws SQLException {
    List<String> values = new ArrayList<>();
    try (rows) {
      while (rows.next()) {
        values.add(rows.getString(label));
      }
    }
    return values;
  }

  @Test
  void descriptionsShowTheApplicationsSchemasAndNoOthers() throws SQLException {
    DatabaseMetaData metaData = connection.getMetaData();
    assertThat(column(metaData.getSchemas(), "TABLE_SCHEM"))
        .contains("public", "pg_catalog")
        .doesNotContain("tandem");
    assertThat(column(metaData.getTables(null, null, "%", null), "TABLE_SCHEM"))
        .contains("public")
        .doesNotContain("tandem");
    assertThat(column(metaData.getColumns(null, null, "%", "%"), "TABLE_SCHEM"))
        .contains("public")
        .doesNotContain("tandem");
    assertThat(column(metaData.getFunctions(null, "%", "%"), "FUNCTION_SCHEM"))
        .contains("pg_catalog")
        .doesNotContain("tandem");
    assertThat(column(metaData.getProcedures(null, "tandem", "%"), "PROCEDURE_SCHEM")).isEmpty();
    try (ResultSet keys = metaData.getPrimaryKeys(null, null, "t")) {
      assertThat(keys.next()).isTrue();
      assertThat(keys.getShort("KEY_SEQ")).isEqualTo((short) 1);
      assertThat(keys.getStatement().getConnection()).isSameAs(connection);
    }
    try (ResultSet columns = metaData.getColumns(null, "public", "t", "amount")) {
      assertThat(columns.next()).isTrue();
      assertThat(columns.getInt("DATA_TYPE")).isEqualTo(Types.NUMERIC);
      assertThat(columns.getInt("DECIMAL_DIGITS")).isEqualTo(2);
      assertThat(columns.getMetaData().getColumnName(4)).isEqualTo("COLUMN_NAME");
    }
    assertThat(metaData.supportsStoredProcedures()).isTrue();
  }
}
