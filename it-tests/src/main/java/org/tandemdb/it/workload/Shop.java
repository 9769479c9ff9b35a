package org.tandemdb.it.workload;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The shop's tables and first rows. Values that the database decides are meant: serial, now(). */
final class Shop {
  static final int PRODUCTS = 200;
  static final int CITIES = 16;
  static final int CUSTOMERS_PER_CITY = 50;
  static final int CUSTOMERS = CITIES * CUSTOMERS_PER_CITY;

  /** Tokens are not unique by constraint: a write that is done twice is to be seen, not refused. */
  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE customer (id serial PRIMARY KEY, name text NOT NULL, city int NOT NULL,"
              + " points int NOT NULL DEFAULT 0, orders int NOT NULL DEFAULT 0,"
              + " spent numeric(14, 2) NOT NULL DEFAULT 0,"
              + " created timestamptz NOT NULL DEFAULT now())",
          "CREATE TABLE product (id serial PRIMARY KEY, name text NOT NULL,"
              + " price numeric(10, 2) NOT NULL, stock int NOT NULL, sold int NOT NULL DEFAULT 0,"
              + " restocks int NOT NULL DEFAULT 0, last_token text)",
          "CREATE TABLE orders (id bigserial PRIMARY KEY,"
              + " customer_id int NOT NULL REFERENCES customer (id), client int NOT NULL,"
              + " token text NOT NULL, status text NOT NULL DEFAULT 'new',"
              + " total numeric(14, 2) NOT NULL DEFAULT 0,"
              + " placed timestamptz NOT NULL DEFAULT now(), shipped timestamptz)",
          "CREATE TABLE order_line (id bigserial PRIMARY KEY,"
              + " order_id bigint NOT NULL REFERENCES orders (id),"
              + " product_id int NOT NULL REFERENCES product (id),"
              + " quantity int NOT NULL, price numeric(10, 2) NOT NULL, token text NOT NULL)",
          "CREATE TABLE visit (id bigserial PRIMARY KEY, customer_id int NOT NULL,"
              + " token text NOT NULL, seen timestamptz NOT NULL DEFAULT now())",
          "CREATE TABLE cart (id bigserial PRIMARY KEY, customer_id int NOT NULL,"
              + " product_id int NOT NULL, token text NOT NULL)",
          "CREATE INDEX orders_by_client ON orders (client, status)",
          "CREATE INDEX line_by_order ON order_line (order_id)",
          "CREATE INDEX customer_by_city ON customer (city)");

  private Shop() {}

  static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        statement.execute(table);
      }
      for (int city = 0; city < CITIES; city++) {
        StringBuilder customers = new StringBuilder("INSERT INTO customer (name, city) VALUES ");
        for (int i = 0; i < CUSTOMERS_PER_CITY; i++) {
          customers.append(i == 0 ? "" : ", ");
          customers.append("('Customer ").append(city * CUSTOMERS_PER_CITY + i).append("', ");
          customers.append(city).append(")");
        }
        statement.execute(customers.toString());
      }
      StringBuilder products =
          new StringBuilder("INSERT INTO product (name, price, stock) VALUES ");
      for (int i = 1; i <= PRODUCTS; i++) {
        products.append(i == 1 ? "" : ", ");
        products.append("('Product ").append(i).append("', ").append(i).append(".50, 1000)");
      }
      statement.execute(products.toString());
    }
  }
}
