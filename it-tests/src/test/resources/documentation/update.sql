CREATE TABLE films (code char(5) PRIMARY KEY, kind text)

CREATE TABLE weather (city text, temp_lo int, temp_hi int, prcp float8, date date, PRIMARY KEY (city, date))

CREATE TABLE employees (id int PRIMARY KEY, sales_count int)

CREATE TABLE accounts (id int PRIMARY KEY, name text, sales_person int, contact_first_name text, contact_last_name text)

CREATE TABLE salesmen (id int PRIMARY KEY, first_name text, last_name text)

CREATE TABLE summary (group_id int PRIMARY KEY, sum_x int, sum_y int, avg_x numeric, avg_y numeric)

CREATE TABLE data (id int PRIMARY KEY, group_id int, x int, y int)

CREATE TABLE wines (winename text PRIMARY KEY, stock text)

INSERT INTO films VALUES ('a', 'Drama'), ('b', 'Comedy')

INSERT INTO weather VALUES ('San Francisco', 50, 60, 0.5, '2003-07-03'), ('Hayward', 50, 60, 0.5, '2003-07-03')

INSERT INTO employees VALUES (1, 5), (2, 6)

INSERT INTO accounts VALUES (1, 'Acme Corporation', 1), (2, 'Other', 2)

INSERT INTO salesmen VALUES (1, 'a', 'b'), (2, 'c', 'd')

INSERT INTO summary VALUES (1), (2)

INSERT INTO data SELECT g, g % 2 + 1, g, g * 2 FROM generate_series(1, 10) g

UPDATE films SET kind = 'Dramatic' WHERE kind = 'Drama'

UPDATE weather SET temp_lo = temp_lo+1, temp_hi = temp_lo+15, prcp = DEFAULT WHERE city = 'San Francisco' AND date = '2003-07-03'

UPDATE weather SET temp_lo = temp_lo+1, temp_hi = temp_lo+15, prcp = DEFAULT WHERE city = 'San Francisco' AND date = '2003-07-03' RETURNING temp_lo, temp_hi, prcp

UPDATE weather SET (temp_lo, temp_hi, prcp) = (temp_lo+1, temp_lo+15, DEFAULT) WHERE city = 'San Francisco' AND date = '2003-07-03'

UPDATE employees SET sales_count = sales_count + 1 FROM accounts WHERE accounts.name = 'Acme Corporation' AND employees.id = accounts.sales_person

UPDATE employees SET sales_count = sales_count + 1 WHERE id = (SELECT sales_person FROM accounts WHERE name = 'Acme Corporation')

UPDATE accounts SET (contact_first_name, contact_last_name) = (SELECT first_name, last_name FROM salesmen WHERE salesmen.id = accounts.sales_person)

UPDATE accounts SET contact_first_name = first_name, contact_last_name = last_name FROM salesmen WHERE salesmen.id = accounts.sales_person

UPDATE summary s SET (sum_x, sum_y, avg_x, avg_y) = (SELECT sum(x), sum(y), avg(x), avg(y) FROM data d WHERE d.group_id = s.group_id)

BEGIN

SAVEPOINT sp1

INSERT INTO wines VALUES('Chateau Lafite 2003', '24')

-- error 23505
INSERT INTO wines VALUES('Chateau Lafite 2003', '24')

ROLLBACK TO sp1

INSERT INTO wines VALUES('Chateau Lafite 2003', '24')

COMMIT

BEGIN

DECLARE c_films CURSOR FOR SELECT * FROM films ORDER BY code FOR UPDATE

FETCH c_films

UPDATE films SET kind = 'Dramatic' WHERE CURRENT OF c_films

COMMIT

UPDATE weather SET temp_lo = 1

WITH exceeded_max_retries AS (SELECT w.ctid FROM weather AS w WHERE w.temp_lo = 1 FOR UPDATE LIMIT 5) UPDATE weather SET temp_hi = 99 FROM exceeded_max_retries AS emr WHERE weather.ctid = emr.ctid
