CREATE FOREIGN DATA WRAPPER alter_ft

CREATE SERVER alter_ft FOREIGN DATA WRAPPER alter_ft

CREATE FOREIGN TABLE distributors (id int, street text) SERVER alter_ft OPTIONS (opt2 'x', opt3 'y')

ALTER FOREIGN TABLE distributors ALTER COLUMN street SET NOT NULL

ALTER FOREIGN TABLE distributors OPTIONS (ADD opt1 'value', SET opt2 'value2', DROP opt3)

ALTER FOREIGN TABLE distributors ADD COLUMN at timestamptz DEFAULT now()
