package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Which table an updatable ResultSet changes, and by which key. */
abstract class UpdatableTablesContract extends UpdatersContract {

  final Statement updatable() throws SQLException {
    return connection.createStatement(
        ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
  }

  final String all(String table) throws SQLException {
    return text("SELECT string_agg(id || name || amount, ' ' ORDER BY id) FROM " + table);
  }

  private static void isNotUpdated(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("24000"));
  }

  @Test
  void theTableIsThatOfTheSearchPath() throws SQLException {
    run("DROP SCHEMA IF EXISTS nearer CASCADE");
    run("CREATE SCHEMA nearer");
    run("CREATE TABLE nearer.t (id int PRIMARY KEY, name text)");
    run("INSERT INTO nearer.t VALUES (1, 'near')");
    run("INSERT INTO public.t (name) VALUES ('far')");
    connection.setSchema("nearer");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      rows.next();
      rows.updateString("name", "changed");
      rows.updateRow();
    }
    assertThat(text("SELECT name FROM nearer.t")).isEqualTo("changed");
    assertThat(text("SELECT name FROM public.t")).isEqualTo("far");
    run("DROP SCHEMA nearer CASCADE");
    connection.setSchema(null);
  }

  /** The rows that were selected are changed, whatever their table's name means by now. */
  @Test
  void theTableIsThatOfTheSearchPathThenAndNotLater() throws SQLException {
    run("DROP SCHEMA IF EXISTS nearer CASCADE");
    run("CREATE SCHEMA nearer");
    run("CREATE TABLE nearer.t (id int PRIMARY KEY, name text)");
    run("INSERT INTO nearer.t VALUES (1, 'near')");
    run("INSERT INTO public.t (name) VALUES ('far')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT id, name FROM t")) {
      rows.next();
      connection.setSchema("nearer");
      rows.updateString("name", "changed");
      rows.updateRow();
      rows.refreshRow();
    }
    // PostgreSQL's own driver sends the name as it stands in the query.
    assertThat(text("SELECT name FROM public.t")).isEqualTo(isTandems() ? "changed" : "far");
    assertThat(text("SELECT name FROM nearer.t")).isEqualTo(isTandems() ? "near" : "changed");
    run("DROP SCHEMA nearer CASCADE");
    connection.setSchema(null);
  }

  @Test
  void anExpressionStaysAsItWasSelectedAndIsNotUpdated() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    try (Statement statement = updatable();
        ResultSet rows =
            statement.executeQuery("SELECT upper(name) AS big, id, name, id + 7 FROM t")) {
      rows.next();
      rows.updateString("name", "b");
      rows.updateRow();
      assertThat(rows.getString("big")).isEqualTo("A");
      assertThat(rows.getString("name")).isEqualTo("b");
      assertThat(rows.getInt(4)).isEqualTo(8);
      assertThatThrownBy(
              () -> {
                rows.updateString("big", "C");
                rows.updateRow();
              })
          .isInstanceOf(SQLException.class);
    }
    assertThat(all("t")).isEqualTo("1b0.00");
  }

  @Test
  void rowsOfAViewAreNotUpdated() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    run("CREATE OR REPLACE VIEW seen AS SELECT id, name FROM t");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM seen")) {
      assertThat(rows.next()).isTrue();
      isNotUpdated(() -> rows.updateString("name", "b"));
      isNotUpdated(rows::deleteRow);
    }
    run("DROP VIEW seen");
    assertThat(all("t")).isEqualTo("1a0.00");
  }

  @Test
  void rowsOfAPartitionedTableAreUpdatedAndMayChangeTheirPartition() throws SQLException {
    run("DROP TABLE IF EXISTS parted");
    run(
        "CREATE TABLE parted (id int, k int, name text, PRIMARY KEY (id, k)) PARTITION BY LIST (k)");
    run("CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)");
    run("CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2)");
    run("INSERT INTO parted VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 1, 'c')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM parted ORDER BY id")) {
      rows.next();
      rows.updateString("name", "A");
      rows.updateRow();
      rows.updateInt("k", 2);
      rows.updateRow();
      rows.next();
      rows.deleteRow();
      rows.moveToInsertRow();
      rows.updateInt("id", 4);
      rows.updateInt("k", 2);
      rows.updateString("name", "d");
      rows.insertRow();
    }
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM parted_1")) {
      rows.next();
      rows.updateString("name", "C");
      rows.updateRow();
    }
    assertThat(text("SELECT string_agg(tableoid::regclass || name, ' ' ORDER BY id) FROM parted"))
        .isEqualTo("parted_2A parted_1C parted_2d");
    run("DROP TABLE parted");
  }

  /** The key is the table's own: those that inherit from it may have the same values. */
  @Test
  void rowsOfATableThatOthersInheritFromAreUpdatedWithOnly() throws SQLException {
    run("DROP TABLE IF EXISTS family CASCADE");
    run("CREATE TABLE family (id int PRIMARY KEY, name text)");
    run("CREATE TABLE child (PRIMARY KEY (id)) INHERITS (family)");
    run("INSERT INTO family VALUES (1, 'a')");
    run("INSERT INTO child VALUES (1, 'b')");
    String names =
        "SELECT string_agg(name, ' ' ORDER BY tableoid::regclass::text DESC) FROM family";
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM ONLY family")) {
      rows.next();
      rows.updateString("name", "A");
      rows.updateRow();
      rows.refreshRow();
      assertThat(rows.getString("name")).isEqualTo("A");
    }
    assertThat(text(names)).isEqualTo("A b");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM family ORDER BY name")) {
      rows.next();
      if (isTandems()) {
        isNotUpdated(() -> rows.updateString("name", "both"));
      } else {
        rows.updateString("name", "both");
        rows.updateRow();
      }
    }
    assertThat(text(names)).isEqualTo(isTandems() ? "A b" : "both both");
    run("DROP TABLE family CASCADE");
  }

  @Test
  void aKeyOfSeveralColumnsIsUpdated() throws SQLException {
    run("DROP TABLE IF EXISTS pairs");
    run("CREATE TABLE pairs (v text, b text, a int, PRIMARY KEY (a, b))");
    run("INSERT INTO pairs VALUES ('x', 'b', 1), ('y', 'b', 2), ('z', 'c', 1)");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT v, b, a FROM pairs ORDER BY v")) {
      rows.next();
      rows.updateString("b", "d");
      rows.updateString("v", "X");
      rows.updateRow();
      rows.refreshRow();
      assertThat(rows.getString("v") + rows.getString("b")).isEqualTo("Xd");
      rows.updateString("v", "XX");
      rows.updateRow();
      rows.next();
      rows.updateInt("a", 3);
      rows.updateRow();
      rows.deleteRow();
    }
    assertThat(text("SELECT string_agg(a || b || v, ' ' ORDER BY b) FROM pairs"))
        .isEqualTo("1cz 1dXX");
    run("DROP TABLE pairs");
  }

  @Test
  void theKeyItselfIsUpdated() throws SQLException {
    run("INSERT INTO t (name) VALUES ('a')");
    try (Statement statement = updatable();
        ResultSet rows = statement.executeQuery("SELECT * FROM t")) {
      rows.next();
      rows.updateInt("id", 40);
      rows.updateRow();
      rows.updateInt("id", 41);
      rows.updateRow();
      assertThat(rows.getInt(1)).isEqualTo(41);
    }
    assertThat(text("SELECT id FROM t")).isEqualTo("41");
  }
}
