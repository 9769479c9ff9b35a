CREATE TABLE orders (id int PRIMARY KEY, n int)

INSERT INTO orders SELECT g, g % 4 FROM generate_series(1, 30) g

CREATE MATERIALIZED VIEW order_summary AS SELECT n, count(*) AS c FROM orders GROUP BY n

CREATE MATERIALIZED VIEW annual_statistics_basis AS SELECT id FROM orders WITH NO DATA

DELETE FROM orders WHERE n = 2

REFRESH MATERIALIZED VIEW order_summary

REFRESH MATERIALIZED VIEW annual_statistics_basis

REFRESH MATERIALIZED VIEW annual_statistics_basis WITH NO DATA
