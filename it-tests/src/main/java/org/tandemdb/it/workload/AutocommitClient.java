package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tandemdb.it.workload.Ledger.Outcome;

/**
 * Sends single statements. It does nothing about errors, for it must not see any: each one counts.
 */
final class AutocommitClient extends Client {
  private static final int CART_SIZE = 20;

  private final ArrayDeque<CartItem> items = new ArrayDeque<>();

  /** Only this client changes this city's points, so that range updates cannot deadlock. */
  private final int city;

  AutocommitClient(int number, Source source, Ledger ledger, Tally tally, AtomicBoolean stop) {
    super(number, source, ledger, tally, stop);
    this.city = number % Shop.CITIES;
  }

  private record CartItem(long id, String token) {}

  /** A write, and what the ledger is to hold if it happened or may have happened. */
  private interface Write {
    void run() throws SQLException;
  }

  private interface Booking {
    void as(Outcome outcome);
  }

  @Override
  boolean autoCommit() {
    return true;
  }

  @Override
  void connectFailed(SQLException e) {
    tally.autocommitError("connecting", e);
  }

  @Override
  void work(Connection on) {
    int dice = random.nextInt(100);
    if (dice < 45) {
      look(on);
    } else if (dice < 60) {
      visit(on);
    } else if (dice < 78) {
      restock(on);
    } else if (dice < 80) {
      givePoints(on);
    } else if (items.isEmpty() || (items.size() < CART_SIZE && random.nextBoolean())) {
      fillCart(on);
    } else {
      emptyCart(on);
    }
  }

  private void look(Connection on) {
    try {
      switch (random.nextInt(3)) {
        case 0 -> read(on, "SELECT name, price, stock FROM product WHERE id = ?", anyProduct());
        case 1 ->
            read(on, "SELECT id, spent, orders FROM customer WHERE city = ? ORDER BY id", city);
        default -> read(on, "SELECT count(*), max(price) FROM product WHERE stock < ?", 500);
      }
    } catch (SQLException e) {
      tally.autocommitError("reading", e);
      pause();
    }
  }

  private void visit(Connection on) {
    String token = nextToken();
    write(
        "visit " + token,
        () ->
            insert(
                on, "INSERT INTO visit (customer_id, token) VALUES (?, ?)", anyCustomer(), token),
        outcome -> promise(ledger.visits, token, outcome, 1));
  }

  private void restock(Connection on) {
    String token = nextToken();
    int product = anyProduct();
    write(
        "restock " + token,
        () ->
            update(
                1,
                on,
                "UPDATE product SET stock = stock + 5, restocks = restocks + 1, last_token = ?"
                    + " WHERE id = ?",
                token,
                product),
        outcome -> ledger.restocks.add(outcome, product, 1));
  }

  private void givePoints(Connection on) {
    write(
        "points",
        () ->
            update(
                Shop.CUSTOMERS_PER_CITY,
                on,
                "UPDATE customer SET points = points + 1 WHERE city = ?",
                city),
        outcome -> ledger.points.add(outcome, city, 1));
  }

  private void fillCart(Connection on) {
    String token = nextToken();
    write(
        "cart " + token,
        () -> {
          long id =
              insert(
                  on,
                  "INSERT INTO cart (customer_id, product_id, token) VALUES (?, ?, ?)",
                  anyCustomer(),
                  anyProduct(),
                  token);
          items.addLast(new CartItem(id, token));
        },
        outcome -> promise(ledger.cart, token, outcome, 1));
  }

  private void emptyCart(Connection on) {
    CartItem item = items.removeFirst();
    write(
        "cart delete " + item.token(),
        () -> update(1, on, "DELETE FROM cart WHERE id = ?", item.id()),
        outcome ->
            promise(ledger.cart, item.token(), outcome, outcome == Outcome.ACKNOWLEDGED ? 0 : 1));
  }

  private void write(String what, Write write, Booking booking) {
    Outcome outcome;
    try {
      write.run();
      outcome = Outcome.ACKNOWLEDGED;
    } catch (SQLException e) {
      if (!isUnknown(e)) {
        tally.autocommitError(what, e);
        pause();
        return;
      }
      tally.unknown(what, e);
      outcome = Outcome.UNKNOWN;
    }
    booking.as(outcome);
    ledger.count(outcome, 1);
  }
}
