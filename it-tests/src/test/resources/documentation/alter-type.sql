CREATE TYPE electronic_mail AS (address text)

ALTER TYPE electronic_mail RENAME TO email

ALTER TYPE email OWNER TO joe

CREATE SCHEMA doc_customers

ALTER TYPE email SET SCHEMA doc_customers

CREATE TYPE compfoo AS (f1 int, f2 text)

ALTER TYPE compfoo ADD ATTRIBUTE f3 int

ALTER TYPE compfoo RENAME ATTRIBUTE f3 TO f4

ALTER TYPE compfoo ALTER ATTRIBUTE f2 TYPE varchar(20)

ALTER TYPE compfoo DROP ATTRIBUTE f4

CREATE TYPE colors AS ENUM ('purple', 'blue', 'red')

ALTER TYPE colors ADD VALUE 'orange' AFTER 'red'

ALTER TYPE colors RENAME VALUE 'purple' TO 'mauve'

CREATE TABLE painted (id int PRIMARY KEY, c colors, f compfoo)

INSERT INTO painted VALUES (1, 'orange', (1, 'x')), (2, 'mauve', NULL)

CREATE TYPE mybase

ALTER TYPE colors ADD VALUE IF NOT EXISTS 'orange'
