package org.tandemdb.it.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.tandemdb.it.server.PostgresServer;
import org.tandemdb.it.server.ServerPair;

/** The checks of the demonstration must see what they are made to see. */
class OrderEntryTest {
  @Test
  void findsNothingInAHealthyServerAndEveryKindOfDamageInADamagedOne() throws Exception {
    try (ServerPair pair = ServerPair.start(1, Map.of("fsync", "off"))) {
      PostgresServer server = pair.servers().get(0);
      OrderEntry orders =
          new OrderEntry(
              () -> DriverManager.getConnection(server.url(ServerPair.DATABASE, ServerPair.ROLE)));
      orders.createTables();
      orders.start(3, 3);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (orders.progress().acknowledgedWrites() < 2000 && System.nanoTime() < deadline) {
        LockSupport.parkNanos(5_000_000);
      }
      assertThat(orders.stop()).isTrue();
      assertThat(orders.progress().acknowledgedWrites()).isGreaterThanOrEqualTo(2000);
      assertThat(orders.firstErrors()).isEmpty();
      assertThat(orders.progress().transactions()).isPositive();

      try (Connection connection = DriverManager.getConnection(server.url(ServerPair.DATABASE))) {
        Audit healthy = orders.audit(connection);
        assertThat(healthy.findings()).isEmpty();
        assertThat(healthy.lost() + healthy.doubled()).isZero();

        assertDamageIsFound(orders, connection, "DELETE FROM visit WHERE id = 7", 1, 0);
        assertDamageIsFound(
            orders,
            connection,
            "INSERT INTO visit (customer_id, token) SELECT customer_id, token FROM visit"
                + " WHERE id = 7",
            0,
            1);
        assertDamageIsFound(
            orders,
            connection,
            "INSERT INTO orders (customer_id, client, token) VALUES (1, 1, 'never')",
            1,
            1);
        assertDamageIsFound(
            orders, connection, "UPDATE product SET restocks = restocks + 1 WHERE id = 3", 0, 1);
        assertDamageIsFound(
            orders, connection, "UPDATE product SET sold = sold - 1 WHERE id = 3", 1, 0);
        assertDamageIsFound(
            orders, connection, "UPDATE customer SET points = points - 1 WHERE id = 3", 1, 0);
        assertDamageIsFound(
            orders,
            connection,
            "DELETE FROM order_line WHERE id = (SELECT min(id) FROM order_line)",
            2,
            0);
      }
    }
  }

  private static void assertDamageIsFound(
      OrderEntry orders, Connection connection, String damage, long lost, long doubled)
      throws Exception {
    connection.setAutoCommit(false);
    try (var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(damage)).isPositive();
      Audit audit = orders.audit(connection);
      assertThat(audit.lost()).as(damage + " " + audit.findings()).isEqualTo(lost);
      assertThat(audit.doubled()).as(damage + " " + audit.findings()).isEqualTo(doubled);
      assertThat(audit.findings()).isNotEmpty();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  @Test
  void comparesDatabasesRowByRow() throws Exception {
    try (ServerPair pair = ServerPair.start(2, Map.of("fsync", "off"))) {
      for (PostgresServer server : pair.servers()) {
        server.execute(
            "shop",
            "CREATE TABLE \"Odd name\" (i int, r text)",
            "INSERT INTO \"Odd name\" SELECT i, chr(90 + i) FROM generate_series(1, 5000) i",
            "INSERT INTO \"Odd name\" VALUES (1, U&'\\+01F600'), (1, U&'\\FFFD'), (2, NULL)");
      }
      try (Connection a = DriverManager.getConnection(pair.server("a").url("shop"));
          Connection b = DriverManager.getConnection(pair.server("b").url("shop"))) {
        assertThat(Comparison.of(a, b)).isEqualTo(new Comparison(1, 5003, 0, java.util.List.of()));
        pair.server("b").execute("shop", "UPDATE \"Odd name\" SET r = 'x' WHERE i = 4711");
        pair.server("b").execute("shop", "DELETE FROM \"Odd name\" WHERE r IS NULL");
        pair.server("a").execute("shop", "CREATE TABLE more (i int)");
        Comparison comparison = Comparison.of(a, b);
        assertThat(comparison.differing()).isEqualTo(4);
        assertThat(comparison.findings())
            .anyMatch(finding -> finding.contains("(4711,x)"))
            .anyMatch(finding -> finding.contains("public.more is only in the first"));
      }
    }
  }
}
