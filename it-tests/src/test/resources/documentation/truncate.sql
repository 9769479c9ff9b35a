CREATE TABLE bigtable (id serial PRIMARY KEY)

CREATE TABLE fattable (id int REFERENCES bigtable)

INSERT INTO bigtable DEFAULT VALUES

INSERT INTO fattable VALUES (1)

TRUNCATE bigtable, fattable

TRUNCATE bigtable, fattable RESTART IDENTITY

INSERT INTO bigtable DEFAULT VALUES

INSERT INTO fattable SELECT id FROM bigtable

TRUNCATE fattable

CREATE TABLE othertable (id int PRIMARY KEY)

CREATE TABLE refers (id int REFERENCES othertable)

TRUNCATE othertable CASCADE
