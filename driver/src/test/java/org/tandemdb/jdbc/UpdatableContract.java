package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** ResultSets that change the rows they came from. */
abstract class UpdatableContract extends UpdatableTablesContract {
  private static final List<String> TABLES = List.of("t", "cap");

  private static void isRefused(String sqlState, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
  }

  @Test
  void aRowIsUpdatedInsertedAndDeleted() throws SQLException {
    for (String table : TABLES) {
      run("INSERT INTO " + table + " (name) VALUES ('a'), ('b'), ('c')");
      try (Statement statement = updatable();
          ResultSet rows =
              statement.executeQuery("SELECT name, amount, id FROM " + table + " ORDER BY id")) {
        assertThat(statement.getResultSetConcurrency()).isEqualTo(ResultSet.CONCUR_UPDATABLE);
        assertThat(rows.getConcurrency()).isEqualTo(ResultSet.CONCUR_UPDATABLE);
        assertThat(rows.getMetaData().isReadOnly(1)).isFalse();
        assertThat(rows.getMetaData().isWritable(1)).isTrue();
        assertThat(rows.next()).isTrue();
        rows.updateString("name", "A");
        rows.updateBigDecimal(2, new BigDecimal("1.50"));
        rows.updateRow();
        assertThat(rows.getString(1)).isEqualTo("A");
        assertThat(rows.getBigDecimal("amount")).isEqualTo("1.50");
        assertThat(rows.getInt("id")).isEqualTo(1);
        assertThat(all(table)).isEqualTo("1A1.50 2b0.00 3c0.00");

        rows.moveToInsertRow();
        rows.updateString(1, "d");
        rows.insertRow();
        assertThat(rows.getString(1)).isEqualTo("d");
        rows.moveToCurrentRow();
        assertThat(rows.getString(1)).isEqualTo("A");
        assertThat(rows.getRow()).isEqualTo(1);
        assertThat(rows.last()).isTrue();
        assertThat(rows.getRow()).isEqualTo(4);
        assertThat(rows.getInt("id")).isEqualTo(4);
        assertThat(rows.getString("name")).isEqualTo("d");

        assertThat(rows.absolute(2)).isTrue();
        rows.deleteRow();
        assertThat(rows.getString(1)).isEqualTo("A");
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("c");
        assertThat(all(table)).isEqualTo("1A1.50 3c0.00 4d0.00");
        // What was inserted is a row like the others.
        assertThat(rows.next()).isTrue();
        rows.updateString(1, "D");
        rows.updateRow();
        assertThat(rows.isLast()).isTrue();
        assertThat(rows.next()).isFalse();
        assertThat(rows.isAfterLast()).isTrue();
        assertThat(rows.previous()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("D");
        assertThat(rows.first()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("A");
      }
      assertThat(all(table)).isEqualTo("1A1.50 3c0.00 4D0.00");
    }
  }

  @Test
  void changesBelongToTheTransaction() throws SQLException {
    for (String table : TABLES) {
      run("INSERT INTO " + table + " (name) VALUES ('a'), ('b')");
      connection.setAutoCommit(false);
      for (boolean commits : new boolean[] {false, true}) {
        try (Statement statement = updatable();
            ResultSet rows =
                statement.executeQuery("SELECT * FROM " + table + " ORDER BY id FOR UPDATE")) {
          rows.next();
          rows.updateString("name", "A");
          rows.updateRow();
          rows.next();
          rows.deleteRow();
          rows.moveToInsertRow();
          rows.updateInt("id", 7);
          rows.updateString("name", "g");
          rows.updateInt("amount", 1);
          rows.insertRow();
          assertThat(all(table)).isEqualTo("1A0.00 7g1.00");
        }
        if (commits) {
          connection.commit();
        } else {
          connection.rollback();
          assertThat(all(table)).isEqualTo("1a0.00 2b0.00");
        }
      }
      connection.setAutoCommit(true);
      assertThat(all(table)).isEqualTo("1A0.00 7g1.00");
    }
  }

  @Test
  void updatesThatWereNotSentAreNotMade() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
      rows.next();
      rows.updateRow();
      rows.updateString(2, "x");
      rows.cancelRowUpdates();
      rows.updateRow();
      assertThat(rows.getString(2)).isEqualTo("a");
      rows.updateNull("amount");
      rows.updateRow();
      assertThat(rows.getBigDecimal("amount")).isNull();
      assertThat(rows.wasNull()).isTrue();
      assertThat(rows.getString(2)).isEqualTo("a");
      assertThat(rows.wasNull()).isFalse();
    }
    assertThat(text("SELECT string_agg(name, '' ORDER BY id) FROM t")).isEqualTo("ab");
  }

