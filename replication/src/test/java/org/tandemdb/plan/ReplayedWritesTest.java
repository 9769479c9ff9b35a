package org.tandemdb.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tandemdb.catalog.Catalog;
import org.tandemdb.catalog.PgCatalogLoader;
import org.tandemdb.entry.Change;
import org.tandemdb.entry.Entry;
import org.tandemdb.session.Reservations;
import org.tandemdb.session.TransactionRecord;

/** Runs writes on one database and what the plan logs on another; both must be equal afterwards. */
class ReplayedWritesTest {
  private static final SessionView SESSION =
      new SessionView(List.of("public"), true, false, false, Set.of());

  private static ShopDatabase server;
  private static Catalog catalog;

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = new ShopDatabase();
    try (Connection connection = server.one()) {
      catalog = PgCatalogLoader.load(connection, 0);
    }
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  /** † What the log says must give the primary's rows on any copy (architecture, section 4). */
  @Test
  void theLoggedChangeGivesTheSameRowsAsTheStatement() throws SQLException {
    SqlPlanner planner = new SqlPlanner(100);
    try (Connection one = server.one();
        Connection two = server.two()) {
      // Another path, zone and clock: the log must not lean on the applier's session.
      run(two, "SET search_path = pg_catalog");
      for (String line : ShopDatabase.resource("writes.txt").lines().toList()) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        int bar = line.indexOf('|');
        Form form = Form.valueOf(line.substring(0, bar).strip());
        String sql = line.substring(bar + 1).strip();
        Plan plan =
            planner.plan(new Request(sql, Request.Markers.QUESTION, List.of()), catalog, SESSION);
        assertThat(plan).as(sql).isInstanceOf(Plan.Write.class);
        Plan.Write write = (Plan.Write) plan;
        assertThat(write.form()).as(sql + ": " + write.reason()).isEqualTo(form);
        replay(one, two, write);
        for (var table : catalog.tables().values()) {
          if (table.kind() == Catalog.Kind.TABLE && table.readHazards().isEmpty()) {
            String name = quoted(table.name().schema(), table.name().name());
            assertThat(rows(two, name)).as(sql + " in " + name).isEqualTo(rows(one, name));
          }
        }
      }
    }
  }

  private static void replay(Connection one, Connection two, Plan.Write write) throws SQLException {
    one.setAutoCommit(false);
    String clock = single(one, "SELECT now()::text");
    List<List<@Nullable String>> captured = new ArrayList<>();
    long count;
    try (Statement statement = one.createStatement()) {
      boolean result = statement.execute(write.sqlForPrimary());
      count = statement.getUpdateCount();
      if (result) {
        ResultSet rows = statement.getResultSet();
        int hidden = write.capture().hidden().size();
        int own = rows.getMetaData().getColumnCount() - hidden;
        count = 0;
        while (rows.next()) {
          if (write.capture().apart() && rows.getString(own + 1) == null) {
            continue;
          }
          count++;
          List<@Nullable String> row = new ArrayList<>();
          for (int i = 1; i <= hidden; i++) {
            row.add(rows.getString(own + i));
          }
          captured.add(row);
        }
      }
    }
    one.commit();
    one.setAutoCommit(true);
    if (write.template() instanceof Plan.Template.Verbatim verbatim) {
      assertThat(apply(two, verbatim, clock)).as(verbatim.sql()).isEqualTo(count);
      return;
    }
    TransactionRecord record =
        new TransactionRecord(
            1 << 20,
            1 << 20,
            1 << 20,
            1 << 20,
            () -> {
              throw new IllegalStateException("nothing is large here");
            });
    record.add(write, List.of(), captured.size(), captured.iterator());
    Entry.Inline body = (Entry.Inline) record.body(clock, new Reservations());
    for (Change change : body.changes()) {
      if (change instanceof Change.Rows rows) {
        for (Change.Row row : rows.values()) {
          assertThat(apply(two, rows, row)).as(write.sqlForPrimary()).isEqualTo(1);
        }
      }
    }
  }

  private static int apply(Connection two, Plan.Template.Verbatim verbatim, String clock)
      throws SQLException {
    String sql = verbatim.sql();
    for (int i = verbatim.slots().size(); i >= 1; i--) {
      assertThat(verbatim.slots().get(i - 1)).isInstanceOf(Plan.Slot.Clock.class);
      sql = sql.replace("$" + i, "'" + clock + "'");
    }
    try (Statement statement = two.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private static int apply(Connection two, Change.Rows rows, Change.Row row) throws SQLException {
    String table = quoted(rows.table().schema(), rows.table().name());
    int keys = rows.keyColumns().size();
    List<@Nullable String> values = new ArrayList<>();
    StringBuilder sql = new StringBuilder();
    switch (rows.kind()) {
      case INSERT -> {
        insert(sql, table, rows.columns());
        values.addAll(row.texts());
      }
      case UPDATE -> {
        sql.append("UPDATE ").append(table).append(" SET ");
        list(sql, rows.columns(), ", ", "=");
        sql.append(" WHERE ");
        list(sql, rows.keyColumns(), " AND ", "=");
        values.addAll(row.texts().subList(keys, row.texts().size()));
        values.addAll(row.texts().subList(0, keys));
      }
      case DELETE -> {
        sql.append("DELETE FROM ").append(table).append(" WHERE ");
        list(sql, rows.keyColumns(), " AND ", "=");
        values.addAll(row.texts());
      }
      case UPSERT -> {
        List<Change.Column> all = new ArrayList<>(rows.keyColumns());
        all.addAll(rows.columns());
        insert(sql, table, all);
        sql.append(" ON CONFLICT (");
        list(sql, rows.keyColumns(), ", ", "");
        sql.append(") DO UPDATE SET ");
        list(sql, rows.columns(), ", ", "=");
        values.addAll(row.texts());
        values.addAll(row.texts().subList(keys, row.texts().size()));
      }
    }
    try (PreparedStatement statement = two.prepareStatement(sql.toString())) {
      for (int i = 0; i < values.size(); i++) {
        statement.setString(i + 1, values.get(i));
      }
      return statement.executeUpdate();
    }
  }

  private static void insert(StringBuilder sql, String table, List<Change.Column> columns) {
    sql.append("INSERT INTO ").append(table).append(" (");
    list(sql, columns, ", ", "");
    sql.append(") OVERRIDING SYSTEM VALUE VALUES (");
    for (int i = 0; i < columns.size(); i++) {
      sql.append(i == 0 ? "?::" : ", ?::").append(columns.get(i).type().name());
    }
    sql.append(")");
  }

  private static void list(
      StringBuilder sql, List<Change.Column> columns, String separator, String equals) {
    for (int i = 0; i < columns.size(); i++) {
      Change.Column column = columns.get(i);
      sql.append(i == 0 ? "" : separator).append(LoggedText.quote(column.name()));
      if (!equals.isEmpty()) {
        sql.append(" = ?::").append(column.type().name());
      }
    }
  }

  private static String quoted(String schema, String name) {
    return LoggedText.quote(schema) + "." + LoggedText.quote(name);
  }

  private static List<String> rows(Connection connection, String table) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT t::text FROM " + table + " t ORDER BY 1")) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  private static String single(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
