package org.tandemdb.it.workload;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tandemdb.it.workload.Ledger.Outcome;

/**
 * Enters orders: one transaction of several statements each. A transaction that the database rolled
 * back for reasons of its own (class 40) is begun anew with another token: the first one's must not
 * turn up.
 */
final class OrderClient extends Client {
  private static final int MAX_LINES = 4;

  OrderClient(int number, Source source, Ledger ledger, Tally tally, AtomicBoolean stop) {
    super(number, source, ledger, tally, stop);
  }

  @Override
  boolean autoCommit() {
    return false;
  }

  @Override
  void connectFailed(SQLException e) {
    tally.transactionError("connecting", e);
  }

  @Override
  void work(Connection on) {
    int dice = random.nextInt(20);
    if (dice == 0) {
      transaction(on, "shipping", this::ship);
    } else {
      // Rows in the same order in all transactions: they wait for each other, and cannot deadlock.
      boolean changesItsMind = dice == 1;
      String token = nextToken();
      TreeMap<Integer, Integer> lines = new TreeMap<>();
      for (int i = 1 + random.nextInt(MAX_LINES); i > 0; i--) {
        lines.put(anyProduct(), 1 + random.nextInt(5));
      }
      int customer = anyCustomer();
      transaction(
          on,
          "order " + token,
          connection -> {
            order(connection, token, customer, lines);
            if (changesItsMind) {
              connection.rollback();
              return outcome -> {};
            }
            return outcome -> book(outcome, token, customer, lines);
          });
    }
  }

  /** Runs the statements; gives what to write down once the outcome is known. */
  private interface Work {
    Booking run(Connection on) throws SQLException;
  }

  private interface Booking {
    void as(Outcome outcome);
  }

  private void transaction(Connection on, String what, Work work) {
    Booking booking = null;
    try {
      booking = work.run(on);
      on.commit();
      tally.transactions.increment();
      booking.as(Outcome.ACKNOWLEDGED);
    } catch (SQLException e) {
      if (isUnknown(e)) {
        tally.unknown(what, e);
        if (booking != null) {
          booking.as(Outcome.UNKNOWN);
        }
      } else if (String.valueOf(e.getSQLState()).startsWith("40")) {
        tally.begunAnew.increment();
      } else {
        tally.transactionError(what, e);
        pause();
      }
      afterFailure(on, what);
    }
  }

  private void afterFailure(Connection on, String what) {
    try {
      on.rollback();
    } catch (SQLException e) {
      tally.transactionError("rolling back " + what, e);
      disconnect();
    }
  }

  private void order(Connection on, String token, int customer, Map<Integer, Integer> lines)
      throws SQLException {
    long order =
        insert(
            on,
            "INSERT INTO orders (customer_id, client, token) VALUES (?, ?, ?)",
            customer,
            number,
            token);
    for (Map.Entry<Integer, Integer> line : lines.entrySet()) {
      Object price = read(on, "SELECT price FROM product WHERE id = ?", line.getKey());
      if (!(price instanceof BigDecimal)) {
        throw new SQLException("product " + line.getKey() + " is missing", "XX000");
      }
      insert(
          on,
          "INSERT INTO order_line (order_id, product_id, quantity, price, token)"
              + " VALUES (?, ?, ?, ?, ?)",
          order,
          line.getKey(),
          line.getValue(),
          price,
          token);
      update(
          1,
          on,
          "UPDATE product SET stock = stock - ?, sold = sold + ? WHERE id = ?",
          line.getValue(),
          line.getValue(),
          line.getKey());
    }
    Object total =
        read(on, "SELECT sum(quantity * price) FROM order_line WHERE order_id = ?", order);
    if (total == null) {
      throw new SQLException("order " + order + " does not see its lines", "XX000");
    }
    update(1, on, "UPDATE orders SET total = ? WHERE id = ?", total, order);
    update(
        1,
        on,
        "UPDATE customer SET orders = orders + 1, spent = spent + ? WHERE id = ?",
        total,
        customer);
  }

  private void book(Outcome outcome, String token, int customer, Map<Integer, Integer> lines) {
    promise(ledger.orders, token, outcome, 1);
    promise(ledger.orderLines, token, outcome, lines.size());
    lines.forEach((product, quantity) -> ledger.sold.add(outcome, product, quantity));
    ledger.customerOrders.add(outcome, customer, 1);
    ledger.count(outcome, 3 + 2 * lines.size());
  }

  private Booking ship(Connection on) throws SQLException {
    statement(
            on,
            "UPDATE orders SET status = 'shipped', shipped = now()"
                + " WHERE client = ? AND status = 'new'",
            number)
        .executeUpdate();
    return outcome -> ledger.count(outcome, 1);
  }
}
