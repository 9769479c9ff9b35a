CREATE OR REPLACE VIEW open_invoice AS
  SELECT i.id, i.number, c.name, i.amount FROM invoice i JOIN customer c ON c.id = i.customer_id
  WHERE i.state <> 'sent';
