CREATE TABLE films (id int PRIMARY KEY, title text, kind text, classification text)

INSERT INTO films VALUES (1, 'a', 'Comedy', 'U'), (2, 'b', 'Drama', 'U')

CREATE VIEW vista AS SELECT 'Hello World'

CREATE VIEW vista2 AS SELECT text 'Hello World' AS hello

CREATE VIEW comedies AS SELECT * FROM films WHERE kind = 'Comedy'

CREATE VIEW universal_comedies AS SELECT * FROM comedies WHERE classification = 'U' WITH LOCAL CHECK OPTION

CREATE VIEW pg_comedies AS SELECT * FROM comedies WHERE classification = 'PG' WITH CASCADED CHECK OPTION

INSERT INTO pg_comedies VALUES (3, 'c', 'Comedy', 'PG')

-- error 44000
INSERT INTO pg_comedies VALUES (4, 'c', 'Drama', 'PG')

UPDATE comedies SET title = 'z'

CREATE RECURSIVE VIEW nums_1_100 (n) AS VALUES (1) UNION ALL SELECT n+1 FROM nums_1_100 WHERE n < 100

CREATE OR REPLACE TEMP VIEW mine AS SELECT 1 AS x

DROP VIEW comedies CASCADE
