package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What a transaction's token says of it, whoever serves the connection. */
record TokenContract(Connection connection) {

  /** The first column of the only row. */
  static String show(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).as(sql).isTrue();
      return row.getString(1);
    }
  }

  private String outcome(String token) throws SQLException {
    return show(connection, "SHOW TANDEM OUTCOME '" + token + "'");
  }

  private String token() throws SQLException {
    return show(connection, "SHOW tandem.transaction_token");
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** {@code connection} has a table {@code t} with a column {@code name}. */
  void isKept() throws SQLException {
    connection.setAutoCommit(false);
    run("INSERT INTO t (name) VALUES ('one')");
    String first = token();
    assertThat(outcome(first)).isEqualTo("in progress");
    connection.rollback();
    run("INSERT INTO t (name) VALUES ('two')");
    assertThat(token()).as("nothing was logged with it").isEqualTo(first);
    connection.commit();
    assertThat(outcome(first)).isEqualTo("committed");
    String second = token();
    assertThat(second).isNotEqualTo(first);
    assertThat(outcome(second)).as("it may still come").isEqualTo("in progress");
    connection.commit();
    connection.setAutoCommit(true);

    int dash = second.indexOf('-');
    assertRefused("55000", "00000000" + second.substring(dash));
    assertRefused("22023", "tomorrow");
    // Of nobody who is there.
    String gone = second.substring(0, second.length() - 8) + "00000000";
    assertThat(outcome(gone)).isEqualTo("not committed");
  }

  private void assertRefused(String state, String token) {
    assertThatThrownBy(() -> outcome(token))
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo(state));
  }
}
