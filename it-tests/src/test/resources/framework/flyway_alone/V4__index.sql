CREATE INDEX CONCURRENTLY invoice_by_state ON invoice (state, customer_id);
