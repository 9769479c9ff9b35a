CREATE TABLE distributors (did int PRIMARY KEY, name text)

CREATE TABLE films (code char(5) PRIMARY KEY, title text, did int, date_prod date, kind text, len interval)

CREATE TABLE employee (id int PRIMARY KEY, employee_name text, manager_name text)

INSERT INTO distributors VALUES (101, 'British Lion'), (102, 'Jean Luc Godard')

INSERT INTO films VALUES ('a', 'The Third Man', 101, '1949-12-23', 'Drama', '01:44'), ('b', 'Vertigo', 102, '1958-11-14', 'Action', '02:08')

SELECT f.title, f.did, d.name, f.date_prod, f.kind FROM distributors d JOIN films f USING (did)

SELECT kind, sum(len) AS total FROM films GROUP BY kind HAVING sum(len) < interval '5 hours'

SELECT * FROM distributors ORDER BY 2

SELECT distributors.name FROM distributors WHERE distributors.name LIKE 'W%' UNION SELECT films.title FROM films

CREATE FUNCTION distributors(int) RETURNS SETOF distributors AS $$ SELECT * FROM distributors WHERE did = $1; $$ LANGUAGE SQL

SELECT * FROM distributors(111)

CREATE FUNCTION distributors_2(int) RETURNS SETOF record AS $$ SELECT * FROM distributors WHERE did = $1; $$ LANGUAGE SQL

SELECT * FROM distributors_2(111) AS (f1 int, f2 text)

SELECT * FROM unnest(ARRAY['a','b','c','d','e','f']) WITH ORDINALITY

WITH t AS (SELECT random() as x FROM generate_series(1, 3)) SELECT * FROM t UNION ALL SELECT * FROM t

WITH RECURSIVE employee_recursive(distance, employee_name, manager_name) AS (SELECT 1, employee_name, manager_name FROM employee WHERE manager_name = 'Mary' UNION ALL SELECT er.distance + 1, e.employee_name, e.manager_name FROM employee_recursive er, employee e WHERE er.employee_name = e.manager_name) SELECT distance, employee_name FROM employee_recursive
