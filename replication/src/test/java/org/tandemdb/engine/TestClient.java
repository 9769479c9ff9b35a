package org.tandemdb.engine;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tandemdb.backend.BackendLink.BeginSpec;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.plan.Plan;
import org.tandemdb.plan.Request;
import org.tandemdb.session.EngineSession;
import org.tandemdb.session.EngineSession.CommitResult;
import org.tandemdb.session.SessionExecutor;

/** As little of a front end as a test of the engine needs. */
final class TestClient implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  final SessionExecutor executor;
  final EngineSession<JdbcLink> session;

  TestClient(Engine<JdbcLink> engine, SessionExecutor executor) {
    this.executor = executor;
    this.session = engine.session("postgres", "", executor);
  }

  /** Runs a write and leaves the transaction open. */
  void write(String sql) throws SQLException, TimeoutException {
    write(sql, BeginSpec.READ_WRITE);
  }

  void write(String sql, BeginSpec spec) throws SQLException, TimeoutException {
    Request request = new Request(sql, Request.Markers.QUESTION, List.of());
    Plan planned = session.plan(request);
    var started = executor.join(session.start(request, planned, spec), LIMIT);
    Plan plan = started.plan();
    JdbcLink link = started.lease().link();
    if (plan instanceof Plan.Write write) {
      try (PreparedStatement statement =
          link.connection().prepareStatement(write.sqlForPrimary())) {
        List<List<@Nullable String>> captured = new ArrayList<>();
        long rows;
        if (statement.execute()) {
          try (ResultSet result = statement.getResultSet()) {
            int hidden = write.capture().hidden().size();
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
              List<@Nullable String> row = new ArrayList<>();
              for (int i = columns - hidden + 1; i <= columns; i++) {
                row.add(result.getString(i));
              }
              captured.add(row);
            }
          }
          rows = captured.size();
        } else {
          rows = statement.getUpdateCount();
        }
        session.executed(write, List.of(), rows, captured.iterator());
      }
    } else if (plan instanceof Plan.Exclusive exclusive) {
      try (var statement = link.connection().createStatement()) {
        statement.execute(sql);
      }
      session.executed(exclusive);
    } else {
      throw new IllegalStateException(plan.toString());
    }
  }

  CommitResult commit() throws TimeoutException {
    return executor.call(session::commit, LIMIT);
  }

  CommitResult run(String... statements) throws SQLException, TimeoutException {
    for (String sql : statements) {
      write(sql);
    }
    return commit();
  }

  List<String> read(String sql) throws SQLException, TimeoutException {
    var lease = executor.join(session.read(false), LIMIT);
    try (var statement = lease.link().connection().createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        rows.add(result.getString(1));
      }
      return Collections.unmodifiableList(rows);
    } finally {
      session.readDone(lease);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
