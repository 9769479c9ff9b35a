CREATE TABLE invoice (invoice_no integer PRIMARY KEY, seller_no integer, invoice_date date, invoice_amt numeric(13,2))

INSERT INTO invoice VALUES (1, 1, '2020-01-01', 5.10), (2, 1, '2020-01-02', 6.20), (3, 2, '2020-01-02', 7)

-- refused: may differ
CREATE MATERIALIZED VIEW sales_summary AS SELECT seller_no, invoice_date, sum(invoice_amt)::numeric(13,2) as sales_amt FROM invoice WHERE invoice_date < CURRENT_DATE GROUP BY seller_no, invoice_date

CREATE MATERIALIZED VIEW sales_by_seller AS SELECT seller_no, sum(invoice_amt) AS sales_amt FROM invoice GROUP BY seller_no

CREATE UNIQUE INDEX sales_seller ON sales_by_seller (seller_no)

INSERT INTO invoice VALUES (4, 3, '2020-01-05', 1)

REFRESH MATERIALIZED VIEW sales_by_seller

REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_seller

REFRESH MATERIALIZED VIEW sales_by_seller WITH NO DATA
