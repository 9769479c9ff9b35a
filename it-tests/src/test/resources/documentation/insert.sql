CREATE TABLE films (code char(5) PRIMARY KEY, title text NOT NULL, did int, date_prod date DEFAULT '2000-01-01', kind text, len interval)

CREATE TABLE tmp_films (LIKE films)

CREATE TABLE tictactoe (game int PRIMARY KEY, board text[][])

CREATE TABLE distributors (did serial PRIMARY KEY, dname text UNIQUE, is_active boolean DEFAULT true, zipcode text)

CREATE TABLE employees (id int PRIMARY KEY, sales_count int, name text)

CREATE TABLE accounts (id int PRIMARY KEY, name text, sales_person int)

CREATE TABLE employees_log (id int, sales_count int, name text, at timestamptz)

INSERT INTO employees VALUES (1, 5, 'a'), (2, 6, 'b')

INSERT INTO accounts VALUES (1, 'Acme Corporation', 1)

INSERT INTO tmp_films VALUES ('x', 'X', 1, '2003-01-01', 'a'), ('y', 'Y', 1, '2005-01-01', 'a')

INSERT INTO films VALUES ('UA502', 'Bananas', 105, '1971-07-13', 'Comedy', '82 minutes')

INSERT INTO films (code, title, did, date_prod, kind) VALUES ('T_601', 'Yojimbo', 106, '1961-06-16', 'Drama')

INSERT INTO films VALUES ('UA503', 'Bananas', 105, DEFAULT, 'Comedy', '82 minutes')

-- error 23502
INSERT INTO films DEFAULT VALUES

INSERT INTO films (code, title, did, date_prod, kind) VALUES ('B6717', 'Tampopo', 110, '1985-02-10', 'Comedy'), ('HG120', 'The Dinner Game', 140, DEFAULT, 'Comedy')

INSERT INTO films SELECT * FROM tmp_films WHERE date_prod < '2004-05-07'

INSERT INTO tictactoe (game, board[1:3][1:3]) VALUES (1, '{{" "," "," "},{" "," "," "},{" "," "," "}}')

INSERT INTO tictactoe (game, board) VALUES (2, '{{X," "," "},{" ",O," "},{" ",X," "}}')

INSERT INTO distributors (did, dname) VALUES (DEFAULT, 'XYZ Widgets') RETURNING did

WITH upd AS (UPDATE employees SET sales_count = sales_count + 1 WHERE id = (SELECT sales_person FROM accounts WHERE name = 'Acme Corporation') RETURNING *) INSERT INTO employees_log SELECT *, current_timestamp FROM upd

INSERT INTO distributors (did, dname) VALUES (5, 'Gizmo Transglobal'), (6, 'Associated Computing, Inc') ON CONFLICT (did) DO UPDATE SET dname = EXCLUDED.dname

INSERT INTO distributors (did, dname) VALUES (7, 'Redline GmbH') ON CONFLICT (did) DO NOTHING

INSERT INTO distributors AS d (did, dname) VALUES (8, 'Anvil Distribution') ON CONFLICT (did) DO UPDATE SET dname = EXCLUDED.dname || ' (formerly ' || d.dname || ')' WHERE d.zipcode <> '21201'

INSERT INTO distributors (did, dname) VALUES (9, 'Antwerp Design') ON CONFLICT ON CONSTRAINT distributors_pkey DO NOTHING

CREATE UNIQUE INDEX active ON distributors (zipcode) WHERE is_active

INSERT INTO distributors (did, dname, zipcode) VALUES (10, 'Conrad International', 'x') ON CONFLICT (zipcode) WHERE is_active DO NOTHING
