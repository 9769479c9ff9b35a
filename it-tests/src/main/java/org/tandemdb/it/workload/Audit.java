package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tandemdb.it.workload.Ledger.Counters;
import org.tandemdb.it.workload.Ledger.Outcome;
import org.tandemdb.it.workload.Ledger.Promise;

/**
 * Holds a database against what the clients were told.
 *
 * @param lost acknowledged writes that are not there
 * @param doubled writes that are there twice, or were answered with an error and are there
 * @param findings the first of them, in words
 */
public record Audit(long lost, long doubled, List<String> findings) {
  private static final int FINDINGS_KEPT = 20;

  static Audit of(Connection connection, Ledger ledger) throws SQLException {
    Auditor auditor = new Auditor(connection);
    auditor.tokens("visit", ledger.visits);
    auditor.tokens("cart", ledger.cart);
    auditor.tokens("orders", ledger.orders);
    auditor.tokens("order_line", ledger.orderLines);
    auditor.counters("product", "id", "restocks", ledger.restocks);
    auditor.counters("product", "id", "sold", ledger.sold);
    auditor.counters("customer", "id", "orders", ledger.customerOrders);
    auditor.counters("customer", "city", "points", ledger.points);
    auditor.totals();
    return new Audit(auditor.lost, auditor.doubled, List.copyOf(auditor.findings));
  }

  private static final class Auditor {
    private final Connection connection;
    private final List<String> findings = new ArrayList<>();
    private long lost;
    private long doubled;

    Auditor(Connection connection) {
      this.connection = connection;
    }

    void tokens(String table, Map<String, Promise> promises) throws SQLException {
      Map<String, Integer> found = new HashMap<>();
      query(
          "SELECT token, count(*) FROM " + table + " GROUP BY token",
          row -> found.put(row.getString(1), row.getInt(2)));
      promises.forEach(
          (token, promise) -> {
            int rows = found.getOrDefault(token, 0);
            if (promise.outcome() == Outcome.UNKNOWN && rows == 0) {
              return;
            }
            if (rows < promise.rows()) {
              lost++;
              note(table + ": token " + token + " has " + rows + " rows, not " + promise.rows());
            } else if (rows > promise.rows()) {
              doubled++;
              note(table + ": token " + token + " has " + rows + " rows, not " + promise.rows());
            }
          });
      found.forEach(
          (token, rows) -> {
            if (!promises.containsKey(token)) {
              doubled++;
              note(table + ": token " + token + " is there, and was never acknowledged");
            }
          });
    }

    void counters(String table, String key, String column, Counters counters) throws SQLException {
      query(
          "SELECT DISTINCT " + key + ", " + column + " FROM " + table,
          row -> {
            int index = row.getInt(1);
            long value = row.getLong(2);
            long missing = counters.lost(index, value);
            long surplus = counters.doubled(index, value);
            lost += missing;
            doubled += surplus;
            if (missing + surplus > 0) {
              note(
                  String.format(
                      "%s: %s of %s %d is %d, acknowledged were %d",
                      table, column, key, index, value, counters.acknowledged(index)));
            }
          });
    }

    /** A transaction is whole or not there. */
    void totals() throws SQLException {
      query(
          "SELECT o.token, o.total, sum(l.quantity * l.price) FROM orders o"
              + " LEFT JOIN order_line l ON l.order_id = o.id GROUP BY o.id"
              + " HAVING o.total IS DISTINCT FROM sum(l.quantity * l.price)",
          row -> {
            lost++;
            note("orders: total of token " + row.getString(1) + " is not that of its lines");
          });
    }

    private interface Row {
      void read(ResultSet row) throws SQLException;
    }

    private void query(String sql, Row reader) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }

    private void note(String finding) {
      if (findings.size() < FINDINGS_KEPT) {
        findings.add(finding);
      }
    }
  }
}
