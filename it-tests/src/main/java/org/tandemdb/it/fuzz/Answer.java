package org.tandemdb.it.fuzz;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGConnection;
import org.tandemdb.jdbc.CopyApi;

/**
 * What a connection answered to a step.
 *
 * @param rows of all results, as text, each result's in the order of the texts
 * @param counts of all results that are none
 */
record Answer(List<String> rows, List<Long> counts, Optional<SQLException> error) {
  private static final int SHOWN = 200;

  /** Runs it; an error is an answer, too. */
  static Answer to(Step step, Connection connection) {
    try {
      if (step.sql().startsWith(Step.BATCH)) {
        return batch(step, connection);
      }
      if (step.sql().startsWith(Step.KEYS)) {
        return keys(step, connection);
      }
      if (step.sql().startsWith(Step.COPY)) {
        return copy(step, connection);
      }
      if (step.sql().startsWith("\\")) {
        call(step, connection);
        return new Answer(List.of(), List.of(), Optional.empty());
      }
      if (step.parameters().isEmpty()) {
        try (Statement statement = connection.createStatement()) {
          return read(statement, statement.execute(step.sql()));
        }
      }
      try (PreparedStatement statement = connection.prepareStatement(step.sql())) {
        for (int i = 0; i < step.parameters().size(); i++) {
          step.parameters().get(i).bind(statement, i + 1);
        }
        return read(statement, statement.execute());
      }
    } catch (SQLException e) {
      return new Answer(List.of(), List.of(), Optional.of(e));
    }
  }

  private static void call(Step step, Connection connection) throws SQLException {
    if (step.begins()) {
      connection.setTransactionIsolation(
          step.sql().endsWith("SERIALIZABLE")
              ? Connection.TRANSACTION_SERIALIZABLE
              : step.sql().endsWith("REPEATABLE READ")
                  ? Connection.TRANSACTION_REPEATABLE_READ
                  : Connection.TRANSACTION_READ_COMMITTED);
      connection.setAutoCommit(false);
      return;
    }
    try {
      if (step.commits()) {
        connection.commit();
      } else {
        connection.rollback();
      }
    } catch (SQLException e) {
      if (!connection.isClosed()) {
        connection.rollback();
      }
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
    }
  }

  /** The statement once for each round of parameters, sent together. */
  private static Answer batch(Step step, Connection connection) throws SQLException {
    String sql = step.sql().substring(Step.BATCH.length());
    int markers = (int) sql.chars().filter(c -> c == '?').count();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < step.parameters().size(); i++) {
        step.parameters().get(i).bind(statement, i % markers + 1);
        if (i % markers == markers - 1) {
          statement.addBatch();
        }
      }
      List<Long> counts = new ArrayList<>();
      for (int count : statement.executeBatch()) {
        counts.add((long) count);
      }
      return new Answer(List.of(), List.copyOf(counts), Optional.empty());
    }
  }

  private static Answer keys(Step step, Connection connection) throws SQLException {
    String sql = step.sql().substring(Step.KEYS.length());
    try (PreparedStatement statement =
        connection.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
      for (int i = 0; i < step.parameters().size(); i++) {
        step.parameters().get(i).bind(statement, i + 1);
      }
      List<Long> counts = List.of((long) statement.executeUpdate());
      return new Answer(read(statement.getGeneratedKeys()), counts, Optional.empty());
    }
  }

  /** By Tandem's interface, or by that of PostgreSQL's driver, which is the same. */
  private static Answer copy(Step step, Connection connection) throws SQLException {
    String sql = step.sql().substring(Step.COPY.length());
    try {
      if (step.parameters().isEmpty()) {
        StringWriter out = new StringWriter();
        long rows =
            connection.isWrapperFor(CopyApi.class)
                ? connection.unwrap(CopyApi.class).copyOut(sql, out)
                : connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, out);
        return new Answer(
            out.toString().lines().sorted().toList(), List.of(rows), Optional.empty());
      }
      Reader in = new StringReader(step.parameters().get(0).text().replace(Step.LINE, "\n"));
      long rows =
          connection.isWrapperFor(CopyApi.class)
              ? connection.unwrap(CopyApi.class).copyIn(sql, in)
              : connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql, in);
      return new Answer(List.of(), List.of(rows), Optional.empty());
    } catch (IOException e) {
      throw new SQLException("memory cannot be read", e);
    }
  }

  private static Answer read(Statement statement, boolean first) throws SQLException {
    List<String> rows = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    boolean isRows = first;
    while (true) {
      if (isRows) {
        rows.addAll(read(statement.getResultSet()));
      } else {
        long count = statement.getLargeUpdateCount();
        if (count == -1) {
          return new Answer(List.copyOf(rows), List.copyOf(counts), Optional.empty());
        }
        counts.add(count);
      }
      isRows = statement.getMoreResults();
    }
  }

  private static List<String> read(ResultSet result) throws SQLException {
    List<String> rows = new ArrayList<>();
    int columns = result.getMetaData().getColumnCount();
    while (result.next()) {
      StringBuilder row = new StringBuilder();
      for (int i = 1; i <= columns; i++) {
        row.append(i == 1 ? "" : "|").append(result.getString(i));
      }
      rows.add(row.toString());
    }
    rows.sort(null);
    return rows;
  }

  String sqlState() {
    return error.map(e -> String.valueOf(e.getSQLState())).orElse("");
  }

  /** What it amounts to, for comparing it with another. */
  String summary() {
    return error.isPresent() ? "error " + sqlState() : "rows " + rows + ", counts " + counts;
  }

  @Override
  public String toString() {
    String text = error.map(e -> sqlState() + " " + e.getMessage()).orElseGet(this::summary);
    String line = text.replace('\n', ' ');
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }
}
