CREATE TABLE films (id int PRIMARY KEY)

CREATE TABLE distributors (id int PRIMARY KEY)

CREATE DOMAIN box3 AS int

CREATE FUNCTION sqrt(integer) RETURNS float8 LANGUAGE sql AS 'SELECT 1.0::float8'

CREATE FUNCTION sqrt(bigint) RETURNS float8 LANGUAGE sql AS 'SELECT 1.0::float8'

CREATE FUNCTION update_employee_salaries() RETURNS int LANGUAGE sql AS 'SELECT 1'

CREATE INDEX title_idx ON films (id)

CREATE MATERIALIZED VIEW order_summary AS SELECT id FROM films

CREATE SEQUENCE serial

CREATE VIEW kinds AS SELECT 1 AS x

CREATE SCHEMA mystuff

CREATE TYPE box4 AS (a int)

CREATE RULE newrule AS ON DELETE TO films DO INSTEAD NOTHING

DROP RULE newrule ON films

DROP DOMAIN box3

DROP FUNCTION sqrt(integer), sqrt(bigint)

DROP FUNCTION update_employee_salaries

DROP INDEX title_idx

-- error 42704
DROP INDEX CONCURRENTLY title_idx2

DROP MATERIALIZED VIEW order_summary

DROP SEQUENCE serial

DROP VIEW kinds

DROP SCHEMA mystuff CASCADE

DROP TYPE box4

DROP TABLE films, distributors

DROP TABLE IF EXISTS nothing

-- error 42P01
DROP TABLE nothing

-- refused: belongs to one server
DROP DATABASE nothing

-- refused: directory
DROP TABLESPACE mystuff

-- refused: past Tandem
DROP SUBSCRIPTION mysub

-- refused: event trigger
DROP EVENT TRIGGER snitch
