package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys by the place of their columns, which PostgreSQL's own driver does not give. */
class GeneratedKeysTest {
  private final FakeEngine engine = new FakeEngine(Postgres.server());
  private final Connection connection = engine.connect();

  @BeforeEach
  void tables() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : List.of("t", "cap")) {
        statement.execute("DROP TABLE IF EXISTS " + table);
        statement.execute(
            "CREATE TABLE " + table + " (id serial PRIMARY KEY, name text, made date)");
      }
    }
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void keysComeByPlaceInTheOrderThatIsAskedFor() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (Statement statement = connection.createStatement()) {
        String sql = "INSERT INTO " + table + " (name) VALUES ('a'), ('b')";
        assertThat(statement.executeUpdate(sql, new int[] {2, 1})).isEqualTo(2);
        try (ResultSet keys = statement.getGeneratedKeys()) {
          assertThat(keys.getMetaData().getColumnCount()).isEqualTo(2);
          assertThat(keys.getMetaData().getColumnName(1)).isEqualTo("name");
          assertThat(keys.next()).isTrue();
          assertThat(keys.getString(1)).isEqualTo("a");
          assertThat(keys.getInt(2)).isEqualTo(1);
          assertThat(keys.getInt("ID")).isEqualTo(1);
          assertThat(keys.findColumn("id")).isEqualTo(2);
          assertThatThrownBy(() -> keys.getObject(3)).isInstanceOf(SQLException.class);
          assertThatThrownBy(() -> keys.getObject(0)).isInstanceOf(SQLException.class);
          assertThatThrownBy(() -> keys.getObject("made")).isInstanceOf(SQLException.class);
          assertThat(keys.next()).isTrue();
          assertThat(keys.next()).isFalse();
        }
        assertThatThrownBy(() -> statement.executeUpdate(sql, new int[] {0}))
            .isInstanceOf(SQLException.class);
        assertThat(statement.executeUpdate(sql, new int[0])).isEqualTo(2);
        assertThat(statement.getGeneratedKeys().next()).isFalse();
      }
    }
  }

  @Test
  void keysOfABatchComeByPlaceToo() throws SQLException {
    for (String table : List.of("t", "cap")) {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO " + table + " (name, made) VALUES (?, '2024-01-02')",
              new int[] {3, 1})) {
        for (String name : List.of("a", "b")) {
          insert.setString(1, name);
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).containsExactly(1, 1);
        List<String> keys = new ArrayList<>();
        try (ResultSet rows = insert.getGeneratedKeys()) {
          while (rows.next()) {
            keys.add(rows.getDate(1) + " " + rows.getInt("id"));
          }
        }
        assertThat(keys).containsExactly("2024-01-02 1", "2024-01-02 2");
      }
    }
  }

  @Test
  void aPlaceThatIsNotThereIsAnError() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThatThrownBy(
              () -> statement.executeUpdate("INSERT INTO t (name) VALUES ('a')", new int[] {4}))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22023"));
      try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM t")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isZero();
      }
    }
  }
}
