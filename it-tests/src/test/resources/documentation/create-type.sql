CREATE TYPE compfoo AS (f1 int, f2 text)

CREATE TABLE foo (fooid int PRIMARY KEY, fooname text)

CREATE FUNCTION getfoo() RETURNS SETOF compfoo AS $$ SELECT fooid, fooname FROM foo $$ LANGUAGE SQL

CREATE TYPE bug_status AS ENUM ('new', 'open', 'closed')

CREATE TABLE bug (id serial PRIMARY KEY, description text, status bug_status)

INSERT INTO bug (description, status) VALUES ('x', 'open')

CREATE TYPE float8_range AS RANGE (subtype = float8, subtype_diff = float8mi)

CREATE TABLE ranges (r float8_range PRIMARY KEY, f compfoo)

INSERT INTO ranges VALUES ('[1.5,2.5]', (1, 'a'))
