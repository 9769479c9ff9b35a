CREATE TABLE customer_account (customer_id int PRIMARY KEY, balance int)

CREATE TABLE recent_transactions (id int PRIMARY KEY, customer_id int, transaction_value int)

CREATE TABLE wines (winename text PRIMARY KEY, stock int)

CREATE TABLE wine_stock_changes (winename text, stock_delta int)

INSERT INTO customer_account VALUES (1, 10), (2, 20)

INSERT INTO recent_transactions VALUES (1, 1, 5), (2, 3, 7)

INSERT INTO wines VALUES ('Whitehill 2003', 5), ('Blue Nun', 2)

INSERT INTO wine_stock_changes VALUES ('Whitehill 2003', -5), ('Blue Nun', 3), ('Chateau Lafite 2003', 24)

MERGE INTO customer_account ca USING recent_transactions t ON t.customer_id = ca.customer_id WHEN MATCHED THEN UPDATE SET balance = balance + transaction_value WHEN NOT MATCHED THEN INSERT (customer_id, balance) VALUES (t.customer_id, t.transaction_value)

MERGE INTO wines w USING wine_stock_changes s ON s.winename = w.winename WHEN NOT MATCHED AND s.stock_delta > 0 THEN INSERT VALUES(s.winename, s.stock_delta) WHEN MATCHED AND w.stock + s.stock_delta > 0 THEN UPDATE SET stock = w.stock + s.stock_delta WHEN MATCHED THEN DELETE RETURNING merge_action(), w.*

MERGE INTO wines w USING wine_stock_changes s ON s.winename = w.winename WHEN NOT MATCHED BY TARGET THEN INSERT VALUES(s.winename, s.stock_delta) WHEN MATCHED AND w.stock != s.stock_delta THEN UPDATE SET stock = s.stock_delta WHEN NOT MATCHED BY SOURCE THEN DELETE