  @Test
  void aRowIsReadAgain() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      rows.refreshRow(); // nowhere yet
      rows.next();
      run("UPDATE t SET name = 'b'");
      assertThat(rows.getString("name")).isEqualTo("a");
      rows.refreshRow();
      assertThat(rows.getString("name")).isEqualTo("b");
      rows.updateString("name", "c");
      rows.updateRow();
      rows.refreshRow();
      assertThat(rows.getString("name")).isEqualTo("c");
      rows.moveToInsertRow();
      isRefused("24000", rows::refreshRow);
    }
  }

  @Test
  void rowsOfAPreparedStatementThatMoveForwardOnlyAreChangedToo() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b'), ('c')");
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT id, name FROM t AS x WHERE id > ? AND name <> '(from' ORDER BY id",
            ResultSet.TYPE_FORWARD_ONLY,
            ResultSet.CONCUR_UPDATABLE)) {
      statement.setInt(1, 1);
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.getType()).isEqualTo(ResultSet.TYPE_FORWARD_ONLY);
        while (rows.next()) {
          rows.updateString("name", rows.getString("name") + "!");
          rows.updateRow();
          assertThat(rows.getString(2)).endsWith("!");
        }
        assertThatThrownBy(rows::first).isInstanceOf(SQLException.class);
      }
    }
    assertThat(text("SELECT string_agg(name, ' ' ORDER BY id) FROM t")).isEqualTo("a b! c!");
  }

  @Test
  void whatIsNoRowOfOneTableWithItsKeyIsNotUpdated() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT amount FROM t")) {
      rows.next();
      isRefused("24000", () -> rows.updateInt(1, 1));
      isRefused("24000", rows::deleteRow);
      isRefused("24000", rows::moveToInsertRow);
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      rows.next();
      assertThat(rows.getConcurrency()).isEqualTo(ResultSet.CONCUR_READ_ONLY);
      isRefused("24000", () -> rows.updateInt(1, 1));
      isRefused("24000", rows::moveToInsertRow);
    }
    assertThat(text("SELECT count(*) FROM t WHERE name = 'a'")).isEqualTo("1");
  }

  @Test
  void whereThereIsNoRowOrNoValueNothingIsDone() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      isRefused("24000", () -> rows.updateInt(1, 1));
      isRefused("24000", rows::updateRow);
      isRefused("24000", rows::deleteRow);
      isRefused("24000", rows::insertRow);
      rows.moveToInsertRow();
      isRefused("22023", rows::insertRow);
      isRefused("22023", () -> rows.updateInt(9, 1));
      isRefused("24000", rows::updateRow);
      isRefused("24000", rows::deleteRow);
      isRefused("24000", rows::cancelRowUpdates);
      isRefused("24000", rows::next);
      rows.afterLast();
      isRefused("24000", rows::deleteRow);
      isRefused("24000", () -> rows.updateFloat("amount", 1));
    }
    assertThat(all("t")).isEqualTo("1a0.00");
  }

  /** As with any statement, a transaction that has failed has to be rolled back. */
  @Test
  void anUpdateThatTheServerRefusesChangesNothingThatIsShown() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
      rows.next();
      rows.updateString("name", "b");
      isRefused("23505", rows::updateRow);
      assertThat(rows.getString("name")).isEqualTo("a");
      rows.updateString("name", "c");
      rows.updateRow();
      assertThat(rows.getString("name")).isEqualTo("c");
    }
  }

  @Test
  void valuesOfEachTypeAreWritten() throws SQLException {
    run("DROP TABLE IF EXISTS many_types");
    run(
        "CREATE TABLE many_types (\"Its Key\" uuid NOT NULL, part int NOT NULL, b boolean,"
            + " \"qu\"\"oted\" text, raw bytea, d date, tm time, ts timestamp, f float8, l int8,"
            + " numbers int[], PRIMARY KEY (\"Its Key\", part))");
    UUID key = UUID.fromString("6bcd1f1a-3f0c-4a57-9d3c-0d3f5f4f1c11");
    byte[] bytes = {0, 1, (byte) 255};
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM many_types")) {
      rows.moveToInsertRow();
      rows.updateObject(1, key);
      rows.updateShort(2, (short) 1);
      rows.updateBoolean("b", true);
      rows.updateCharacterStream(4, new StringReader("text"), 4);
      rows.updateBytes("raw", bytes);
      rows.updateDate("d", Date.valueOf("2026-02-03"));
      rows.updateTime("tm", Time.valueOf("04:05:06"));
      rows.updateTimestamp("ts", Timestamp.valueOf("2026-02-03 04:05:06.789"));
      rows.updateDouble("f", 0.1);
      rows.updateLong("l", Long.MAX_VALUE);
      rows.updateArray("numbers", connection.createArrayOf("int4", new Integer[] {1, 2}));
      rows.insertRow();
      rows.first();
      assertThat(rows.getObject(1)).isEqualTo(key);
      assertThat(rows.getInt(2)).isEqualTo(1);
      assertThat(rows.getBoolean(3)).isTrue();
      assertThat(rows.getString(4)).isEqualTo("text");
      assertThat(rows.getBytes(5)).isEqualTo(bytes);
      assertThat(rows.getDate(6)).isEqualTo("2026-02-03");
      assertThat(rows.getTime(7)).isEqualTo(Time.valueOf("04:05:06"));
      assertThat(rows.getTimestamp(8)).isEqualTo(Timestamp.valueOf("2026-02-03 04:05:06.789"));
      assertThat(rows.getDouble(9)).isEqualTo(0.1);
      assertThat(rows.getLong(10)).isEqualTo(Long.MAX_VALUE);
      assertThat((Integer[]) rows.getArray(11).getArray()).containsExactly(1, 2);
      rows.updateBinaryStream(5, new ByteArrayInputStream(bytes), 2);
      rows.updateAsciiStream(
          4, new ByteArrayInputStream("ascii".getBytes(StandardCharsets.US_ASCII)), 5);
      rows.updateString("numbers", null);
      rows.updateRow();
      assertThat(rows.getBytes(5)).isEqualTo(new byte[] {0, 1});
      assertThat(rows.getString("qu\"oted")).isEqualTo("ascii");
      assertThat(rows.getArray(11)).isNull();
      rows.deleteRow();
      assertThat(rows.next()).isFalse();
    }
    assertThat(text("SELECT count(*) FROM many_types")).isEqualTo("0");
    run("DROP TABLE many_types");
  }

  @Test
  void whatARollbackHasUndoneIsStillShown() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
      connection.setAutoCommit(false);
      rows.next();
      rows.updateString("name", "A");
      rows.updateRow();
      connection.rollback();
      assertThat(rows.getString("name")).isEqualTo("A");
      rows.refreshRow();
      assertThat(rows.getString("name")).isEqualTo("a");
      connection.rollback();
    }
    connection.setAutoCommit(true);
    assertThat(all("t")).isEqualTo("1a0.00 2b0.00");
  }

  @Test
  void aRowThatSomebodyElseHasDeletedMeanwhileIsPassedOver() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a'), ('b')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t ORDER BY id")) {
      try (Connection other = connect();
          Statement deleting = other.createStatement()) {
        deleting.executeUpdate("DELETE FROM t WHERE id = 1");
      }
      rows.next();
      rows.updateString("name", "A");
      rows.updateRow();
      rows.deleteRow();
      rows.next();
      rows.updateString("name", "B");
      rows.updateRow();
      assertThat(rows.getString("name")).isEqualTo("B");
    }
    assertThat(all("t")).isEqualTo("2B0.00");
  }

  @Test
  void whatIsSupportedIsSaid() throws SQLException {
    DatabaseMetaData data = connection.getMetaData();
    for (int type : new int[] {ResultSet.TYPE_FORWARD_ONLY, ResultSet.TYPE_SCROLL_INSENSITIVE}) {
      assertThat(data.supportsResultSetConcurrency(type, ResultSet.CONCUR_UPDATABLE)).isTrue();
      assertThat(data.supportsResultSetConcurrency(type, ResultSet.CONCUR_READ_ONLY)).isTrue();
      assertThat(data.ownUpdatesAreVisible(type)).isTrue();
      assertThat(data.ownDeletesAreVisible(type)).isTrue();
      assertThat(data.ownInsertsAreVisible(type)).isTrue();
      assertThat(data.othersUpdatesAreVisible(type)).isFalse();
      assertThat(data.updatesAreDetected(type)).isFalse();
      assertThat(data.insertsAreDetected(type)).isFalse();
      assertThat(data.deletesAreDetected(type)).isFalse();
    }
    assertThat(
            data.supportsResultSetConcurrency(
                ResultSet.TYPE_SCROLL_SENSITIVE, ResultSet.CONCUR_UPDATABLE))
        .isFalse();
  }
}
