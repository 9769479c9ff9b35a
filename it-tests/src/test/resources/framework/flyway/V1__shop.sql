CREATE TYPE state AS ENUM ('new', 'paid', 'sent');

CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invoice (
  id serial PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customer,
  state state NOT NULL DEFAULT 'new',
  amount numeric(10, 2) NOT NULL CHECK (amount >= 0)
);

INSERT INTO customer (name) SELECT 'customer ' || i FROM generate_series(1, 20) i;
INSERT INTO invoice (customer_id, amount) SELECT id, id * 1.5 FROM customer;
